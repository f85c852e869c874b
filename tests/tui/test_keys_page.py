"""docs/keys.md and docs/settings.md are what the program says of itself, all of it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tagsmith.agent.config import Settings
from tagsmith.tools import toolbox
from tagsmith.tui.actions import ACTIONS, slash_commands
from tagsmith.tui.keys_page import PAGES, keys_page, settings_page
from tagsmith.tui.screens.chat import SERVER_COMMANDS

DOCS = Path(__file__).parents[2] / "docs"
TUI = Path(__file__).parents[2] / "tui"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_in_the_documents_is_not_stale(name: str) -> None:
    told = f"{name} is stale: python -m tagsmith.tui.keys_page docs"
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), told


def test_every_key_command_and_tool_is_on_its_page() -> None:
    page = keys_page()
    for action in ACTIONS:
        assert f"| {action.help} |" in page or not (action.label or action.slash)
        for key in action.label.split(", "):
            assert f"`{key}`" in page or not key
    for command in slash_commands():
        assert f"| `/{command}` |" in page
    for tool in toolbox.tools().values():
        assert f"### `/{tool.name}" in page
        for argument in tool.parameters()["properties"]:
            assert f"| `--{argument}` |" in page[page.index(f"### `/{tool.name}") :]


CHAT = TUI / "screens" / "chat.py"
WRITTEN = {"escape": "esc", "question_mark": "?", "pageup": "PgUp", "pagedown": "PgDn"}
# A second way to do what a listed key does, as most programs have it.
ALSO = {"shift+tab", "shift+enter", "backspace"}


def strings(node: ast.AST) -> set[str]:
    """The texts in a part of the source."""
    return {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def test_no_command_of_the_chat_is_missing() -> None:
    tree = ast.parse(CHAT.read_text(encoding="utf-8"))
    (own,) = (
        one.value
        for one in ast.walk(tree)
        if isinstance(one, ast.AnnAssign) and getattr(one.target, "id", "") == "own"
    )
    assert isinstance(own, ast.Dict)
    handled = {name for key in own.keys if key is not None for name in strings(key)}
    assert handled | set(SERVER_COMMANDS) == slash_commands().keys()


@pytest.mark.parametrize("path", sorted(TUI.glob("**/*.py")), ids=lambda path: path.stem)
def test_no_key_that_a_widget_handles_itself_is_missing(path: Path) -> None:
    listed = {key for one in ACTIONS for key in one.label.split(", ")}
    handled: set[str] = set()
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(one, ast.Compare) and ast.unparse(one.left) in ("event.key", "pressed"):
            handled |= set().union(*map(strings, one.comparators))
    assert {WRITTEN.get(key, key) for key in handled} - listed - ALSO == set()


def test_every_setting_is_on_its_page_and_says_what_it_is_for() -> None:
    rows = {row.split("`")[1]: row for row in settings_page().splitlines() if row.startswith("| `")}
    assert rows.keys() == Settings.model_fields.keys()
    for name, row in rows.items():
        assert f"`TAGSMITH_{name.upper()}`" in row
        assert len(row.split("|")[-2].split()) > 2, row
