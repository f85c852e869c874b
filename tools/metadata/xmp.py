"""XMP: keywords, descriptions and places of a packet of RDF (ISO 16684-1).

Parsed with expat itself: a document type, and with it every entity of its own, is refused before
it is read, so that nothing can unfold. ElementTree offers no such refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from tagsmith.tools.metadata.bounded import MetadataError

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_MICROSOFT = "http://ns.microsoft.com/photo/1.0/"
_IPTC = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"

_NAMES = {
    f"{_DC} subject": "subject",
    f"{_DC} description": "description",
    f"{_LIGHTROOM} hierarchicalSubject": "hierarchical",
    f"{_MICROSOFT} LastKeywordXMP": "subject",
    f"{_PHOTOSHOP} City": "place",
    f"{_PHOTOSHOP} State": "place",
    f"{_PHOTOSHOP} Country": "place",
    f"{_IPTC} Location": "place",
    f"{_PHOTOSHOP} DateCreated": "date",
    f"{_EXIF} DateTimeOriginal": "date",
    f"{_XMP} CreateDate": "date",
    f"{_TIFF} Model": "model",
    f"{_TIFF} Make": "make",
    f"{_XMP} CreatorTool": "tool",
    f"{_EXIF} UserComment": "comment",
}
_MAX_DEPTH = 64
_MAX_VALUES = 2000


@dataclass(slots=True)
class Packet:
    """The values that matter, by our names for them (``_NAMES``)."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        """Return every value of a name."""
        return self.values.get(name, [])

    def first(self, name: str) -> str:
        """Return the first value of a name, empty where there is none."""
        return next(iter(self.all(name)), "")


def parse_xmp(data: bytes) -> Packet:
    """Parse a packet.

    Raises MetadataError where it is no XML, declares a document type, or is nested too deeply.
    """
    return _Parser().parse(data.strip(b"\0 \t\r\n"))


class _Parser:
    """Collects the text of the properties that are known, whichever of RDF's forms they have."""

    def __init__(self) -> None:
        self._packet = Packet()
        self._kept = 0
        self._path: list[str] = []
        self._text: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append
        self._parser.StartDoctypeDeclHandler = self._refuse

    def parse(self, data: bytes) -> Packet:
        try:
            self._parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise MetadataError("its XMP is damaged") from error
        return self._packet

    def _refuse(self, *_: object) -> None:
        raise MetadataError("its XMP declares a document type")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            raise MetadataError("its XMP is nested too deeply")
        self._path.append(name)
        self._text.clear()
        if name == f"{_RDF} Description":
            for attribute, value in attributes.items():
                self._keep(_NAMES.get(attribute), value)

    def _end(self, name: str) -> None:
        text = "".join(self._text)
        self._text.clear()
        self._path.pop()
        if name == f"{_RDF} li":
            # rdf:li within rdf:Bag, Seq or Alt within the property.
            self._keep(_NAMES.get(self._path[-2]) if len(self._path) > 1 else None, text)
        else:
            self._keep(_NAMES.get(name), text)

    def _keep(self, name: str | None, text: str) -> None:
        if name and text.strip() and self._kept < _MAX_VALUES:
            self._kept += 1
            self._packet.values.setdefault(name, []).append(text.strip())
