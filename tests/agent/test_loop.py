"""The server engine, over real HTTP: what the user sees, what the model reads, what is staged."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from engine_kit import digests, talking
from model_listings import v1_models
from model_replies import Reply, call, calls, chunk, event, refuse, stream, text

from tagsmith.agent.events import Call
from tagsmith.agent.middleware import TurnLimits
from tagsmith.agent.relay import Relay
from tagsmith.tools import toolbox
from tagsmith.tools.errors import Exit
from tagsmith.tools.toolbox import Outcome

PRUNE = ("prune_tags", {"tags": ["watermark"]})
LIST = ("list_tag_frequencies", {"limit": 3})


# An ordinary turn


def test_a_sentence_becomes_a_staged_plan_and_no_file_changes(talk, model_server, root):
    before = digests(root)
    model_server.script(calls(PRUNE, say="I will remove it."), text("It is staged."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    assert told.text == "I will remove it.\nIt is staged."
    assert told.state == "staged: 2 files; nothing written yet"
    assert talk.conversation.pending().totals.tags_removed == 2
    assert digests(root) == before


def test_the_first_message_tells_which_model_answers_and_its_context(talk, model_server):
    told = talk.say("hello")
    assert "qwen/qwen3.5-9b" in told.notes[0]
    assert "context of 4096 tokens" in told.notes[0]
    assert talk.say("hello").notes != told.notes


def test_the_model_reads_the_state_and_the_result_as_data(talk, model_server):
    model_server.script(calls(PRUNE), text("Done."))
    talk.say("quita watermark")
    user = talk.sent[0]["messages"][-1]
    assert user["role"] == "user"
    assert user["content"].startswith("quita watermark\n\nSTATE: dataset")
    result = talk.sent[1]["messages"][-1]
    assert result["role"] == "tool"
    assert result["content"].startswith("| Remove watermark from 2 captions")
    assert result["content"].endswith("STATE: staged: 2 files; nothing written yet")


def test_calls_of_one_answer_run_in_their_order(talk, model_server):
    model_server.script(
        calls(
            ("replace_tags", {"old": ["hat"], "new": ["cap"]}),
            ("replace_tags", {"old": ["cap"], "new": ["beret"]}),
            ("prune_tags", {"tags": ["beret"]}),
            ("add_trigger", {"trigger": "coco"}),
        ),
        text("Done."),
    )
    told = talk.say("go")
    assert [name for name, _ in told.started] == [
        "replace_tags",
        "replace_tags",
        "prune_tags",
        "add_trigger",
    ]
    after = [change.after for change in talk.conversation.pending().changes]
    assert len(after) == 5
    assert all(one and one.startswith(b"coco, ") for one in after)
    assert not any(b"hat" in one or b"cap" in one or b"beret" in one for one in after if one)
    assert [one["role"] for one in talk.sent[1]["messages"]][-4:] == ["tool"] * 4


def test_one_tool_runs_at_a_time(talk, model_server, monkeypatch):
    waiting, most = 0, 0
    run = Relay.run

    def counted(self: Relay, call: Call) -> Outcome:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        try:
            return run(self, call)
        finally:
            waiting -= 1

    monkeypatch.setattr(Relay, "run", counted)
    model_server.script(
        calls(*(("add_trigger", {"trigger": f"t{number}"}) for number in range(8))), text("Done.")
    )
    assert len(talk.say("go").finished) == 8
    assert most == 1


def test_tools_run_in_the_thread_of_whoever_consumes(talk, model_server, monkeypatch):
    threads = []
    monkeypatch.setattr(
        toolbox, "call", lambda *given: threads.append(threading.current_thread()) or real(*given)
    )
    model_server.script(calls(PRUNE), text("Done."))
    talk.say("go")
    assert threads == [threading.current_thread()]


real = toolbox.call


def test_the_prefix_is_the_same_in_every_request(talk, model_server):
    """The system prompt and the tools are what a server has computed already."""
    model_server.script(calls(PRUNE), text("Done."), calls(LIST), text("Three."))
    talk.say("quita watermark")
    talk.say("which tags?")
    heads = {json.dumps([one["messages"][0], one["tools"]]) for one in talk.sent}
    assert len(talk.sent) == 4
    assert len(heads) == 1


def test_an_answer_may_be_as_long_as_the_context_leaves(talk, model_server):
    talk.say("hello")
    (sent,) = model_server.chats
    assert 0 < sent.json["max_tokens"] < 4096 - sent.tokens * 0.7


def test_earlier_turns_are_remembered(talk, model_server):
    model_server.script(calls(PRUNE), text("Two files."), text("You are welcome."))
    talk.say("quita watermark")
    talk.say("gracias")
    roles = [one["role"] for one in talk.sent[-1]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert "steps: prune_tags" in talk.last_message["content"]


def test_thoughts_are_sent_back_within_a_turn_where_the_template_wants_them(root, model_server):
    """gpt-oss loses its thread without them (llama.cpp#15181); others are confused by them."""
    thinking = {"reasoning_content": "I should prune."}
    call_it = {"tool_calls": [call(0, PRUNE[0], json.dumps(PRUNE[1]), "a")]}
    for model, wanted in (("openai/gpt-oss-20b", True), ("qwen3.5-9b", False)):
        model_server.routes["/v1/models"] = v1_models(model, owner="me")
        model_server.routes["/api/v1/models"] = None
        with talking(root, model_server) as talk:
            before = len(talk.sent)
            answer = stream(chunk(thinking), chunk(call_it), chunk({}, "tool_calls"))
            model_server.script(answer, text("Done."), text("Hello."))
            talk.say("quita watermark")
            talk.say("hello")
        within, after = talk.sent[before + 1], talk.sent[before + 2]
        assert ("I should prune." in json.dumps(within)) is wanted
        assert "I should prune." not in json.dumps(after)


def test_an_earlier_conversation_can_be_gone_on_with(root, model_server):
    with talking(root, model_server) as talk:
        model_server.script(calls(PRUNE), text("Two files."))
        talk.say("quita watermark")
        turns = talk.engine.turns
    with talking(root, model_server) as talk:
        talk.engine.restore(turns)
        assert talk.engine.turns == turns
        talk.say("and now?")
        roles = [one["role"] for one in talk.sent[-1]["messages"]]
        assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]


