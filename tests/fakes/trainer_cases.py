"""The table of docs/trainers.md: a folder for each row, what the trainer reads from it, and why.

``python tests/fakes/trainer_cases.py`` writes the table into the document again.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "tools" / "audit" / "trainers"
DOCUMENT = ROOT / "docs" / "trainers.md"
BEGIN, END = "<!-- the table: tests/fakes/trainer_cases.py -->\n", "<!-- end of the table -->\n"
NAMES = ("kohya", "onetrainer", "ai-toolkit", "diffusers")


@dataclass(frozen=True)
class Case:
    """One row for one trainer: the folder, and everything that must be found in it."""

    trainer: str
    row: str
    does: str
    notices: dict[str, list[str]]
    files: dict[str, str] = field(default_factory=dict)
    hex: dict[str, str] = field(default_factory=dict)
    older: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    reads: dict[str, str] = field(default_factory=dict)
    stops: list[str] = field(default_factory=list)
    others: dict[str, list[str]] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    verified: bool = True

    @property
    def contents(self) -> dict[str, str | bytes]:
        """Every file of the folder."""
        return {**self.files, **{name: bytes.fromhex(text) for name, text in self.hex.items()}}


def _load(name: str) -> list[Case]:
    data = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    shared = data["options"]
    return [Case(trainer=data["trainer"], **{"options": shared, **one}) for one in data["case"]]


CASES = [case for name in NAMES for case in _load(name)]


def table() -> str:
    """The document's table: a line for each row, a column for each trainer."""
    cells: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for case in CASES:
        unsure = "" if case.verified else " (not verified)"
        cells[case.row][case.trainer].append(case.does.replace("|", "\\|") + unsure)
    lines = ["| row | kohya | OneTrainer | ai-toolkit | diffusers |", "|---|---|---|---|---|"]
    for row, told in cells.items():
        shown = (" ".join(told[name]) or "-" for name in NAMES)
        lines.append(f"| `{row}` | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def document() -> str:
    """The document as it should be: with this table between its marks."""
    text = DOCUMENT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
