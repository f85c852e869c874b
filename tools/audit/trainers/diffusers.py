"""diffusers' example scripts: datasets' imagefolder (folder_based_builder.py, train_*.py)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from tagsmith.tools.audit.trainers.metadata import FILE_NAME, NAMES, parse
from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Options,
    Reading,
    Row,
    decode,
    images_of,
    is_set_aside,
    note_syntax,
    stem_of,
    suffix_of,
)
from tagsmith.tools.dataset import join
from tagsmith.tools.pairing import CAPTION_SUFFIXES, is_mask
from tagsmith.tools.paths import display

NAME = "diffusers"
STOPS = frozenset(
    {Row.NO_METADATA, Row.BAD_METADATA, Row.NOT_TEXT, Row.ROW_WITHOUT_FILE, Row.ESCAPES}
)
_MASKED = "a mask that is trained on as an image"


def read(files: Files, options: Options) -> Lint:
    """Read a folder as ``--train_data_dir``: the metadata says which images and captions."""
    lint = Lint(NAME, stops=STOPS)
    visible = {folder: names for folder, names in files.walk() if is_visible(folder)}
    found = [
        join(folder, name) for folder, names in visible.items() for name in names if name in NAMES
    ]
    kinds = sorted({suffix_of(path) for path in found})
    if not found:
        _without_metadata(lint, visible)
    elif len(kinds) > 1:
        lint.note(Row.BAD_METADATA, found[0], f"metadata of several kinds: {', '.join(kinds)}")
    elif kinds == [".parquet"]:
        lint.layout.append("metadata.parquet is not looked into.")
    else:
        for path in found:
            _read_metadata(lint, files, path, options)
        _tell_without_row(lint, visible)
    return lint


def is_visible(folder: str) -> bool:
    """Tell whether imagefolder looks into a folder: no part of its path begins with . or __."""
    return not any(part.startswith((".", "__")) for part in folder.split("/"))


def _without_metadata(lint: Lint, visible: dict[str, tuple[str, ...]]) -> None:
    lint.layout.append("Caption files are never read: only metadata.jsonl or metadata.csv is.")
    for folder, names in visible.items():
        for name in images_of(names):
            path = join(folder, name)
            notices = [(Row.NO_METADATA, "no metadata: there is no caption column")]
            notices += _of_place(path)
            lint.add(Reading(path, None), notices)


def _of_place(path: str) -> Iterator[tuple[Row, str]]:
    if is_mask(path.rpartition("/")[2]):
        yield Row.MASK, _MASKED
    if is_set_aside(path):
        yield Row.SET_ASIDE, "was set aside, and is read all the same"


def _read_metadata(lint: Lint, files: Files, path: str, options: Options) -> None:
    data = files.read(path)
    if data is None:
        lint.note(Row.BAD_METADATA, path, "cannot be read")
        return
    table = parse(path, data)
    if table.problem:
        lint.note(Row.BAD_METADATA, path, table.problem)
        return
    column = options.column
    if table.rows and column not in table.columns:
        others = [name for name in table.columns if name != FILE_NAME]
        if not others:
            lint.note(Row.BAD_METADATA, path, "no column but file_name")
            return
        named = display(others[0])
        lint.layout.append(f"{display(path)}: give --caption_column {named}, not {column}.")
        column = others[0]
    folder = path.rpartition("/")[0]
    for number, row in enumerate(table.rows, start=1):
        _read_row(lint, files, f"{path}, row {number}", folder, row, column)


def _read_row(
    lint: Lint, files: Files, where: str, folder: str, row: dict[str, Any], column: str
) -> None:
    name = row.get(FILE_NAME)
    if not isinstance(name, str) or not name:
        lint.note(Row.BAD_METADATA, where, "no file_name")
        return
    inner = posixpath.normpath(name.replace("\\", "/"))
    if inner.startswith(("/", "../")) or inner == "..":
        lint.note(Row.ESCAPES, where, f"{name} leaves the folder of the metadata")
        return
    path = join(folder, inner)
    if not files.has(path):
        lint.note(Row.ROW_WITHOUT_FILE, where, f"there is no {path}")
        return
    caption, others, notices = _of_value(row.get(column))
    notices += _of_place(path)
    if caption is not None:
        notices += note_syntax(caption)
        notices += _sidecar(files, path, others or (caption,))
    lint.add(Reading(path, caption, source=where.partition(",")[0], others=others), notices)


def _of_value(value: Any) -> tuple[str | None, tuple[str, ...], list[tuple[Row, str]]]:
    """Return the caption of a cell: a text, or one of a list of texts at random."""
    if isinstance(value, str):
        return value, (), []
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        said = f"one of {len(value)} captions at random"
        many = [(Row.RANDOM_LINE, said)] if len(value) > 1 else []
        return value[0], tuple(value) if len(value) > 1 else (), many
    return None, (), [(Row.NOT_TEXT, "the caption is no text")]


def _sidecar(files: Files, image: str, captions: tuple[str, ...]) -> Iterator[tuple[Row, str]]:
    """Yield the caption file beside an image where it says something else than the metadata."""
    folder, _, name = image.rpartition("/")
    for suffix in CAPTION_SUFFIXES:
        path = join(folder, stem_of(name) + suffix)
        if files.has(path):
            data = files.read(path)
            text = None if data is None else decode(data)
            if text is not None and text.strip(" \n\ufeff") not in {
                one.strip() for one in captions
            }:
                yield Row.DIFFERS, f"{path} says something else, and is not read"
            return


def _tell_without_row(lint: Lint, visible: dict[str, tuple[str, ...]]) -> None:
    taken = {reading.image for reading in lint.readings}
    for folder, names in visible.items():
        for name in images_of(names):
            if (path := join(folder, name)) not in taken and not is_set_aside(path):
                lint.note(Row.FILE_WITHOUT_ROW, path, "no row of the metadata names it: not read")
