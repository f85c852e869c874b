"""A workspace as one trainer reads it: its readings and notices, tokens counted, rows in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tagsmith.tools.audit.tokens import CHUNK, MOST
from tagsmith.tools.audit.trainers.all import TITLES, TRAINERS
from tagsmith.tools.audit.trainers.reading import Lint, Notice, Options, Reading, Row
from tagsmith.tools.audit.trainers.rows import FACTS, ROWS

if TYPE_CHECKING:
    from tagsmith.tools.audit.tokens import TokenCounter
    from tagsmith.tools.audit.trainers.reading import Files

# Shorter captions than this have fewer tokens than CLIP takes, whatever they say: a token has at
# least one byte of UTF-8, a character at most four.
_SHORT = CHUNK // 4


def lint(files: Files, trainer: str, options: Options, counter: TokenCounter | None = None) -> Lint:
    """Return what a trainer reads; with a counter, also which captions are too long for CLIP."""
    found = TRAINERS[trainer](files, options)
    if counter is not None:
        for reading in found.readings:
            if tokens := longest(reading, counter):
                row = Row.OVER_225 if tokens > MOST else Row.OVER_75
                found.note(row, reading.image, f"{tokens} tokens ({counter.how.split(';')[0]})")
    return found


def longest(reading: Reading, counter: TokenCounter) -> int:
    """Return the tokens of the longest caption of a reading; 0 where CLIP takes all at once."""
    texts = reading.others or (reading.caption or "",)
    most = max((counter.count(text) for text in texts if len(text) > _SHORT), default=0)
    return most if most > CHUNK else 0


def rows(found: Lint) -> list[tuple[Row, list[Notice]]]:
    """Return the notices by row, the most harmful row first; facts that are no problem left out."""
    grouped: dict[Row, list[Notice]] = {}
    for notice in found.notices:
        if notice.row not in FACTS:
            grouped.setdefault(notice.row, []).append(notice)
    return sorted(grouped.items(), key=lambda item: _rank(found, *item))


def _rank(found: Lint, row: Row, notices: Sequence[Notice]) -> tuple[bool, float, int]:
    about = ROWS[row]
    return row not in found.stops, -about.harm * about.confidence, -len(notices)


def headline(trainer: str, found: Lint) -> str:
    """Say how many images the trainer reads, repeats counted where there are any."""
    images = len(found.readings)
    said = f"{TITLES[trainer]} reads {images:,} image{'' if images == 1 else 's'}"
    repeated = f", {found.effective:,} an epoch with repeats" if found.effective != images else ""
    stopped = found.stops.intersection(notice.row for notice in found.notices)
    return said + repeated + ("; training would stop with an error" if stopped else "") + "."
