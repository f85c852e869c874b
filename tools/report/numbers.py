"""What a report tells, as numbers and texts: the page draws them, ``--json`` prints them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from tagsmith.tools.paths import is_utf8


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag: the images that have it, and their share in per cent."""

    tag: str
    images: int
    percent: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """``values[row][column]`` lie in 0 to 1."""

    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many of the counted things lie in each bin, in their order."""

    bins: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The dataset in a dozen numbers. ``repeated`` counts images by the repeats of folders."""

    name: str
    images: int
    captioned: int
    empty: int
    skipped: int
    tags: int
    uses: int
    once: int
    mean_tags: float
    repeated: int
    folders: int


@dataclass(frozen=True, slots=True)
class Sizes:
    """Images by width and height, and those whose header cannot be read."""

    buckets: tuple[tuple[str, int], ...] = ()
    sides: Histogram = field(default_factory=Histogram)
    aspects: Histogram = field(default_factory=Histogram)
    points: tuple[tuple[int, int, int], ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    unreadable_images: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on a contact sheet: its name, its caption, and a small JPEG, base64 (may be "")."""

    name: str
    caption: str
    jpeg: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are the same, or nearly: which is best, and why."""

    kind: str
    reason: str
    images: tuple[Shown, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A finding of the audit, as text."""

    id: str
    title: str
    why: str
    images: int
    confidence: float
    evidence: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """A plan of the history."""

    id: str
    time: str
    title: str
    origin: str
    state: str
    files: int


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. ``tokens_by`` says how tokens were counted."""

    overview: Overview
    frequencies: tuple[TagRow, ...] = ()
    ranks: tuple[int, ...] = ()
    together: Matrix = field(default_factory=Matrix)
    traits: Matrix = field(default_factory=Matrix)
    tags_per_caption: Histogram = field(default_factory=Histogram)
    tokens: Histogram = field(default_factory=Histogram)
    tokens_by: str = ""
    sizes: Sizes = field(default_factory=Sizes)
    findings: tuple[Found, ...] = ()
    duplicates: tuple[Group, ...] = ()
    duplicate_groups: int = 0
    sheet: tuple[Shown, ...] = ()
    history: tuple[Applied, ...] = ()
    left_out: tuple[str, ...] = ()


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as JSON's types; pictures are left out, undecodable bytes are escaped."""
    found = _clean(asdict(report))
    assert isinstance(found, dict)
    return found


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clean(part) for name, part in value.items() if name != "jpeg"}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    if isinstance(value, str) and not is_utf8(value):
        return value.encode("utf-8", "backslashreplace").decode()
    return value
