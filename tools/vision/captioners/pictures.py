"""A picture as model servers take it: JPEG or PNG, small, upright, opaque.

LM Studio takes nothing else (models.md, section 5.3: WebP is refused), refuses more than 26 million
pixels, and looks at no EXIF orientation.
"""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tagsmith.tools.vision.decode import open_image

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE = 1024
QUALITY = 90
# Line art and flat drawings: JPEG would blur their edges, and PNG is smaller.
_FLAT_COLOURS = 256


def sendable(data: bytes, long_side: int = LONG_SIDE) -> dict[str, Any]:
    """Return ``{"kind": "jpeg" or "png", "data": bytes}`` of an image file's bytes.

    A job of the image workers. RGB, EXIF-turned, alpha over white; the longer side has at most
    ``long_side`` pixels. Raises BadImageError.
    """
    image = open_image(data).image
    # Pillow would write the file's comment and profile into what it saves.
    image.info = {}
    shown = _small(image, long_side)
    flat = image.getcolors(_FLAT_COLOURS) is not None
    return {"kind": "png", "data": _png(shown)} if flat else {"kind": "jpeg", "data": _jpeg(shown)}


def data_uri(picture: dict[str, Any]) -> str:
    """Return a picture from ``sendable`` as the URL that a request holds."""
    return f"data:image/{picture['kind']};base64,{base64.b64encode(picture['data']).decode()}"


def two_colours(left: tuple[int, int, int], right: tuple[int, int, int]) -> dict[str, Any]:
    """Return a picture whose halves have one colour each."""
    from PIL import Image

    image = Image.new("RGB", (256, 128), left)
    image.paste(right, (128, 0, 256, 128))
    return {"kind": "png", "data": _png(image)}


def _small(image: Image, long_side: int) -> Image:
    from PIL.Image import Resampling

    ratio = long_side / max(image.size)
    if ratio >= 1:
        return image
    width, height = (max(1, round(side * ratio)) for side in image.size)
    return image.resize((width, height), Resampling.LANCZOS)


def _jpeg(image: Image) -> bytes:
    target = BytesIO()
    image.save(target, "JPEG", quality=QUALITY)
    return target.getvalue()


def _png(image: Image) -> bytes:
    target = BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue()
