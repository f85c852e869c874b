"""Pictures small enough for a terminal: decoded, remembered, and only while they are wanted.

A cell of a terminal is about twice as high as wide, so one cell holds two square pixels. Decoding
is that of tools/vision/decode.py; nothing here knows a widget.
"""

from __future__ import annotations

import errno
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from tagsmith.tools import content
from tagsmith.tui.language import say

if TYPE_CHECKING:
    from PIL.Image import Image

# Between black and white, so that neither dark nor light figures on nothing disappear.
NEUTRAL = (128, 128, 128)
# What a decoder holds at four bytes a pixel stays below 200 MB; a JPEG is decoded at an eighth.
MOST_PIXELS = 50_000_000
REMEMBERED = 64

_CAREFULLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels to draw, row by row, 3 bytes (RGB) each.

    ``width`` and ``height`` count pixels, ``height`` is even, since two are in a cell. ``size`` is
    (width, height) of the file as seen, ``notes`` say what of it is not shown.
    """

    width: int
    height: int
    pixels: bytes
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and lines that it takes."""
        return self.width, self.height // 2


@dataclass(frozen=True, slots=True)
class Unseen:
    """A file of which there is no picture, and why, in a few words."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A picture that somebody wants: an absolute path and the box in cells that it has to fit."""

    path: str
    width: int
    height: int


Seen = Picture | Unseen
_Key = tuple[str, int, int, int, int]


def thumbnail(path: str, width: int, height: int) -> Picture:
    """Decode an image so that it fits a box of cells: upright, its first frame, on neutral grey.

    ``path`` is absolute and runs through no symbolic link. Small images are enlarged. Raises
    BadImageError for what is no whole image or has too many pixels.
    """
    from tagsmith.tools.vision.decode import open_image

    data = _read(path)
    _refuse_giant(data)
    # Twice the pixels drawn: enough for a smooth reduction of what a JPEG's draft leaves.
    side = max(width, 2 * height) * 2
    opened = open_image(data, NEUTRAL, draft=(side, side))
    small = _fitted(opened.image, opened.size, (width, 2 * height))
    return Picture(*small.size, small.tobytes(), opened.size, opened.notes)


def _fitted(image: Image, size: tuple[int, int], box: tuple[int, int]) -> Image:
    """Scale an image, of which the file has ``size`` pixels, to the largest that fits a box."""
    from PIL.Image import Resampling

    scale = min(box[0] / size[0], box[1] / size[1])
    target = max(1, round(size[0] * scale)), 2 * max(1, round(size[1] * scale / 2))
    if scale >= 1:
        return image.resize(target, Resampling.NEAREST)
    return image.resize(target, Resampling.BICUBIC, reducing_gap=2.0)


def _refuse_giant(data: bytes) -> None:
    """Raise BadImageError for an image that would take too long and too much to decode whole."""
    from io import BytesIO

    from tagsmith.tools.images import FORMATS, faults, pillow
    from tagsmith.tools.vision.decode import BadImageError

    try:
        with pillow().open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
            giant = width * height > MOST_PIXELS and image.format != "JPEG"
    except faults():
        return  # open_image has the words for it
    if giant:
        sides = f"{width} x {height}"
        raise BadImageError(say("{sides} pixels are too many for a preview", sides=sides))


def _read(path: str) -> bytes:
    """Read a regular file that no symbolic link leads to."""
    from tagsmith.tools.images import reason
    from tagsmith.tools.vision.decode import MAX_FILE_BYTES, BadImageError

    try:
        if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path):
            raise BadImageError(say("a symbolic link leads to it"))
        descriptor = os.open(path, _CAREFULLY)
    except ValueError as error:
        raise BadImageError(say("there is no such file")) from error
    except OSError as error:
        linked = error.errno == errno.ELOOP
        told = say("it is a symbolic link") if linked else reason(error)
        raise BadImageError(told) from error
    try:
        status = os.fstat(descriptor)
        if not content.is_regular(status):
            raise BadImageError(say("it is not a file"))
        if status.st_size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES >> 20
            raise BadImageError(say("its file is larger than {most} MiB", most=most))
        return content.read_all(descriptor, status.st_size)
    except OSError as error:
        raise BadImageError(reason(error)) from error
    finally:
        os.close(descriptor)


class Remembered:
    """The pictures used last, as the files were then; safe in threads."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[_Key, Seen] = OrderedDict()
        self._latest: dict[Wanted, _Key] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._seen)

    def last(self, wanted: Wanted) -> Seen | None:
        """Return what was seen there last, without a look at the file."""
        with self._lock:
            key = self._latest.get(wanted)
            return None if key is None else self._seen.get(key)

    def see(self, wanted: Wanted) -> Seen:
        """Return the picture of a file as it is now, decoded if it is not remembered."""
        from tagsmith.tools.vision.decode import BadImageError

        key = _key(wanted)
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        found: Seen
        try:
            found = thumbnail(wanted.path, wanted.width, wanted.height)
        except BadImageError as error:
            found = Unseen(error.reason)
        self._keep(wanted, key, found)
        return found

    def _keep(self, wanted: Wanted, key: _Key, found: Seen) -> None:
        with self._lock:
            self._seen[key] = found
            self._latest[wanted] = key
            while len(self._seen) > self._most:
                old, _ = self._seen.popitem(last=False)
                gone = Wanted(old[0], *old[3:])
                if self._latest.get(gone) == old:
                    del self._latest[gone]


def _key(wanted: Wanted) -> _Key:
    try:
        status = os.lstat(wanted.path)
    except (OSError, ValueError):
        return wanted.path, 0, -1, wanted.width, wanted.height
    return wanted.path, status.st_mtime_ns, status.st_size, wanted.width, wanted.height


class Decoder:
    """Sees what is wanted, in that order, in whatever thread runs it; a new wish ends the old one.

    ``work`` is to be run in a thread whenever ``want`` returns True: never in two at once.
    """

    def __init__(self, remembered: Remembered, told: Callable[[Wanted, Seen], None]) -> None:
        self._remembered = remembered
        self._told = told
        self._queue: list[Wanted] = []
        self._now: Wanted | None = None
        self._running = False
        self._lock = Lock()

    def want(self, wanted: Iterable[Wanted]) -> bool:
        """Want these and nothing else any more. Returns whether ``work`` has to be started."""
        with self._lock:
            self._queue = [one for one in wanted if one != self._now][::-1]
            if self._running or not self._queue:
                return False
            self._running = True
            return True

    def work(self) -> None:
        """See one after the other until nothing more is wanted."""
        try:
            while (wanted := self._next()) is not None:
                seen = self._remembered.see(wanted)
                # From here on the same wish is a new one, so whoever is told knows the latest.
                self._now = None
                self._told(wanted, seen)
        except BaseException:
            self._now, self._running = None, False
            raise

    def _next(self) -> Wanted | None:
        with self._lock:
            self._now = self._queue.pop() if self._queue else None
            self._running = self._now is not None
            return self._now
