"""What stored scores say of captions: which of their tags a tagger knows, and what it misses.

No model runs here. ``pixels`` is no tagger in this sense: it knows two dozen tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.installed import PIXELS
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.select import Selector, Wishes
from tagsmith.tools.vision.taggers import find_taggers
from tagsmith.tools.watch import Step

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.vision.scores import Scores
    from tagsmith.tools.vision.sparse import Sparse
    from tagsmith.tools.workspace import Workspace

# How sure a tagger is of a picture: the mean of its so many highest scores.
HIGHEST = 10
_AT_ONCE = 900


@dataclass(frozen=True, slots=True)
class Judged:
    """What a tagger says of an image and its caption, by the keys of tags.

    ``scores`` are those of the caption's tags that it knows, 0 where it gave less than the store
    keeps; ``missing`` are tags that it finds and the caption lacks; ``found`` counts all that it
    finds; ``sureness`` is the mean of its highest scores.
    """

    image: str
    scores: dict[str, float]
    missing: frozenset[str]
    found: int
    sureness: float


def selectors(scores: Scores) -> list[Selector]:
    """Return what chooses tags for each model whose scores are stored, the last one first.

    Models whose spec the user has taken away, and ``pixels``, are left out.
    """
    chosen = []
    for name in dict.fromkeys(model.name for model in scores.models()):
        if name == PIXELS:
            continue
        try:
            (tagger,) = find_taggers(name)
        except UsageError:
            continue
        if (stored := tagger.stored(scores)) is not None:
            chosen.append(tagger.selector(stored, Wishes()))
    return chosen


def judged(workspace: Workspace, samples: Sequence[Sample], selector: Selector) -> Iterator[Judged]:
    """Yield what one model says of those images that it has seen. Raises StoppedError."""
    scores = scores_of(workspace)
    for start in range(0, len(samples), _AT_ONCE):
        workspace.watch.check("Stopped.", "Nothing was changed.")
        workspace.watch.tell(Step("Judging", start, len(samples)))
        part = samples[start : start + _AT_ONCE]
        paths = {sample.image: workspace.on_disk(sample) for sample in part}
        contents = scores.contents(paths.values())
        rows = dict(scores.rows(selector.model, set(contents.values())))
        for sample in part:
            row = rows.get(contents.get(paths[sample.image], b""))
            if row is not None:
                yield _judge(sample.image, frozenset(workspace.keys(sample)), row, selector)


def _judge(image: str, caption: frozenset[str], row: Sparse, selector: Selector) -> Judged:
    model = selector.model
    chosen = {model.keys[label] for label in selector.choose(row)}
    given = dict(row.items())
    scores = {
        tag: given.get(label, 0.0)
        for tag in sorted(caption)
        if (label := model.by_key.get(tag)) is not None and selector.minds(label)
    }
    usable = row.scores[np.isfinite(selector.cuts[row.labels])]
    highest = np.sort(usable)[-HIGHEST:]
    sureness = float(highest.sum()) / HIGHEST
    return Judged(image, scores, frozenset(chosen - caption), len(chosen), sureness)
