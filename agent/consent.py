"""Where captions and images may go: the servers on other machines that the user has agreed to.

A server on this machine needs no consent. One agreement is for one origin (scheme, host, port), and
for captions and images apart. It is kept in the user's own folder, never in a dataset.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from tagsmith.agent.private_files import write_private
from tagsmith.agent.server.endpoint import is_local, origin
from tagsmith.tools.errors import UsageError

Goods = Literal["captions", "images"]
FILE = "consent.json"
_YES = frozenset({"y", "yes", "s", "si", "sí"})
_NO = frozenset({"n", "no"})
_STORED: TypeAdapter[dict[str, list[Goods]]] = TypeAdapter(dict[str, list[Goods]])


def agrees(text: str) -> bool:
    """Whether what the user typed is a yes and nothing else."""
    return text.strip().casefold() in _YES


def declines(text: str) -> bool:
    """Whether what the user typed is a no and nothing else."""
    return text.strip().casefold() in _NO


@dataclass(frozen=True, slots=True)
class Consents:
    """The agreements in a folder; read anew each time, so that two programs see the same."""

    folder: Path

    def given(self, base_url: str, goods: Goods) -> bool:
        """Whether captions, or images, may be sent to the server at an address.

        Raises UsageError where the file is damaged: a lost agreement is not a given one.
        """
        return is_local(base_url) or goods in self._read().get(origin(base_url), [])

    def give(self, base_url: str, *goods: Goods) -> None:
        """Remember that the user has agreed."""
        stored = self._read()
        known = stored.get(origin(base_url), [])
        self._write(stored | {origin(base_url): sorted({*known, *goods})})

    def withdraw(self, base_url: str) -> None:
        """Forget every agreement about a server."""
        stored = self._read()
        stored.pop(origin(base_url), None)
        self._write(stored)

    @property
    def _path(self) -> Path:
        return self.folder / FILE

    def _read(self) -> dict[str, list[Goods]]:
        try:
            return _STORED.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValidationError, OSError) as error:
            raise UsageError(
                f"{self._path} cannot be read as a list of agreements.",
                "Delete it to be asked again.",
            ) from error

    def _write(self, stored: dict[str, list[Goods]]) -> None:
        write_private(self._path, _STORED.dump_json(stored, indent=2).decode() + "\n")


class ConsentError(UsageError):
    """Images were to go to another machine without the user's agreement; nothing was sent."""


@dataclass(slots=True)
class ImageConsent:
    """Whether images may go to a server, and what it takes to be agreed to.

    ``allowed`` is an agreement for this run; ``asks`` whether there is somebody to be asked.
    ``missing`` is the address for which an agreement was missing last, "" where none is.
    """

    consents: Consents
    allowed: bool = False
    asks: bool = False
    missing: str = field(default="", init=False)

    def check(self, base_url: str) -> None:
        """Raise ConsentError where the user has not agreed."""
        if self.allowed or self.consents.given(base_url, "images"):
            return
        self.missing = base_url if self.asks else ""
        raise ConsentError(
            f"{base_url} is not on this machine, and you have not agreed that images go there. "
            "Nothing was sent.",
            "Answer yes to agree."
            if self.asks
            else "Agree with --allow-remote, or use a server on this machine.",
        )

    @property
    def question(self) -> str:
        """Return what to ask the user, "" where nothing is missing."""
        if not self.missing:
            return ""
        return f"{self.missing} is not on this machine. Your images would go there. Do you agree?"

    def heard(self, text: str) -> str:
        """Take the user's next words: a yes is an agreement, and gives the address, else ""."""
        asked, self.missing = self.missing, ""
        if not asked or not agrees(text):
            return ""
        self.consents.give(asked, "images")
        return asked
