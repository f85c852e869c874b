"""The chat model: what it sends, and what it makes of what a server streams."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from model_replies import Cut, Reply, call, calls, chunk, event, events, stream, text
from model_server import ModelServer
from stream_shapes import SHAPES

from tagsmith.agent.chat_model import (
    chat_model,
    listening,
    to_langchain,
    to_wire,
    wants_thoughts,
)
from tagsmith.agent.server.client import ChatClient
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import BrokenAnswerError, EndpointError
from tagsmith.agent.shown import shown_tools
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.agent.turns import ModelText, ToolText, UserText

SCHEMAS: Mapping[str, Any] = {one.name: one.parameters for one in shown_tools(4096)}
PRUNE = ("prune_tags", {"tags": ["hat"]})
HALF = '{"old": ["1girl"], "new": ["1wo'


@pytest.fixture
def ask(client: ChatClient, model_server: ModelServer) -> Callable[[Reply], AIMessage]:
    model = chat_model(client, SCHEMAS)

    def ask(reply: Reply) -> AIMessage:
        model_server.script(reply)
        answer = model.invoke([HumanMessage("hello")])
        assert isinstance(answer, AIMessage)
        return answer

    return ask


def called(message: AIMessage) -> list[tuple[str, dict[str, Any]]]:
    return [(one["name"], one["args"]) for one in message.tool_calls]


# What it makes of answers


def test_words_and_calls(ask):
    message = ask(calls(PRUNE, say="I will."))
    assert message.text == "I will."
    assert called(message) == [PRUNE]
    assert message.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("name", sorted(name for name, one in SHAPES.items() if one.calls))
def test_every_shape_of_a_call_is_read_and_has_an_id(ask, name):
    message = ask(SHAPES[name].reply)
    known = [one for one in SHAPES[name].calls if one[0] in SCHEMAS]
    assert len(message.tool_calls) <= len(known)
    assert all(one["id"] for one in message.tool_calls)
    assert len({one["id"] for one in message.tool_calls}) == len(message.tool_calls)


@pytest.mark.parametrize("finish", ["length", "content_filter", "max_tokens", "abort"])
def test_a_whole_call_in_a_cut_answer_does_not_run(ask, finish):
    message = ask(stream(chunk({"tool_calls": [call(0, *PRUNE, "x")]}), chunk({}, finish)))
    assert message.tool_calls == []
    assert message.response_metadata["rejected"]


def test_a_cut_argument_does_not_run_even_where_the_server_says_that_all_is_well(ask):
    message = ask(
        stream(chunk({"tool_calls": [call(0, "replace_tags", HALF, "x")]}), chunk({}, "tool_calls"))
    )
    assert message.tool_calls == []
    assert "replace_tags" in message.response_metadata["rejected"][0][0]


@pytest.mark.parametrize(
    "reply",
    [
        stream(chunk({"tool_calls": [call(0, *PRUNE, "x")]})),
        Reply((*events(chunk({"tool_calls": [call(0, *PRUNE, "x")]}), done=False), Cut("end"))),
        Reply((event(chunk({"tool_calls": [call(0, *PRUNE, "x")]})), Cut("reset"))),
    ],
    ids=["no finish reason", "connection closed", "connection reset"],
)
def test_an_answer_without_an_end_is_an_error(ask, reply):
    with pytest.raises(BrokenAnswerError):
        ask(reply)


@pytest.mark.parametrize(
    "content",
    [
        '<tool_call>\n{"name": "prune_tags", "arguments": {"tags": ["hat"]}}\n</tool_call>',
        '[TOOL_REQUEST]{"name": "prune_tags", "arguments": {"tags": ["hat"]}}[END_TOOL_REQUEST]',
        '<think>It must go.</think>{"name": "prune_tags", "arguments": {"tags": "hat"}}',
    ],
)
def test_a_call_in_the_text_is_a_call_and_is_not_shown(client, model_server, content):
    heard: list[object] = []
    model_server.script(text(content))
    with listening(heard.append):
        message = chat_model(client, SCHEMAS).invoke([HumanMessage("hello")])
    assert called(message) == [PRUNE]
    assert heard == []
    assert message.text == ""


def test_thoughts_are_not_shown_and_not_said(client, model_server):
    heard: list[Any] = []
    model_server.script(text("<think>Hm, a greeting. {x}</think>\n\nHello, how can I help?"))
    with listening(heard.append):
        message = chat_model(client, SCHEMAS).invoke([HumanMessage("hello")])
    assert "".join(heard) == message.text == "Hello, how can I help?"


def test_words_come_while_the_answer_is_still_going_on(client, model_server):
    heard: list[Any] = []
    model_server.script(text("one two three"))
    with listening(heard.append):
        chat_model(client, SCHEMAS).invoke([HumanMessage("hello")])
    assert heard == ["one ", "two ", "three"]


def test_langchain_can_stream_it_and_await_it(client, model_server):
    model_server.script(calls(PRUNE, say="I will. "), text("Hello there"))
    model = chat_model(client, SCHEMAS)
    chunks = list(model.stream([HumanMessage("hello")]))
    whole = chunks[0]
    for one in chunks[1:]:
        whole += one
    assert called(whole) == [PRUNE]
    assert whole.text.strip() == "I will."


async def test_langchain_can_await_it(client, model_server):
    model_server.script(text("Hello there"))
    answer = await chat_model(client, SCHEMAS).ainvoke([HumanMessage("hello")])
    assert answer.text == "Hello there"


@pytest.mark.parametrize("bad", ["", "x" * 500, "a\nb", "<|im_end|>", "\x1b[2J"])
def test_an_id_that_is_none_is_replaced(ask, bad):
    arguments = json.dumps(PRUNE[1])
    message = ask(
        stream(chunk({"tool_calls": [call(0, PRUNE[0], arguments, bad)]}), chunk({}, "stop"))
    )
    assert called(message) == [PRUNE]
    assert message.tool_calls[0]["id"].isalnum()


def test_usage_is_handed_on(ask):
    usage = {"prompt_tokens": 31, "completion_tokens": 12}
    message = ask(stream(chunk({"content": "hi"}), chunk({}, "stop", usage=usage)))
    assert message.usage_metadata == {"input_tokens": 31, "output_tokens": 12, "total_tokens": 43}


# What it sends


def sent(model_server: ModelServer) -> dict[str, Any]:
    return model_server.chats[-1].json


class Tool:
    """What LangChain hands to ``bind_tools``."""

    def __init__(self, name: str) -> None:
        self.name, self.description, self.args_schema = name, "d", SCHEMAS[name]


@pytest.mark.parametrize("choice", [None, "auto", "any", "prune_tags", {"type": "function"}])
def test_nothing_that_servers_refuse_is_sent(client, model_server, choice):
    model = chat_model(client, SCHEMAS).bind_tools(
        [Tool("prune_tags")], tool_choice=choice, parallel_tool_calls=False, strict=True
    )
    model.bind(response_format={"type": "json_object"}, max_tokens=99).invoke("hello")
    body = sent(model_server)
    assert not {"tool_choice", "parallel_tool_calls", "response_format", "strict"} & body.keys()
    assert body["max_tokens"] == 99
    assert "max_completion_tokens" not in body
    assert 0 <= body["temperature"] <= 0.3
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "prune_tags",
                "description": "d",
                "parameters": SCHEMAS["prune_tags"],
            },
        }
    ]


def test_a_turn_of_calls_has_empty_content_and_readable_arguments(client, model_server):
    arguments = {"old": ["夏目 漱石"], "new": ['say "hi"\\']}
    conversation = to_langchain(
        [
            UserText("hola"),
            ModelText("", (ToolCall("abc", "replace_tags", arguments),)),
            ToolText("abc", "replace_tags", "| done", "| done"),
        ]
    )
    chat_model(client, SCHEMAS).invoke([SystemMessage("be brief"), *conversation])
    system, user, assistant, tool = sent(model_server)["messages"]
    assert system == {"role": "system", "content": "be brief"}
    assert user == {"role": "user", "content": "hola"}
    assert assistant["content"] == ""
    written = assistant["tool_calls"][0]["function"]["arguments"]
    assert json.loads(written) == arguments
    assert "夏目 漱石" in written
    assert tool == {"role": "tool", "tool_call_id": "abc", "content": "| done"}


def test_thoughts_are_sent_back_only_where_they_are_kept():
    said = ModelText("", (ToolCall("a", "undo", {}),), "I think")
    with_thoughts, without = to_langchain([said, ModelText("", said.calls)])
    assert to_wire(with_thoughts)["reasoning_content"] == "I think"
    assert "reasoning_content" not in to_wire(without)
    assert to_wire(ToolMessage("x", tool_call_id="a"))["tool_call_id"] == "a"


@pytest.mark.parametrize(
    ("model", "wanted"),
    [("openai/gpt-oss-20b", True), ("qwen/qwen3.5-9b", False), ("gemma-4-12b", False)],
)
def test_only_some_models_want_their_thoughts(model, wanted):
    assert wants_thoughts(model) is wanted


def test_an_unreachable_server_is_an_error_that_says_so(make_client):
    client = make_client(Endpoint("http://127.0.0.1:9/v1", model="x"))
    with pytest.raises(EndpointError, match=r"127\.0\.0\.1:9"):
        chat_model(client, SCHEMAS).invoke("hello")


def test_what_ends_without_an_answer_is_no_answer():
    class Mute:
        def stream(self, request: Mapping[str, Any]) -> Iterator[Any]:
            return iter(())

    with pytest.raises(AssertionError):
        chat_model(Mute(), SCHEMAS).invoke("hello")
