"""The policy beyond single cases: messages, ids, reasons, and what the loop relies on."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tagsmith.agent.toolcalls import interpret
from tagsmith.tools import toolbox

PRUNE = {"name": "prune_tags", "arguments": {"tags": ["lowres"]}}
BLOCK = f"<tool_call>{json.dumps(PRUNE)}</tool_call>"
LOWRES = '{"tags": ["lowres"]}'


def test_calls_of_the_server_are_judged_one_by_one(ask: Any) -> None:
    message = ask.native(("prune_tags", LOWRES), ("prune_tags", '{"tags": ["blu'))
    result = ask(message)
    assert [one.arguments for one in result.calls] == [{"tags": ["lowres"]}]
    assert len(result.rejected) == 1


def test_calls_in_text_are_all_or_none(ask: Any) -> None:
    result = ask(BLOCK + BLOCK.replace("prune_tags", "erase"))
    assert result.calls == []
    assert "erase" in result.rejected[0].reason


def test_nine_identical_calls_are_one(ask: Any) -> None:
    assert len(ask(ask.native(*[("prune_tags", LOWRES)] * 9)).calls) == 1


def test_calls_of_the_server_win_over_text(ask: Any) -> None:
    message = ask.native(("list_tag_frequencies", "{}"), content=BLOCK)
    assert [one.name for one in ask(message).calls] == ["list_tag_frequencies"]


@pytest.mark.parametrize("empty", [[], None, [{"id": "", "type": "function"}], "", [None]])
def test_an_empty_list_of_calls_leaves_the_text(ask: Any, empty: Any) -> None:
    message = {"content": BLOCK, "tool_calls": empty, "finish_reason": "stop"}
    assert ask.calls(message) == [PRUNE]


def test_the_old_function_call_field_counts(ask: Any) -> None:
    call = {"name": "prune_tags", "arguments": LOWRES}
    assert ask.calls({"content": None, "function_call": call, "finish_reason": "stop"}) == [PRUNE]


def test_arguments_may_be_an_object(ask: Any) -> None:
    assert ask.calls(ask.native(("prune_tags", {"tags": ["lowres"]}))) == [PRUNE]


def test_content_may_be_a_list_of_parts(ask: Any) -> None:
    parts = [{"type": "text", "text": BLOCK[:20]}, {"type": "text", "text": BLOCK[20:]}]
    assert ask.calls({"content": parts, "finish_reason": "stop"}) == [PRUNE]


@pytest.mark.parametrize("key", ["reasoning", "reasoning_content"])
class TestThoughtsInTheirOwnField:
    def test_a_call_that_ends_thoughts_without_an_answer_counts(self, ask: Any, key: str) -> None:
        message = {"content": "", key: f"Remove it.\n{BLOCK}", "finish_reason": "stop"}
        assert ask.calls(message) == [PRUNE]

    def test_thoughts_before_an_answer_are_closed(self, ask: Any, key: str) -> None:
        message = {"content": "Nothing to do.", key: f"No.\n{BLOCK}", "finish_reason": "stop"}
        assert ask.calls(message) == []

    def test_thoughts_that_go_on_after_a_call_run_nothing(self, ask: Any, key: str) -> None:
        message = {"content": None, key: f"{BLOCK} or rather not", "finish_reason": "stop"}
        assert ask.calls(message) == []

    def test_an_object_without_a_marker_in_thoughts_is_no_call(self, ask: Any, key: str) -> None:
        message = {"content": None, key: json.dumps(PRUNE), "finish_reason": "stop"}
        assert ask.calls(message) == []


@pytest.mark.parametrize("finish", ["stop", "tool_calls", "function_call", "toolCalls", "end_turn"])
def test_the_models_own_ends_are_accepted(ask: Any, finish: str) -> None:
    assert ask.calls({"content": BLOCK, "finish_reason": finish}) == [PRUNE]


@pytest.mark.parametrize("finish", ["length", None, "", "error", "content_filter", "abort", 7])
def test_every_other_end_rejects_the_call_and_says_so(ask: Any, finish: Any) -> None:
    result = ask({"content": BLOCK, "finish_reason": finish})
    assert result.calls == []
    assert "cut off" in result.rejected[0].reason


def test_a_message_that_has_no_such_key_is_whole(ask: Any) -> None:
    assert ask.calls({"content": BLOCK}) == [PRUNE]


def test_a_thought_in_the_middle_of_a_call_breaks_it(ask: Any) -> None:
    assert ask.calls(BLOCK.replace("lowres", "low\\n<think>hm</think>res")) == []


def test_ids_of_the_server_are_kept_unless_they_repeat(ask: Any) -> None:
    message = ask.native(("prune_tags", LOWRES), ("list_tag_frequencies", "{}"))
    for entry in message["tool_calls"]:
        entry["id"] = "same"
    first, second = ask(message).calls
    assert first.id == "same"
    assert second.id not in ("", "same")


def test_made_ids_are_nine_letters_and_digits_and_all_different(ask: Any) -> None:
    calls = [("prune_tags", json.dumps({"tags": [f"tag{number}"]})) for number in range(30)]
    ids = [one.id for one in ask(ask.native(*calls)).calls]
    assert len(set(ids)) == 30
    assert all(len(one) == 9 and one.isalnum() and one.isascii() for one in ids)


def test_interpreting_changes_nothing_and_repeats_itself(ask: Any) -> None:
    message = ask.native(("prune_tags", {"tags": "lowres, blurry", "x": [None]}))
    before, tools = copy.deepcopy(message), copy.deepcopy(ask.tools)
    assert interpret(message, ask.tools) == interpret(message, ask.tools)
    assert message == before
    assert ask.tools == tools


def test_dropped_arguments_are_told(ask: Any) -> None:
    [call] = ask(ask.native(("prune_tags", '{"tags": ["lowres"], "filter": "dog"}'))).calls
    assert call.dropped == ("filter",)


def test_an_unknown_tool_gets_the_names_of_the_known_ones(ask: Any) -> None:
    [rejected] = ask(ask.native(("prune", LOWRES))).rejected
    assert "prune_tags" in rejected.reason
    assert "replace_tags" in rejected.reason


def test_a_misfit_gets_the_allowed_arguments_and_an_example_that_works(ask: Any) -> None:
    [rejected] = ask(ask.native(("replace_tags", '{"from": ["1girl"]}'))).rejected
    assert "old (list)" in rejected.reason
    assert "'from'" in rejected.reason
    example = rejected.reason.split("Example: ")[1]
    assert len(ask(ask.native(("replace_tags", example))).calls) == 1


def test_a_rejected_call_in_text_keeps_what_was_written(ask: Any) -> None:
    [rejected] = ask(BLOCK.replace("lowres", "<tag>")).rejected
    assert "<tag>" in rejected.raw


def test_an_ordinary_answer_is_neither_called_nor_rejected(ask: Any) -> None:
    for text in ("Done: 12 images.", "", "Use <b>bold</b> {braces} [brackets].", "[TOOL_CALLS]"):
        assert ask(text).calls == ask(text).rejected == []


@pytest.mark.parametrize("arguments", ['{"x": 1}', '{"tags": 7}', "no", '{"tags": ["' + "a" * 999])
def test_reasons_stay_short_for_every_real_tool(ask: Any, arguments: str) -> None:
    real = {name: tool.parameters() for name, tool in toolbox.tools().items()}
    for name in [*real, "n" * 999]:
        for rejected in interpret(ask.native((name, arguments)), real).rejected:
            assert 20 < len(rejected.reason) <= 300
            assert len(rejected.raw) <= 300


def test_the_backslash_of_a_tag_survives_in_every_place(ask: Any) -> None:
    tag = r"fate_\(series\)"
    texts = [
        rf'{{"tags": ["{tag}"]}}',
        rf'{{"tags": "{tag}"}}',
        rf"{{'tags': ['{tag}']}}",
        json.dumps({"tags": [tag]}),
        json.dumps(json.dumps({"tags": [tag]})),
        rf"{{\"tags\": [\"{tag}\"]}}",
        json.dumps({"tags": rf"['{tag}']"}),
        rf'{{"tags": [<|"|>{tag}<|"|>]}}',
    ]
    for text in texts:
        [call] = ask(ask.native(("prune_tags", text))).calls
        assert call.arguments == {"tags": [tag]}, text
