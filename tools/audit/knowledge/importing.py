"""Reading tables of tags that others publish, and keeping what the audit can use of them.

Three forms are known by their content: tagcomplete's CSV without a heading (``name, category,
count, "alias, alias"``; DominikDoom/a1111-sd-webui-tagcomplete, README), and Danbooru's tables
``tag_aliases`` and ``tag_implications`` as CSV with a heading or as JSON lines
(``antecedent_name``, ``consequent_name``, ``status``; the public BigQuery export).
"""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, BinaryIO

from tagsmith.tools.audit.knowledge import imported
from tagsmith.tools.audit.knowledge.imported import Imported
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import display
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count

LARGEST = 256 << 20
LONGEST_LINE = 1 << 20
# danbooru/danbooru: app/logical/tag_category.rb; 7 and 8 are e621's (tagcomplete, README).
CATEGORIES = {
    "0": "general", "1": "artist", "3": "copyright", "4": "character", "5": "meta",
    "7": "meta", "8": "meta",
}  # fmt: skip
_FIELDS = ("antecedent_name", "consequent_name")
_GONE = frozenset(("deleted", "retired", "rejected", "pending", "inactive"))


class _LineError(ValueError):
    """A line that cannot be used; the message says why, without the line's own words."""


@dataclass(slots=True)
class _Table:
    """What has been read so far. ``passed`` counts lines that say nothing that is used."""

    aliases: dict[str, str] = field(default_factory=dict)
    implications: dict[str, set[str]] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    lines: int = 0
    passed: int = 0

    def imported(self, name: str) -> Imported:
        """Return it as it is kept."""
        implied = {one: frozenset(tags) for one, tags in self.implications.items()}
        return Imported(self.aliases, implied, self.categories, (name,))


def import_file(root: str, path: str) -> Outcome:
    """Read a table and add it to what the dataset's audit knows.

    Raises UsageError that names the file and the line, DatasetError where it cannot be kept.
    """
    name = os.path.basename(path)
    table = read_table(path)
    known = imported.load(root).joined(table.imported(name))
    imported.save(root, known)
    found = {
        "aliases": len(table.aliases),
        "implications": sum(map(len, table.implications.values())),
        "tags": len(table.categories),
    }
    told = [
        count(found["aliases"], "alias", "aliases"),
        count(found["implications"], "implication"),
    ]
    text = f"Imported {', '.join(told)} and {count(found['tags'], 'tag')} from {display(name)}."
    if table.passed:
        text = (
            f"{text}\n{count(table.passed, 'line')} passed over: withdrawn, or about other things."
        )
    return Outcome(text, {**found, "passed": table.passed})


def read_table(path: str) -> _Table:
    """Read a table of any known form. Raises UsageError that names the file and the line."""
    table = _Table()
    with _opened(path) as file:
        lines = _lines(file, table)
        try:
            first = next(lines, "")
            _form(first)(chain([first], lines), table, os.path.basename(path))
        except _LineError as error:
            raise _refused(path, table.lines, str(error)) from error
        except csv.Error as error:
            raise _refused(path, table.lines, f"it is no CSV ({error})") from error
    if not (table.aliases or table.implications or table.categories):
        raise UsageError(f"{display(path)} holds no tags.", "See docs/audit.md for the forms.")
    return table


def _lines(file: BinaryIO, table: _Table) -> Iterator[str]:
    """Yield the lines of a file, counting them."""
    while data := file.readline(LONGEST_LINE + 1):
        table.lines += 1
        if len(data) > LONGEST_LINE:
            raise _LineError("it is longer than a line of such a table can be")
        try:
            yield data.decode("utf-8-sig" if table.lines == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise _LineError("it is not UTF-8") from error


def _refused(path: str, line: int, reason: str) -> UsageError:
    return UsageError(
        f"{display(path)}, line {line}: {reason}.", "Nothing was imported; see docs/audit.md."
    )


def _opened(path: str) -> BinaryIO:
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise UsageError(f"{display(path)} cannot be read: {error.strerror}.") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
        os.close(descriptor)
        what = "not a file" if not stat.S_ISREG(status.st_mode) else "larger than 256 MiB"
        raise UsageError(f"{display(path)} is {what}.")
    return open(descriptor, "rb")


Form = Callable[[Iterable[str], _Table, str], None]


def _form(first: str) -> Form:
    if first.lstrip().startswith("{"):
        return _read_json_lines
    heading = [one.strip().strip('"').lower() for one in first.split(",")]
    return _read_relations if set(_FIELDS) <= set(heading) else _read_tags


def _read_tags(lines: Iterable[str], table: _Table, name: str) -> None:
    """Read ``name,category,count,"aliases"``."""
    del name
    for row in _rows(lines):
        if len(row) < 2:
            raise _LineError("a name and a category are needed, with commas between them")
        tag, category = key(row[0]), row[1].strip()
        if table.lines == 1 and category.lower() in ("category", "type"):
            continue
        if not tag or not category.lstrip("-").isdigit():
            raise _LineError("the second field is the number of a category")
        table.categories[tag] = CATEGORIES.get(category, "other")
        for alias in (row[3] if len(row) > 3 else "").split(","):
            # Danbooru's shortcuts (/lh) are typed, never written as tags.
            if (one := key(alias)) and not one.startswith("/") and one != tag:
                table.aliases.setdefault(one, tag)


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    return (row for row in csv.reader(lines, strict=True) if row)


def _read_relations(lines: Iterable[str], table: _Table, name: str) -> None:
    """Read aliases or implications with a heading."""
    rows = _rows(lines)
    heading = [one.strip().lower() for one in next(rows)]
    for row in rows:
        if len(row) != len(heading):
            raise _LineError(f"it has {len(row)} fields, the heading {len(heading)}")
        _relate(dict(zip(heading, row, strict=True)), table, name)


def _read_json_lines(lines: Iterable[str], table: _Table, name: str) -> None:
    for line in lines:
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _LineError("it is no JSON") from error
        if not isinstance(found, dict):
            raise _LineError("it is no JSON object")
        _relate(found, table, name)


def _relate(row: Mapping[str, Any], table: _Table, name: str) -> None:
    one, other = (row.get(field) for field in _FIELDS)
    if not isinstance(one, str) or not isinstance(other, str):
        raise _LineError("antecedent_name and consequent_name are needed")
    if str(row.get("status", "active")).lower() in _GONE:
        table.passed += 1
        return
    antecedent, consequent = key(one), key(other)
    if not antecedent or not consequent or antecedent == consequent:
        table.passed += 1
    elif _implies(row, name):
        table.implications.setdefault(antecedent, set()).add(consequent)
    else:
        table.aliases[antecedent] = consequent


def _implies(row: Mapping[str, Any], name: str) -> bool:
    """Tell implications from aliases, whose tables are alike: by a field, or the file's name."""
    kind = str(row.get("type", row.get("relation", ""))).lower()
    return "implication" in (kind or name.lower())
