"""Captions that name a flaw of the picture: watermarks, signatures, writing, low resolution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.registry import check
from tagsmith.tools.query import quote
from tagsmith.tools.tags import key
from tagsmith.tools.wording import count


@dataclass(frozen=True, slots=True)
class _Mark:
    """Tags that say one thing, and what that does to training."""

    key: str
    tags: tuple[str, ...]
    title: str
    why: str
    harm: float


# Danbooru's names (tag groups "text" and "image composition, artifacts"), and what people write.
_MARKS = (
    _Mark(
        "watermark",
        tuple(
            "watermark, sample watermark, web address, url, logo, patreon username, "
            "twitter username, pixiv username, artist name, artist logo, signature, username, "
            "dated, patreon logo, twitter logo, weibo watermark, weibo username, "
            "stock photo watermark, third-party watermark, character watermark, "
            "copyright notice".split(", ")
        ),
        "with a watermark or a signature",
        "A mark in the same corner of many pictures is learnt, and painted into new ones. Named in "
        "the caption it can be asked away; better are pictures without it.",
        0.45,
    ),
    _Mark(
        "low quality",
        tuple(
            "lowres, low resolution, jpeg artifacts, blurry, out of focus, scan artifacts, "
            "bad quality, low quality, worst quality, upscaled, pixelated, compression artifacts, "
            "bad anatomy, bad hands, bad proportions".split(", ")
        ),
        "whose caption says that their quality is low",
        "Poor pictures teach poor pictures. The tag lets the model tell them apart, if it stands "
        "on all of them.",
        0.4,
    ),
)


@check("marks")
def marks(evidence: Evidence) -> Iterator[Finding]:
    """Captions that name a flaw: watermark, signature, lowres, jpeg artifacts and the like."""
    for mark in _MARKS:
        places = {tag: found for tag in mark.tags if (found := evidence.having(tag))}
        if places:
            yield _finding(mark, places, evidence)


def _finding(mark: _Mark, places: dict[str, int], evidence: Evidence) -> Finding:
    all_of_them = 0
    for samples in places.values():
        all_of_them |= samples
    images = all_of_them.bit_count()
    spelt = {tag: evidence.vocabulary.spelling(key(tag)) for tag in places}
    where = " or ".join(quote(tag) for tag in spelt.values())
    return Finding(
        check="marks",
        key=mark.key,
        title=f"{count(images, 'image')} {mark.title}",
        why=mark.why,
        images=images,
        harm=mark.harm,
        confidence=0.95,
        evidence=tuple(
            f"{spelt[tag]}: {count(samples.bit_count(), 'image')}"
            for tag, samples in sorted(places.items(), key=lambda one: -one[1].bit_count())
        ),
        samples=evidence.names(all_of_them),
        fixes=(
            Fix(
                "isolate_images",
                {"where": where, "name": mark.key},
                f"Set them apart in _isolated/{mark.key}, to look at them",
            ),
        ),
        data={"tags": {tag: samples.bit_count() for tag, samples in places.items()}},
    )
