"""Taggers by name: the models of the specs, and ``pixels``, which needs none.

Each leaves its scores in the store; nothing is computed for an image that the store knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tagsmith.tools.errors import UsageError
from tagsmith.tools.tags import unique
from tagsmith.tools.vision import installed, preferences
from tagsmith.tools.vision.format import Style
from tagsmith.tools.vision.labels import cutoffs
from tagsmith.tools.vision.schema import ModelSpec
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.vision.select import UNWANTED, Selector, Wishes
from tagsmith.tools.vision.spec import find_spec
from tagsmith.tools.watch import Watch

PIXELS = installed.PIXELS

Bad = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of scoring: the stored model, the images that cannot be read as (path, reason),
    what really ran ("" where nothing had to) and what the user must know about that.
    """

    model: StoredModel
    bad: tuple[Bad, ...] = ()
    provider: str = ""
    note: str = ""


class Tagger(Protocol):
    """What scores images. ``style`` and ``sort`` are used where the dataset has no habit."""

    @property
    def name(self) -> str:
        """Name of the model."""

    @property
    def style(self) -> Style:
        """How its tags are written by default."""

    @property
    def sort(self) -> str:
        """In which order its tags are written by default: by score, or as its labels are."""

    def stored(self, scores: Scores) -> StoredModel | None:
        """Return what the store knows of this very model, None where it never ran."""

    def score(self, images: Sequence[str], scores: Scores, watch: Watch) -> Scored:
        """Score images (paths on disk, relative to the dataset), those not in the store.

        Raises ModelError where the model is not here or is not what it should be, StoppedError.
        """

    def selector(self, model: StoredModel, wishes: Wishes) -> Selector:
        """Return what chooses tags from its scores."""


def find_taggers(names: str | None) -> list[Tagger]:
    """Return the taggers of these names, separated by commas, each once.

    None stands for the best tagger that is installed, ``pixels`` where none is. Raises UsageError
    where a name is unknown, naming the nearest, or is that of a captioner.
    """
    given = [part.strip() for part in (names or "").split(",") if part.strip()]
    return [_find(name) for name in unique(given or [installed.default_model()])]


def _find(name: str) -> Tagger:
    if name.casefold() == PIXELS:
        from tagsmith.tools.vision.pixel_tagger import PixelTagger

        return PixelTagger()
    spec = find_spec(name)
    if spec.role != "tagger":
        raise UsageError(f"{spec.name} writes captions, not tags.", "Use caption_images.")
    return OnnxTagger(spec)


@dataclass(frozen=True, slots=True)
class OnnxTagger:
    """A model of the specs."""

    spec: ModelSpec

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.spec.name

    @property
    def style(self) -> Style:
        """How the spec wants its labels written."""
        form = self.spec.formatting
        return Style(form.underscores == "keep", form.escape_parentheses)

    @property
    def sort(self) -> str:
        """The spec's order."""
        return self.spec.formatting.sort

    def stored(self, scores: Scores) -> StoredModel | None:
        """Return what the store knows of this revision under this contract."""
        return scores.model(self.spec.id)

    def score(self, images: Sequence[str], scores: Scores, watch: Watch) -> Scored:
        """Score images; the model itself is only needed for those that the store does not know."""
        known = self.stored(scores)
        if known is not None and not scores.unscored(known, images):
            return Scored(scores.register(known.id, known.labels))
        from tagsmith.tools.vision.looking import alone
        from tagsmith.tools.vision.pipeline import score_images

        folder = installed.require(self.spec, watch)
        with alone(watch):
            summary = score_images(self.spec, folder, scores.root, images, scores, watch)
        return Scored(summary.model, summary.bad, summary.provider, summary.note)

    def selector(self, model: StoredModel, wishes: Wishes) -> Selector:
        """Choose by the user's thresholds, by those that the model ships, and by the spec's."""
        cuts = cutoffs(self.spec, model.labels)
        own = preferences.current().thresholds.get(self.name, {})
        if own:
            pairs = zip(model.labels.categories, cuts, strict=True)
            cuts = tuple(own.get(category, cut) for category, cut in pairs)
        return Selector(model, cuts, self.spec.argmax, wishes, UNWANTED)
