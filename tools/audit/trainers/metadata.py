"""metadata.jsonl and metadata.csv as datasets' imagefolder reads them: rows, or what is wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
FILE_NAME = "file_name"
TEXT = "text"
_MOST_FIELD = 1 << 24
# What pandas.read_csv takes for a missing value (pandas/_libs/parsers.pyx, STR_NA_VALUES).
_NOTHING = frozenset(
    "|#N/A|#N/A N/A|#NA|-1.#IND|-1.#QNAN|-NaN|-nan|1.#IND|1.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|"
    "nan|null".split("|")
) | {None}


@dataclass(frozen=True, slots=True)
class Table:
    """A metadata file: its columns, and its rows; ``problem`` says why it cannot be read."""

    columns: tuple[str, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    problem: str = ""


def parse(name: str, data: bytes) -> Table:
    """Parse a metadata file by its name's suffix."""
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        return Table(problem=f"not UTF-8 (byte {error.start})")
    try:
        rows = tuple(_csv_rows(text) if name.endswith(".csv") else _json_rows(text))
    except (ValueError, csv.Error, RecursionError) as error:
        return Table(problem=f"cannot be parsed: {error}")
    columns: dict[str, None] = {}
    for row in rows:
        columns.update(dict.fromkeys(row))
    problem = "" if FILE_NAME in columns else f"no column {FILE_NAME}"
    return Table(tuple(columns), rows, problem if rows else "no rows")


def _csv_rows(text: str) -> Iterator[dict[str, Any]]:
    """Yield the rows; an empty cell is no text, nor is one that pandas takes for an empty one."""
    csv.field_size_limit(_MOST_FIELD)
    for row in csv.DictReader(io.StringIO(text, newline="")):
        cells = {name: value for name, value in row.items() if name is not None}
        yield {name: None if value in _NOTHING else value for name, value in cells.items()}


def _json_rows(text: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is not JSON") from error
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is not an object")
        yield row


def dump(rows: Iterable[tuple[str, str]]) -> bytes:
    """Return a metadata.jsonl of file names and captions, a line each."""
    lines = (json.dumps({FILE_NAME: name, TEXT: text}, ensure_ascii=False) for name, text in rows)
    return "".join(f"{line}\n" for line in lines).encode()
