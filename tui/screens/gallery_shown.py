"""What the gallery writes around its pictures: names, counts, captions, groups."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Sample
from tagsmith.tools.workspace import Workspace
from tagsmith.tui import gallery
from tagsmith.tui.gallery import Kind, Shelf
from tagsmith.tui.language import many, say
from tagsmith.tui.preview import Picture, Seen
from tagsmith.tui.text import block, line
from tagsmith.tui.widgets.palette import ACCENT, MUTED, WARNING

MARKED = "●"
BEST = "★"


class Pictures:
    """The images of a shelf as the grid shows them: marks and names beneath the pictures."""

    def __init__(self, workspace: Workspace, shelf: Shelf, marked: set[str]) -> None:
        self._workspace = workspace
        self._shelf = shelf
        self._marked = marked

    @property
    def count(self) -> int:
        """Number of images."""
        return len(self._shelf.samples)

    def path(self, index: int) -> str:
        """Return the absolute path of an image on disk."""
        return gallery.file_of(self._workspace, self._shelf, self._shelf.samples[index])

    def label(self, index: int) -> Content:
        """Return the signs and the name of an image."""
        sample = self._shelf.samples[index]
        return signs(self._shelf, sample, self._marked) + line(sample.name)


def signs(shelf: Shelf, sample: Sample, marked: set[str]) -> Content:
    """Return whether an image is marked, and whether it is the best of its group."""
    parts = []
    if sample.image in marked:
        parts.append(Content.styled(f"{MARKED} ", ACCENT))
    if shelf.now is not None and sample.image == shelf.now.best:
        parts.append(Content.styled(f"{BEST} ", ACCENT))
    return Content().join(parts)


def title(shelf: Shelf) -> Content:
    """Return what the gallery shows, and how many of it."""
    number = len(shelf.samples)
    images = many(number, "{n} image", "{n} images")
    if shelf.kind is Kind.RANDOM:
        what = say(
            "{n} at random of {among} (seed {seed})",
            n=f"{number:,}",
            among=f"{shelf.among:,}",
            seed=shelf.seed,
        )
        return line(f"{what} · {shelf.where}" if shelf.where else what)
    if shelf.kind is Kind.ISOLATED:
        return line(f"{say('isolated as {name}', name=shelf.name)} · {images}")
    if shelf.kind is Kind.ALIKE:
        return _cluster_title(shelf)
    return line(f"{shelf.title or shelf.where or say('all')} · {images}")


def _cluster_title(shelf: Shelf) -> Content:
    if shelf.now is None:
        return line(f"{shelf.title} · {say('no group is left')}")
    place = say("group {n} of {all}", n=f"{shelf.cluster + 1:,}", all=f"{len(shelf.clusters):,}")
    reason = f" · {shelf.now.reason}" if shelf.now.reason else ""
    return line(f"{shelf.title} · {place}{reason}")


def state(marked: int, staged: int) -> Content:
    """Return how much is marked and staged."""
    parts = []
    if marked:
        parts.append(Content.styled(many(marked, "{n} marked", "{n} marked"), ACCENT))
    if staged:
        told = many(staged, "{n} file staged", "{n} files staged")
        parts.append(line(f"{told}, {say('nothing written yet')}", MUTED))
    return Content.styled(" · ", MUTED).join(parts) + " "


def image_line(shelf: Shelf, index: int, seen: Seen | None, marked: set[str]) -> Content:
    """Return which image is looked at: its place, its name, its size in pixels."""
    sample = shelf.samples[index]
    parts = [signs(shelf, sample, marked) + line(sample.image, "bold")]
    if isinstance(seen, Picture):
        width, height = seen.size
        parts.append(line(f"{width} × {height}", MUTED))  # noqa: RUF001 - the sign between sides
        parts += [line(note, MUTED) for note in seen.notes]
    place = say("{n} of {all}", n=f"{index + 1:,}", all=f"{len(shelf.samples):,}")
    return Content(" ") + Content.styled(" · ", MUTED).join([*parts, line(place, MUTED)])


def caption_words(found: Caption | str | None) -> Content | None:
    """Return what to show in place of chips, None where the caption is a list of tags."""
    if found is None:
        return line(say("No caption: e writes one."), MUTED)
    if isinstance(found, str):
        return line(say("The caption cannot be edited: {reason}.", reason=found), WARNING)
    if found.blank:
        return line(say("The caption is empty."), MUTED)
    return block(found.text.strip()) if found.prose else None


def grid_keys(
    legend: Sequence[tuple[str, str]], *, staged: bool, alike: bool
) -> list[tuple[str, str]]:
    """Return the keys of the grid; first those that only now have something to do."""
    review = [one for one in legend if one[0] == "w"] if staged else []
    group = [("tab", say("next group"))] if alike else []
    return [*review, *group, *(one for one in legend if one[0] != "w")]


def zoom_keys(*, staged: bool) -> list[tuple[str, str]]:
    """Return the keys while one image is shown large."""
    review = [("w", say("review"))] if staged else []
    return [
        *review,
        ("←→", say("next")),
        ("space", say("mark")),
        ("e", say("edit")),
        ("m", say("isolate")),
        ("D", say("trash")),
        ("esc", say("back")),
    ]


def field_keys(field: str) -> list[tuple[str, str]]:
    """Return the keys while something is written or chosen; none for what is no such thing."""
    leave = ("esc", say("back"))
    return {
        "filter": [("enter", say("filter")), leave],
        "answer": [("enter", say("move")), leave],
        "writing": [("enter", say("keep the text")), ("ctrl+j", say("new line")), leave],
        "shelves": [("enter", say("show")), leave],
    }.get(field, [])


class Titles:
    """Rows of groups to choose from."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles

    @property
    def count(self) -> int:
        """Number of groups."""
        return len(self._titles)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        return (Content("  ") + line(self._titles[index])).truncate(width, ellipsis=True)
