"""The names of taggers and captioners, as people type them; nothing is loaded but the specs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from types import MappingProxyType

PIXELS = "pixels"
SERVER = "server"
LOCAL_CAPTIONER = "florence-2"

_CAPTIONERS = (SERVER, LOCAL_CAPTIONER, "blip")
# Parts that say little about which model is meant.
_COMMON = frozenset({"tagger", "large", "base", "onnx", "server", "pixels"})
_ALIKE = 0.8
_SHORTEST, _SHORTEST_PART = 5, 3


@dataclass(frozen=True, slots=True)
class Models:
    """``roles`` are those of the models by name, ``names`` what each name is the name of."""

    roles: Mapping[str, str]
    names: Mapping[str, str]

    def find(self, said: str) -> str | None:
        """Return the model that a name, an alias, a repository or a plain abbreviation is of.

        Separators of one word may be left out, and those of the name may be spaces. ``wd-eva02``
        abbreviates ``wd-eva02-large-v3`` as long as no other model's name begins so; a single part
        (``wd``) is no abbreviation.
        """
        wanted = _dashed(said)
        for name in (wanted, wanted.replace("-", "") if " " not in said else ""):
            if name in self.names:
                return self.names[name]
        start = _dashed(said) + "-"
        if start.count("-") < 2:
            return None
        begun = {name for name in self.roles if name.startswith(start)}
        return begun.pop() if len(begun) == 1 else None

    def near(self, said: str) -> tuple[str, ...]:
        """Return the models that a word could be meant for, though it is the name of none."""
        wanted = _dashed(said)
        found = [name for name in self.roles if self._is_near(name, wanted)]
        if found or "-" in wanted:
            return tuple(found)
        family = wanted.rstrip("0123456789")
        return tuple(name for name in self.roles if name.split("-")[0] == family != name)

    def _is_near(self, name: str, wanted: str) -> bool:
        if "-" in wanted and name.startswith(wanted + "-"):
            return True
        if len(wanted) >= _SHORTEST_PART and wanted in {*name.split("-")} - _COMMON:
            return True
        if len(wanted) < _SHORTEST:
            return False
        own = (known for known, model in self.names.items() if model == name)
        return any(_ratio(wanted, other) >= _ALIKE for other in own)

    def role(self, name: str) -> str:
        """Return "tagger" or "captioner"; "" for what is no model's name."""
        return self.roles.get(name, "")


def models() -> Models:
    """Return the models of the specs, ``pixels`` and the captioners that need no spec."""
    from tagsmith.tools.vision.spec import specs

    roles: dict[str, str] = {}
    names: dict[str, str] = {}
    for spec in specs().values():
        roles[spec.name] = spec.role
        repo = (spec.repo, spec.repo.partition("/")[2]) if spec.repo else ()
        for name in (spec.name, *spec.aliases, *repo):
            names.setdefault(_dashed(name), spec.name)
            names.setdefault(_dashed(name).replace("-", ""), spec.name)
    roles[PIXELS], names[PIXELS] = "tagger", PIXELS
    for name in _CAPTIONERS:
        if name not in names:
            roles[name], names[name], names[name.replace("-", "")] = "captioner", name, name
    return Models(MappingProxyType(roles), MappingProxyType(names))


def _dashed(said: str) -> str:
    return re.sub(r"[\s_/.-]+", "-", said.casefold()).strip("-")


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
