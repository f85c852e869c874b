"""From an upright RGB picture to the numbers a model expects: one path for every model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tagsmith.tools.vision.schema import InputSpec

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling

# Rows are padded and resampled in strips of about this many pixels (4 bytes each in Pillow).
_STRIP_PIXELS = 1 << 22


def fit(image: Image, spec: InputSpec) -> NDArray[np.uint8]:
    """Bring an RGB image to the model's size: uint8, (height, width, 3), RGB.

    The bytes are those of Pillow's resampling of the whole padded picture, without reducing_gap.
    """
    if image.mode != "RGB":
        raise ValueError(f"an RGB image was expected, not {image.mode}")
    ways = {"pad": _pad, "stretch": _stretch, "letterbox": _letterbox, "crop": _crop}
    return np.asarray(ways[spec.geometry](image, spec), dtype=np.uint8)


def tensor(batch: Sequence[NDArray[np.uint8]], spec: InputSpec) -> NDArray[np.float32]:
    """Turn fitted pictures into one contiguous float32 batch in the model's layout and range.

    (n, height, width, 3) for NHWC, (n, 3, height, width) for NCHW; ``(byte * scale - mean) / std``.
    """
    height, width = spec.size
    channels = np.empty((len(batch), height, width, 3), dtype=np.float32)
    for place, picture in zip(channels, batch, strict=True):
        if picture.shape != place.shape or picture.dtype != np.uint8:
            raise ValueError(f"a picture of {place.shape} bytes was expected, not {picture.shape}")
        place[...] = picture[..., ::-1] if spec.colour == "BGR" else picture
    if spec.scale != 1.0:
        channels *= np.float32(spec.scale)
    if any(spec.mean):
        channels -= np.asarray(spec.mean, dtype=np.float32)
    if spec.std != (1.0, 1.0, 1.0):
        channels /= np.asarray(spec.std, dtype=np.float32)
    if spec.layout == "NHWC":
        return channels
    return np.ascontiguousarray(channels.transpose(0, 3, 1, 2))


def _resampling(spec: InputSpec) -> Resampling:
    from PIL.Image import Resampling

    return Resampling[spec.resample.upper()]


def _stretch(image: Image, spec: InputSpec) -> Image:
    height, width = spec.size
    return image.resize((width, height), _resampling(spec))


def _pad(image: Image, spec: InputSpec) -> Image:
    """Resample the centred square around the image without building the square.

    Pillow resamples rows first, then columns, each row by itself: so rows of the square may be
    taken in strips, and rows that are all fill need no resampling at all.
    """
    from PIL import Image as images

    height, width = spec.size
    side = max(image.size)
    left, top = (side - image.width) // 2, (side - image.height) // 2
    narrow = images.new("RGB", (width, side), spec.fill)
    rows = max(1, _STRIP_PIXELS // side)
    for start in range(0, image.height, rows):
        stop = min(start + rows, image.height)
        strip = image.crop((0, start, image.width, stop))
        if image.width < side:
            wide = images.new("RGB", (side, stop - start), spec.fill)
            wide.paste(strip, (left, 0))
            strip = wide
        narrow.paste(strip.resize((width, stop - start), _resampling(spec)), (0, top + start))
    return narrow.resize((width, height), _resampling(spec))


def _letterbox(image: Image, spec: InputSpec) -> Image:
    from PIL import Image as images

    height, width = spec.size
    if image.width * height >= image.height * width:
        inner = (width, max(1, image.height * width // image.width))
    else:
        inner = (max(1, image.width * height // image.height), height)
    canvas = images.new("RGB", (width, height), spec.fill)
    place = ((width - inner[0]) // 2, (height - inner[1]) // 2)
    canvas.paste(image.resize(inner, _resampling(spec)), place)
    return canvas


def _crop(image: Image, spec: InputSpec) -> Image:
    """Resample the shorter side, cut the middle; only the part that stays is resampled."""
    height, width = spec.size
    short = spec.short_side or max(height, width)
    ratio = min(image.size) / short
    across, down = width * ratio, height * ratio
    left, top = (image.width - across) / 2, (image.height - down) / 2
    box = (left, top, left + across, top + down)
    return image.resize((width, height), _resampling(spec), box=box)
