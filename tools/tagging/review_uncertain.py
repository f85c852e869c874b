"""review_uncertain and review_answer: active labelling, one question at a time."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from tagsmith.tools.editing import NewTag
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.vision.doubts import Doubt, Opinions
    from tagsmith.tools.vision.format import Style
    from tagsmith.tools.vision.scores import Scores
    from tagsmith.tools.vision.select import Selector

Advanced = Field(json_schema_extra={"advanced": True})
_TOP = 8


class ReviewUncertain(Arguments):
    """Arguments of review_uncertain."""

    where: Where = None
    limit: int = Field(default=10, ge=1, le=200, description="questions to show")
    margin: float = Field(
        default=0.1, gt=0, le=0.5, description="how near the threshold a score is in doubt"
    )
    model: str | None = Field(default=None, description="only these taggers: a, b")
    threshold: Annotated[float | None, Advanced] = Field(
        default=None, ge=0.05, le=1, description="another threshold than the tagger's own"
    )


@tool(ReviewUncertain)
def review_uncertain(workspace: Workspace, args: ReviewUncertain) -> Outcome:
    """Show which images and tags the taggers are unsure about: scores near the threshold, taggers
    that disagree, tags that no tagger sees. Changes nothing; review_answer answers.
    """
    from tagsmith.tools.vision.doubts import Doubter, Seen
    from tagsmith.tools.vision.format import style_of
    from tagsmith.tools.vision.score_query import scores_of

    samples = workspace.select(args.where)
    scores = scores_of(workspace)
    selectors = _selectors(scores, args)
    places = {sample.image: workspace.on_disk(sample) for sample in samples}
    contents = scores.contents(places.values())
    images = [
        Seen(sample.image, contents[place], frozenset(workspace.keys(sample)))
        for sample in samples
        if (place := places[sample.image]) in contents
    ]
    decisions = scores.notes.decisions()
    doubter = Doubter(scores, selectors, workspace.watch)
    doubts = doubter.find(images, args.margin, decisions)
    style = style_of(workspace.vocabulary())
    shown = doubts[: args.limit]
    opinions = doubter.opinions(shown)
    rows = [_row(*pair, style) for pair in zip(shown, opinions, strict=True)]
    lines = [_heading(doubts, len(samples)), *(_line(row) for row in rows)]
    if len(doubts) > args.limit:
        lines.append(f"and {count(len(doubts) - args.limit, 'more question')}")
    lines += _closing(doubts, style, len(samples) - len(images))
    lines += _decided(decisions)
    return Outcome("\n".join(lines), {"rows": rows, **_totals(doubts, decisions)})


def _selectors(scores: Scores, args: ReviewUncertain) -> list[Selector]:
    """Return what chooses tags for each model whose scores are stored, the last one first."""
    from tagsmith.tools.vision.select import Wishes
    from tagsmith.tools.vision.taggers import Tagger, find_taggers

    taggers: list[Tagger] = []
    if args.model is not None:
        taggers = find_taggers(args.model)
    else:
        for name in dict.fromkeys(model.name for model in scores.models()):
            try:
                taggers += find_taggers(name)
            except UsageError:
                # Scores of a model whose spec the user has taken away.
                continue
    found = [(tagger, tagger.stored(scores)) for tagger in taggers]
    if missing := [tagger.name for tagger, stored in found if stored is None and args.model]:
        raise UsageError(
            f"{listing(missing)} has not looked at these images yet.", "Use run_tagger first."
        )
    selectors = [
        tagger.selector(stored, Wishes(threshold=args.threshold))
        for tagger, stored in found
        if stored is not None
    ]
    if not selectors:
        raise UsageError("No tagger has looked at these images yet.", "Use run_tagger first.")
    return selectors


def _row(doubt: Doubt, opinions: Opinions, style: Style) -> dict[str, Any]:
    from tagsmith.tools.vision.format import written

    return {
        "image": display(doubt.seen.image),
        "tag": written(doubt.key, style),
        "why": doubt.kind.value,
        "scores": {model: round(score, 3) for model, (score, _) in opinions.items()},
        "thresholds": {model: round(cut, 3) for model, (_, cut) in opinions.items()},
        "in_caption": doubt.standing,
    }


def _heading(doubts: list[Doubt], images: int) -> str:
    if not doubts:
        return "No doubts: no score is near its threshold."
    unsure = len({doubt.seen.image for doubt in doubts})
    return f"{count(len(doubts), 'question')} about {unsure:,} of {count(images, 'image')}"


def _line(row: dict[str, Any]) -> str:
    shown = ", ".join(
        f"{score:.2f} of {row['thresholds'][model]:.2f} by {model}"
        if score
        else f"under 0.05 by {model}"
        for model, score in row["scores"].items()
    )
    where = "in the caption" if row["in_caption"] else "not in the caption"
    return f"  {row['image']}  {row['tag']}?  {shown}; {where}; {row['why']}"


def _closing(doubts: list[Doubt], style: Style, unscored: int) -> list[str]:
    from tagsmith.tools.vision.format import written

    lines = []
    if doubts:
        most = Counter(doubt.key for doubt in doubts).most_common(_TOP)
        tags = [f"{written(tag, style)} ({number:,})" for tag, number in most]
        lines.append(f"Most: {', '.join(tags)}.")
        lines.append("review_answer says keep, drop, always_keep or always_drop to one.")
    if unscored:
        lines.append(f"{count(unscored, 'image')} not looked at yet: run_tagger does that.")
    return lines


def _decided(decisions: dict[str, tuple[str, bool]]) -> list[str]:
    lines = []
    for word, wanted in (("kept", True), ("dropped", False)):
        tags = [tag for tag, keep in decisions.values() if keep is wanted]
        if tags:
            lines.append(f"Always {word}: {listing(tags, 20)} (answer=forget takes that back).")
    return lines


def _totals(doubts: list[Doubt], decisions: dict[str, tuple[str, bool]]) -> dict[str, Any]:
    return {
        "questions": len(doubts),
        "images": len({doubt.seen.image for doubt in doubts}),
        "always_keep": [tag for tag, keep in decisions.values() if keep],
        "always_drop": [tag for tag, keep in decisions.values() if not keep],
    }


class ReviewAnswer(Arguments):
    """Arguments of review_answer."""

    tag: NewTag = Field(description="the tag that was asked about")
    answer: Literal["keep", "drop", "always_keep", "always_drop", "forget"] = Field(
        description="for this image, or for every later run; forget takes an answer back"
    )
    image: str | None = Field(default=None, description="name or path of the image")

    @model_validator(mode="after")
    def _image_where_needed(self) -> ReviewAnswer:
        if self.image is None and self.answer in ("keep", "drop"):
            raise ValueError("say which image")
        return self


@tool(ReviewAnswer)
def review_answer(workspace: Workspace, args: ReviewAnswer) -> Outcome:
    """Answer a question of review_uncertain. keep puts the tag into the image's caption, drop
    takes it out; always_keep and always_drop also count in every later run.
    """
    from tagsmith.tools.vision.score_query import scores_of

    scores = scores_of(workspace)
    sample = None if args.image is None else _sample(workspace, args.image)
    keep = {"keep": True, "always_keep": True, "forget": None}.get(args.answer, False)
    if sample is not None:
        _remember(workspace, scores, sample, args.tag, keep)
    if args.answer in ("always_keep", "always_drop", "forget"):
        scores.notes.decide({key(args.tag): (args.tag, keep)})
    lines = []
    if sample is not None and keep is not None:
        lines.append(_stage(workspace, sample, args.tag, keep=keep))
    if args.answer == "forget":
        lines.append(f"Forgotten what was answered about {args.tag}; captions stay as they are.")
    elif args.answer.startswith("always"):
        verb = "kept wherever a tagger is unsure" if keep else "never added by a tagger"
        lines.append(f"From now on {args.tag} is {verb}.")
    return Outcome("\n".join(lines), {"tag": args.tag, "answer": args.answer})


def _sample(workspace: Workspace, name: str) -> Sample:
    found = [
        one
        for one in workspace.samples
        if name in (one.image, display(one.image), one.name, display(one.name), one.stem)
    ]
    if not found:
        raise UsageError(f"There is no image called {name!r}.", "See find_images.")
    if len(found) > 1:
        paths = listing([display(one.image) for one in found])
        raise UsageError(f"Several images are called {name!r}: {paths}.", "Give the path.")
    return found[0]


def _remember(
    workspace: Workspace, scores: Scores, sample: Sample, tag: str, keep: bool | None
) -> None:
    """Note the answer, and that the tag is the user's own from now on."""
    content = scores.content(workspace.on_disk(sample))
    if content is not None:
        scores.notes.answer([(content, key(tag), keep)])
        origins = scores.notes.origins([content]).get(content, {})
        if origins.pop(key(tag), None) is not None:
            scores.notes.set_origins({content: origins})


