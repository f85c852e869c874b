"""style: words for how a picture is made, who made it, and praise."""

from __future__ import annotations

from collections.abc import Iterator

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding
from tagsmith.tools.audit.knowledge.knowledge import Knowledge
from tagsmith.tools.audit.knowledge.matching import split_qualifier
from tagsmith.tools.audit.making import of_images, prune, usable
from tagsmith.tools.audit.registry import check

NAME = "style"
_SAYS = {
    "artist": "names an artist",
    "style": "names a style",
    "medium": "names what a picture is made with",
    "quality": "praises or rates a picture, and shows nothing in it",
}
_HARM = {"artist": 0.5, "style": 0.4, "medium": 0.4, "quality": 0.35}
_LISTS = {
    "artist": "artist marks",
    "quality": "quality words",
    "medium": "media",
    "style": "styles",
}
_LONGEST_NAME = 4


@check(NAME)
def find(evidence: Evidence) -> Iterator[Finding]:
    """Tags for the style, the medium, the artist or the quality of a picture."""
    for one, samples in evidence.places.items():
        kind = kind_of(one, evidence.knowledge)
        if not kind:
            continue
        tag = evidence.spelt(one)
        number = samples.bit_count()
        yield Finding(
            NAME,
            one,
            f"{tag} {_SAYS[kind]}",
            evidence.knowledge.why(NAME),
            number,
            _HARM[kind],
            0.85,
            (f"{tag} stands in {of_images(number, evidence)}",),
            evidence.names(samples),
            (prune([tag], None, number),) if usable(tag) else (),
            {"tags": [tag], "kind": kind},
        )


def kind_of(tag_key: str, knowledge: Knowledge) -> str:
    """Return artist, quality, medium or style; empty for any other tag."""
    if knowledge.imported.category(tag_key) == "artist" or by_name(tag_key, knowledge):
        return "artist"
    for kind, name in _LISTS.items():
        if tag_key in knowledge.kind(name):
            return kind
    return ""


def by_name(tag_key: str, knowledge: Knowledge) -> bool:
    """Tell whether a tag is ``by`` a name: ``by jane doe``, but not ``by the sea``."""
    if not tag_key.startswith("by "):
        return False
    words = split_qualifier(tag_key.removeprefix("by "))[0].split(" ")
    return len(words) <= _LONGEST_NAME and not any(map(knowledge.word, words))
