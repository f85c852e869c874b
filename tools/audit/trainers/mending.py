"""What can be mended for a trainer by ordinary edits: pure functions of a caption's bytes.

``SAFE`` are the fixes that lose and decide nothing: fix_trainer stages them when none is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from tagsmith.tools.audit.trainers import ai_toolkit, diffusers, kohya, onetrainer
from tagsmith.tools.caption import BOM, NEWLINE

# In the order in which they are staged: later ones build on what earlier ones left.
FIXES: Mapping[str, str] = MappingProxyType(
    {
        "names": "suffixes in lower case",
        "extension": "captions under the extension that is read",
        "bom": "byte-order marks removed",
        "blank": "blank lines before the text removed",
        "lines": "lines joined to one",
        "empty": "empty captions filled, or moved to the trash",
        "trigger": "the trigger moved to the front",
        "caches": "stale text caches moved to the trash",
        "metadata": "metadata.jsonl written",
    }
)
SAFE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        kohya.NAME: ("names", "extension", "bom", "blank", "empty", "trigger", "caches"),
        onetrainer.NAME: ("names", "extension", "bom", "trigger"),
        ai_toolkit.NAME: ("names", "extension", "bom", "trigger"),
        diffusers.NAME: ("metadata",),
    }
)
_MORE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        kohya.NAME: ("lines",),
        onetrainer.NAME: ("lines", "empty"),
        ai_toolkit.NAME: ("lines", "empty"),
    }
)
_MARKS = re.compile(rb"(\A|[\r\n])(?:\xef\xbb\xbf)+")
_GLUED = (",", ".", "!", "?", ";", "。", "|||")
_GLUED_TO = (",", ";;;", "|||")


def offered(trainer: str) -> tuple[str, ...]:
    """Return the fixes for a trainer in their order; without one, those that all sidecars take."""
    names = SAFE[trainer or onetrainer.NAME] + _MORE.get(trainer or onetrainer.NAME, ())
    return tuple(fix for fix in FIXES if fix in names)


def without_bom(data: bytes) -> bytes:
    """Remove the byte-order marks that begin the file, or a line (where files were joined)."""
    return _MARKS.sub(rb"\1", data) if BOM in data else data


def without_blank_lines(data: bytes) -> bytes:
    """Remove the blank lines before the first line with text; a file without text stays."""
    parts = _parts(data)
    at = next((index for index in range(0, len(parts), 2) if _has_text(parts[index])), 0)
    return _joined(data, parts[at:])


def as_one_line(data: bytes) -> bytes:
    """Join the lines with text by commas, by a space behind a sentence or beside a separator.

    The end of the file stays as it is.
    """
    parts = _parts(data)
    lines = [line.strip() for line in parts[::2] if _has_text(line)]
    if len(lines) < 2 and (_has_text(parts[0]) or not lines):
        return data
    text = lines[0]
    for line in lines[1:]:
        glued = text.endswith(_GLUED) or line.startswith(_GLUED_TO)
        text += (" " if glued else ", ") + line
    ended = len(parts) > 1 and not _has_text(parts[-1])
    return _joined(data, [text, parts[-2] if ended else ""])


def _has_text(line: str) -> bool:
    return bool(line.strip(" \t\ufeff").strip())


def _parts(data: bytes) -> list[str]:
    return NEWLINE.split(data.removeprefix(BOM).decode())


def _joined(data: bytes, parts: list[str]) -> bytes:
    return (BOM if data.startswith(BOM) else b"") + "".join(parts).encode()
