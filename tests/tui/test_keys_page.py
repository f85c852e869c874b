"""docs/keys.md and docs/settings.md are what the program says of itself, all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tagsmith.agent.config import Settings
from tagsmith.tools import toolbox
from tagsmith.tui.actions import ACTIONS, slash_commands
from tagsmith.tui.keys_page import PAGES, keys_page, settings_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_documents_is_not_stale(name: str) -> None:
    told = f"{name} is stale: python -m tagsmith.tui.keys_page docs"
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), told


def test_every_key_command_and_tool_is_on_its_page() -> None:
    page = keys_page()
    for action in ACTIONS:
        assert f"| {action.help} |" in page
        for key in action.label.split(", "):
            assert f"`{key}`" in page or not key
    for command in slash_commands():
        assert f"| `/{command}` |" in page
    for tool in toolbox.tools().values():
        assert f"### `/{tool.name}" in page
        for argument in tool.parameters()["properties"]:
            assert f"| `--{argument}` |" in page[page.index(f"### `/{tool.name}") :]


def test_every_setting_is_on_its_page_and_says_what_it_is_for() -> None:
    rows = {row.split("`")[1]: row for row in settings_page().splitlines() if row.startswith("| `")}
    assert rows.keys() == Settings.model_fields.keys()
    for name, row in rows.items():
        assert f"`TAGSMITH_{name.upper()}`" in row
        assert len(row.split("|")[-2].split()) > 2, row
