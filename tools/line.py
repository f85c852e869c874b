"""One line of a caption: pieces between separators, and edits that touch only what they name.

``,`` separates tags; ``|||`` (kohya's keep-tokens separator) and ``;;;`` (its secondary separator)
separate too, but belong to the trainer and are never removed. A comma inside ``{a, b|c}`` (a
wildcard) separates nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tagsmith.tools.prose import reads_as_prose
from tagsmith.tools.tags import key

COMMA = ","
KEEP = "|||"

_SEPARATOR = re.compile(r"(,|\|\|\||;;;)")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: ``pieces`` with their spaces, the separators between them, and the line's end."""

    pieces: tuple[str, ...]
    separators: tuple[str, ...]
    end: str
    prose: bool

    @property
    def tags(self) -> list[str]:
        """The tags of the line, without the empty items."""
        return [tag for piece in self.pieces if (tag := piece.strip())]

    @property
    def blank(self) -> bool:
        """Whether no tag and no separator of the trainer's stands here."""
        return not self.tags and all(one == COMMA for one in self.separators)

    def text(self) -> str:
        """Return the line as it stands in the file."""
        if not self.separators:
            return self.pieces[0] + self.end
        parts = [self.pieces[0]]
        for separator, piece in zip(self.separators, self.pieces[1:], strict=True):
            parts += (separator, piece)
        return "".join(parts) + self.end


def parse_line(text: str, end: str = "") -> Line:
    """Split one line, given without its newline."""
    prose = reads_as_prose(text)
    if "|" not in text and ";" not in text and "{" not in text:
        pieces = tuple(text.split(COMMA))
        return Line(pieces, (COMMA,) * (len(pieces) - 1), end, prose)
    parts = split_protected(text)
    return Line(tuple(parts[::2]), tuple(parts[1::2]), end, prose)


def split_protected(text: str) -> list[str]:
    """Split at separators outside wildcards; pieces and separators alternate."""
    wildcards = _wildcards(text)
    parts: list[str] = []
    start = 0
    for match in _SEPARATOR.finditer(text):
        if not any(opened < match.start() < closed for opened, closed in wildcards):
            parts += (text[start : match.start()], match[0])
            start = match.end()
    return [*parts, text[start:]]


def _wildcards(text: str) -> list[tuple[int, int]]:
    """Return the balanced braces that hold a ``|``: a choice the trainer makes at random."""
    opened: list[int] = []
    found = []
    for index, char in enumerate(text):
        if char == "{":
            opened.append(index)
        elif char == "}" and opened:
            start = opened.pop()
            if "|" in text[start:index]:
                found.append((start, index))
    return found


def place(line: Line, position: str, after: str | None) -> int | None:
    """Return before which piece a new tag goes, or None where ``after`` is not in this line."""
    if after is not None:
        wanted = key(after)
        places = [index for index, piece in enumerate(line.pieces) if key(piece) == wanted]
        return places[-1] + 1 if places else None
    if position == "first":
        return 0
    filled = [index for index, piece in enumerate(line.pieces) if piece.strip()]
    return filled[-1] + 1 if filled else 0


def insert_tag(line: Line, tag: str, at: int, spacing: str) -> Line:
    """Insert a tag before piece ``at`` (behind the piece before it, with a comma)."""
    pieces, separators = list(line.pieces), list(line.separators)
    if not line.tags:
        pieces[0] = tag + pieces[0]
    elif at == 0:
        lead = len(pieces[0]) - len(pieces[0].lstrip())
        pieces[:1] = [pieces[0][:lead] + tag, spacing + pieces[0][lead:]]
        separators.insert(0, COMMA)
    else:
        before = pieces[at - 1]
        body = before.rstrip()
        pieces[at - 1 : at] = [body, spacing + tag + before[len(body) :]]
        separators.insert(at - 1, COMMA)
    return replace(line, pieces=tuple(pieces), separators=tuple(separators))


def remove_tags(line: Line, matches: Callable[[str], bool]) -> Line:
    """Remove the tags whose keys match; returns the same object where none does."""
    found = [i for i, piece in enumerate(line.pieces) if piece.strip() and matches(key(piece))]
    if not found:
        return line
    return _cut(line, found)


def _cut(line: Line, doomed: Sequence[int]) -> Line:
    """Remove pieces, each with the comma before it, or else the comma behind it."""
    pieces, separators = list(line.pieces), list(line.separators)
    for index in reversed(doomed):
        piece = pieces[index]
        inside = index < len(separators) and separators[index] == COMMA
        # Between two commas an empty item is all space, which goes with it.
        trail = "" if inside and not piece.strip() else piece[len(piece.rstrip()) :]
        if index and separators[index - 1] == COMMA:
            del pieces[index], separators[index - 1]
            pieces[index - 1] += trail
        elif inside:
            lead = piece[: len(piece) - len(piece.lstrip())]
            del pieces[index], separators[index]
            pieces[index] = lead + pieces[index].lstrip()
        else:
            pieces[index] = trail
    return replace(line, pieces=tuple(pieces), separators=tuple(separators))


