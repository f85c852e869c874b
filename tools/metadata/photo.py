"""What cameras and photo programs write: keywords, descriptions, camera, date, place.

Coordinates are never read: they are no words, and nobody wants them in a caption.
"""

from __future__ import annotations

import re

from tagsmith.tools.metadata import exif, iptc
from tagsmith.tools.metadata.chunks import Chunks
from tagsmith.tools.metadata.comment import is_infotext
from tagsmith.tools.metadata.containers import exif_of
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.xmp import parse_xmp

_YEAR = re.compile(r"(?:19|20)\d{2}(?=\D|\d{4}(?!\d)|\Z)")
# JSON of a generator, which may stand in any field: ``{...``, ``prompt:{...``.
_OBJECT = re.compile(r"\w{0,20}:?\s*\{")
# What cameras put into ImageDescription by themselves, and programs into UserComment.
_NO_DESCRIPTION = re.compile(
    r"(?:olympus|sony|minolta|kodak|samsung|konica|digital|camera|dsc|imaging|default|\d|[\s_.-])+"
    r"|screenshot|created with .*|ascii",
    re.IGNORECASE,
)


def read_xmp(chunks: Chunks) -> Found | None:
    """Read the keywords (``dc:subject``, Lightroom's paths), description and place of an XMP."""
    return of_packet(chunks.xmp) if chunks.xmp else None


def of_packet(data: bytes) -> Found:
    """Read a packet of XMP, from within a file or beside it. Raises MetadataError."""
    packet = parse_xmp(data)
    paths = [word.rpartition("|")[2] for word in packet.all("hierarchical")]
    return Found(
        "xmp",
        keywords=tuple(dict.fromkeys([*packet.all("subject"), *paths])),
        description=_description(packet.first("description")),
        camera=camera(packet.first("make"), packet.first("model")),
        year=_year(packet.first("date")),
        place=tuple(dict.fromkeys(packet.all("place"))),
    )


def read_iptc(chunks: Chunks) -> Found | None:
    """Read the keywords, the caption and the place of IPTC records."""
    if not chunks.iptc:
        return None
    found = iptc.read_iptc(chunks.iptc)
    places = [found.get(one, [""])[0] for one in (iptc.PLACE, iptc.CITY, iptc.STATE, iptc.COUNTRY)]
    return Found(
        "iptc",
        keywords=tuple(found.get(iptc.KEYWORDS, ())),
        description=_description(found.get(iptc.CAPTION, [""])[0]),
        year=_year(found.get(iptc.DATE, [""])[0]),
        place=tuple(place for place in dict.fromkeys(places) if place),
    )


def read_exif(chunks: Chunks) -> Found | None:
    """Read Windows' keywords, the description, the camera and the year of EXIF."""
    values = exif_of(chunks)
    if not values.values:
        return None
    words = values.wide(exif.XP_KEYWORDS).split(";")
    description = values.text(exif.DESCRIPTION) or values.wide(exif.XP_SUBJECT)
    return Found(
        "exif",
        keywords=tuple(word.strip() for word in words if word.strip()),
        description=_description(description),
        camera=camera(values.text(exif.MAKE), values.text(exif.MODEL)),
        year=_year(values.text(exif.DATE_ORIGINAL) or values.text(exif.DATE)),
    )


def camera(make: str, model: str) -> str:
    """Return a camera's name: the model, behind its maker where it does not say so itself.

    Generators write graphs into these fields; they are no cameras.
    """
    if _OBJECT.match(model) or _OBJECT.match(make):
        return ""
    maker = next(iter(make.split(maxsplit=1)), "")
    if not model or maker.casefold() in model.casefold():
        return model
    return f"{maker.title() if maker.isupper() and len(maker) > 3 else maker} {model}"


def _year(date: str) -> str:
    match = _YEAR.match(date.strip())
    return match[0] if match else ""


def _description(text: str) -> str:
    """Return a description; what a machine writes by itself is none."""
    text = text.strip()
    generated = is_infotext(text) or _OBJECT.match(text) or "Job ID: " in text
    return "" if generated or _NO_DESCRIPTION.fullmatch(text) else text