def _stage(workspace: Workspace, sample: Sample, tag: str, *, keep: bool) -> str:
    from tagsmith.tools.caption import Caption
    from tagsmith.tools.vision.tag_edits import append

    name = display(sample.image)
    if sample.caption_path is None:
        return _create(workspace, sample, tag) if keep else f"{tag} does not stand in {name}."
    data = workspace.content(sample.caption_path)
    if data is None:
        raise UsageError(f"The caption of {name} cannot be edited.", "See show_sample.")
    caption = Caption.parse(data)
    if not keep:
        after = caption.remove(key(tag).__eq__).to_bytes()
    else:
        edited = append(caption, [tag])
        if edited is None:
            raise UsageError(f"The caption of {name} is written in sentences.", "Edit it by hand.")
        after = edited.data
    if after == data:
        return f"{tag} {'stands' if keep else 'does not stand'} in {name} already."
    workspace.write(sample.caption_path, after, sample)
    return f"{'Add' if keep else 'Remove'} {tag} {'to' if keep else 'from'} {name}"


def _create(workspace: Workspace, sample: Sample, tag: str) -> str:
    target = workspace.caption_target(sample)
    if reason := workspace.blocked(target):
        raise UsageError(f"{display(target)} cannot be created: {reason}.", "See show_sample.")
    workspace.write(target, tag.encode(), sample)
    return f"Add {tag} to {display(sample.image)}"
