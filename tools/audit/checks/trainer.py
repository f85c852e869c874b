"""The check ``trainer``: what the trainer would really read from this folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.tools.audit.evidence import SAMPLES_NAMED
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.registry import check
from tagsmith.tools.audit.tokens import token_counter
from tagsmith.tools.audit.trainers.all import SIDECAR_TRAINERS, TITLES, Guess, infer
from tagsmith.tools.audit.trainers.lint import lint, rows
from tagsmith.tools.audit.trainers.listing import files_of
from tagsmith.tools.audit.trainers.mending import FIXES, SAFE, offered
from tagsmith.tools.audit.trainers.reading import Files, Lint, Notice, Options, Row
from tagsmith.tools.audit.trainers.rows import ROWS
from tagsmith.tools.paths import display
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.audit.evidence import Evidence, Settings
    from tagsmith.tools.audit.tokens import TokenCounter

# Below this much harm a row is worth a line in the lint, not a finding.
_LEAST_HARM = 0.1
# Of what ends training with an error.
_STOP_HARM = 0.95
_UNNAMED = "no trainer is named or evident"
_STOPPING = "training stops with this trainer"


@check("trainer")
def find(evidence: Evidence) -> Iterable[Finding]:
    """What kohya, OneTrainer, ai-toolkit or diffusers would really read from the folder. Without
    a trainer that is named or evident, what holds for all that read caption files, and what stops
    one of them.
    """
    settings = evidence.settings
    options = options_of(settings)
    files = files_of(evidence.workspace)
    counter = token_counter(evidence.watch)
    guess = Guess(settings.trainer, "you named it") if settings.trainer else infer(files)
    if guess.trainer:
        found = lint(files, guess.trainer, options, counter)
        return [_finding(guess.trainer, found, *item, guess.why, options) for item in _worth(found)]
    return _common(files, options, counter)


def options_of(settings: Settings) -> Options:
    """Return what an audit's settings say of a trainer's."""
    return Options(keep_tokens=settings.keep_tokens, triggers=settings.triggers)


def _worth(found: Lint) -> Iterator[tuple[Row, list[Notice]]]:
    settings = [notice for notice in found.notices if notice.row is Row.SETTING]
    if settings:
        yield Row.SETTING, settings
    for row, notices in rows(found):
        if ROWS[row].harm >= _LEAST_HARM:
            yield row, notices


def _common(files: Files, options: Options, counter: TokenCounter) -> Iterator[Finding]:
    """Yield what holds for every trainer that reads caption files, then what stops one of them."""
    lints = {name: lint(files, name, options, counter) for name in SIDECAR_TRAINERS}
    grouped = {name: dict(_worth(found)) for name, found in lints.items()}
    first, *others = SIDECAR_TRAINERS
    told: set[Row] = set()
    for row, notices in grouped[first].items():
        paths = [{notice.path for notice in grouped[name].get(row, ())} for name in others]
        shared = [notice for notice in notices if all(notice.path in one for one in paths)]
        if shared:
            told.add(row)
            yield _finding("", lints[first], row, shared, _UNNAMED, options)
    for name, found in lints.items():
        for row, notices in grouped[name].items():
            if row in found.stops and row not in told:
                yield _finding(name, found, row, notices, _STOPPING, options)


def _finding(
    trainer: str,
    found: Lint,
    row: Row,
    notices: Sequence[Notice],
    why_this: str,
    options: Options,
) -> Finding:
    about = ROWS[row]
    paths = tuple(dict.fromkeys(notice.path for notice in notices if notice.path))
    number = len(paths) or len(notices)
    who = TITLES[trainer] if trainer else "Any trainer of caption files"
    stops = "; training stops" if row in found.stops else ""
    fixes = _fixes(trainer, about.fix, options) if about.fix in offered(trainer) else ()
    return Finding(
        "trainer",
        f"{trainer or 'any'}:{row}",
        f"{who}: {about.told(number)}{stops}.",
        f"{about.why} {about.remedy}",
        number if paths else len(found.readings),
        max(about.harm, _STOP_HARM) if stops else about.harm,
        about.confidence,
        _evidence(trainer, notices, why_this),
        paths[:SAMPLES_NAMED],
        tuple(fixes),
        {"trainer": trainer, "row": str(row), "stops": bool(stops), "paths": len(paths)},
    )


def _evidence(trainer: str, notices: Sequence[Notice], why_this: str) -> tuple[str, ...]:
    lines = [f"read as {trainer or 'kohya, OneTrainer and ai-toolkit do'}: {why_this}"]
    for notice in notices[:SAMPLES_NAMED]:
        lines.append(f"{display(notice.path)}: {display(notice.detail)}".removeprefix(": "))
    if len(notices) > SAMPLES_NAMED:
        lines.append(f"and {count(len(notices) - SAMPLES_NAMED, 'more', 'more')}")
    return tuple(lines)


def _fixes(trainer: str, fix: str, options: Options) -> Iterator[Fix]:
    """Yield the calls of fix_trainer that mend a row: about triggers, one for each of them."""
    chosen = trainer or SIDECAR_TRAINERS[0]
    wanted = "" if fix in SAFE[chosen] else ", if that is what you want"
    says = f"{FIXES[fix][0].upper()}{FIXES[fix][1:]}, for {TITLES[chosen]}{wanted}."
    arguments: dict[str, Any] = {"trainer": chosen, "fixes": [fix]}
    if fix != "trigger":
        yield Fix("fix_trainer", arguments, says)
        return
    kept = {} if options.keep_tokens is None else {"keep_tokens": options.keep_tokens}
    for trigger in options.triggers:
        yield Fix(
            "fix_trainer",
            {**arguments, "trigger": trigger, **kept},
            f"Move {trigger} to the front.",
        )
