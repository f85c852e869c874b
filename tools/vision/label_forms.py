"""The forms in which models name their labels, each a pure function from text to rows.

What is wrong with a text is a ValueError that says where; labels.py adds the file's name.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tagsmith.tools.vision.schema import LabelSpec


@dataclass(frozen=True, slots=True)
class Row:
    """One label as its file has it; ``category`` is the file's own word, None if it has none."""

    name: str
    category: str | None = None
    threshold: float | None = None
    series: tuple[str, ...] = ()


def rows(text: str, spec: LabelSpec) -> list[Row]:
    """Read a label file in the order of the model's outputs; raises ValueError."""
    if spec.format == "csv":
        return list(_csv(text, spec))
    if spec.format == "lines":
        return list(_lines(text))
    readers = {"json_map": _json_map, "json_idx": _json_idx, "json_groups": _json_groups}
    return list(readers[spec.format](_json(text, spec.nested)))


def records(text: str, *wanted: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Read a csv with a header: (line number, values by header name); raises ValueError.

    The stdlib's reader keeps every value a string: a tag called ``nan`` or ``null`` stays one.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = list(reader.fieldnames or ())
        for column in wanted:
            if columns.count(column) != 1:
                seen = ", ".join(columns) or "empty"
                raise ValueError(f"one column {column!r} was expected; the header is {seen}")
        for record in reader:
            if None in record or None in record.values():
                raise ValueError(f"line {reader.line_num} does not have {len(columns)} fields")
            yield reader.line_num, record
    except csv.Error as error:
        raise ValueError(f"after line {reader.line_num}: {error}") from error


def header(text: str) -> list[str]:
    """Return the column names of a csv."""
    return next(csv.reader(io.StringIO(text, newline="")), [])


def threshold(value: str, line: int) -> float:
    """Read a threshold of 0 to 1; raises ValueError."""
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"line {line}: the threshold {value!r} is not between 0 and 1")
    return number


def _csv(text: str, spec: LabelSpec) -> Iterator[Row]:
    columns = spec.columns
    wanted = [columns.name, columns.category, columns.threshold, columns.series]
    for line, record in records(text, *(column for column in wanted if column)):
        cut = record[columns.threshold].strip() if columns.threshold else ""
        yield Row(
            name=record[columns.name],
            category=record[columns.category] if columns.category else None,
            threshold=threshold(cut, line) if cut else None,
            series=_series(record[columns.series], line) if columns.series else (),
        )


def _series(value: str, line: int) -> tuple[str, ...]:
    if not value.strip():
        return ()
    found = _json(value, ())
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise ValueError(f"line {line}: a JSON list of names was expected, not {value[:40]!r}")
    return tuple(found)


def _lines(text: str) -> Iterator[Row]:
    """One name a line, with or without a newline after the last (JoyTag's file has none)."""
    names = text.split("\n")
    if names[-1] == "":
        names.pop()
    for name in names:
        yield Row(name.removesuffix("\r"))


def _json(text: str, nested: tuple[str, ...]) -> Any:
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("the JSON is nested too deeply") from error
    for name in nested:
        if not isinstance(found, dict) or name not in found:
            raise ValueError(f"the JSON has no {'.'.join(nested)}")
        found = found[name]
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the JSON has {name!r} twice in one object")
        found[name] = value
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _json_map(found: Any) -> Iterator[Row]:
    """``{"0": {"tag": ..., "category": ...}, ...}`` (CL tagger v1)."""
    for index, entry in enumerate(_in_order(found)):
        if not isinstance(entry, dict) or not {"tag", "category"} <= entry.keys():
            raise ValueError(f"entry {index} is not an object with 'tag' and 'category'")
        yield Row(_name(entry["tag"], index), _word(entry["category"], index))


def _json_idx(found: Any) -> Iterator[Row]:
    """``{"idx_to_tag": {"0": name}, "tag_to_category": {name: category}}`` (Camie v2, CL v2)."""
    if not isinstance(found, dict) or not isinstance(found.get("tag_to_category"), dict):
        raise ValueError("an object with 'idx_to_tag' and 'tag_to_category' was expected")
    categories = found["tag_to_category"]
    for index, entry in enumerate(_in_order(found.get("idx_to_tag"))):
        name = _name(entry, index)
        if name not in categories:
            raise ValueError(f"tag_to_category has no {name!r}")
        yield Row(name, _word(categories[name], index))


def _json_groups(found: Any) -> Iterator[Row]:
    """``{"categories": [{"name", "offset", "count", "tags"}]}``, offsets global (PixAI v1)."""
    groups = found.get("categories") if isinstance(found, dict) else None
    if not isinstance(groups, list) or not all(_is_group(group) for group in groups):
        raise ValueError("'categories' is not a list of {name, offset, count, tags}")
    total = 0
    for group in sorted(groups, key=lambda group: group["offset"]):
        if group["offset"] != total or group["count"] != len(group["tags"]):
            raise ValueError(
                f"category {group['name']!r} has {len(group['tags'])} tags from {total}, not "
                f"{group['count']} from {group['offset']}"
            )
        for name in group["tags"]:
            yield Row(_name(name, total), group["name"])
            total += 1


def _is_group(group: object) -> bool:
    kinds = {"name": str, "offset": int, "count": int, "tags": list}
    return isinstance(group, dict) and all(
        type(group.get(name)) is kind for name, kind in kinds.items()
    )


def _in_order(found: Any) -> list[Any]:
    """Return the values of ``{"0": ..., "1": ...}`` (or a list) in order; refuse any gap."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        raise ValueError("an object from index to label was expected")
    for index in range(len(found)):
        if str(index) not in found:
            raise ValueError(f"the JSON has {len(found):,} labels, but none with index {index}")
    return [found[str(index)] for index in range(len(found))]


def _name(value: object, index: int) -> str:
    if not isinstance(value, str):
        raise ValueError(f"the name of label {index} is no text")
    return value


def _word(value: object, index: int) -> str:
    if not isinstance(value, str | int):
        raise ValueError(f"the category of label {index} is no text and no number")
    return str(value)
