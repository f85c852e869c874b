"""What import_metadata answers: counts by source, then what was left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision.staging import Stager, most_line
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.metadata.importing import Counts
    from tagsmith.tools.tagging.import_metadata import ImportMetadata

_TOP = 8
_SHOWN = 3
_MOST_ROWS = 50

# What is left out of captions, singular and plural.
_LEFT = {
    "sentences": (
        "prompt in sentences (form=prose brings it in)",
        "prompts in sentences (form=prose brings them in)",
    ),
    "descriptions": (
        "description (form=prose brings it in)",
        "descriptions (form=prose brings them in)",
    ),
    "choices": (
        "choice like {red|blue} whose outcome the file does not tell",
        "choices like {red|blue} whose outcome the file does not tell",
    ),
    "long": ("item that is too long", "items that are too long"),
    "unwritable": ("item that is not one tag", "items that are not one tag"),
}


def outcome(args: ImportMetadata, stager: Stager, counts: Counts) -> Outcome:
    """Return the answer: its first line is the step's summary, the same at every replay."""
    answer = stager.tally.outcome(_summary(args, stager, counts))
    lines = [answer.text, *_found_lines(stager, counts), *_left_lines(counts)]
    return Outcome("\n".join(lines), {**answer.data, **_data(stager, counts)})


def _summary(args: ImportMetadata, stager: Stager, counts: Counts) -> str:
    tally = stager.tally
    changed = tally.changed + tally.created
    captions = count(changed, "caption")
    if not changed:
        if args.mode == "fill" and not (counts.nothing or counts.damaged or counts.sources):
            return "Nothing to change: every selected image has a caption."
        if not counts.sources:
            return "Nothing to change: no selected image has metadata that can be used."
        return "Nothing to change: the metadata holds nothing that is not there."
    if args.form == "prose":
        return f"Put the text of the metadata into {captions}"
    if args.mode == "overwrite":
        return f"Overwrite {captions} with the tags of the metadata"
    return f"Add {count(stager.added.total(), 'tag')} of the metadata to {captions}"


def _found_lines(stager: Stager, counts: Counts) -> list[str]:
    lines = []
    if counts.sources:
        shown = ", ".join(f"{name} {number:,}" for name, number in counts.sources.most_common())
        lines.append(f"Images by source: {shown}.")
    if stager.replaced:
        lines.append(f"{count(stager.replaced, 'tag')} would be replaced.")
    return [*lines, *most_line(stager.top(_TOP))]


def _left_lines(counts: Counts) -> list[str]:
    lines = []
    dropped = [(tag, number) for tag, number in counts.dropped.most_common() if number]
    if dropped:
        shown = listing([f"{tag} ({number:,})" for tag, number in dropped], _TOP)
        lines.append(f"Left out: {shown}.")
    for name, (one, several) in _LEFT.items():
        if number := counts.left_out[name]:
            lines.append(f"Left out: {count(number, one, several)}.")
    facts = [f"{name} ({number:,})" for name, number in counts.facts.most_common() if number]
    if facts:
        lines.append(f"Not asked for: {', '.join(facts)} (include adds them).")
    if counts.unclear:
        lines.append(f"Not clear in {count(len(counts.unclear), 'image')}: {_why(counts.unclear)}.")
    if counts.damaged:
        shown = _why(counts.damaged)
        lines.append(f"Not read whole in {count(len(counts.damaged), 'image')}: {shown}.")
    if counts.nothing:
        shown = listing([display(path) for path in counts.nothing], _SHOWN)
        lines.append(f"No metadata in {count(len(counts.nothing), 'image')}: {shown}.")
    return lines


def _why(reasons: Mapping[str, str]) -> str:
    return listing([f"{display(path)} ({reason})" for path, reason in reasons.items()], _SHOWN)


def _data(stager: Stager, counts: Counts) -> dict[str, Any]:
    return {
        "sources": dict(counts.sources),
        "tags_added": stager.added.total(),
        "top": [{"tag": tag, "captions": number} for tag, number in stager.top(_TOP)],
        "replaced": stager.replaced,
        "left_out": {name: number for name, number in counts.left_out.items() if number},
        "dropped": {
            tag: number for tag, number in counts.dropped.most_common(_MOST_ROWS) if number
        },
        "facts_left_out": {name: number for name, number in counts.facts.items() if number},
        "unclear": _rows(counts.unclear),
        "damaged": _rows(counts.damaged),
        "without": [display(path) for path in counts.nothing[:_MOST_ROWS]],
    }


def _rows(reasons: Mapping[str, str]) -> list[dict[str, str]]:
    pairs = list(reasons.items())[:_MOST_ROWS]
    return [{"image": display(path), "reason": reason} for path, reason in pairs]
