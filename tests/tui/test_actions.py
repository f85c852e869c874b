"""One registry feeds keys, commands and help; nothing in it leads nowhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

import pytest

from tagsmith import tui
from tagsmith.tools import toolbox
from tagsmith.tui.actions import ACTIONS, Action, Scope, bindings, legend, slash_commands
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.help import help_rows, scope_of


def owners() -> dict[Scope, type]:
    """The class that has the bindings of each scope, wherever it is."""
    found: dict[Scope, type] = {}
    for module in pkgutil.walk_packages(tui.__path__, "tagsmith.tui."):
        if not module.name.startswith(("tagsmith.tui.screens", "tagsmith.tui.widgets")):
            continue
        for one in vars(importlib.import_module(module.name)).values():
            own = vars(one).get("BINDINGS") if isinstance(one, type) else None
            if own and one.__module__ == module.name:
                found |= {scope: one for scope in Scope if own == bindings(scope)}
    return {**found, Scope.EVERYWHERE: TagsmithApp}


OWNERS = owners()


@pytest.mark.parametrize("action", [one for one in ACTIONS if one.name])
def test_every_bound_action_exists_where_it_is_bound(action: Action) -> None:
    method = f"action_{action.name.partition('(')[0]}"
    assert callable(getattr(OWNERS[action.scope], method))


@pytest.mark.parametrize("scope", Scope)
def test_no_key_means_two_things_in_one_place(scope: Scope) -> None:
    keys = [key for one in ACTIONS if one.scope is scope for key in one.keys.split(",") if key]
    assert [key for key, count in Counter(keys).items() if count > 1] == []
    assert bindings(scope) == OWNERS[scope].BINDINGS


def test_the_help_lists_every_action_and_every_tool() -> None:
    text = "\n".join(f"{row.first}{row.text}" for row in help_rows())
    for action in ACTIONS:
        assert action.help in text or not action.label
    for name in [*slash_commands(), *toolbox.tools()]:
        assert f"/{name}" in text


@pytest.mark.parametrize("scope", [Scope.CHAT, Scope.TAGS, Scope.TRIGGERS, Scope.GALLERY])
def test_the_help_begins_with_the_keys_of_its_screen(scope: Scope) -> None:
    assert scope_of(OWNERS[scope]) is scope
    headings = [row.text.plain for row in help_rows(scope) if row.text.plain in set(Scope)]
    assert headings[0] == scope
    assert sorted(headings) == sorted(Scope)


def test_no_command_hides_a_tool() -> None:
    assert slash_commands().keys().isdisjoint(toolbox.tools())


@pytest.mark.parametrize(
    "scope", [Scope.CARD, Scope.REVIEW, Scope.HISTORY, Scope.SETTINGS, Scope.JOBS, Scope.CONSENT]
)
def test_the_legends_fit_a_narrow_screen(scope: Scope) -> None:
    shown = "   ".join(f"{key} {word}" for key, word in legend(scope))
    assert 0 < len(shown) <= 76
