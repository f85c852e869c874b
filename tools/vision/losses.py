"""How much a file format lost of a picture: of two alike the one that lost less is kept."""

from __future__ import annotations

from io import BytesIO

from tagsmith.tools.images import faults, pillow

LOSSLESS = 0.0
# Mean step of quantisation that is assumed where the file does not say: that of a JPEG of quality
# 75, and of a palette.
UNKNOWN, PALETTE = 29.0, 12.0

_LOSSLESS_FORMATS = ("PNG", "BMP", "TIFF")


def loss_of(data: bytes, kind: str) -> float:
    """Return 0 for a lossless file, else its mean step of quantisation, as far as it tells.

    A JPEG has its steps in its header (ITU-T T.81, B.2.4.1): quality 95 has a mean of 6, 75 of 29,
    30 of 95. ``kind`` is Pillow's name of the format.
    """
    if kind in _LOSSLESS_FORMATS or (kind == "WEBP" and b"VP8L" in data[:64]):
        return LOSSLESS
    if kind == "GIF":
        return PALETTE
    return _mean_step(data) if kind == "JPEG" else UNKNOWN


def _mean_step(data: bytes) -> float:
    try:
        with pillow().open(BytesIO(data), formats=("JPEG",)) as image:
            steps = getattr(image, "quantization", {}).get(0)
    except faults():
        return UNKNOWN
    return sum(steps) / len(steps) if steps else UNKNOWN
