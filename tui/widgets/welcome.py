"""The first message: what is being opened, then what this dataset is and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tagsmith.tui.language import many, say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED, WARNING

if TYPE_CHECKING:
    from tagsmith.tui.jobs import Snapshot

TAGS_TOLD = 5


def opening(name: str) -> Content:
    """Return what is shown until a dataset is open."""
    return line(say("Opening {name} …", name=name))


def welcome(snapshot: Snapshot) -> Content:
    """Return a dataset in a few lines: its size, its most used tags, its problems."""
    vocabulary = snapshot.vocabulary
    uncaptioned = snapshot.images - snapshot.captions
    first = ", ".join(
        (
            many(snapshot.images, "{n} image", "{n} images"),
            many(len(vocabulary), "{n} different tag", "{n} different tags"),
        )
    )
    if uncaptioned:
        first += ", " + many(uncaptioned, "{n} without a caption", "{n} without a caption")
    lines = [line(f"{first}.")]
    common = sorted(vocabulary.counts.items(), key=lambda one: (-one[1], one[0]))[:TAGS_TOLD]
    if common:
        shown = [
            line(f"{vocabulary.spelling(name)} {images:,}", limit=60) for name, images in common
        ]
        used = Content(say("Most used: "))
        lines.append(used + Content.assemble((" · ", MUTED)).join(shown))
    lines += [Content.assemble(("! ", WARNING), line(one)) for one in snapshot.problems]
    if snapshot.more_problems:
        more = many(snapshot.more_problems, "… and {n} more problem", "… and {n} more problems")
        lines.append(Content(more))
    hint = say("Say what to change. Nothing is written before you apply it.")
    return Content("\n").join([*lines, Content(), Content(hint)])
