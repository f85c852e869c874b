"""What every trainer's reader takes and gives: the files, the options, the readings, the notices.

A reader is a pure function of names and bytes. Its rules are those of the trainer's source, in our
own words; docs/trainers.md says which of them nobody has verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import IMAGE_SUFFIXES, is_mask
from tagsmith.tools.tags import key


class Row(StrEnum):
    """What a lint can find; one row of docs/trainers.md each."""

    SETTING = "setting"
    EXTENSION = "extension"
    MISSING = "missing"
    EMPTY = "empty"
    BLANK_FIRST = "blank-first-line"
    LATER_LINES = "later-lines"
    RANDOM_LINE = "random-line"
    JOINED_LINES = "joined-lines"
    BOM = "bom"
    ENCODING = "encoding"
    SHARED = "shared"
    ORPHAN = "orphan"
    CASE = "case"
    SUFFIX = "suffix"
    ROOT = "root-images"
    NESTED = "nested"
    SET_ASIDE = "set-aside"
    MASK = "mask-as-image"
    BORROWED = "borrowed"
    RESERVED = "reserved"
    FOREIGN = "foreign"
    TRIGGER = "trigger-position"
    KEEP_SEPARATOR = "keep-separator"
    SECONDARY = "secondary-separator"
    WILDCARD = "wildcard"
    PLACEHOLDER = "placeholder"
    DOUBLE_SPACE = "double-space"
    REPEATS = "repeats"
    STALE_CACHE = "stale-cache"
    CACHE = "cache"
    LATENTS = "latents"
    OVER_75 = "over-75-tokens"
    OVER_225 = "over-225-tokens"
    NO_METADATA = "no-metadata"
    BAD_METADATA = "bad-metadata"
    NOT_TEXT = "not-text"
    ROW_WITHOUT_FILE = "row-without-file"
    FILE_WITHOUT_ROW = "file-without-row"
    ESCAPES = "escapes"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True)
class Reading:
    """One image as a trainer takes it.

    ``caption`` is the text that it tokenizes, None where training stops before it has one.
    ``others`` are the texts among which it draws at random, the caption included, where there are
    several. ``source`` is the file that the caption comes from. ``note`` says what is remarkable.
    """

    image: str
    caption: str | None
    repeats: int = 1
    source: str = ""
    others: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing found: which row of the table, at which file, and what exactly."""

    row: Row
    path: str
    detail: str = ""


@dataclass(slots=True)
class Lint:
    """What one trainer makes of a folder; ``layout`` says what had to be assumed of its settings.

    ``extension`` is that of the captions it reads, empty where it reads none. ``stops`` are the
    rows on which training ends with an error rather than going on with less.
    """

    trainer: str
    extension: str = ""
    layout: list[str] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    stops: frozenset[Row] = frozenset()

    def note(self, row: Row, path: str, detail: str = "") -> None:
        """Add a notice."""
        self.notices.append(Notice(row, path, detail))

    def add(self, reading: Reading, notices: Iterable[tuple[Row, str]]) -> None:
        """Add a reading with what is remarkable about it."""
        said = []
        for row, detail in notices:
            self.note(row, reading.image, detail)
            said.append(detail)
        if said:
            reading = Reading(
                reading.image,
                reading.caption,
                reading.repeats,
                reading.source,
                reading.others,
                "; ".join(said),
            )
        self.readings.append(reading)

    @property
    def effective(self) -> int:
        """How many images an epoch has, repeats counted."""
        return sum(reading.repeats for reading in self.readings)


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a dataset: the names in each folder (``""`` is the root), bytes and times.

    ``read`` returns None for what cannot be read. ``changed`` returns a file's time of change in
    nanoseconds; for a caption with a staged edit that is later than any time.
    """

    folders: Mapping[str, tuple[str, ...]]
    read: Callable[[str], bytes | None]
    changed: Callable[[str], float]

    def walk(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each folder with its names, in the order of their paths."""
        for folder in sorted(self.folders):
            yield folder, self.folders[folder]

    def has(self, path: str) -> bool:
        """Tell whether a file stands there, in exactly this spelling."""
        folder, _, name = path.rpartition("/")
        return name in self.folders.get(folder, ())


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may tell of a trainer's settings; empty or None where it is to be inferred.

    ``extension`` is that of the captions (``.txt``); ``subfolders`` is OneTrainer's setting of that
    name; ``wildcard`` is kohya's; ``column`` is diffusers' caption column.
    """

    extension: str = ""
    wildcard: bool = False
    subfolders: bool | None = None
    keep_tokens: int | None = None
    triggers: tuple[str, ...] = ()
    column: str = "text"


# What tag editors, curation tools and Tagsmith itself set aside; a recursive trainer reads on.
SET_ASIDE = frozenset({"_isolated", "trash", "_quarantine", "_duplicate__files", "text_backup"})

# Captions and backups of other tools (wd-llm-caption, kohya's GUI, dataset-tag-editor, img-txt).
_FOREIGN = re.compile(r"\.(wdcaption|cap|txt2|bak|\d{3})$", re.IGNORECASE)
FOREIGN_NAMES = frozenset({"db.json"})


def stem_of(name: str) -> str:
    """Return a name without its last suffix, as ``os.path.splitext`` does, only faster."""
    stem = name.rpartition(".")[0]
    return stem if stem.strip(".") else name


def suffix_of(name: str) -> str:
    """Return the last suffix of a name with its dot, as it is spelt; empty where it has none."""
    stem, dot, suffix = name.rpartition(".")
    return dot + suffix if stem.strip(".") else ""


def decode(data: bytes) -> str | None:
    """Return the text as Python's text mode reads UTF-8 (newlines unified); None where it cannot.

    A byte-order mark stays, as it does in every trainer here.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def why_unread(data: bytes | None) -> str:
    """Say why a caption is none that a trainer reads as UTF-8."""
    return "cannot be read" if data is None else "is not UTF-8"


