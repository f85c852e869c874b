"""One registry feeds keys, commands and help; nothing in it leads nowhere."""

from __future__ import annotations

from collections import Counter

import pytest

from tagsmith.tools import toolbox
from tagsmith.tui.actions import ACTIONS, Action, Scope, bindings, legend, slash_commands
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.help import help_text
from tagsmith.tui.screens.history import HistoryScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.plan_card import PlanCard

OWNERS = {
    Scope.EVERYWHERE: TagsmithApp,
    Scope.CHAT: ChatScreen,
    Scope.CARD: PlanCard,
    Scope.REVIEW: ReviewScreen,
    Scope.HISTORY: HistoryScreen,
    Scope.LIST: LineList,
}


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
    text = help_text().plain
    for action in ACTIONS:
        assert action.help in text or not action.label
    for name in [*slash_commands(), *toolbox.tools()]:
        assert f"/{name}" in text


def test_no_command_hides_a_tool() -> None:
    assert slash_commands().keys().isdisjoint(toolbox.tools())


@pytest.mark.parametrize("scope", [Scope.CARD, Scope.REVIEW, Scope.HISTORY])
def test_the_legends_fit_a_narrow_screen(scope: Scope) -> None:
    shown = "   ".join(f"{key} {word}" for key, word in legend(scope))
    assert 0 < len(shown) <= 76
