"""The plan file of a transaction: every change with the bytes before and after, streamed.

Layout: a header (magic and version), then frames. A frame is the length and the CRC-32 of its
payload, then the payload; its first byte tells a change (``C``) from the trailer (``E``), which
holds the number of changes and the BLAKE2b digest of everything before it. All numbers are
little-endian. Paths are the very bytes of the disk.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from tagsmith.tools.errors import JournalError
from tagsmith.tools.journal.layout import PLAN, folder_of
from tagsmith.tools.journal.state import damaged
from tagsmith.tools.journal.tree import Tree
from tagsmith.tools.plan import Change, Kind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

VERSION = 1
_MAGIC = b"tagsmith-plan\0"
_HEAD = struct.Struct("<14sI")
_FRAME = struct.Struct("<II")
_FIXED = struct.Struct("<cBB6I")
_WAS = struct.Struct("<QQqQI")
_TRAILER = struct.Struct("<cQ32s")
_KINDS = tuple(Kind)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_CHUNK = 1 << 20
_NONE = 0xFFFFFFFF
_LATE, _HAS_WAS, _HAS_MTIME, _YOURS = 1, 2, 4, 8


class Was(NamedTuple):
    """The file as it was when the transaction began."""

    device: int
    inode: int
    mtime_ns: int
    size: int
    links: int


class Record(NamedTuple):
    """One change in the journal. ``late``: its target is filled only when all sources are out."""

    number: int
    change: Change
    was: Was | None
    late: bool


class PlanWriter:
    """Writes a plan file; memory holds one mebibyte of it. ``close`` writes the trailer."""

    def __init__(self, tree: Tree, tx: str) -> None:
        self._tree = tree
        self._descriptor = tree.files.open_log(*tree.where(f"{folder_of(tx)}/{PLAN}"))
        self._state = blake2b(digest_size=32)
        self._count = 0
        self._parts: list[bytes] = [_HEAD.pack(_MAGIC, VERSION)]
        self._waiting = 0

    def add(self, change: Change, was: Was | None, late: bool) -> None:
        """Append one change."""
        payload = _encode(change, was, late)
        self._parts += (_FRAME.pack(len(payload), crc32(payload)), payload)
        self._count += 1
        self._waiting += len(payload) + 8
        if self._waiting >= _CHUNK:
            self._drain()

    def finish(self) -> None:
        """Write the trailer."""
        self._drain()
        payload = _TRAILER.pack(b"E", self._count, self._state.digest())
        self._parts += (_FRAME.pack(len(payload), crc32(payload)), payload)
        self._drain()

    def close(self) -> None:
        """Close the file, flushed where there is no syncfs to do it."""
        try:
            if not self._tree.files.has_syncfs:
                self._tree.files.flush(self._descriptor)
        finally:
            self._tree.files.close(self._descriptor)

    def _drain(self) -> None:
        data = b"".join(self._parts)
        self._parts.clear()
        self._waiting = 0
        self._state.update(data)
        self._tree.files.append(self._descriptor, data)


def read_plan(tree: Tree, tx: str) -> Iterator[Record]:
    """Read a plan file change by change, in its order.

    Raises JournalError if it is newer or damaged; damage of the whole shows only at the end, so
    ``check_plan`` comes first where the changes are acted upon.
    """
    for index, payload in enumerate(_frames(tree, tx)):
        try:
            yield _decode(index, payload)
        except (struct.error, IndexError, UnicodeError) as error:
            raise damaged(_path(tx), f"change {index + 1} cannot be read") from error


def check_plan(tree: Tree, tx: str) -> int:
    """Return the number of changes of a whole plan file. Raises JournalError if it is not whole."""
    return sum(1 for _ in _frames(tree, tx))


def plan_bytes(change: Change) -> int:
    """Return an upper bound of what one change takes in the plan file."""
    size = 256 + 4 * (len(change.path) + len(change.to or "") + len(change.sample))
    size += 4 * len(change.steps) + 4 * sum(len(note) + 1 for note in change.notes)
    return size + len(change.before or b"") + len(change.after or b"")


def _path(tx: str) -> str:
    return f"{folder_of(tx)}/{PLAN}"


def _encode(change: Change, was: Was | None, late: bool) -> bytes:
    flags = (
        late * _LATE
        | (was is not None) * _HAS_WAS
        | (change.mtime_ns is not None) * _HAS_MTIME
        | change.yours * _YOURS
    )
    texts = (
        os.fsencode(change.path),
        None if change.to is None else os.fsencode(change.to),
        change.before,
        change.after,
        change.seen,
        _encode_about(change),
    )
    sizes = [_NONE if text is None else len(text) for text in texts]
    return b"".join(
        (
            _FIXED.pack(b"C", _CODES[change.kind], flags, *sizes),
            *(text for text in texts if text),
            b"" if was is None else _WAS.pack(*was),
            b"" if change.mtime_ns is None else change.mtime_ns.to_bytes(8, "little", signed=True),
        )
    )


def _encode_about(change: Change) -> bytes:
    steps = ",".join(map(str, change.steps))
    return "\0".join((change.sample, steps, *change.notes)).encode("utf-8", "surrogateescape")


def _decode(index: int, payload: bytes) -> Record:
    _, code, flags, *sizes = _FIXED.unpack_from(payload)
    at = _FIXED.size
    texts: list[bytes | None] = []
    for size in sizes:
        if size == _NONE:
            texts.append(None)
            continue
        texts.append(payload[at : at + size])
        at += size
    path, to, before, after, seen, about = texts
    was = None
    if flags & _HAS_WAS:
        was = Was(*_WAS.unpack_from(payload, at))
        at += _WAS.size
    mtime = None
    if flags & _HAS_MTIME:
        mtime = int.from_bytes(payload[at : at + 8], "little", signed=True)
    sample, steps, *notes = (about or b"\0").decode("utf-8", "surrogateescape").split("\0")
    change = Change(
        _KINDS[code],
        os.fsdecode(path or b""),
        before=before,
        after=after,
        to=None if to is None else os.fsdecode(to),
        seen=seen,
        sample=sample,
        steps=tuple(map(int, steps.split(","))) if steps else (),
        notes=tuple(notes),
        mtime_ns=mtime,
        yours=bool(flags & _YOURS),
    )
    return Record(index, change, was, bool(flags & _LATE))


def _frames(tree: Tree, tx: str) -> Iterator[bytes]:
    path = _path(tx)
    try:
        descriptor = tree.files.open_file(*tree.where(path))
    except FileNotFoundError as error:
        raise damaged(path, "it is missing") from error
    try:
        with io.BufferedReader(_Source(tree, descriptor), _CHUNK) as stream:
            yield from _frames_of(stream, path)
    finally:
        os.close(descriptor)


class _Source(io.RawIOBase):
    """An open file, read through ``Files`` like everything else."""

    def __init__(self, tree: Tree, descriptor: int) -> None:
        self._tree = tree
        self._descriptor = descriptor

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        return self._tree.files.read_into(self._descriptor, buffer)


def _frames_of(stream: io.BufferedReader[_Source], path: str) -> Iterator[bytes]:
    head = stream.read(_HEAD.size)
    _check_head(head, path)
    state = blake2b(head, digest_size=32)
    count = 0
    while True:
        frame = stream.read(_FRAME.size)
        if len(frame) < _FRAME.size:
            raise damaged(path, "its end is missing")
        size, checksum = _FRAME.unpack(frame)
        payload = stream.read(size)
        if len(payload) < size or crc32(payload) != checksum:
            raise damaged(path, f"change {count + 1} does not have its checksum")
        if payload[:1] == b"E":
            break
        state.update(frame)
        state.update(payload)
        count += 1
        yield payload
    if payload != _TRAILER.pack(b"E", count, state.digest()):
        raise damaged(path, "the whole does not have its digest")


def _check_head(head: bytes, path: str) -> None:
    if len(head) < _HEAD.size or not head.startswith(_MAGIC):
        raise damaged(path, "it does not begin like a plan")
    version = _HEAD.unpack(head)[1]
    if version > VERSION:
        raise JournalError(
            f"The journal file {path} was written by a newer Tagsmith "
            f"(format {version}; this one reads up to {VERSION}).",
            "Update Tagsmith.",
        )
