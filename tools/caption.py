"""A caption: the bytes of one sidecar file, and edits that touch only what they name.

A caption is lines, and a line is pieces between separators (``tools/line.py``). Every byte that an
edit does not name stays as it was.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tagsmith.tools.line import (
    COMMA,
    Line,
    drop_repeats,
    insert_tag,
    parse_line,
    place,
    remove_tags,
    replace_tags,
)
from tagsmith.tools.tags import key

MAX_BYTES = 1 << 20
BOM = codecs.BOM_UTF8

NEWLINE = re.compile(r"(\r\n|\n|\r)")


def why_not_editable(data: bytes) -> str | None:
    """Return why these bytes are not an editable caption, or None: never guess an encoding."""
    if len(data) > MAX_BYTES:
        return f"larger than {MAX_BYTES >> 20} MiB"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "UTF-16, not UTF-8"
        return f"not UTF-8 (byte {error.start})"
    return "binary or UTF-16 (it holds NUL bytes)" if b"\0" in data else None


@dataclass(frozen=True, slots=True)
class Caption:
    """A parsed caption. ``to_bytes`` of an unchanged caption gives the bytes it was parsed from."""

    lines: tuple[Line, ...]
    bom: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Caption:
        """Parse a whole file. Raises UnicodeDecodeError where ``why_not_editable`` has a reason."""
        bom = data.startswith(BOM)
        text = data[3:].decode() if bom else data.decode()
        parts = NEWLINE.split(text)
        ends = [*parts[1::2], ""]
        return cls(tuple(parse_line(*pair) for pair in zip(parts[::2], ends, strict=True)), bom)

    def to_bytes(self) -> bytes:
        """Return the file's bytes."""
        return (BOM if self.bom else b"") + self.text.encode()

    @property
    def text(self) -> str:
        """The caption as text, without the byte-order mark."""
        return "".join(line.text() for line in self.lines)

    @property
    def tags(self) -> list[str]:
        """The tags of the tag lines, verbatim, in order."""
        return [tag for line in self.lines if not line.prose for tag in line.tags]

    @property
    def keys(self) -> list[str]:
        """The keys of ``tags``."""
        return [key(tag) for tag in self.tags]

    @property
    def prose(self) -> bool:
        """Whether some line reads as prose."""
        return any(line.prose for line in self.lines)

    @property
    def blank(self) -> bool:
        """Whether a trainer would find nothing here; kohya's sd-scripts stop on such a file."""
        return not any(line.text().strip() for line in self.lines)

    def as_tags(self) -> Caption:
        """Return the caption with its prose lines taken as tag lists, because the user said so."""
        return replace(self, lines=tuple(replace(line, prose=False) for line in self.lines))

    def mapped(self, edit: Callable[[Line], Line]) -> Caption:
        """Apply an edit to every tag line."""
        changed = (line if line.prose else edit(line) for line in self.lines)
        return replace(self, lines=tuple(changed))

    def remove(self, matches: Callable[[str], bool]) -> Caption:
        """Remove every tag whose key matches, each with one separator.

        A line that held nothing else goes with its newline, unless it is the only one.
        """
        lines = []
        for line in self.lines:
            after = line if line.prose else remove_tags(line, matches)
            if after is not line and after.blank:
                continue
            lines.append(after)
        if len(lines) == len(self.lines):
            return replace(self, lines=tuple(lines))
        return self._without_lines(lines, matches)

    def _without_lines(self, kept: list[Line], matches: Callable[[str], bool]) -> Caption:
        if not any(line.text().strip() for line in kept):
            return self.mapped(lambda line: remove_tags(line, matches))
        kept[-1] = replace(kept[-1], end=self.lines[-1].end)
        return replace(self, lines=tuple(kept))

    def insert(
        self,
        tag: str,
        position: str = "first",
        after: str | None = None,
        spacing: str | None = None,
    ) -> Caption:
        """Put a tag at the first or last place of the first tag line, or after another tag.

        ``spacing`` stands behind the new comma; by default what the caption has there. A caption
        without a tag line is unchanged; so is one where ``after`` does not stand.
        """
        index = self._first_tag_line()
        if index is None:
            return self
        line = self.lines[index]
        at = place(line, position, after)
        if at is None:
            return self
        spaces = self.spacing() if spacing is None else spacing
        changed = insert_tag(line, tag, at, spaces)
        return replace(self, lines=(*self.lines[:index], changed, *self.lines[index + 1 :]))

    def put(self, tag: str, position: str = "first", after: str | None = None) -> Caption:
        """Put a tag at its place and nowhere else, spelt as given: doing it twice is doing it once.

        Unchanged where ``after`` does not stand, and where no line is a list of tags.
        """
        wanted = key(tag)
        if after is not None and (key(after) == wanted or key(after) not in self.keys):
            return self
        if self._stands(tag, position, after):
            return self
        without = self.remove(wanted.__eq__)
        if without.blank and not self.blank:
            return self.replace({wanted: [tag]})._once()
        return without.insert(tag, position, after, self.spacing())

    def _once(self) -> Caption:
        """Return a caption that holds nothing but one tag with that tag only where it is first."""
        lines: list[Line] = []
        found = False
        for line in self.lines:
            if not line.tags:
                lines.append(line)
            elif not found:
                lines.append(drop_repeats(line))
                found = True
        lines[-1] = replace(lines[-1], end=self.lines[-1].end)
        return replace(self, lines=tuple(lines))

    def _stands(self, tag: str, position: str, after: str | None) -> bool:
        """Tell whether the tag stands there, spelt like that, and nowhere else."""
        index = self._first_tag_line()
        tags = [] if index is None else self.lines[index].tags
        if not tags or self.keys.count(key(tag)) != 1:
            return False
        if after is None:
            return tags[0 if position == "first" else -1] == tag
        keys = [key(one) for one in tags]
        behind = [at for at, one in enumerate(keys) if one == key(after)]
        return bool(behind) and tags[behind[-1] + 1 : behind[-1] + 2] == [tag]

    def _first_tag_line(self) -> int | None:
        for index, line in enumerate(self.lines):
            if line.tags and not line.prose:
                return index
        return None if self.prose else 0

    def replace(self, new_for: Mapping[str, Sequence[str]]) -> Caption:
        """Replace whole tags in place; see ``replace_tags``."""
        grows = any(len(tags) > 1 for tags in new_for.values())
        spacing = self.spacing() if grows else ""
        return self.mapped(lambda line: replace_tags(line, new_for, spacing))

    def spacing(self) -> str:
        """Return the white space that this caption puts after a comma; one space by default."""
        found = Counter(
            piece[: len(piece) - len(piece.lstrip())]
            for line in self.lines
            if not line.prose
            for separator, piece in zip(line.separators, line.pieces[1:], strict=True)
            if separator == COMMA and piece.strip()
        )
        return found.most_common(1)[0][0] if found else " "
