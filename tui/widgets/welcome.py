"""The first message: what this dataset is, and what is wrong with it."""

from __future__ import annotations

from textual.content import Content

from tagsmith.tui.jobs import Snapshot
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED, WARNING
from tagsmith.tui.widgets.plan_rows import plural

TAGS_TOLD = 5


def welcome(snapshot: Snapshot) -> Content:
    """Return a dataset in a few lines: its size, its most used tags, its problems."""
    vocabulary = snapshot.vocabulary
    uncaptioned = snapshot.images - snapshot.captions
    first = f"{plural(snapshot.images, 'image')}, {plural(len(vocabulary), 'different tag')}"
    lines = [line(f"{first}, {uncaptioned:,} without a caption." if uncaptioned else f"{first}.")]
    common = sorted(vocabulary.counts.items(), key=lambda one: (-one[1], one[0]))[:TAGS_TOLD]
    if common:
        shown = [line(f"{vocabulary.spelling(name)} {count:,}", limit=60) for name, count in common]
        lines.append(Content("Most used: ") + Content.assemble((" · ", MUTED)).join(shown))
    lines += [Content.assemble(("! ", WARNING), line(one)) for one in snapshot.problems]
    if snapshot.more_problems:
        lines.append(Content(f"… and {plural(snapshot.more_problems, 'more problem')}"))
    lines += [Content(), Content("Say what to change. Nothing is written before you apply it.")]
    return Content("\n").join(lines)
