"""Taking the keys of model servers out of what is shown, kept or sent: servers echo them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from pydantic import SecretStr

HIDDEN = "[key]"
# What is shorter is no secret but a word that local servers accept, such as "ollama".
SHORTEST_KEY = 8

Value = TypeVar("Value")


class Hider:
    """Replaces known keys in text and in what JSON can hold."""

    def __init__(self, keys: Iterable[SecretStr | None]) -> None:
        known = {one.get_secret_value() for one in keys if one is not None}
        self._keys = sorted((one for one in known if len(one) >= SHORTEST_KEY), key=len)[::-1]
        self._pattern = re.compile("|".join(map(_written, self._keys)))

    def __bool__(self) -> bool:
        return bool(self._keys)

    def text(self, text: str) -> str:
        """Return text without keys, also where JSON's escapes spell them: they are read later."""
        return self._pattern.sub(HIDDEN, text) if self._keys else text

    def value(self, value: Value) -> Value:
        """Return a value without keys in any of its strings, names included."""
        return self._without(value) if self._keys else value  # type: ignore[return-value]

    def _without(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self._without(one) for one in value]
        if isinstance(value, dict):
            return {self._without(name): self._without(one) for name, one in value.items()}
        return value

    def begun(self, text: str) -> int:
        """Return how many characters at the end of a text may be the beginning of a key."""
        return max((_overlap(text, key) for key in self._keys), default=0)


def _written(key: str) -> str:
    """Return a pattern of a key as text and JSON can hold it, each sign escaped or not."""
    return "".join(rf"(?:\\{{0,8}}{re.escape(one)}|\\{{1,8}}u{_hex(one)})" for one in key)


def _hex(char: str) -> str:
    return "".join(f"[{one}{one.upper()}]" if one.isalpha() else one for one in f"{ord(char):04x}")


class HidingStream:
    """Text that comes in pieces, without keys, also where one is cut in two."""

    def __init__(self, hider: Hider) -> None:
        self._hider = hider
        self._held = ""

    def feed(self, piece: str) -> str:
        """Return what can be shown by now."""
        text = self._hider.text(self._held + piece)
        shown = len(text) - self._hider.begun(text)
        self._held = text[shown:]
        return text[:shown]

    def rest(self) -> str:
        """Return what was held back, at the end."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, key: str) -> int:
    longest = min(len(key) - 1, len(text))
    return next((size for size in range(longest, 0, -1) if text.endswith(key[:size])), 0)
