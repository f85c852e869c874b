"""The sets of trigger buttons of a dataset: ``.tagsmith/triggers.toml``, which people may edit.

::

    current = "eevee family"

    [[set]]
    name = "eevee family"
    position = "first"
    triggers = ["eevee", "vaporeon"]
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category

from tagsmith.tools import state_files
from tagsmith.tools.editing import check_tag
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.tags import key
from tagsmith.tools.triggers import MOST_BUTTONS, TriggerSet

FILE = "triggers.toml"
LARGEST = 1 << 20
LONGEST_NAME = 60
MOST_SETS = 100

_HEAD = "# The sets of trigger buttons of this dataset. Tagsmith writes this file; so may you.\n"


@dataclass(frozen=True, slots=True)
class TriggerSets:
    """The sets of a dataset, and the name of the one in use (empty where there is none)."""

    sets: tuple[TriggerSet, ...] = ()
    current: str = ""

    @property
    def chosen(self) -> TriggerSet | None:
        """The set in use; the first one where none was chosen."""
        found = self.named(self.current)
        return found or (self.sets[0] if self.sets else None)

    def named(self, name: str) -> TriggerSet | None:
        """Return the set of this name, in any case of letters."""
        wanted = name.casefold()
        return next((one for one in self.sets if one.name.casefold() == wanted), None)

    def using(self, name: str) -> TriggerSets:
        """Return them with another set in use."""
        return replace(self, current=name)

    def added(self, new: TriggerSet) -> TriggerSets:
        """Return them with one more, which is then in use. Raises UsageError where it cannot be."""
        new = checked(new)
        if self.named(new.name) is not None:
            raise UsageError(f"There is a set called {new.name!r} already.")
        if len(self.sets) >= MOST_SETS:
            raise UsageError(f"There are {MOST_SETS} sets already.", "Delete one first.")
        return TriggerSets((*self.sets, new), new.name)

    def changed(self, old: str, new: TriggerSet) -> TriggerSets:
        """Return them with one set in place of another. Raises UsageError where it cannot be."""
        new = checked(new)
        taken = self.named(new.name)
        if taken is not None and taken.name != old:
            raise UsageError(f"There is a set called {new.name!r} already.")
        sets = tuple(new if one.name == old else one for one in self.sets)
        return TriggerSets(sets, new.name if self.current == old else self.current)

    def without(self, name: str) -> TriggerSets:
        """Return them without a set."""
        sets = tuple(one for one in self.sets if one.name != name)
        current = self.current if self.current != name else (sets[0].name if sets else "")
        return TriggerSets(sets, current)


def checked(one: TriggerSet) -> TriggerSet:
    """Return a set if it can be used. Raises UsageError that says what is wrong with it."""
    name = one.name.strip()
    if not name or len(name) > LONGEST_NAME or any(category(char)[0] == "C" for char in name):
        raise UsageError(f"A set needs a name of 1 to {LONGEST_NAME} visible characters.")
    triggers = tuple(_trigger(tag) for tag in one.triggers)
    if len(triggers) > MOST_BUTTONS:
        raise UsageError(f"A set has at most {MOST_BUTTONS} buttons.", "Make another set.")
    keys = [key(tag) for tag in triggers]
    for number, tag in enumerate(triggers):
        if keys[number] in keys[:number]:
            raise UsageError(f"The set has a button for {tag!r} already.")
    return TriggerSet(name, triggers, one.position)


def _trigger(tag: str) -> str:
    try:
        tag.encode()
        return check_tag(tag)
    except ValueError as error:
        raise UsageError(f"This cannot be a trigger: {error}.") from error


def load(root: str) -> TriggerSets:
    """Read the sets of a dataset. Raises DatasetError where the file is damaged; it stays."""
    data = state_files.read(root, FILE, LARGEST)
    if data is None:
        return TriggerSets()
    try:
        return _parsed(tomllib.loads(data.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, UsageError, ValueError) as error:
        message = error.message if isinstance(error, UsageError) else str(error)
        raise DatasetError(
            f"{STATE_FOLDER}/{FILE} cannot be used: {message.rstrip('.')}.",
            "It is left as it is: mend it, or move it away to begin anew.",
        ) from error


def save(root: str, sets: TriggerSets) -> None:
    """Write the sets of a dataset. Raises DatasetError."""
    lines = [_HEAD, f"current = {_text(sets.current)}\n"]
    for one in sets.sets:
        triggers = "".join(f"    {_text(tag)},\n" for tag in one.triggers)
        lines.append(
            f"\n[[set]]\nname = {_text(one.name)}\nposition = {_text(one.position)}\n"
            f"triggers = [\n{triggers}]\n"
        )
    state_files.write(root, FILE, "".join(lines).encode())


def _text(value: str) -> str:
    """Write a TOML basic string: as one of JSON, where no control character is in it."""
    return json.dumps(value, ensure_ascii=False)


def _parsed(found: dict[str, Any]) -> TriggerSets:
    _only(found, ("current", "set"), "the file")
    tables = found.get("set", [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise ValueError("the sets are not tables [[set]]")
    sets = TriggerSets()
    for table in tables:
        sets = sets.added(_one(table))
    current = found.get("current", "")
    if not isinstance(current, str):
        raise ValueError("current is no text")
    chosen = sets.named(current) or sets.using("").chosen
    return sets.using(chosen.name if chosen is not None else "")


def _one(table: dict[str, Any]) -> TriggerSet:
    _only(table, ("name", "position", "triggers"), "a set")
    name, position = table.get("name"), table.get("position", "first")
    triggers = table.get("triggers", [])
    if not isinstance(name, str):
        raise ValueError("a set has no name")
    if position not in ("first", "last"):
        raise ValueError(f"the position of {name!r} is neither first nor last")
    if not isinstance(triggers, list) or not all(isinstance(one, str) for one in triggers):
        raise ValueError(f"the triggers of {name!r} are no list of texts")
    return TriggerSet(name, tuple(triggers), position)


def _only(table: dict[str, Any], known: Iterable[str], where: str) -> None:
    unknown = sorted(table.keys() - set(known))
    if unknown:
        raise ValueError(f"{where} has no {unknown[0]!r}")