def is_set_aside(path: str) -> bool:
    """Tell whether a path lies in a folder whose images were set aside."""
    return any(part.lower() in SET_ASIDE for part in path.split("/")[:-1])


def is_hidden(folder: str) -> bool:
    """Tell whether a folder, or one above it, is hidden."""
    return folder.startswith(".") or "/." in folder


def is_foreign(name: str, own: str = "") -> bool:
    """Tell whether a file belongs to another tool than this trainer, whose suffix is ``own``."""
    if name.lower() in FOREIGN_NAMES:
        return True
    found = _FOREIGN.search(name)
    return found is not None and found[0].lower() != own


def note_names(
    lint: Lint, folder: str, names: Iterable[str], read: Iterable[str], suffix: str
) -> None:
    """Note what lies in a folder and no image takes: orphans, and files of other tools.

    ``read`` are the stems of the images that the trainer takes there, ``suffix`` that of captions.
    """
    stems = set(read)
    for name in names:
        if is_foreign(name, suffix):
            lint.note(Row.FOREIGN, join(folder, name), "a file of another tool, ignored")
        elif suffix_of(name) == suffix and stem_of(name) not in stems:
            lint.note(Row.ORPHAN, join(folder, name), "a caption of no image that is read")


def images_of(names: Iterable[str]) -> list[str]:
    """Return the names that are images for any trainer, masks included."""
    return [name for name in names if suffix_of(name).lower() in IMAGE_SUFFIXES]


def shared_stems(names: Iterable[str]) -> set[str]:
    """Return the stems that more than one of these images have, masks left out."""
    seen: set[str] = set()
    shared: set[str] = set()
    for name in names:
        stem = stem_of(name)
        if not is_mask(name):
            (shared if stem in seen else seen).add(stem)
    return shared & seen


def note_syntax(caption: str, spoken: frozenset[Row] = frozenset()) -> Iterator[tuple[Row, str]]:
    """Yield kohya's special syntax in a caption; ``spoken`` are the rows that the trainer obeys."""
    if "|||" in caption and Row.KEEP_SEPARATOR not in spoken:
        yield Row.KEEP_SEPARATOR, "||| is read as text"
    if ";;;" in caption and Row.SECONDARY not in spoken:
        yield Row.SECONDARY, ";;; is read as text"
    if "{" in caption and _WILDCARD.search(caption) and Row.WILDCARD not in spoken:
        yield Row.WILDCARD, "{a|b} is read as text"


_WILDCARD = re.compile(r"\{[^{}]*\|[^{}]*\}")


def trigger_behind(caption: str, options: Options, head: int) -> str:
    """Return what is wrong with the place of a trigger; empty where nothing is.

    ``head`` tags at the start keep their place; ``|||`` closes the head in a trainer that obeys it.
    """
    if not options.triggers:
        return ""
    wanted = {key(trigger) for trigger in options.triggers}
    rest = "|||" in caption
    for place, tag in enumerate(caption.partition("|||")[0].split(",")):
        if key(tag) in wanted:
            late = not rest and place >= head
            return f"the trigger is tag {place + 1}, {head} stay in place" if late else ""
    behind = rest and any(key(tag) in wanted for tag in caption.replace("|||", ",").split(","))
    return "the trigger stands behind |||" if behind else ""