def test_a_large_context_gets_every_tool_and_the_examples(root, model_server):
    with talking(root, model_server, context_length=32_768) as talk:
        talk.say("hello")
        names = [one["function"]["name"] for one in talk.sent[0]["tools"]]
        assert names == list(toolbox.tools())
        assert len(talk.sent[0]["messages"]) > 5


def test_a_claim_without_a_call_is_followed_by_the_truth(talk, model_server):
    model_server.script(text("Done! I removed watermark from all 5 files."))
    told = talk.say("quita watermark")
    assert told.started == []
    assert told.notes[-1] == "This answer changed nothing; nothing is staged."
    assert told.state == "nothing staged"


# Calls that are wrong


def test_an_unknown_tag_is_answered_with_the_nearest_and_an_example(talk, model_server):
    model_server.script(
        calls(("prune_tags", {"tags": ["watermrk"]})), calls(PRUNE), text("Two files.")
    )
    told = talk.say("quita watermrk")
    result = talk.sent[1]["messages"][-1]["content"]
    assert len(result) <= 300
    assert "watermark" in result
    assert 'Example: prune_tags {"tags": ["watermark"]}' in result
    assert told.state == "staged: 2 files; nothing written yet"
    assert len(told.finished) == 2


def test_after_two_corrections_the_user_is_asked(talk, model_server):
    wrong = [calls(("prune_tags", {"tags": [f"hatt{number}"]})) for number in range(5)]
    model_server.script(*wrong)
    told = talk.say("quita hatt2")
    assert len(talk.sent) == 3
    assert told.asked is not None
    assert "hatt2" in told.asked.question
    assert told.asked.suggestions == ("quita hat", "quita cat")
    assert told.state == "nothing staged"


def test_a_call_that_cannot_be_read_is_corrected_in_one_sentence(talk, model_server):
    broken = '{"tags": ["watermark"'
    model_server.script(
        stream(
            chunk({"tool_calls": [{"index": 0, "function": {"name": "prune_tags",
                                                             "arguments": broken}}]}),
            chunk({}, "tool_calls"),
        ),
        calls(PRUNE),
        text("Done."),
    )  # fmt: skip
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    correction = talk.sent[1]["messages"][-1]
    assert correction["role"] == "user"
    assert "not from the user" in correction["content"]
    assert "was not run" in correction["content"]
    assert len(correction["content"]) < 700
    assert all("not from the user" not in str(one) for one in talk.sent[2]["messages"])


