"""move_tags, sort_tags, dedupe_tags: the order of a caption's tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pydantic import Field, model_validator

from tagsmith.tools.caption import Caption
from tagsmith.tools.editing import Prose, Tally, edit_captions, known_tags, nowhere
from tagsmith.tools.line import drop_repeats, reorder
from tagsmith.tools.tags import Vocabulary, key, matcher
from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

# "1girl", "2boys", "6+girls": Danbooru's people counts, which habit puts first.
_PEOPLE = re.compile(r"\d+\+?(girl|boy|other)s?")


class MoveTags(Arguments):
    """Arguments of move_tags."""

    tags: OptionalTags = Field(default=None, description="tags to move, in the order they get")
    last: int = Field(default=0, ge=0, description="instead of tags: the last n of each caption")
    position: Literal["first", "last"] = "first"
    where: Where = None

    @model_validator(mode="after")
    def _one_of_both(self) -> MoveTags:
        if bool(self.tags) == bool(self.last):
            raise ValueError("give either tags or last")
        if self.last and self.position != "first":
            raise ValueError("the last tags can only move to the front")
        return self


@tool(MoveTags)
def move_tags(workspace: Workspace, args: MoveTags) -> Outcome:
    """Move tags to the front or the end of the captions that have them, or the last n to the
    front. Running it twice with tags changes nothing more.
    """
    samples = workspace.select(args.where)
    if args.tags:
        _, here = known_tags(workspace, samples, args.tags, prose=False)
        tests = [matcher(tag) for tag in args.tags]
        tally = edit_captions(workspace, samples, lambda one: _move(one, tests, args.position))
        if not any(here.values()):
            return nowhere(args.tags, workspace, samples, tally)
    else:
        tally = edit_captions(workspace, samples, lambda one: _rotate(one, args.last))
    what = listing(args.tags) if args.tags else f"the last {count(args.last, 'tag')}"
    return _answer(tally, f"Move {what} to the {_end(args.position)}")


def _end(position: str) -> str:
    return "front" if position == "first" else "end"


def _move(caption: Caption, tests: list[Callable[[str], bool]], position: str) -> Caption:
    ranks = {key(tag): _first(tests, key(tag)) for tag in caption.tags}
    wanted = sorted(
        (tag for tag in caption.tags if ranks[key(tag)] < len(tests)),
        key=lambda tag: ranks[key(tag)],
    )
    line = next((one for one in caption.lines if one.tags and not one.prose), None)
    if not wanted or line is None:
        return caption
    there = line.tags[: len(wanted)] if position == "first" else line.tags[-len(wanted) :]
    if there == wanted:
        return caption
    keys = {key(tag) for tag in wanted}
    without = caption.remove(keys.__contains__)
    if without.blank:
        return caption.mapped(
            lambda line: reorder(line, lambda tags: sorted(tags, key=lambda tag: ranks[key(tag)]))
        )
    for tag in wanted if position == "last" else reversed(wanted):
        without = without.insert(tag, position, spacing=caption.spacing())
    return without


def _first(tests: list[Callable[[str], bool]], tag_key: str) -> int:
    """Return which test a key passes first; their number if none."""
    return next((index for index, test in enumerate(tests) if test(tag_key)), len(tests))


def _rotate(caption: Caption, last: int) -> Caption:
    return caption.mapped(lambda line: reorder(line, lambda tags: tags[-last:] + tags[:-last]))


class SortTags(Arguments):
    """Arguments of sort_tags."""

    order: Literal["name", "frequency", "people"] = Field(
        default="name",
        description="by name, most frequent first, or solo and people counts first",
    )
    keep: int = Field(default=0, ge=0, description="leave the first n tags where they are")
    where: Where = None
    prose: Prose = False


@tool(SortTags)
def sort_tags(workspace: Workspace, args: SortTags) -> Outcome:
    """Sort the tags of each caption, within the trainer's ;;; sections; what it keeps in place
    before ||| or behind a second one stays.
    """
    samples = workspace.select(args.where)
    rank = _rank(args.order, workspace.vocabulary())

    def edit(caption: Caption) -> Caption:
        return caption.mapped(lambda line: reorder(line, ordered, flexible=True))

    def ordered(tags: list[str]) -> list[str]:
        return tags[: args.keep] + sorted(tags[args.keep :], key=rank)

    tally = edit_captions(workspace, samples, edit, prose=args.prose)
    return _answer(tally, f"Sort the tags by {args.order}")


def _rank(order: str, vocabulary: Vocabulary) -> Callable[[str], tuple[int, str]]:
    """Return a sort key; ``people`` keeps the order of all other tags."""
    if order == "name":
        return lambda tag: (0, key(tag))
    if order == "frequency":
        return lambda tag: (-vocabulary.counts[key(tag)], key(tag))
    return lambda tag: (0 if key(tag) == "solo" else 1 if _PEOPLE.fullmatch(key(tag)) else 2, "")


class DedupeTags(Arguments):
    """Arguments of dedupe_tags."""

    where: Where = None
    prose: Prose = False


@tool(DedupeTags)
def dedupe_tags(workspace: Workspace, args: DedupeTags) -> Outcome:
    """Remove the repeats of a tag in each caption; the first one stays, spelt as it is."""
    samples = workspace.select(args.where)
    tally = edit_captions(
        workspace, samples, lambda caption: caption.mapped(drop_repeats), prose=args.prose
    )
    summary = f"Remove {count(tally.tags, 'repeated tag')}"
    return _answer(tally, summary, "no caption repeats a tag")


def _answer(
    tally: Tally, summary: str, nothing: str = "the tags are in that order already"
) -> Outcome:
    if tally.idle:
        return tally.outcome(f"Nothing to change: {nothing}.")
    return tally.outcome(f"{summary} in {count(tally.changed, 'caption')}")
