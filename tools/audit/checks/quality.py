"""Images that a model learns little good from: unreadable, tiny, blurred, dark, empty ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tagsmith.tools.audit.buckets import fate
from tagsmith.tools.audit.evidence import SAMPLES_NAMED, Evidence
from tagsmith.tools.audit.exact import isolate_exactly
from tagsmith.tools.audit.finding import Finding, Fix
from tagsmith.tools.audit.registry import check
from tagsmith.tools.paths import display
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.vision.measuring import Found

# cleanvision 0.3.7 (image_property_issue_manager.py): the side that is short for odd shapes, and
# the brightness that 99 of 100 pixels of a dark image stay below.
_ODD_SHAPE, _DARK = 0.35, 0.32
_TINY = 256 * 256
# Edges wider than this, of 384 pixels: those of sharp pictures were up to 1.1 wide, of pictures
# blurred by half a per cent of their side 1.7 and more (docs/duplicates.md).
_SOFT = 1.75
_CLIPPED, _RAMP, _PAGE = 0.3, 0.88, 0.5
_EMPTY_STRAYS, _EMPTY_RANGE = 0.0005, 16
_LOST, _ENLARGED = 0.1, 1.25


@dataclass(frozen=True, slots=True)
class Measures:
    """What is known of one image: its size, and flaws.FLAWS by name."""

    size: tuple[int, int]
    values: dict[str, float]
    resolution: int

    @property
    def empty(self) -> bool:
        """One colour, and nothing that stands out from it."""
        return self.values["strays"] < _EMPTY_STRAYS and self.values["range"] < _EMPTY_RANGE

    @property
    def tiny(self) -> bool:
        """Fewer pixels than a square of 256."""
        return self.size[0] * self.size[1] < _TINY

    @property
    def blown(self) -> bool:
        """White that fades into its surroundings, and is no page that something is drawn on."""
        found = self.values
        fades = found["clipped"] >= _CLIPPED and found["ramp"] >= _RAMP
        return fades and found["page"] < _PAGE and not self.empty

    @property
    def odd(self) -> bool:
        """Nearly three times as long as it is short."""
        return min(self.size) < _ODD_SHAPE * max(self.size)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """A flaw: what the finding says, which images have it, and what is told of each."""

    key: str
    title: str
    why: str
    harm: float
    confidence: float
    has: Callable[[Measures], bool]
    says: Callable[[Measures], str]


def _size(found: Measures) -> str:
    return f"{found.size[0]}x{found.size[1]}"


def _bucket(found: Measures) -> str:
    told = fate(found.size, found.resolution)
    width, height = told.bucket
    return f"{_size(found)} becomes {width}x{height}"


_FLAWS = (
    _Flaw(
        "empty",
        "empty: one colour and nothing on it",
        "There is nothing to learn, and whatever the caption says is bound to that colour.",
        0.8,
        0.98,
        lambda found: found.empty,
        _size,
    ),
    _Flaw(
        "tiny",
        "tiny: fewer pixels than a square of 256",
        "It is enlarged to the training resolution, and the model learns the mush that gives.",
        0.6,
        1.0,
        lambda found: found.tiny,
        _size,
    ),
    _Flaw(
        "blurry",
        "blurred: nothing in it is sharp",
        "The model learns to paint blurred pictures unless the caption says so.",
        0.5,
        0.9,
        lambda found: found.values["softness"] >= _SOFT and not found.empty,
        lambda found: f"its sharpest edges are {found.values['softness'] / 3.84:.1f} % wide",
    ),
    _Flaw(
        "dark",
        "dark: hardly a pixel is brighter than a third",
        "Details are lost in black, and the model's pictures become darker.",
        0.4,
        0.85,
        lambda found: found.values["high"] < _DARK and not found.empty,
        lambda found: f"99 % of it are below {found.values['high']:.0%} of white",
    ),
    _Flaw(
        "blown",
        "blown out: large parts are burnt to white",
        "What was burnt out cannot be learnt, and the model's pictures become pale.",
        0.4,
        0.85,
        lambda found: found.blown,
        lambda found: f"{found.values['clipped']:.0%} of it are pure white",
    ),
    _Flaw(
        "odd shape",
        "of an odd shape: nearly three times as long as short, or more",
        "Trainers cut such images to the nearest shape that they know, often through the subject.",
        0.4,
        1.0,
        lambda found: found.odd,
        _size,
    ),
    _Flaw(
        "enlarged",
        "smaller than they are trained at",
        "They are enlarged by more than a quarter, and softness is learnt along with them. "
        "Larger copies, or a lower resolution, would help; kohya's bucket_no_upscale leaves "
        "them small.",
        0.35,
        1.0,
        lambda found: fate(found.size, found.resolution).scale > _ENLARGED and not found.tiny,
        _bucket,
    ),
    _Flaw(
        "cut",
        "cut by more than a tenth",
        "What is cut off is not seen in training, although the caption may name it.",
        0.3,
        1.0,
        lambda found: fate(found.size, found.resolution).lost > _LOST,
        lambda found: f"{_bucket(found)}, {fate(found.size, found.resolution).lost:.0%} is lost",
    ),
)


def has(measures: Measures) -> list[str]:
    """Return the flaws of one image, by their keys."""
    return [flaw.key for flaw in _FLAWS if flaw.has(measures)]


@dataclass(slots=True)
class _Group:
    """The images that have a flaw, and what is told of the first of them."""

    images: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def add(self, image: str, says: str) -> None:
        self.images.append(image)
        if len(self.told) < SAMPLES_NAMED:
            self.told.append(f"{display(image)}: {says}")


@check("quality", slow=True)
def quality(evidence: Evidence) -> Iterator[Finding]:
    """Images that are unreadable, tiny, blurred, dark, blown out, empty, of an odd shape, or cut or
    enlarged in training.
    """
    from tagsmith.tools.vision import flaws
    from tagsmith.tools.vision.measured import measured_of
    from tagsmith.tools.vision.measuring import measure
    from tagsmith.tools.vision.score_query import scores_of

    workspace = evidence.workspace
    paths = [workspace.on_disk(sample) for sample in evidence.samples]
    found = measure(
        flaws.FLAWED, paths, scores_of(workspace), measured_of(workspace), workspace.watch
    )
    unreadable = _Group()
    groups = {flaw.key: _Group() for flaw in _FLAWS}
    for sample, path in zip(evidence.samples, paths, strict=True):
        if path in found.bad:
            unreadable.add(sample.image, found.bad[path])
        elif (measures := _measures(found, path, evidence)) is not None:
            for flaw in _FLAWS:
                if flaw.has(measures):
                    groups[flaw.key].add(sample.image, flaw.says(measures))
    yield from _unreadable(unreadable, len(paths))
    for flaw in _FLAWS:
        if groups[flaw.key].images:
            yield _finding(flaw, groups[flaw.key], evidence)


def _measures(found: Found, path: str, evidence: Evidence) -> Measures | None:
    from tagsmith.tools.vision import flaws

    row = found.rows.get(found.contents.get(path, b""))
    if row is None:
        return None
    (one,) = flaws.unpack(row)
    values = {name: float(one[name]) for name in flaws.VALUES}
    return Measures((int(one["width"]), int(one["height"])), values, evidence.settings.resolution)


def _unreadable(group: _Group, images: int) -> Iterator[Finding]:
    if not group.images:
        return
    yield Finding(
        check="quality",
        key="unreadable",
        title=f"{count(len(group.images), 'image')} cannot be read",
        why="Trainers stop at such a file, or pass it over without a word.",
        images=len(group.images),
        harm=0.95,
        confidence=1.0,
        evidence=tuple(group.told),
        samples=tuple(group.images[:SAMPLES_NAMED]),
        fixes=_isolate("unreadable", group.images),
        data={"images": group.images, "of": images},
    )


def _finding(flaw: _Flaw, group: _Group, evidence: Evidence) -> Finding:
    at: dict[str, Any] = {}
    images = len(evidence.samples)
    title = f"{count(len(group.images), 'image')} {_be(group.images)} {flaw.title}"
    if flaw.key in ("cut", "enlarged"):
        at = {"resolution": evidence.settings.resolution}
        title += f", at a resolution of {evidence.settings.resolution}"
    return Finding(
        check="quality",
        key=flaw.key,
        title=title,
        why=flaw.why,
        images=len(group.images),
        harm=flaw.harm,
        confidence=flaw.confidence,
        evidence=tuple(group.told),
        samples=tuple(group.images[:SAMPLES_NAMED]),
        # A flaw of most images is one of the set, or no flaw: nothing is to be set apart.
        fixes=() if 2 * len(group.images) > images else _isolate(flaw.key, group.images),
        data={"images": group.images, **at},
    )


def _be(images: list[str]) -> str:
    return "is" if len(images) == 1 else "are"


def _isolate(name: str, images: list[str]) -> tuple[Fix, ...]:
    return isolate_exactly(images, name, f"Set them apart in _isolated/{name}, to look at them")
