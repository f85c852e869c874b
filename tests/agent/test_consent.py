"""Consent: nothing leaves this machine that the user has not agreed to."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tagsmith.agent.consent import Consents
from tagsmith.tools.errors import UsageError

AWAY = "https://models.example/v1"


@pytest.fixture
def consents(tmp_path: Path) -> Consents:
    return Consents(tmp_path / "settings")


def test_this_machine_needs_none(consents: Consents) -> None:
    assert consents.given("http://localhost:1234/v1", "images")
    assert not consents.folder.exists()


def test_another_machine_needs_one_for_each_kind_of_goods(consents: Consents) -> None:
    assert not consents.given(AWAY, "captions")
    consents.give(AWAY, "captions")
    assert consents.given(AWAY, "captions")
    assert not consents.given(AWAY, "images")
    consents.give(AWAY, "images")
    assert Consents(consents.folder).given(AWAY, "captions")
    assert Consents(consents.folder).given(AWAY, "images")


@pytest.mark.parametrize(
    "other",
    ["http://models.example/v1", "https://models.example:8443/v1", "https://models.example.org/v1"],
)
def test_it_is_for_one_origin(other: str, consents: Consents) -> None:
    consents.give(AWAY, "captions")
    assert consents.given("https://models.example/other/path", "captions")
    assert not consents.given(other, "captions")


def test_it_can_be_withdrawn(consents: Consents) -> None:
    consents.give(AWAY, "captions", "images")
    consents.withdraw(AWAY)
    consents.withdraw("https://never.example/v1")
    assert not consents.given(AWAY, "captions")


def test_the_file_is_private(consents: Consents) -> None:
    consents.give(AWAY, "captions")
    (file,) = consents.folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("damaged", ["", "[]", '{"https://models.example": true}', "\x00"])
def test_a_damaged_file_gives_nothing(damaged: str, consents: Consents) -> None:
    consents.give(AWAY, "captions")
    (file,) = consents.folder.iterdir()
    file.write_text(damaged)
    with pytest.raises(UsageError, match="asked again"):
        consents.given(AWAY, "captions")
    with pytest.raises(UsageError):
        consents.give(AWAY, "images")
