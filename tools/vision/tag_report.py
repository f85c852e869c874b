"""What run_tagger answers: counts first, then what a person should look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision.spec import DEFAULT
from tagsmith.tools.vision.staging import most_line
from tagsmith.tools.vision.taggers import PIXELS, Scored, Tagger
from tagsmith.tools.wording import count, listing

if TYPE_CHECKING:
    from tagsmith.tools.tagging.run_tagger import RunTagger
    from tagsmith.tools.vision.scores import Scores
    from tagsmith.tools.vision.tag_run import Counts

_TOP = 8
_SHOWN = 3
_MOST_ROWS = 50


def outcome(
    args: RunTagger,
    taggers: Sequence[Tagger],
    scored: Sequence[Scored],
    scores: Scores,
    counts: Counts,
) -> Outcome:
    """Return the answer: its first line is the step's summary, the same at every replay."""
    names = " + ".join(tagger.name for tagger in taggers)
    tally = counts.stager.tally
    answer = tally.outcome(_summary(args, names, counts))
    # Few tags are no sign of anything where few were asked for.
    asked_for_few = bool(args.only or args.max_tags) or {one.name for one in taggers} == {PIXELS}
    lines = [answer.text, *_tag_lines(counts)]
    lines += _image_lines(counts, scored, few=not asked_for_few)
    lines += _model_lines(args, taggers, scored, scores)
    return Outcome("\n".join(lines), {**answer.data, **_data(taggers, scored, counts)})


def _summary(args: RunTagger, names: str, counts: Counts) -> str:
    tally = counts.stager.tally
    captions = count(tally.changed + tally.created, "caption")
    tags = count(counts.stager.added.total(), "tag")
    at = f" at {args.threshold:g}" if args.threshold is not None else ""
    if not (tally.changed or tally.created):
        if args.mode == "fill" and not (counts.none or counts.few or tally.refused):
            return "Nothing to change: every selected image has a caption."
        return f"Nothing to change: {names}{at} proposes no tag that is not there."
    if args.mode == "overwrite":
        return f"Overwrite {captions} with the tags of {names}{at}"
    return f"Add {tags} to {captions} with {names}{at}"


def _tag_lines(counts: Counts) -> list[str]:
    lines = []
    if counts.unknown:
        lines.append(f"No tag of the taggers is called {listing(counts.unknown)}.")
    if counts.stager.replaced:
        lines.append(
            f"{count(counts.stager.replaced, 'tag')} would be replaced, "
            f"{counts.by_hand:,} of them written by hand (by no tagger)."
        )
    lines += most_line(counts.stager.top(_TOP))
    disagreement = counts.disagreement
    if disagreement.images:
        most = [f"{tag} ({number:,})" for tag, number in disagreement.tags.most_common(_TOP)]
        lines.append(
            f"The taggers disagree on {count(disagreement.images, 'image')}: {', '.join(most)}."
        )
    return lines


def _image_lines(counts: Counts, scored: Sequence[Scored], *, few: bool) -> list[str]:
    lines = []
    if counts.none:
        lines.append(f"No tag for {count(len(counts.none), 'image')}: {_names(counts.none)}.")
    if counts.few and few:
        lines.append(f"Few tags for {count(len(counts.few), 'image')}: {_names(counts.few)}.")
    bad = _bad(scored)
    if bad:
        shown = listing([f"{display(path)} ({reason})" for path, reason in bad.items()], _SHOWN)
        lines.append(f"{count(len(bad), 'image')} cannot be read: {shown}.")
    return lines


def _names(paths: Sequence[str]) -> str:
    return listing([display(path) for path in paths], _SHOWN)


def _bad(scored: Sequence[Scored]) -> dict[str, str]:
    return {path: reason for one in scored for path, reason in one.bad}


def _model_lines(
    args: RunTagger, taggers: Sequence[Tagger], scored: Sequence[Scored], scores: Scores
) -> list[str]:
    lines = []
    if args.model is None and taggers[0].name == PIXELS:
        lines.append(
            "No tagger is installed, so pixels was used, which knows only what follows from the "
            f"file itself. `tagsmith models pull {DEFAULT}` fetches one that sees more."
        )
    for one in scored:
        if one.provider:
            note = f" ({one.note.rstrip('.')})" if one.note else ""
            lines.append(f"{one.model.name} ran on {one.provider}{note}.")
    decided = scores.notes.decisions().values()
    for always, keep in (("kept", True), ("dropped", False)):
        tags = [tag for tag, kept in decided if kept is keep]
        if tags:
            lines.append(f"Always {always}, as you decided: {listing(tags)}.")
    return [*lines, scores.note] if scores.note else lines


def _data(taggers: Sequence[Tagger], scored: Sequence[Scored], counts: Counts) -> dict[str, Any]:
    top = counts.stager.added.most_common(_TOP)
    return {
        "models": [tagger.name for tagger in taggers],
        "tags_added": counts.stager.added.total(),
        "top": [{"tag": counts.stager.spelt[tag], "captions": number} for tag, number in top],
        "replaced": counts.stager.replaced,
        "replaced_by_hand": counts.by_hand,
        "without_tags": [display(path) for path in counts.none[:_MOST_ROWS]],
        "with_few_tags": [display(path) for path in counts.few[:_MOST_ROWS]],
        "bad": [
            {"image": display(path), "reason": reason}
            for path, reason in list(_bad(scored).items())[:_MOST_ROWS]
        ],
        "disagreed": dict(counts.disagreement.tags.most_common(_TOP)),
        "ran_on": {one.model.name: one.provider for one in scored if one.provider},
    }
