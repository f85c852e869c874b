"""How sure the taggers were of each tag, on average over the images whose captions have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from tagsmith.tools.dataset import Sample
from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision.score_query import scores_of
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.workspace import Workspace

LOOK_EVERY = 256


def tag_means(
    workspace: Workspace, samples: Iterable[Sample], alive: Callable[[], bool]
) -> dict[str, float]:
    """Return the mean score of each tag that a tagger knows, over the images that have it.

    Of the models that know a tag, the one that ran last counts; a score below the store's floor is
    0. Raises DatasetError where the scores cannot be used, StoppedError once ``alive`` says that
    nobody waits.
    """
    scores = scores_of(workspace)
    models = scores.models()
    if not models:
        return {}
    chosen = list(samples)
    contents = scores.contents([workspace.on_disk(sample) for sample in chosen])
    keys_of: defaultdict[bytes, list[set[str]]] = defaultdict(list)
    for sample in chosen:
        content = contents.get(workspace.on_disk(sample))
        if content is not None:
            keys_of[content].append(set(workspace.keys(sample)))
    sums: defaultdict[str, complex] = defaultdict(complex)
    known: set[str] = set()
    for model in models:
        fresh = {one: label for one, label in model.by_key.items() if one not in known}
        known |= fresh.keys()
        _add(scores, model, fresh, keys_of, sums, alive)
    return {one: total.real / total.imag for one, total in sums.items()}


def _add(
    scores: Scores,
    model: StoredModel,
    labels: dict[str, int],
    keys_of: dict[bytes, list[set[str]]],
    sums: defaultdict[str, complex],
    alive: Callable[[], bool],
) -> None:
    """Add a model's scores (the real part) and how many there are (the imaginary one)."""
    for number, (content, row) in enumerate(scores.rows(model, keys_of)):
        if not number % LOOK_EVERY and not alive():
            raise StoppedError
        found = dict(row.items())
        for keys in keys_of[content]:
            for one in keys & labels.keys():
                sums[one] += complex(found.get(labels[one], 0.0), 1)
