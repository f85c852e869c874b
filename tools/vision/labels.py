"""What a model's outputs are called: the label file, read strictly in any of its forms."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import get_args

from tagsmith.tools.errors import ModelError
from tagsmith.tools.vision.label_forms import Row, header, records, rows, threshold
from tagsmith.tools.vision.schema import Category, LabelSpec, ModelSpec

# The largest label file known has 15 MB (CL tagger v2, 108,036 tags).
_MOST_BYTES = 64 << 20
_LONGEST_NAME = 500
_HINT = "Take the file from the model's own repository again (`tagsmith models pull {name}`)."


@dataclass(frozen=True, slots=True)
class Labels:
    """A model's labels in the order of its outputs, verbatim (underscores, commas and all).

    ``categories`` runs beside ``names``; so does ``thresholds``, where the model ships some (None
    for a label without one). ``by_category`` are thresholds that the model ships by category.
    ``series`` maps the index of a character to the series it belongs to.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    thresholds: tuple[float | None, ...] | None = None
    by_category: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    series: Mapping[int, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


def read_labels(spec: ModelSpec, folder: str) -> Labels:
    """Read the labels of ``spec`` from its folder; raises ModelError naming file and difference.

    Refused: what is not UTF-8, another number of labels than the spec's, a gap between indices, a
    label twice in one category, an empty name, a category that the spec does not map.
    """
    if spec.labels is None:
        raise ModelError(f"{spec.name} has no labels.", "It writes captions; it is no tagger.")
    path = os.path.join(folder, spec.labels.file)
    try:
        labels = _labels(rows(_text(path), spec.labels), spec.labels)
    except (OSError, ValueError) as error:
        raise _refuse(spec, path, error) from error
    return _with_thresholds(spec, spec.labels, folder, labels)


def cutoffs(spec: ModelSpec, labels: Labels) -> tuple[float | None, ...]:
    """Return the threshold that each label has by default; None: not proposed, or by arg-max.

    The most specific wins: the model's own for the label, its own for the category, the spec's.
    A category that the spec leaves out stays out, whatever the model ships for it.
    """
    by_category = {
        str(category): labels.by_category.get(category, cut)
        for category, cut in spec.thresholds.items()
    }
    cuts = [by_category.get(category) for category in labels.categories]
    if labels.thresholds is None:
        return tuple(cuts)
    return tuple(
        cut if cut is None or own is None else own
        for cut, own in zip(cuts, labels.thresholds, strict=True)
    )


def _text(path: str) -> str:
    with open(path, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is not a regular file")
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise ValueError(f"it is larger than {_MOST_BYTES >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start})") from error


def _labels(found: Sequence[Row], spec: LabelSpec) -> Labels:
    if spec.count is not None and len(found) != spec.count:
        raise ValueError(f"it has {len(found):,} labels, the spec says {spec.count:,}")
    if not found:
        raise ValueError("it has no labels")
    known = _known_categories(spec)
    categories = tuple(
        spec.category if row.category is None else _category(row.category, known) for row in found
    )
    _check_names(found, categories)
    return Labels(
        names=tuple(row.name for row in found),
        categories=categories,
        thresholds=tuple(row.threshold for row in found) if spec.columns.threshold else None,
        series=MappingProxyType({i: row.series for i, row in enumerate(found) if row.series}),
    )


def _known_categories(spec: LabelSpec) -> dict[str, str]:
    own: dict[str, str] = {category: category for category in get_args(Category)}
    return own | {word.casefold(): category for word, category in spec.categories.items()}


def _category(word: str, known: Mapping[str, str]) -> str:
    category = known.get(word.strip().casefold())
    if category is None:
        raise ValueError(f"the spec does not map its category {word[:40]!r}")
    return category


def _check_names(found: Sequence[Row], categories: Sequence[str]) -> None:
    first: dict[tuple[str, str], int] = {}
    for index, (row, category) in enumerate(zip(found, categories, strict=True)):
        if not row.name.strip() or len(row.name) > _LONGEST_NAME:
            raise ValueError(f"label {index} is empty or longer than {_LONGEST_NAME} characters")
        if any(unicodedata.category(char) == "Cc" for char in row.name):
            raise ValueError(f"label {index} has a control character in its name: {row.name!r}")
        other = first.setdefault((row.name, category), index)
        if other != index:
            raise ValueError(f"labels {other} and {index} are both {row.name!r} ({category})")


def _with_thresholds(spec: ModelSpec, labels: LabelSpec, folder: str, found: Labels) -> Labels:
    if labels.thresholds is None:
        return found
    required = next(file.required for file in spec.files if file.path == labels.thresholds)
    path = os.path.join(folder, labels.thresholds)
    if not required and not os.path.exists(path):
        return found
    try:
        return _thresholds(_text(path), labels, found)
    except (OSError, ValueError) as error:
        raise _refuse(spec, path, error) from error


def _thresholds(text: str, spec: LabelSpec, found: Labels) -> Labels:
    """Read a csv of thresholds: by ``category`` where it has that column, else by ``name``.

    In a file by category the first line of a category counts (imgutils, tagging/pixai.py).
    """
    by_category = "category" in header(text)
    column = "category" if by_category else "name"
    known = _known_categories(spec)
    cuts: dict[str, float] = {}
    for line, record in records(text, column, "threshold"):
        word = _category(record[column], known) if by_category else record[column]
        cuts.setdefault(word, threshold(record["threshold"], line))
    if by_category:
        return Labels(
            found.names, found.categories, found.thresholds, MappingProxyType(cuts), found.series
        )
    own = found.thresholds or (None,) * len(found.names)
    merged = tuple(cuts.get(name, cut) for name, cut in zip(found.names, own, strict=True))
    return Labels(found.names, found.categories, merged, series=found.series)


def _refuse(spec: ModelSpec, path: str, error: OSError | ValueError) -> ModelError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return ModelError(f"{spec.name}: {path}: {reason}.", _HINT.format(name=spec.name))
