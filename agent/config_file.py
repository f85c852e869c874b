"""The file of the settings: read whole, changed line by line, everything else kept as it is.

What is not changed stays byte for byte: comments, order, newlines, keys that nobody here knows. A
file that cannot be read as TOML is never written.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagsmith.agent.private_files import write_private
from tagsmith.tools.errors import UsageError

BOM = "\ufeff"
Value = str | int | float | bool | list[str]
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def read(path: Path) -> str:
    """Return the text of the file, "" where there is none. Raises UsageError that says why not."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.", "Save it as UTF-8.") from error
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}.", "Check its permissions."
        ) from error


def parse(path: Path, text: str) -> dict[str, Any]:
    """Return what a text holds. Raises UsageError that names the line."""
    try:
        return tomllib.loads(text.removeprefix(BOM))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"{path} is not valid TOML: {str(error)[:1].lower()}{str(error)[1:]}.",
            'Write settings like base_url = "http://localhost:1234/v1", one a line.',
        ) from error


def changed(path: Path, text: str, changes: Mapping[str, Value | None]) -> str:
    """Return a text with other values; None takes a setting out, so that its default holds.

    Raises UsageError where the text is no TOML, or a change would change anything else.
    """
    expected = parse(path, text) | dict(changes)
    for name, value in changes.items():
        text = _changed(text, name, value)
    kept = {name: value for name, value in expected.items() if value is not None}
    if _parsed(text.removeprefix(BOM)) != kept:
        raise UsageError(f"{path} is laid out so that it cannot be changed here.", "Edit it.")
    return text


def write(path: Path, text: str) -> None:
    """Write the file whole or not at all, readable by its owner only; a link stays one.

    Raises UsageError where it cannot be written.
    """
    write_private(Path(os.path.realpath(path)), text)


def line_of(text: str, name: str) -> int | None:
    """Return the line, from 1, on which a setting stands; None where it does not."""
    found = _place(_LINE.findall(text), name)
    return None if found is None else found[0] + 1


def _changed(text: str, name: str, value: Value | None) -> str:
    lines = _LINE.findall(text)
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    found = _place(lines, name)
    if found is not None:
        start, end = found
        statement = "".join(lines[start:end])
        lines[start:end] = [] if value is None else [_reassigned(statement, value, newline)]
    elif value is not None:
        at = _end_of_top(lines)
        if at and not lines[at - 1].endswith("\n"):
            lines[at - 1] += newline
        lines.insert(at, f"{name} = {_written(value)}{newline}")
    return "".join(lines)


def _reassigned(statement: str, value: Value, newline: str) -> str:
    """Return a statement with another value; the comment behind it stays."""
    bom = BOM if statement.startswith(BOM) else ""
    body = statement.removeprefix(BOM).rstrip("\r\n")
    ending = newline if statement.endswith("\n") else ""
    indent = body[: len(body) - len(body.lstrip())]
    key = body.lstrip().partition("=")[0].rstrip()
    return f"{bom}{indent}{key} = {_written(value)}{_comment(body)}{ending}"


def _comment(body: str) -> str:
    """Return the comment behind a statement, with the space before it; "" where there is none."""
    whole = _parsed(body)
    at = body.find("#")
    while at >= 0:
        if _parsed(body[:at]) == whole:
            return body[len(body[:at].rstrip()) :]
        at = body.find("#", at + 1)
    return ""


def _place(lines: list[str], name: str) -> tuple[int, int] | None:
    """Return the lines of the statement that gives a setting its value."""
    return next(
        ((start, end) for start, end, names in _statements(lines) if name in names),
        None,
    )


def _end_of_top(lines: list[str]) -> int:
    """Return where another setting can stand: before the comments of the first table."""
    ends = [end for _, end, _ in _statements(lines)]
    if any(line.lstrip().startswith("[") for line in lines[ends[-1] if ends else 0 :]):
        return ends[-1] if ends else 0
    return len(lines)


def _statements(lines: list[str]) -> list[tuple[int, int, list[str]]]:
    """Return the statements before the first table: their lines, and the names that they set."""
    found = []
    start = 0
    while start < len(lines):
        first = lines[start].removeprefix(BOM).strip()
        if first.startswith("["):
            break
        if not first or first.startswith("#"):
            start += 1
            continue
        end, names = _statement(lines, start)
        found.append((start, end, names))
        start = end
    return found


def _statement(lines: list[str], start: int) -> tuple[int, list[str]]:
    """Return where the statement that begins on a line ends, and the names that it sets."""
    for end in range(start + 1, len(lines) + 1):
        values = _parsed("".join(lines[start:end]).removeprefix(BOM))
        if values is not None:
            return end, [*values]
    return start + 1, []


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _written(value: Value) -> str:
    """Return a value in TOML, which writes these as JSON does, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
