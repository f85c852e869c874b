"""docs/servers.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagsmith.agent.config import Settings
from tagsmith.agent.server.endpoint import Limits
from tagsmith.agent.server.faults import Kind
from tagsmith.agent.settings import section_of

PAGE = Path(__file__).parents[3].joinpath("docs", "servers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", Kind)
def test_every_fault_has_its_row(kind: Kind) -> None:
    assert f"\n| {kind} | " in PAGE


@pytest.mark.parametrize(
    "name", [name for name in Settings.model_fields if section_of(name) in ("server", "engines")]
)
def test_every_setting_of_a_server_has_its_row(name: str) -> None:
    assert f"\n| `{name}` | `TAGSMITH_{name.upper()}` | " in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    limits = Limits()
    for seconds, words in (
        (limits.connect, "to connect"),
        (limits.first_token, "to the first token"),
        (limits.between_tokens, "between tokens"),
        (limits.turn, "a turn"),
    ):
        assert f"\n| {seconds:.0f} s {words} | " in PAGE
    assert f"up to {limits.wait:.0f} s" in PAGE


def test_the_settings_have_the_same_limits() -> None:
    assert Settings().endpoint({}).limits == Limits()
