"""What a tagger's tags do to a caption: appended behind what stands there, or in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tagsmith.tools.caption import BOM, Caption
from tagsmith.tools.line import COMMA, Line, parse_line
from tagsmith.tools.tags import key, unique

# kohya's sd-scripts (keep_tokens_separator): what stands before it is never shuffled or dropped.
PROTECTED = "|||"


@dataclass(frozen=True, slots=True)
class Edited:
    """A caption as it would be: the tags that came, and those that went, verbatim."""

    data: bytes
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def is_empty(data: bytes) -> bool:
    """Tell whether a caption file holds nothing but white space and commas."""
    return not data.removeprefix(BOM).strip(b", \t\r\n")


def append(caption: Caption, tags: Sequence[str]) -> Edited | None:
    """Put the tags that a caption lacks behind its last one; every byte that stands stays.

    None where the caption has no line of tags, so no place for them.
    """
    present = set(caption.keys)
    fresh = [tag for tag in unique(tags) if key(tag) not in present]
    before = caption.to_bytes()
    if not fresh:
        return Edited(before)
    joined = (COMMA + caption.spacing()).join(fresh)
    after = caption.insert(joined, "last").to_bytes()
    return None if after == before else Edited(after, tuple(fresh))


def overwrite(caption: Caption, tags: Sequence[str], keep_first: int = 0) -> Edited:
    """Put the tags in the place of what a caption holds.

    What stands before ``|||`` stays, and so do the first ``keep_first`` tags, the byte-order mark
    and the final newline. A tag that stood there is written as it was.
    """
    first = next((line for line in caption.lines if line.tags), caption.lines[0])
    head = _head(first, keep_first)
    kept = {key(tag) for tag in parse_line(head).tags}
    spelt = {key(tag): tag for tag in reversed(caption.tags)}
    wanted = [spelt.get(key(tag), tag) for tag in unique(tags) if key(tag) not in kept]
    separator = COMMA + caption.spacing()
    text = separator.join(wanted)
    if head and text:
        text = head + (" " if head.endswith(PROTECTED) else separator) + text
    line = parse_line(text or head, _final(caption))
    changed = replace(caption, lines=(line,))
    after = {key(tag) for tag in changed.as_tags().tags}
    return Edited(
        changed.to_bytes(),
        tuple(tag for tag in wanted if key(tag) not in spelt),
        tuple(tag for tag_key, tag in spelt.items() if tag_key not in after),
    )


def _head(line: Line, keep_first: int) -> str:
    """Return what stays of a line: up to ``|||``, or else so many tags."""
    end = line.separators.index(PROTECTED) + 1 if PROTECTED in line.separators else 0
    filled = [index + 1 for index, piece in enumerate(line.pieces) if piece.strip()]
    end = max(end, filled[:keep_first][-1] if filled and keep_first else 0)
    parts = []
    for index in range(end):
        parts.append(line.pieces[index])
        if index < len(line.separators):
            parts.append(line.separators[index])
    return "".join(parts).rstrip().removesuffix(COMMA).rstrip()


def _final(caption: Caption) -> str:
    """Return the newline that ends the caption: one before an empty last line."""
    if len(caption.lines) > 1 and not caption.lines[-1].text():
        return caption.lines[-2].end
    return ""
