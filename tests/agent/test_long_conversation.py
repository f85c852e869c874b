"""Forty turns with a server of 4,096 tokens: no overflow, the state is known, it stays fast."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from engine_kit import make_dataset, talking
from model_replies import Reply, calls, event, text
from model_server import ModelServer

from tagsmith.agent import server_engine
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.server.client import Answer, Event
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.listings import ModelInfo
from tagsmith.agent.server.servers import ServerInfo, ServerKind
from tagsmith.agent.server.wire import Delta
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.tools import toolbox
from tagsmith.tools.workspace import Workspace

TURNS = 40
CONTEXT = 4096


def captions(count: int) -> dict[str, str]:
    return {
        f"img_{number:03}": f"dog, hat, tag {number % 97}, tag {number % 31}, watermark, long hair"
        for number in range(count)
    }


def wish(number: int) -> tuple[str, dict[str, Any]]:
    """What the model does in a turn: it looks, it edits, it looks at much."""
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("list_tag_frequencies", {"limit": 60, "where": f"not tag{number}x or dog"}),
        ("find_images", {"limit": 40}),
        ("add_trigger", {"trigger": f"trigger {number}"}),
        ("replace_tags", {"old": [f"tag {number}"], "new": [f"label {number}"]}),
    ]
    kinds[0] = ("list_tag_frequencies", {"limit": 60 + number})
    return kinds[number % 4]


def with_usage(reply: Reply, request: Mapping[str, Any], chars_a_token: float) -> Reply:
    prompt = [request["messages"], request.get("tools", [])]
    tokens = round(len(json.dumps(prompt, ensure_ascii=False)) / chars_a_token)
    usage = {"prompt_tokens": tokens, "completion_tokens": 40}
    last = event({"choices": [], "usage": usage})
    return Reply((*reply.parts[:-1], last, reply.parts[-1]), reply.status, reply.headers)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "pets", captions(300))


@pytest.mark.parametrize("told", [True, False], ids=["with usage", "without usage"])
def test_forty_turns_never_overflow_and_know_the_state(root, told):
    """The fake counts three characters a token and refuses what is more than 4,096."""
    lengths: list[int] = []
    with ModelServer(context_length=CONTEXT) as server, talking(root, server) as talk:
        for number in range(TURNS):
            tool = calls(wish(number), say="I look.")
            answer = text(f"That is the answer to message {number}. " + "It is so. " * 12)
            for reply in (tool, answer):
                server.script(
                    (lambda body, reply=reply: with_usage(reply, body, 3.0)) if told else reply
                )
            said = talk.say(f"message {number}: please do the next thing with the images")
            assert said.failed is None
            assert said.asked is None
            assert not any("shortened" in note for note in said.notes)
            assert said.started == [wish(number)]
        lengths = [one.tokens for one in server.chats]
        newest = talk.sent[-2]["messages"][-1]["content"]
        steps = talk.conversation.workspace.steps
    assert len(lengths) == 2 * TURNS
    assert max(lengths) <= 0.9 * CONTEXT
    assert max(lengths) > 0.6 * CONTEXT, "the conversation never came near the limit"
    assert "300 images" in newest
    assert "staged: 300 files" in newest
    assert steps[-2].tool in newest
    assert f"{len(steps) - 6} more" in newest or f"{len(steps) - 5} more" in newest


def test_a_denser_language_than_thought_is_learnt_from_the_first_answer(tmp_path):
    """With half the characters a token, the first estimate is wrong; no request is refused."""
    root = make_dataset(tmp_path / "pets", captions(40))
    with ModelServer() as server, talking(root, server, context_length=8192) as talk:
        counted: list[int] = []

        def reply(body: Mapping[str, Any]) -> Reply:
            prompt = [body["messages"], body.get("tools", [])]
            counted.append(round(len(json.dumps(prompt, ensure_ascii=False)) / 1.6))
            return with_usage(text("好的 " * 80), body, 1.6)

        server.default = reply
        for number in range(30):
            assert talk.say(f"第{number}条消息 " * 12).failed is None
    assert max(counted) <= 8192
    assert sum(count > 0.9 * 8192 for count in counted) <= 1


class InstantClient:
    """A server that answers in no time, without a network: what is left is our own work."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.turn = 0
        self.seconds = 0.0

    def stream(self, request: Mapping[str, Any]) -> Iterator[Event]:
        began = time.perf_counter()
        message: dict[str, Any] = {
            "content": "",
            "tool_calls": [],
            "finish_reason": "stop",
            "model": "small",
            "usage": {"prompt_tokens": 1500, "completion_tokens": 20},
        }
        if self.turn % 2 == 0:
            name, arguments = wish(self.turn // 2)
            function = {"name": name, "arguments": json.dumps(arguments)}
            message["tool_calls"] = [{"id": "a", "type": "function", "function": function}]
        else:
            message["content"] = "Done as you said."
        self.turn += 1
        deltas = [Delta("Done "), Delta("as you said.")] if message["content"] else []
        self.seconds += time.perf_counter() - began
        yield from deltas
        yield Answer(message)

    def cancel(self) -> None:
        """Nothing is ever waited for."""

    def close(self) -> None:
        """Nothing is open."""


def test_our_own_part_of_a_turn_is_small(root, monkeypatch, capsys):
    """Forty turns of two requests and one tool each; the tools' own time is not counted."""
    info = ServerInfo("http://127.0.0.1/v1", ServerKind.OTHER, (ModelInfo("small", loaded=True),))
    monkeypatch.setattr(server_engine, "ChatClient", InstantClient)
    monkeypatch.setattr(server_engine.servers, "probe", lambda _: info)
    in_tools = 0.0
    real = toolbox.call

    def timed(*given: Any) -> Any:
        nonlocal in_tools
        began = time.perf_counter()
        try:
            return real(*given)
        finally:
            in_tools += time.perf_counter() - began

    monkeypatch.setattr(toolbox, "call", timed)
    conversation = Conversation(Workspace.open(root), ServerEngine(Endpoint("http://127.0.0.1/v1")))
    turns = []
    for number in range(TURNS):
        began, in_tools = time.perf_counter(), 0.0
        list(conversation.say(f"message {number}"))
        turns.append((time.perf_counter() - began - in_tools) * 1000)
    later = turns[1:]
    with capsys.disabled():
        print(
            f"\nour own part of a turn: median {statistics.median(later):.1f} ms, "
            f"worst {max(later):.1f} ms; first with imports {turns[0]:.0f} ms"
        )
    assert statistics.median(turns[-10:]) < 3 * statistics.median(turns[1:11]) + 10
