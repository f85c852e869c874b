"""Reading the suite and drawing its dataset; docs/evaluation.md describes the format of a task."""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "es")
CATEGORIES = (
    "single",
    "conditional",
    "compound",
    "follow-up",
    "question",
    "refusal",
    "ambiguous",
    "misspelt",
    "wrong-language",
    "injection",
    "tagging",
)
APPLY = "/apply"

Calls = tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Task:
    """What a person says, and how the files have to be in the end.

    ``calls`` (or any of ``also``) give the final state, ``earlier`` the one that the messages
    ``before`` lead to. ``says`` are words that the answer needs where nothing changes; with
    ``ask``, such an answer is right in place of the edit.
    """

    id: str
    language: str
    category: str
    text: str
    calls: Calls
    also: tuple[Calls, ...] = ()
    before: tuple[str, ...] = ()
    earlier: Calls = ()
    says: tuple[str, ...] = ()
    ask: bool = False


@cache
def tasks() -> tuple[Task, ...]:
    """Return the whole suite, in its order."""
    lines = _data("suite.jsonl").splitlines()
    return tuple(_task(json.loads(line)) for line in lines if line.strip())


@cache
def captions() -> Mapping[str, str | None]:
    """Return the dataset: image name to caption, None for an image without one."""
    found: dict[str, str | None] = json.loads(_data("fixture.json"))
    return found


def draw(root: str) -> None:
    """Write the dataset into an empty folder: one tiny picture and at most one caption a sample."""
    for number, (name, caption) in enumerate(captions().items()):
        with open(os.path.join(root, f"{name}.png"), "xb") as image:
            image.write(_picture(number))
        if caption is not None:
            with open(os.path.join(root, f"{name}.txt"), "xb") as text:
                text.write(caption.encode())


def _data(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _task(line: dict[str, Any]) -> Task:
    return Task(
        line["id"],
        line["language"],
        line["category"],
        line["text"],
        _calls(line["calls"]),
        tuple(_calls(other) for other in line.get("also", ())),
        tuple(line.get("before", ())),
        _calls(line.get("earlier", ())),
        tuple(line.get("says", ())),
        line.get("ask", False),
    )


def _calls(given: Any) -> Calls:
    return tuple((tool, arguments) for tool, arguments in given)


def _picture(number: int) -> bytes:
    """Return a PNG of one pixel whose grey tells the samples apart (PNG specification, 5 and 11).

    IHDR: width, height, 8 bits, greyscale; IDAT: one row with filter 0.
    """
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((0, number % 256)))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
