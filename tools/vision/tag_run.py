"""One run of run_tagger: score, propose, edit captions, count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tagsmith.tools.dataset import Sample
from tagsmith.tools.errors import UsageError
from tagsmith.tools.tags import key, unique
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision import tag_edits, tag_report
from tagsmith.tools.vision.format import Style, Writer, style_of
from tagsmith.tools.vision.looking import Look
from tagsmith.tools.vision.proposals import Proposed, Proposer
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.select import Order, Selector, Wishes
from tagsmith.tools.vision.staging import Stager
from tagsmith.tools.vision.taggers import Scored, Tagger, find_taggers
from tagsmith.tools.vision.votes import Disagreement
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.tagging.run_tagger import RunTagger
    from tagsmith.tools.vision.scores import Scores

# An image with fewer tags than this is worth a look.
FEW = 5
_GROUPS_AT_ONCE = 500


@dataclass(slots=True)
class Counts:
    """What a run met, beside what the stager counts."""

    stager: Stager
    by_hand: int = 0
    few: list[str] = field(default_factory=list)
    none: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    disagreement: Disagreement = field(default_factory=Disagreement)


def run(workspace: Workspace, args: RunTagger) -> Outcome:
    """Tag the selected images; see ``run_tagger``."""
    taggers = find_taggers(args.model)
    samples = workspace.select(args.where)
    stager = Stager(workspace, args.mode, args.keep_first, args.prose)
    groups = stager.groups(samples)
    scores = scores_of(workspace)
    images = [workspace.on_disk(sample) for group in groups.values() for sample in group]
    scored = [tagger.score(images, scores, workspace.watch) for tagger in taggers] if images else []
    counts = Counts(stager)
    if scored:
        proposer = _proposer(workspace, args, taggers, scored, scores)
        _Edits(workspace, args, scores, proposer, counts).edit(list(groups.values()))
        counts.disagreement = proposer.disagreement
        named = [*(args.keep or ()), *(args.exclude or ()), *(args.only or ())]
        counts.unknown = [
            tag for tag in named if not any(one.knows([tag]) for one in proposer.selectors)
        ]
    return tag_report.outcome(args, taggers, scored, scores, counts)


def look(workspace: Workspace, args: RunTagger) -> Look:
    """Return what ``run`` will look at; see ``looking``."""
    taggers = find_taggers(args.model)
    groups = Stager(workspace, args.mode).groups(workspace.select(args.where))
    images = [workspace.on_disk(sample) for group in groups.values() for sample in group]
    scores = scores_of(workspace)

    def work(watch: Watch) -> None:
        for tagger in taggers:
            tagger.score(images, scores, watch)

    todo: set[str] = set()
    for tagger in taggers:
        known = tagger.stored(scores)
        todo.update(images if known is None else scores.unscored(known, images))
    return Look(tuple(tagger.name for tagger in taggers), len(images), len(todo), work)


def wishes(args: RunTagger, scores: Scores) -> Wishes:
    """Return what the arguments and the reviews' decisions ask of a selection."""
    asked = {"character": args.character, "rating": args.rating, "meta": args.meta}
    decisions = scores.notes.decisions()
    return Wishes(
        threshold=args.threshold,
        thresholds=args.by_category(),
        categories={name: on for name, on in asked.items() if on is not None},
        mcut=args.mcut,
        keep=tuple(args.keep or ()),
        exclude=tuple(args.exclude or ()),
        only=tuple(args.only or ()),
        always={tag_key: keep for tag_key, (_, keep) in decisions.items()},
    )


def _proposer(
    workspace: Workspace,
    args: RunTagger,
    taggers: Sequence[Tagger],
    scored: Sequence[Scored],
    scores: Scores,
) -> Proposer:
    asked = wishes(args, scores)
    selectors = [
        tagger.selector(one.model, asked) for tagger, one in zip(taggers, scored, strict=True)
    ]
    _check_only(args, selectors)
    if args.vote == "at_least" and args.votes > len(taggers):
        raise UsageError(
            f"{args.votes} votes cannot come from {len(taggers)} taggers.", "Name more taggers."
        )
    order: Order = "label" if (args.order or taggers[0].sort) == "label" else "score"
    writer = Writer(_style(workspace, args, taggers[0]), args.renamed(), args.split_characters)
    return Proposer(
        scores, selectors, writer, args.vote, args.votes, order, args.max_tags, Disagreement()
    )


