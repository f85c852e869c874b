"""The fault table: a message in time, nothing of a half answer, and the client goes on."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fault_modes import FAULTS, SECRET
from model_replies import Cut, Hang, Reply, chunk, events, refuse, text

from tagsmith.agent.server import transport
from tagsmith.agent.server.client import Answer, ChatClient, Waiting
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import EndpointError, Kind
from tagsmith.tools.errors import Exit

SHORT = 0.3
GRACE = 1.0


def test_there_are_at_least_twenty_five() -> None:
    assert len(FAULTS) >= 25


@pytest.mark.parametrize("name", FAULTS)
def test_fault(
    name: str,
    model_server: Any,
    endpoint: Endpoint,
    make_client: Callable[[Endpoint], ChatClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    mode = FAULTS[name]
    limit = SHORT if mode.limit else 0.0
    shortened = {mode.limit: limit} if mode.limit else {}
    client = make_client(replace(endpoint, limits=replace(endpoint.limits, **shortened)))
    client.warm()
    model_server.script(*[mode.reply] * mode.requests)
    shown: list[Any] = []
    began = time.monotonic()
    with pytest.raises(EndpointError) as caught:
        shown += client.stream({"messages": [{"role": "user", "content": "quita watermark"}]})
    took = time.monotonic() - began

    error = caught.value
    assert error.fault.kind is Kind[mode.kind]
    assert error.exit is Exit.SERVER
    assert limit <= took < limit + GRACE
    assert not [one for one in shown if isinstance(one, Answer)]
    assert len(model_server.chats) == mode.requests
    for word in mode.says:
        assert word in str(error)
    assert "\n" not in str(error)
    assert len(error.message) < 500
    assert error.hint
    assert SECRET not in str(error) + repr(error) + repr(error.fault.__dict__) + caplog.text

    began = time.monotonic()
    *_, answer = client.stream({"messages": []})
    assert isinstance(answer, Answer)
    assert time.monotonic() - began < 1.0


def test_a_busy_server_is_waited_for_with_a_countdown(
    model_server: Any, client: ChatClient
) -> None:
    model_server.script(FAULTS["429 and wait"].reply, text("Now."))
    first, *_, answer = client.stream({"messages": []})
    assert isinstance(first, Waiting)
    assert first.seconds == 1
    assert "Rate limit" in first.reason
    assert isinstance(answer, Answer)
    assert answer.message["content"] == "Now."


def test_a_server_that_loads_its_model_is_asked_until_the_first_token_limit(
    model_server: Any, endpoint: Endpoint, make_client: Callable[[Endpoint], ChatClient]
) -> None:
    client = make_client(endpoint)
    loading = refuse(503, {"error": {"message": "Loading model", "code": 503}})
    model_server.script(*[loading] * 6, text("Loaded."))
    *_, answer = client.stream({"messages": []})
    assert isinstance(answer, Answer)
    assert len(model_server.chats) == 7
    model_server.default = loading
    hurried = make_client(replace(endpoint, limits=replace(endpoint.limits, first_token=SHORT)))
    began = time.monotonic()
    with pytest.raises(EndpointError, match=r"still (be )?loading"):
        list(hurried.stream({"messages": []}))
    assert time.monotonic() - began < SHORT + GRACE


def test_the_answer_is_kept_when_only_its_end_goes_wrong(
    model_server: Any, client: ChatClient
) -> None:
    """A finish reason makes an answer whole, whatever the server does after it."""
    whole = events(chunk({"content": "Hi"}), chunk({}, "stop"), done=False)
    for bad_end in (Hang(), Cut(), Cut("reset")):
        model_server.script(Reply((*whole, bad_end)))
        *_, answer = client.stream({"messages": []})
        assert isinstance(answer, Answer)
        assert answer.message["content"] == "Hi"


def test_the_length_limit_is_told_by_the_finish_reason(
    model_server: Any, client: ChatClient
) -> None:
    model_server.script(text("I would", finish="length"))
    *_, answer = client.stream({"messages": []})
    assert isinstance(answer, Answer)
    assert answer.message["finish_reason"] == "length"


@pytest.mark.parametrize("personality", ["lmstudio", "llamacpp", "vllm", "other"])
def test_an_overflow_says_how_much_is_too_much(
    personality: str, model_server: Any, client: ChatClient
) -> None:
    model_server.personality, model_server.context_length = personality, 100
    content = "tags " * 200
    with pytest.raises(EndpointError) as caught:
        list(client.stream({"messages": [{"role": "user", "content": content}]}))
    assert caught.value.fault.kind is Kind.OVERFLOW
    assert caught.value.fault.context == 100
    assert caught.value.fault.tokens == model_server.chats[0].tokens
    assert re.search(r"\d+ tokens; its context is 100", caught.value.message)


def test_a_refusal_that_stalls_is_told_with_what_came(
    model_server: Any, client: ChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "REFUSAL_SECONDS", SHORT)
    model_server.script(Reply((b"the image is too lar", Hang()), 413))
    began = time.monotonic()
    with pytest.raises(EndpointError, match="the image is too lar"):
        list(client.stream({"messages": []}))
    assert SHORT <= time.monotonic() - began < SHORT + GRACE


def test_a_refusal_larger_than_memory_is_not_read(model_server: Any, client: ChatClient) -> None:
    model_server.script(Reply((b"no " * 40_000, Hang()), 400))
    began = time.monotonic()
    with pytest.raises(EndpointError) as caught:
        list(client.stream({"messages": []}))
    assert time.monotonic() - began < GRACE
    assert len(caught.value.message) < 500
