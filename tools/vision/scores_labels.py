"""The labels of a model as text: kept beside its scores, so that tags can be chosen without it."""

from __future__ import annotations

import json
import math
from types import MappingProxyType

from tagsmith.tools.vision.labels import Labels

_MOST = 1_000_000


def to_json(labels: Labels) -> str:
    """Return labels as text; the same labels give the same text."""
    return json.dumps(
        {
            "names": labels.names,
            "categories": labels.categories,
            "thresholds": labels.thresholds,
            "by_category": dict(sorted(labels.by_category.items())),
            "series": {str(index): names for index, names in sorted(labels.series.items())},
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_json(text: object) -> Labels:
    """Read what ``to_json`` wrote. Raises ValueError on anything else."""
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError) as error:
        raise ValueError("the names of a model's labels cannot be read") from error
    if not isinstance(data, dict):
        raise ValueError("the names of a model's labels are missing")
    names, categories = _texts(data.get("names")), _texts(data.get("categories"))
    if len(names) != len(categories):
        raise ValueError("a model has not as many categories as labels")
    thresholds, by_category = data.get("thresholds"), data.get("by_category")
    if not isinstance(by_category, dict):
        raise ValueError("the thresholds of a model's categories cannot be read")
    return Labels(
        names,
        categories,
        None if thresholds is None else _thresholds(thresholds, len(names)),
        MappingProxyType({name: _fraction(value) for name, value in by_category.items()}),
        MappingProxyType(_series(data.get("series"), len(names))),
    )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _MOST:
        raise ValueError("the names of a model's labels are no list")
    if not all(isinstance(one, str) for one in value):
        raise ValueError("the name of a label is no text")
    return tuple(value)


def _thresholds(value: object, labels: int) -> tuple[float | None, ...]:
    if not isinstance(value, list) or len(value) != labels:
        raise ValueError("a model has not as many thresholds as labels")
    return tuple(None if one is None else _fraction(one) for one in value)


def _fraction(value: object) -> float:
    if isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1:
        return float(value)
    raise ValueError("a threshold is no number from 0 to 1")


def _series(value: object, labels: int) -> dict[int, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise ValueError("the series of a model's characters cannot be read")
    found = {}
    for index, names in value.items():
        if not (index.isascii() and index.isdigit() and len(index) < 8 and int(index) < labels):
            raise ValueError("the series of a model's characters name no label")
        found[int(index)] = _texts(names)
    return found