def test_a_bad_call_beside_a_good_one_is_told_with_its_result(talk, model_server):
    model_server.script(calls(PRUNE, ("rm_rf", {"path": "/"})), text("Done."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    result = talk.sent[1]["messages"][-1]["content"]
    assert "Another call was not run" in result
    assert "rm_rf" in result


def test_a_server_that_cannot_read_its_own_model_is_asked_again_with_a_hint(talk, model_server):
    crash = refuse(500, {"error": {"message": "error parsing tool call: raw='{'"}})
    model_server.script(crash, calls(PRUNE), text("Done."))
    told = talk.say("quita watermark")
    assert told.started == [PRUNE]
    assert "not valid JSON" in talk.sent[1]["messages"][-1]["content"]
    model_server.script(crash, crash, crash, crash)
    assert talk.say("again").asked is not None


@pytest.mark.parametrize("finish", ["length", None])
def test_a_truncated_call_never_runs(talk, model_server, finish):
    whole = {"tool_calls": [{"index": 0, "id": "a", "function": {
        "name": "prune_tags", "arguments": '{"tags": ["watermark"]}'}}]}  # fmt: skip
    cut = stream(chunk(whole), chunk({}, finish))
    model_server.script(cut, cut, cut, cut)
    told = talk.say("quita watermark")
    assert told.started == []
    assert told.asked or told.failed
    assert told.state == "nothing staged"


# Circles, floods, silence


def test_equal_calls_are_answered_from_memory_then_stopped(talk, model_server):
    model_server.default = calls(LIST)
    told = talk.say("go")
    assert len(told.started) == 2
    assert "exact call was already made" in talk.sent[3]["messages"][-1]["content"]
    assert told.asked is not None
    assert "5 times" in told.asked.question
    assert len(talk.sent) == 5


def test_a_turn_ends_after_25_calls(talk, model_server):
    numbers = iter(range(100))
    model_server.default = lambda _: calls(("list_tag_frequencies", {"limit": next(numbers) + 1}))
    told = talk.say("go")
    assert len(told.finished) == 25
    assert told.failed is not None
    assert told.failed.exit == Exit.BUDGET
    model_server.default = text("Hello.")
    assert talk.say("still there?").text == "Hello."


def test_a_run_may_allow_more_calls_than_the_graph_has_steps_for_by_itself(root, model_server):
    numbers = iter(range(500))
    model_server.default = lambda _: calls(("list_tag_frequencies", {"limit": next(numbers) + 1}))
    with talking(root, model_server, TurnLimits(calls=40, tokens=1_000_000)) as talk:
        told = talk.say("go")
    assert len(told.finished) == 40
    assert told.failed is not None
    assert told.failed.exit == Exit.BUDGET


def test_a_flood_of_calls_in_one_answer_ends_as_well(talk, model_server):
    many = [("list_tag_frequencies", {"limit": number + 1}) for number in range(60)]
    model_server.script(calls(*many))
    told = talk.say("go")
    assert len(told.started) == 25
    assert told.failed is not None
    assert told.failed.exit == Exit.BUDGET
    assert talk.say("still there?").text == "Hello from the fake server."


def test_the_tokens_of_a_turn_are_limited(root, model_server):
    numbers = iter(range(100))

    def costly(_: Any) -> Reply:
        body = calls(("list_tag_frequencies", {"limit": next(numbers) + 1}))
        usage = {"prompt_tokens": 900, "completion_tokens": 400}
        last = event({"choices": [], "usage": usage})
        return replace(body, parts=(*body.parts[:-1], last, body.parts[-1]))

    model_server.default = costly
    with talking(root, model_server, TurnLimits(tokens=1000)) as talk:
        told = talk.say("go")
    assert told.failed is not None
    assert "1,000 tokens" in told.failed.message
    assert len(told.started) == 3


def test_an_empty_answer_is_nudged_once_then_the_user_is_asked(talk, model_server):
    model_server.script(text(""), text("Here I am."), text(""), text(""))
    assert talk.say("hello").text == "Here I am."
    assert "Your answer was empty" in talk.sent[1]["messages"][-1]["content"]
    assert talk.say("hello").asked is not None
    assert len(talk.sent) == 4


def test_silence_after_the_work_is_no_failure(talk, model_server):
    model_server.script(calls(PRUNE), text(""), text(""))
    told = talk.say("quita watermark")
    assert told.asked is None
    assert told.failed is None
    assert told.state == "staged: 2 files; nothing written yet"


def test_a_model_that_only_thinks_is_told_of(talk, model_server):
    thinking = stream(chunk({"reasoning_content": "hm " * 50}), chunk({}, "length"))
    model_server.script(thinking, thinking)
    told = talk.say("hello")
    assert told.asked is not None
    assert "thinking off" in told.asked.question


def test_an_answer_that_ends_early_says_so(talk, model_server):
    model_server.script(text("The tags are dog and", "length"))
    assert any("ends early" in note for note in talk.say("which?").notes)