def replace_tags(line: Line, new_for: Mapping[str, Sequence[str]], spacing: str) -> Line:
    """Replace whole tags in place: ``new_for`` maps keys to the tags that stand there instead.

    A tag may stand afterwards as often as it did before under any one of its names; what goes
    beyond that was created here and collapses into the first places.
    """
    keys = [key(piece) for piece in line.pieces]
    olds = [old for old in keys if old in new_for]
    produced = {key(tag) for old in olds for tag in new_for[old]}
    if not produced:
        return line
    if len(olds) == len(produced) == 1 and not produced & {*keys} and len(new_for[olds[0]]) == 1:
        return _rename(line, keys.index(olds[0]), new_for[olds[0]][0])
    slots = [
        (index, new_for.get(old, (line.pieces[index].strip(),)))
        for index, old in enumerate(keys)
        if old
    ]
    names: dict[str, Counter[str]] = {made: Counter() for made in produced}
    for index, tags in slots:
        for made in {key(tag) for tag in tags} & produced:
            names[made][keys[index]] += 1
    return _fill(line, slots, {made: max(names[made].values()) for made in produced}, spacing)


def _rename(line: Line, index: int, tag: str) -> Line:
    pieces = (*line.pieces[:index], with_tag(line.pieces[index], tag), *line.pieces[index + 1 :])
    return replace(line, pieces=pieces)


def _fill(
    line: Line, slots: list[tuple[int, Sequence[str]]], allowed: dict[str, int], spacing: str
) -> Line:
    """Write the slots' tags into the line, each produced tag at most ``allowed`` times."""
    pieces = list(line.pieces)
    doomed: list[int] = []
    grown: list[tuple[int, list[str]]] = []
    for index, tags in slots:
        kept = [tag for tag in tags if _take(allowed, key(tag))]
        if not kept:
            doomed.append(index)
            continue
        pieces[index] = with_tag(pieces[index], kept[0])
        grown.append((index, kept[1:]))
    changed = replace(line, pieces=tuple(pieces))
    for index, more in reversed(grown):
        for tag in reversed(more):
            changed = insert_tag(changed, tag, index + 1, spacing)
    if not doomed:
        return changed
    shift = [sum(len(more) for at, more in grown if at < index) for index in doomed]
    return _cut(changed, [index + by for index, by in zip(doomed, shift, strict=True)])


def _take(allowed: dict[str, int], tag_key: str) -> bool:
    """Use up one of the places that a produced tag has; other tags have as many as they like."""
    left = allowed.get(tag_key)
    if left is None:
        return True
    allowed[tag_key] = left - 1
    return left > 0


def drop_repeats(line: Line) -> Line:
    """Remove the repeats of each tag of a line; the first one stays."""
    seen: set[str] = set()
    repeats = []
    for index, piece in enumerate(line.pieces):
        tag_key = key(piece)
        if tag_key and tag_key in seen:
            repeats.append(index)
        seen.add(tag_key)
    return _cut(line, repeats) if repeats else line


def drop_empty(line: Line) -> Line:
    """Remove the empty items of a line; a blank line stays as it is."""
    empty = [index for index, piece in enumerate(line.pieces) if not piece.strip()]
    if not empty or not line.tags:
        return line
    return _cut(line, [index for index in empty if _beside_comma(line, index)])


def _beside_comma(line: Line, index: int) -> bool:
    before = line.separators[index - 1] if index else ""
    behind = line.separators[index] if index < len(line.separators) else ""
    return COMMA in (before, behind)


def with_tag(piece: str, tag: str) -> str:
    """Return the piece with another tag between the same spaces."""
    old = piece.strip()
    if old == tag:
        return piece
    start = piece.index(old)
    return piece[:start] + tag + piece[start + len(old) :]


def segments(line: Line) -> Iterator[list[int]]:
    """Yield the pieces that hold tags, in runs that no separator of the trainer's interrupts."""
    run: list[int] = []
    for index, piece in enumerate(line.pieces):
        if index and line.separators[index - 1] != COMMA:
            yield run
            run = []
        if piece.strip():
            run.append(index)
    yield run


def reorder(line: Line, order: Callable[[list[str]], list[str]], *, flexible: bool = False) -> Line:
    """Put the tags of each segment into another order; separators and spaces keep their places.

    With ``flexible``, only those that a trainer would shuffle: what stands before ``|||`` is kept
    in its order, and what stands behind a second one (kohya-ss/sd-scripts: library/train_util.py,
    keep_tokens_separator).
    """
    pieces = list(line.pieces)
    shuffled = 1 if KEEP in line.separators else 0
    for run in segments(line):
        if flexible and run and line.separators[: run[0]].count(KEEP) != shuffled:
            continue
        tags = [pieces[index].strip() for index in run]
        for index, tag in zip(run, order(tags), strict=True):
            pieces[index] = with_tag(pieces[index], tag)
    return replace(line, pieces=tuple(pieces))
