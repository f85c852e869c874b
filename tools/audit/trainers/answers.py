"""What lint_trainer and fix_trainer answer: the headline, the rows, the captions as read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.tools.audit.trainers.all import TITLES, Guess
from tagsmith.tools.audit.trainers.lint import headline, rows
from tagsmith.tools.audit.trainers.mending import FIXES, SAFE
from tagsmith.tools.audit.trainers.reading import Lint, Notice, Reading, Row
from tagsmith.tools.audit.trainers.rows import ROWS
from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import listing

if TYPE_CHECKING:
    from tagsmith.tools.audit.tokens import TokenCounter
    from tagsmith.tools.audit.trainers.staging import Mender

_MOST_ROWS = 8
_NAMES = 3
_LONGEST = 400


def linted(guess: Guess, found: Lint, shown: Sequence[Reading], counter: TokenCounter) -> Outcome:
    """Answer a lint: what is read, what is wrong by row, and the chosen samples' captions."""
    lines = [headline(guess.trainer, found), f"({guess.why}; tokens {counter.how})"]
    lines += found.layout
    lines += [_row(found, row, notices) for row, notices in rows(found)]
    told = [_reading(reading, counter) for reading in shown]
    lines += [_line(one) for one in told]
    data = {
        "trainer": guess.trainer,
        "why": guess.why,
        "images": len(found.readings),
        "effective": found.effective,
        "layout": found.layout,
        "rows": [_row_data(found, row, notices) for row, notices in rows(found)],
        "samples": told,
        "tokens": counter.how,
    }
    return Outcome("\n".join(lines), data)


def _row(found: Lint, row: Row, notices: Sequence[Notice]) -> str:
    about = ROWS[row]
    names = list(dict.fromkeys(display(notice.path) for notice in notices))
    stops = " Training stops." if row in found.stops else ""
    told = f"{about.told(_number(notices))} ({listing(names, _NAMES)})"
    return f"- {told}.{stops} {about.why} {about.remedy}"


def _number(notices: Sequence[Notice]) -> int:
    """Return how many files a row concerns."""
    return len({notice.path for notice in notices})


def _row_data(found: Lint, row: Row, notices: Sequence[Notice]) -> dict[str, Any]:
    return {
        "row": str(row),
        "count": _number(notices),
        "stops": row in found.stops,
        "fix": ROWS[row].fix,
        "paths": [display(notice.path) for notice in notices[:_NAMES]],
    }


def _reading(reading: Reading, counter: TokenCounter) -> dict[str, Any]:
    caption = reading.caption
    return {
        "image": display(reading.image),
        "caption": None if caption is None else display(caption)[:_LONGEST],
        "others": len(reading.others),
        "repeats": reading.repeats,
        "tokens": 0 if caption is None else counter.count(caption),
        "note": display(reading.note),
    }


def _line(told: dict[str, Any]) -> str:
    caption = "(training stops)" if told["caption"] is None else told["caption"] or "(empty)"
    repeats = f" x{told['repeats']}" if told["repeats"] > 1 else ""
    note = f"  [{told['note']}]" if told["note"] else ""
    return f"{told['image']}{repeats}: {caption}  ({told['tokens']} tokens){note}"


def mended(mender: Mender, chosen: Sequence[str], counts: dict[str, int]) -> Outcome:
    """Answer fix_trainer: what is staged by each fix, what was not asked for, what is left."""
    who = TITLES[mender.trainer]
    staged = {fix: number for fix, number in counts.items() if fix in chosen and number}
    more = {fix: number for fix, number in counts.items() if fix not in chosen and number}
    found = mender.found
    left = rows(found)
    done = ", ".join(f"{FIXES[fix]} ({number:,})" for fix, number in staged.items())
    lines = [f"Make ready for {who}: {done}" if done else f"Nothing to mend for {who}."]
    lines += [headline(mender.trainer, found), *found.layout]
    lines += [_not_asked(mender.trainer, fix, number) for fix, number in more.items()]
    if mender.left:
        lines.append(f"Left alone: {listing(mender.left, _NAMES)}.")
    told = [(row, notices) for row, notices in left if ROWS[row].fix not in more]
    if told:
        lines.append("Left to you:")
        lines += [_row(found, row, notices) for row, notices in told[:_MOST_ROWS]]
    if len(told) > _MOST_ROWS:
        lines.append(f"- and {len(told) - _MOST_ROWS} more; lint_trainer tells them.")
    data = {
        "trainer": mender.trainer,
        "staged": staged,
        "not_asked_for": more,
        "left": {str(row): _number(notices) for row, notices in left},
        "left_alone": len(mender.left),
    }
    return Outcome("\n".join(lines), data)


def _not_asked(trainer: str, fix: str, number: int) -> str:
    why = "" if fix in SAFE[trainer] else "; it decides something, so say it"
    return f"Not staged: {FIXES[fix]} ({number:,}); fixes={fix} does it{why}."
