"""What a file holds, in 16 bytes: the digest that plans and the journal compare.

Files up to 1 MiB are hashed whole; of larger ones (images that are only ever renamed, never
rewritten) the size, the first and the last 64 KiB are hashed, so that moving 200 GB of pictures
does not read them. BLAKE2b with 16 bytes of digest (RFC 7693).
"""

from __future__ import annotations

import os
import stat
import struct
from hashlib import blake2b

DIGEST_BYTES = 16
WHOLE_UP_TO = 1 << 20
_EDGE = 1 << 16
_STAMP = struct.Struct("<QQQqq")


def digest(data: bytes) -> bytes:
    """Return the 16-byte digest of a whole file's bytes."""
    if len(data) > WHOLE_UP_TO:
        return _digest_edges(len(data), data[:_EDGE], data[-_EDGE:])
    return blake2b(data, digest_size=DIGEST_BYTES).digest()


def digest_descriptor(descriptor: int) -> bytes:
    """Return the digest of an open regular file; reads at most 1 MiB of it."""
    size = os.fstat(descriptor).st_size
    if size > WHOLE_UP_TO:
        head = os.pread(descriptor, _EDGE, 0)
        tail = os.pread(descriptor, _EDGE, size - _EDGE)
        return _digest_edges(size, head, tail)
    return digest(read_all(descriptor, size))


def read_all(descriptor: int, size_hint: int) -> bytes:
    """Read an open file to its end."""
    data = os.read(descriptor, size_hint + 1)
    if len(data) == size_hint:
        return data
    parts = [data]
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def settled_stamp(status: os.stat_result, now_ns: int) -> bytes | None:
    """Return the stamp of a file read after ``now_ns``, None where it would prove nothing."""
    return stamp(status) if settled(status, now_ns) else None


def stamp(status: os.stat_result) -> bytes:
    """Return the identity of a file's content as the file system tells it, in 40 bytes.

    Two equal stamps mean the same device, inode, size, mtime and ctime: the content is the one
    seen, unless it changed within the clock's granularity (``settled`` tells).
    """
    return _STAMP.pack(
        status.st_dev & 0xFFFFFFFFFFFFFFFF,
        status.st_ino & 0xFFFFFFFFFFFFFFFF,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def settled(status: os.stat_result, now_ns: int) -> bool:
    """Tell whether a change after ``now_ns`` would show in the stamp.

    A file changed less than two seconds before it was read (FAT's mtime granularity, the coarsest
    in use) may change again under the same stamp; such a stamp proves nothing.
    """
    return max(status.st_mtime_ns, status.st_ctime_ns) < now_ns - 2_000_000_000


def is_regular(status: os.stat_result) -> bool:
    """Tell whether this is an ordinary file, not a folder, pipe, socket or device."""
    return stat.S_ISREG(status.st_mode)


def _digest_edges(size: int, head: bytes, tail: bytes) -> bytes:
    state = blake2b(size.to_bytes(8, "little"), digest_size=DIGEST_BYTES, person=b"tagsmith-edges")
    state.update(head)
    state.update(tail)
    return state.digest()
