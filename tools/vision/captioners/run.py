"""One run of caption_images: choose images, get their captions, stage them, count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Sample, join
from tagsmith.tools.editing import Tally, stage_caption
from tagsmith.tools.errors import UsageError
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision.captioners import placing, report, text
from tagsmith.tools.vision.captioners.captioner import Captioner, Request
from tagsmith.tools.vision.captioners.finding import find_captioner
from tagsmith.tools.vision.captioners.generate import Generated, generate, unseen
from tagsmith.tools.vision.format import style_of, writable, written
from tagsmith.tools.vision.looking import Look
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.tag_edits import is_empty
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.tagging.caption_images import CaptionImages
    from tagsmith.tools.vision.scores import Scores


@dataclass(slots=True)
class Counts:
    """What a run met, beside what every edit counts.

    ``lost`` and ``sentences`` are tags and sentences that stood where a caption now would;
    ``short`` captions are too short to be told from a tag; ``dropped`` tags are unknown.
    """

    tally: Tally = field(default_factory=Tally)
    lost: int = 0
    sentences: int = 0
    replaced: int = 0
    short: int = 0
    dropped: set[str] = field(default_factory=set)


def run(workspace: Workspace, args: CaptionImages) -> Outcome:
    """Caption the selected images; see ``caption_images``."""
    captioner = find_captioner(workspace, args.model)
    request = _request(captioner, args)
    samples = workspace.select(args.where)
    chosen = _chosen(workspace, samples, args)
    scores = scores_of(workspace)
    images = [workspace.on_disk(sample) for sample in chosen.values()]
    made = generate(captioner, request, images, scores, workspace.watch) if images else None
    counts = Counts(Tally(selected=len(samples)))
    if made is not None:
        _Edits(workspace, args, made, counts, scores).stage(chosen)
    return report.outcome(args, captioner, made, counts, scores.note)


def look(workspace: Workspace, args: CaptionImages) -> Look:
    """Return what ``run`` will look at; see ``looking``."""
    captioner = find_captioner(workspace, args.model)
    request = _request(captioner, args)
    chosen = _chosen(workspace, workspace.select(args.where), args)
    images = [workspace.on_disk(sample) for sample in chosen.values()]
    scores = scores_of(workspace)

    def work(watch: Watch) -> None:
        generate(captioner, request, images, scores, watch)

    todo = len(unseen(captioner, request, images, scores))
    return Look((captioner.name,), len(images), todo, work)


def target_of(workspace: Workspace, sample: Sample, file: str | None) -> str:
    """Return where the caption of a sample goes: its own file, or the one with a suffix."""
    if file is None:
        return workspace.caption_target(sample)
    return join(sample.folder, sample.stem + file)


def _request(captioner: Captioner, args: CaptionImages) -> Request:
    if args.style not in captioner.styles:
        raise UsageError(
            f"{captioner.name} cannot write in the style {args.style!r}.",
            f"It can: {', '.join(captioner.styles)}.",
        )
    if args.words and not captioner.takes_words:
        raise UsageError(f"{captioner.name} takes no words for its prompt.", "Use model=server.")
    return Request(args.style, args.trigger or "", args.max_words, args.words or "", args.seed)


def _chosen(workspace: Workspace, samples: list[Sample], args: CaptionImages) -> dict[str, Sample]:
    """Return the first image of each caption file, by the path of that file, in their order."""
    if args.file is not None and args.file not in workspace.dataset.suffixes:
        raise UsageError(f"Captions of this dataset do not end in {args.file}.")
    chosen: dict[str, Sample] = {}
    for sample in samples:
        target = target_of(workspace, sample, args.file)
        if target in chosen or (args.mode == "fill" and not _lacks(workspace, target, args)):
            continue
        chosen[target] = sample
    return chosen


def _lacks(workspace: Workspace, target: str, args: CaptionImages) -> bool:
    """Tell whether a file has no sentence yet; for tags, whether it has nothing."""
    data = workspace.content(target)
    if data is None:
        return not workspace.blocked(target)
    return is_empty(data) or (args.style != "tags" and not Caption.parse(data).prose)


class _Edits:
    """Stages the captions of one run."""

    def __init__(
        self,
        workspace: Workspace,
        args: CaptionImages,
        made: Generated,
        counts: Counts,
        scores: Scores,
    ) -> None:
        self._workspace = workspace
        self._args = args
        self._made = made
        self._counts = counts
        self._style = style_of(workspace.vocabulary())
        self._known = _known(workspace, scores) if args.unknown == "drop" else None

    def stage(self, chosen: dict[str, Sample]) -> None:
        """Stage the caption of each file."""
        for target, sample in chosen.items():
            answer = self._made.captions.get(self._workspace.on_disk(sample))
            if answer is None:
                continue
            if self._args.style == "tags":
                self._stage_tags(target, sample, answer)
            else:
                self._stage_prose(target, sample, answer)

    def _stage_prose(self, target: str, sample: Sample, answer: str) -> None:
        args = self._args
        if args.max_words is not None:
            answer = text.shorten(answer, args.max_words)
        answer = text.with_trigger(answer, args.trigger or "")
        self._counts.short += not Caption.parse(answer.encode()).prose

        def edit(data: bytes) -> placing.Placed:
            if args.mode == "overwrite":
                return placing.instead(data, answer)
            return placing.Placed(placing.beside(data, answer, args.place))

        self._write(target, sample, edit)

    def _stage_tags(self, target: str, sample: Sample, answer: str) -> None:
        args = self._args
        tags = self._tags(answer)
        if not tags:
            self._made.unusable.append((sample.image, "no tag was left"))
            return

        def edit(data: bytes) -> placing.Placed:
            if args.mode == "overwrite":
                return placing.instead(data, ", ".join(tags))
            return placing.Placed(placing.tags_beside(data, tags, args.place))

        self._write(target, sample, edit)

    def _tags(self, answer: str) -> list[str]:
        """Return an answer's tags as the dataset writes them, the trigger first."""
        tags = [written(tag, self._style) for tag in text.clean_tags(answer)]
        kept = []
        for tag in filter(writable, tags):
            if self._known is None or key(tag) in self._known:
                kept.append(tag)
            else:
                self._counts.dropped.add(tag)
        if self._args.max_words is not None:
            kept = kept[: self._args.max_words]
        trigger = self._args.trigger
        if trigger:
            kept = [trigger, *(tag for tag in kept if key(tag) != key(trigger))]
        return kept

    def _write(self, target: str, sample: Sample, edit: Callable[[bytes], placing.Placed]) -> None:
        workspace, tally = self._workspace, self._counts.tally
        data = workspace.content(target)
        if data is None and (reason := workspace.dataset.skipped.get(target)):
            tally.refuse(target, reason)
            return
        placed = edit(data or b"")
        if not stage_caption(workspace, sample, target, data, placed.data, tally):
            return
        self._counts.lost += placed.lost
        self._counts.sentences += placed.sentences
        self._counts.replaced += bool(placed.lost or placed.sentences)


def _known(workspace: Workspace, scores: Scores) -> frozenset[str]:
    """Return the keys of all tags of the captions, and of all labels of taggers that ran here."""
    known = set(workspace.vocabulary().counts)
    for model in scores.models():
        known.update(model.keys)
    return frozenset(known)
