"""Budgets, repetition and corrections, each by itself."""

from __future__ import annotations

import pytest

from tagsmith.agent.middleware import (
    Budget,
    Patience,
    QuestionError,
    Repeats,
    TurnLimits,
    example,
)
from tagsmith.agent.shown import shown_tools
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.tools import toolbox
from tagsmith.tools.errors import BudgetError, Exit, UnknownTagError, UsageError

SCHEMAS = {one.name: one.parameters for one in shown_tools(4096)}
LIST = ToolCall("1", "list_tag_frequencies", {"limit": 5})
PRUNE = ToolCall("2", "prune_tags", {"tags": ["hat"]})


def test_a_turn_may_make_so_many_calls_and_no_more():
    budget = Budget(TurnLimits(calls=25))
    for _ in range(25):
        budget.call()
    with pytest.raises(BudgetError, match="more than 25 tool calls") as caught:
        budget.call()
    assert caught.value.exit == Exit.BUDGET
    assert budget.calls == 25


def test_a_turn_may_take_so_many_tokens():
    budget = Budget(TurnLimits(tokens=1000))
    budget.ask()
    budget.hear(1001)
    with pytest.raises(BudgetError, match="more than 1,000 tokens"):
        budget.ask()


def test_a_turn_may_take_so_many_seconds():
    now = 100.0
    budget = Budget(TurnLimits(seconds=60), clock=lambda: now)
    budget.ask()
    now = 161.0
    with pytest.raises(BudgetError, match="longer than 60 seconds"):
        budget.ask()


def test_the_third_equal_call_gets_the_earlier_answer_and_the_fifth_ends_the_turn():
    repeats = Repeats()
    for _ in range(2):
        assert repeats.earlier(LIST) is None
        repeats.answered(LIST, "312 tags", staged=False)
    for _ in range(2):
        answer = repeats.earlier(LIST)
        assert answer is not None
        assert "exact call was already made" in answer
        assert answer.endswith("312 tags")
    with pytest.raises(QuestionError, match="5 times"):
        repeats.earlier(LIST)


def test_two_calls_in_turn_are_a_circle_as_well():
    repeats = Repeats()
    other = ToolCall("3", "find_images", {})
    for _ in range(2):
        for call in (LIST, other):
            assert repeats.earlier(call) is None
            repeats.answered(call, "x", staged=False)
    assert repeats.earlier(LIST) is not None
    assert repeats.earlier(other) is not None


def test_looking_again_after_a_change_is_no_repetition():
    repeats = Repeats()
    for _ in range(8):
        assert repeats.earlier(LIST) is None
        repeats.answered(LIST, "x", staged=False)
        change = ToolCall("4", "prune_tags", {"tags": [str(_)]})
        assert repeats.earlier(change) is None
        repeats.answered(change, "y", staged=True)


def test_the_same_change_again_and_again_is_one():
    repeats = Repeats()
    for _ in range(2):
        assert repeats.earlier(PRUNE) is None
        repeats.answered(PRUNE, "y", staged=True)
    assert repeats.earlier(PRUNE) is not None


def test_equal_means_equal_arguments_in_any_order():
    repeats = Repeats()
    one = ToolCall("1", "find_images", {"where": "dog", "limit": 2})
    same = ToolCall("9", "find_images", {"limit": 2, "where": "dog"})
    assert repeats.earlier(one) is None
    repeats.answered(one, "x", staged=False)
    assert repeats.earlier(same) is None
    repeats.answered(same, "x", staged=False)
    assert repeats.earlier(one) is not None


def test_two_corrections_then_the_user_is_asked():
    patience = Patience()
    patience.mistake("a")
    patience.mistake("b")
    with pytest.raises(QuestionError, match="No caption has 'x'") as caught:
        patience.mistake("No caption has 'x'. " * 100, ("remove hat",))
    assert caught.value.suggestions == ("remove hat",)
    assert len(caught.value.question) <= 300


def test_a_call_that_runs_makes_patience_new():
    patience = Patience()
    for _ in range(6):
        patience.mistake("a")
        patience.success()


def test_an_empty_answer_is_nudged_once():
    patience = Patience()
    assert patience.nudge()
    assert not patience.nudge()


def unknown(tag: str, *near: str) -> UnknownTagError:
    nearest = {tag: [(one, 3) for one in near]}
    return UnknownTagError(f"No caption has {tag!r}.", "", nearest=nearest)


def test_the_example_is_the_same_call_with_the_tags_that_exist():
    wrong = ToolCall(
        "1", "replace_tags", {"old": ["sombrero"], "new": ["cap"], "where": "sombrero"}
    )
    shown = example(wrong, unknown("sombrero", "hat", "hats"), SCHEMAS["replace_tags"])
    assert shown == 'replace_tags {"old": ["hat"], "new": ["cap"], "where": "hat"}'


def test_where_no_tag_is_near_the_example_is_to_look():
    assert example(PRUNE, unknown("xyzzy"), SCHEMAS["prune_tags"]) == "list_tag_frequencies {}"


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_tool_has_an_example_that_its_schema_takes(name):
    shown = example(ToolCall("1", name, {}), UsageError("no"), SCHEMAS[name])
    import json

    tool, _, arguments = shown.partition(" ")
    toolbox.validate(toolbox.find(tool), json.loads(arguments))
