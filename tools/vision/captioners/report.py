"""What caption_images answers: counts first, then what was left alone, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.tagging.caption_images import CaptionImages
    from tagsmith.tools.vision.captioners.captioner import Captioner
    from tagsmith.tools.vision.captioners.generate import Generated
    from tagsmith.tools.vision.captioners.run import Counts

_SHOWN = 3


def outcome(
    args: CaptionImages, captioner: Captioner, made: Generated | None, counts: Counts, note: str
) -> Outcome:
    """Return the answer of a run; ``note`` is what the store has to say."""
    tally = counts.tally
    if made is None:
        done = "Every selected image has one already." if args.mode == "fill" else ""
        return tally.outcome(f"Nothing to caption. {done}".rstrip())
    staged = tally.changed + tally.created
    who = made.who.removeprefix("server:") if made.who.startswith("server:") else captioner.name
    noun = "tag list" if args.style == "tags" else "caption"
    if staged:
        summary = f"Put {count(staged, noun)} by {who} {_where(args)}"
    else:
        summary = f"Nothing to change with what {who} answered."
    notes = [one for one in (captioner.note if made.asked else "", note) if one]
    lines = [summary, *_replaced(counts), *_left(made, counts), *notes]
    return tally.outcome("\n".join(lines), **_data(made))


def _where(args: CaptionImages) -> str:
    kind = f"{args.file} files" if args.file else "the caption files"
    if args.mode == "overwrite":
        return f"in the place of what stands in {kind}"
    return f"{'before' if args.place == 'before' else 'after'} what stands in {kind}"


def _replaced(counts: Counts) -> list[str]:
    if not counts.replaced:
        return []
    what = [
        count(number, noun)
        for number, noun in ((counts.lost, "tag"), (counts.sentences, "sentence line"))
        if number
    ]
    return [f"They replace {' and '.join(what)} in {count(counts.replaced, 'file')}."]


def _left(made: Generated, counts: Counts) -> list[str]:
    lines = []
    if made.unusable:
        lines.append(
            f"{count(len(made.unusable), 'image')} got no usable caption: "
            f"{_reasons(made.unusable)}. Ask again with mode=fill and another seed."
        )
    if made.bad:
        lines.append(f"{count(len(made.bad), 'image')} cannot be read: {_reasons(made.bad)}.")
    if counts.dropped:
        shown = listing(sorted(counts.dropped))
        lines.append(f"{count(len(counts.dropped), 'unknown tag')} dropped: {shown}.")
    if counts.short:
        lines.append(
            f"{count(counts.short, 'caption')} too short to be told from a tag: tag tools will "
            "take such a line for one."
        )
    return lines


def _reasons(found: Sequence[tuple[str, str]]) -> str:
    """Return the reasons, the commonest first, each with some of its images."""
    told = []
    for reason, _ in Counter(why for _, why in found).most_common(_SHOWN):
        names = [display(path) for path, why in found if why == reason]
        told.append(f"{listing(names, _SHOWN)} ({reason})")
    return "; ".join(told)


def _data(made: Generated) -> dict[str, Any]:
    return {
        "captioner": made.who,
        "asked": made.asked,
        "unusable": [display(path) for path, _ in made.unusable][:20],
        "bad_images": [display(path) for path, _ in made.bad][:20],
    }
