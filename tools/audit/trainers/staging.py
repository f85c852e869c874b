"""The fixes of a trainer as edits, moves and trash of a workspace; each first counted, then staged.

A fix is a function that returns its acts without staging any, so that one that nobody asked for is
only counted. They run in the order of ``FIXES``: each sees what those before it have staged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from tagsmith.tools.audit.trainers import ai_toolkit, diffusers, kohya, metadata
from tagsmith.tools.audit.trainers.lint import lint
from tagsmith.tools.audit.trainers.listing import files_of
from tagsmith.tools.audit.trainers.mending import (
    as_one_line,
    offered,
    without_blank_lines,
    without_bom,
)
from tagsmith.tools.audit.trainers.reading import Files, Lint, Options, Row, stem_of, suffix_of
from tagsmith.tools.caption import MAX_BYTES, Caption
from tagsmith.tools.dataset import join, walk
from tagsmith.tools.pairing import CAPTION_SUFFIXES, METADATA_FILE
from tagsmith.tools.paths import display, is_utf8
from tagsmith.tools.tags import key
from tagsmith.tools.workspace import TAKEN

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.workspace import Workspace

Empty = Literal["trash", "trigger", "class"]
TOO_LARGE = f"it would be larger than {MAX_BYTES >> 20} MiB"


@dataclass(frozen=True, slots=True)
class Act:
    """What one fix does to one file: new bytes, a new place (``to``), or, without both, the trash.

    ``sample`` is None for a file of the folder as a whole.
    """

    path: str
    sample: Sample | None
    data: bytes | None = None
    to: str | None = None


@dataclass(slots=True)
class Mender:
    """The fixes of one call: for which trainer and images, and with which answers of the user's.

    ``homes`` are the images' paths on disk; ``everything`` says that no image is left out.
    ``left`` says what was not done and why; ``found`` is what the trainer reads once they ran.
    """

    workspace: Workspace
    trainer: str
    homes: list[str]
    options: Options
    trigger: str = ""
    empty: Empty = "trash"
    anew: bool = False
    everything: bool = True
    left: list[str] = field(default_factory=list)
    found: Lint = field(default_factory=lambda: Lint(""))

    def run(self, chosen: Iterable[str]) -> dict[str, int]:
        """Stage the chosen fixes; return the acts of every fix that the trainer has, by name."""
        wanted = set(chosen)
        counts: dict[str, int] = {}
        view = _View(self)
        for fix in offered(self.trainer):
            told = len(self.left)
            acts = list(self._possible(FUNCTIONS[fix](view)))
            counts[fix] = len(acts)
            if fix not in wanted:
                del self.left[told:]
            elif acts:
                for act in acts:
                    self._stage(act)
                view = _View(self)
        self.found = view.lint
        return counts

    def _possible(self, acts: Iterable[Act]) -> Iterator[Act]:
        """Yield the acts that can be staged; those that cannot are left, with the reason."""
        targets: set[str] = set()
        for act in acts:
            reason = self._trouble(act)
            if act.to is not None:
                reason = reason or self.workspace.blocked(act.to)
                reason = reason or (TAKEN if act.to in targets else "")
                targets.add(act.to)
            if reason:
                self.left.append(f"{display(act.path)} ({reason})")
            else:
                yield act

    def _trouble(self, act: Act) -> str:
        if act.data is None:
            return self.workspace.trouble(act.path)
        return TOO_LARGE if len(act.data) > MAX_BYTES else ""

    def _stage(self, act: Act) -> None:
        if act.data is not None:
            self.workspace.write(act.path, act.data, act.sample)
        elif act.to is not None:
            self.workspace.move(act.path, act.to, act.sample)
        else:
            self.workspace.trash(act.path, act.sample)


class _View:
    """The workspace until a fix stages something: what the trainer reads, from which captions."""

    def __init__(self, mender: Mender) -> None:
        self.mender = mender
        self.workspace = mender.workspace

    @cached_property
    def lint(self) -> Lint:
        """What the trainer reads, staged edits included."""
        mender = self.mender
        return lint(files_of(self.workspace), mender.trainer, mender.options)

    @cached_property
    def samples(self) -> list[Sample]:
        """The chosen samples where they are now: a fix before may have renamed them."""
        places = {self.workspace.on_disk(sample): sample for sample in self.workspace.samples}
        return [places[home] for home in self.mender.homes if home in places]

    def captions(self, row: Row | None = None) -> Iterator[tuple[str, Sample, bytes]]:
        """Yield each caption that the trainer reads of the chosen samples, once, with its bytes.

        With a row, only those of images on which that row was noted.
        """
        chosen = {sample.image: sample for sample in self.samples}
        noted = None
        if row is not None:
            noted = {notice.path for notice in self.lint.notices if notice.row is row}
        done: set[str] = set()
        for reading in self.lint.readings:
            sample = chosen.get(reading.image)
            if sample is None or reading.source in done:
                continue
            if noted is not None and reading.image not in noted:
                continue
            data = self.workspace.content(reading.source) if reading.source else None
            if data is not None:
                done.add(reading.source)
                yield reading.source, sample, data


def _rewritten(view: _View, row: Row | None, edit: Callable[[bytes], bytes]) -> Iterator[Act]:
    for path, sample, data in view.captions(row):
        if (after := edit(data)) != data:
            yield Act(path, sample, after)


def _names(view: _View) -> Iterator[Act]:
    for sample in view.samples:
        suffix = suffix_of(sample.name)
        lowered = suffix.lower()
        unread = suffix not in kohya.READ_SUFFIXES and lowered in kohya.READ_SUFFIXES
        if view.mender.trainer == kohya.NAME and unread:
            yield Act(sample.image, sample, to=join(sample.folder, sample.stem + lowered))
    yield from _renamed(view, lambda suffix: suffix.lower())


def _renamed(view: _View, rename: Callable[[str], str]) -> Iterator[Act]:
    """Yield the moves of captions whose suffix is not the one that is read."""
    done: set[str] = set()
    for sample in view.samples:
        path, caption = sample.caption_path, sample.caption or ""
        if path is None or path in done or (own := suffix_of(caption)) == view.lint.extension:
            continue
        done.add(path)
        if own.lower() in CAPTION_SUFFIXES and (new := rename(own)) != own:
            yield Act(path, sample, to=join(sample.folder, stem_of(caption) + new))


def _extension(view: _View) -> Iterator[Act]:
    wanted = view.lint.extension
    for act in _renamed(view, lambda _: wanted):
        if not view.workspace.blocked(act.to or ""):
            yield act


def _bom(view: _View) -> Iterator[Act]:
    return _rewritten(view, None, without_bom)


def _blank(view: _View) -> Iterator[Act]:
    return _rewritten(view, Row.BLANK_FIRST, without_blank_lines)


def _lines(view: _View) -> Iterator[Act]:
    return _rewritten(view, None, as_one_line)


def _empty(view: _View) -> Iterator[Act]:
    mender = view.mender
    for path, sample, _ in view.captions(Row.EMPTY):
        text = ""
        if mender.empty == "trigger":
            text = mender.trigger
        elif mender.empty == "class":
            text = _class_of(sample)
            if not text:
                mender.left.append(f"{display(path)} (its folder is not named N_class)")
                continue
        yield Act(path, sample, text.encode() if text else None)


def _class_of(sample: Sample) -> str:
    """Return the class token that the name of a sample's folder tells; empty where it tells none.

    A name that is not UTF-8 cannot be written into a caption.
    """
    name = sample.folder.rpartition("/")[2]
    told = kohya.repeats(name) is not None and is_utf8(name)
    return kohya.class_token(name).strip() if told else ""


def _trigger(view: _View) -> Iterator[Act]:
    trigger = view.mender.trigger
    if not trigger:
        return
    row = None if view.mender.trainer == ai_toolkit.NAME else Row.TRIGGER
    for path, sample, data in view.captions(row):
        caption = Caption.parse(data)
        if key(trigger) in caption.keys and (after := caption.put(trigger).to_bytes()) != data:
            yield Act(path, sample, after)


def _caches(view: _View) -> Iterator[Act]:
    owners = {join(sample.folder, sample.stem): sample for sample in view.samples}
    for notice in view.lint.notices:
        if notice.row is Row.STALE_CACHE:
            owner = owners.get(kohya.TEXT_CACHE.sub("", notice.path))
            if owner is not None or view.mender.everything:
                yield Act(notice.path, owner)


def _metadata(view: _View) -> Iterator[Act]:
    mender = view.mender
    files = files_of(view.workspace)
    there = [
        join(folder, name)
        for folder, names in files.walk()
        for name in names
        if name in metadata.NAMES and diffusers.is_visible(folder)
    ]
    if there and not mender.anew:
        mender.left.append(f"{display(there[0])} (exists; fixes=metadata writes it anew)")
        return
    tables: dict[str, Act] = {}
    for folder, samples in walk(view.samples):
        path, data = join(folder, METADATA_FILE), _table(mender, samples)
        if len(data) > MAX_BYTES:
            mender.left.append(f"{display(path)} ({TOO_LARGE}: use several folders)")
            there = [one for one in there if one.rpartition("/")[0] != folder]
        elif data:
            tables[path] = Act(path, samples[0], data)
    yield from _replaced(view, there, tables, files)


def _replaced(
    view: _View, there: Iterable[str], tables: dict[str, Act], files: Files
) -> Iterator[Act]:
    """Yield what puts new tables in the place of those there: what is the same already stays.

    Where not all images are chosen, the tables of other folders stay too.
    """
    folders = {path.rpartition("/")[0] for path in tables}
    for path in there:
        if path in tables and files.read(path) == tables[path].data:
            del tables[path]
        elif view.mender.everything or path.rpartition("/")[0] in folders:
            yield Act(path, None)
    yield from tables.values()


def _table(mender: Mender, samples: Iterable[Sample]) -> bytes:
    """Return the rows of one folder: each image with the text of its caption, empty without one.

    An image whose name or caption cannot stand in a row is left out.
    """
    rows = []
    for sample in samples:
        data = mender.workspace.caption_bytes(sample)
        if not is_utf8(sample.name):
            mender.left.append(f"{display(sample.image)} (JSON cannot hold its name)")
        elif "\\" in sample.name:
            mender.left.append(f"{display(sample.image)} (its \\ is read as a folder)")
        elif data is None and sample.caption is not None:
            mender.left.append(f"{display(sample.image)} (its caption cannot be read)")
        else:
            rows.append((sample.name, without_bom(data or b"").decode().strip()))
    return metadata.dump(rows)


FUNCTIONS: Mapping[str, Callable[[_View], Iterator[Act]]] = MappingProxyType(
    {
        "names": _names,
        "extension": _extension,
        "bom": _bom,
        "blank": _blank,
        "lines": _lines,
        "empty": _empty,
        "trigger": _trigger,
        "caches": _caches,
        "metadata": _metadata,
    }
)
