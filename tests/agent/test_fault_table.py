"""docs/faults.md is what happens; in every row nothing is harmed and the conversation goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_kit import Told
from fault_modes import FAULTS, SECRET
from fault_table import PAGE, PARTS, page, play

ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("name", FAULTS)
def test_a_row_of_the_page_is_what_happens(name: str, tmp_path: Path) -> None:
    played = play(name, tmp_path / "pets")
    assert played.unharmed
    assert played.goes_on
    assert played.in_time
    assert SECRET not in played.row
    assert played.row in ROWS, "python tests/fakes/fault_table.py writes docs/faults.md anew"


def test_the_page_has_every_mode_once_and_no_other() -> None:
    names = [line.split(" | ")[0].removeprefix("| ") for line in ROWS]
    heads = ["fault"] * len(PARTS)
    assert sorted(names) == sorted([*FAULTS, *heads])
    assert len(FAULTS) >= 25


def test_the_page_is_laid_out_by_the_script(tmp_path: Path) -> None:
    name = next(iter(FAULTS))
    one = play(name, tmp_path / "pets")
    assert isinstance(one.told, Told)
    text = PAGE.read_text("utf-8")
    laid_out = page(dict.fromkeys(FAULTS, one))
    assert text.partition("## ")[0] == laid_out.partition("## ")[0]
