"""Where a generated caption goes: on a line of its own beside what stands, or in its place.

Sentences and tags share a file by lines: the tools for tags leave a line of prose alone
(``tools/prose.py``), and so both can be edited afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tagsmith.tools.caption import BOM, NEWLINE, Caption
from tagsmith.tools.line import COMMA
from tagsmith.tools.tags import key, unique
from tagsmith.tools.vision import tag_edits

Place = Literal["after", "before"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A caption file as it would be; ``lost`` are the tags and ``sentences`` the lines that go."""

    data: bytes
    lost: int = 0
    sentences: int = 0


def beside(data: bytes, text: str, place: Place) -> bytes:
    """Put a sentence on a line of its own before or after what stands, which keeps every byte.

    Unchanged where the very line stands already; an empty file gets the text alone.
    """
    caption = Caption.parse(data)
    if any(line.text().strip() == text for line in caption.lines):
        return data
    head, body = (BOM, data[len(BOM) :]) if caption.bom else (b"", data)
    if caption.blank:
        return head + text.encode()
    found = NEWLINE.search(caption.text)
    newline = (found[0] if found else "\n").encode()
    line = text.encode()
    if place == "before":
        return head + line + newline + body
    if body.endswith((b"\n", b"\r")):
        return head + body + line + newline
    return head + body + newline + line


def tags_beside(data: bytes, tags: Sequence[str], place: Place) -> bytes:
    """Put the tags that a caption lacks before or behind those it has, or on a line of their own.

    A line of their own is for captions of sentences alone.
    """
    caption = Caption.parse(data)
    present = set(caption.keys)
    fresh = [tag for tag in unique(tags) if key(tag) not in present]
    if not fresh:
        return data
    joined = (COMMA + caption.spacing()).join(fresh)
    changed = caption.insert(joined, "last" if place == "after" else "first").to_bytes()
    return beside(data, joined, place) if changed == data else changed


def instead(data: bytes, text: str) -> Placed:
    """Put a text in the place of all that stands; what stands before ``|||`` stays.

    A byte-order mark and a final newline stay, too.
    """
    caption = Caption.parse(data)
    head = BOM if caption.bom else b""
    kept = _kept(caption)
    ends = len(caption.lines) > 1 and not caption.lines[-1].text()
    end = caption.lines[-2].end if ends else ""
    line = f"{kept} {text}" if kept else text
    after = head + (line + end).encode()
    if after == data:
        return Placed(data)
    return Placed(after, _tags_lost(caption, kept), sum(line.prose for line in caption.lines))


def _kept(caption: Caption) -> str:
    """Return what stands before the first ``|||`` and the mark itself, or ""."""
    before, mark, _ = caption.text.partition(tag_edits.PROTECTED)
    return before + mark if mark and not NEWLINE.search(before) else ""


def _tags_lost(caption: Caption, kept: str) -> int:
    stayed = Caption.parse(kept.encode()).tags if kept else []
    return len(caption.tags) - len(stayed)