def _check_only(args: RunTagger, selectors: Sequence[Selector]) -> None:
    if args.only and not any(selector.knows(args.only) for selector in selectors):
        names = ", ".join(selector.model.name for selector in selectors)
        raise UsageError(
            f"{names} knows no tag like {', '.join(args.only)}.", "Check the spelling."
        )


def _style(workspace: Workspace, args: RunTagger, tagger: Tagger) -> Style:
    style = style_of(workspace.vocabulary(), tagger.style)
    if args.underscores != "dataset":
        style = replace(style, underscores=args.underscores == "underscores")
    if args.parentheses != "dataset":
        style = replace(style, escaped=args.parentheses == "escaped")
    return style


class _Edits:
    """Stages the captions of one run and notes which tags come from it."""

    def __init__(
        self,
        workspace: Workspace,
        args: RunTagger,
        scores: Scores,
        proposer: Proposer,
        counts: Counts,
    ) -> None:
        self._workspace = workspace
        self._args = args
        self._scores = scores
        self._proposer = proposer
        self._counts = counts

    def edit(self, groups: list[list[Sample]]) -> None:
        """Edit the captions of these groups of images, each group's once."""
        watch = self._workspace.watch
        for start in range(0, len(groups), _GROUPS_AT_ONCE):
            watch.check("Stopped; the scores are kept, nothing was staged.")
            watch.tell(Step("Choosing tags", start, len(groups), "captions"))
            self._some(groups[start : start + _GROUPS_AT_ONCE])

    def _some(self, groups: list[list[Sample]]) -> None:
        paths = [self._workspace.on_disk(sample) for group in groups for sample in group]
        contents = self._scores.contents(paths)
        proposed = {one.content: one for one in self._proposer.propose(unique_bytes(contents))}
        origins = self._scores.notes.origins(proposed)
        changed: dict[bytes, dict[str, str]] = {}
        for group in groups:
            found = [
                (sample, proposed[content])
                for sample in group
                if (content := contents.get(self._workspace.on_disk(sample))) in proposed
            ]
            for sample, one in found:
                self._count_tags(sample, one)
            edited = self._caption(found, origins) if found else None
            if edited is not None:
                for _, one in found:
                    known = origins.get(one.content, {})
                    changed[one.content] = _origins(known, one, edited)
        self._scores.notes.set_origins(changed)

    def _count_tags(self, sample: Sample, one: Proposed) -> None:
        if not one.tags:
            self._counts.none.append(sample.image)
        elif len(one.tags) < FEW:
            self._counts.few.append(sample.image)

    def _caption(
        self, found: list[tuple[Sample, Proposed]], origins: dict[bytes, dict[str, str]]
    ) -> tag_edits.Edited | None:
        """Stage the caption of some images; returns what was done to it."""
        sample = found[0][0]
        tags = unique(tag for _, one in found for tag in one.tags.values())
        edited = self._counts.stager.put_tags(sample, tags)
        if edited is None:
            return None
        known = {tag for _, one in found for tag in origins.get(one.content, {})}
        self._counts.by_hand += sum(key(tag) not in known for tag in edited.removed)
        return edited


def _origins(known: dict[str, str], one: Proposed, edited: tag_edits.Edited) -> dict[str, str]:
    """Return which tags of an image come from a tagger, now that its caption was edited."""
    removed = {*map(key, edited.removed)}
    stayed = {tag: model for tag, model in known.items() if tag not in removed}
    new = (key(tag) for tag in edited.added)
    return {tag: one.models[tag] for tag in new if tag in one.models} | stayed


def unique_bytes(contents: dict[str, bytes]) -> list[bytes]:
    """Return the contents once each, in order."""
    return list(dict.fromkeys(contents.values()))
