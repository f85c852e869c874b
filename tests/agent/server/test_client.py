"""The client: where requests go, what they hold, how they are stopped, and what is left behind."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fault_modes import HALF_CALL, SECRET
from model_replies import DONE, Hang, Reply, answer, chunk, dripping, event, refuse
from model_server import ModelServer

from tagsmith.agent.server.client import Answer, ChatClient
from tagsmith.agent.server.endpoint import Endpoint, Limits
from tagsmith.agent.server.faults import EndpointError, Kind
from tagsmith.tools.errors import Exit, StoppedError

MakeClient = Callable[[Endpoint], ChatClient]
HELLO = {"messages": [{"role": "user", "content": "hello"}]}


def fault_of(client: ChatClient) -> EndpointError:
    with pytest.raises(EndpointError) as caught:
        list(client.stream(HELLO))
    return caught.value


# What a request holds


def test_a_request_is_what_it_was_given_and_asks_for_usage(
    model_server: Any, client: ChatClient
) -> None:
    tools = [{"type": "function", "function": {"name": "undo", "parameters": {}}}]
    messages = [{"role": "assistant", "content": "", "tool_calls": [], "unknown": "kept"}]
    list(client.stream({"messages": messages, "tools": tools, "temperature": 0.2}))
    assert model_server.chats[0].json == {
        "model": "wanted-model",
        "messages": messages,
        "tools": tools,
        "temperature": 0.2,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_request_tells_nothing_else(
    model_server: Any, client: ChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "from-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    list(client.stream(HELLO))
    headers = model_server.chats[0].headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["user-agent"].startswith("tagsmith/")
    assert headers["accept-encoding"] == "identity"
    allowed = {"host", "accept", "connection", "content-length", "content-type"}
    told = set(headers) - allowed - {"authorization", "user-agent", "accept-encoding"}
    assert told <= {"x-stainless-raw-response"}
    assert "from-the-environment" not in str(headers)


def test_without_a_key_none_is_sent(
    model_server: Any, endpoint: Endpoint, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "from-the-environment")
    list(make_client(replace(endpoint, key=None)).stream(HELLO))
    assert "authorization" not in model_server.chats[0].headers


def test_not_streamed(model_server: Any, client: ChatClient) -> None:
    message = {"role": "assistant", "content": "Hi", "tool_calls": None}
    body = {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}
    model_server.script(answer(body))
    found = client.complete(HELLO)
    assert (found["content"], found["model"], found["finish_reason"]) == ("Hi", "m", "stop")
    assert model_server.chats[0].json["stream"] is False
    assert "stream_options" not in model_server.chats[0].json


def test_not_streamed_has_the_whole_turn_for_its_first_byte(
    model_server: Any, endpoint: Endpoint, make_client: MakeClient
) -> None:
    limits = Limits(first_token=0.05, between_tokens=0.05, turn=0.4)
    model_server.script(Reply((Hang(),), status=0))
    with pytest.raises(EndpointError, match=r"0\.4 s"):
        make_client(replace(endpoint, limits=limits)).complete(HELLO)


# Where it goes


def test_redirects_and_proxies_of_the_environment_are_not_followed(
    model_server: Any, client: ChatClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, elsewhere.origin)
        model_server.script(refuse(308, "", location=elsewhere.base_url + "/chat/completions"))
        assert fault_of(client).fault.kind is Kind.REDIRECT
        list(client.stream(HELLO))
        assert elsewhere.requests == []
    assert len(model_server.chats) == 2


def test_a_proxy_is_used_where_it_is_set(endpoint: Endpoint, make_client: MakeClient) -> None:
    with ModelServer() as proxy:
        through = replace(endpoint, base_url="http://models.example/v1", proxy=proxy.origin)
        list(make_client(through).stream(HELLO))
        assert proxy.requests[0].path == "http://models.example/v1/chat/completions"


async def test_another_origin_is_refused(endpoint: Endpoint) -> None:
    from tagsmith.agent.server.faults import Fault
    from tagsmith.agent.server.transport import Transport

    transport = Transport(endpoint)
    with ModelServer() as elsewhere:
        with pytest.raises(Fault, match="not an address"):
            await transport.ask(f"@{elsewhere.origin.removeprefix('http://')}/v1/models")
        assert elsewhere.requests == []
    await transport.close()


# Servers that cannot be reached


def test_refused(endpoint: Endpoint, make_client: MakeClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        error = fault_of(make_client(replace(endpoint, base_url=url)))
    assert error.fault.kind is Kind.REFUSED
    assert url in error.message
    assert "LM Studio" in error.hint
    assert error.exit is Exit.SERVER


def test_a_name_that_nobody_has(
    endpoint: Endpoint, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*arguments: Any, **named: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = fault_of(make_client(replace(endpoint, base_url="http://lmstudoi.example/v1")))
    assert error.fault.kind is Kind.NAME
    assert "http://lmstudoi.example/v1" in error.message


def test_https_where_http_is_spoken(
    model_server: Any, endpoint: Endpoint, make_client: MakeClient
) -> None:
    url = model_server.base_url.replace("http:", "https:")
    error = fault_of(make_client(replace(endpoint, base_url=url)))
    assert error.fault.kind is Kind.TLS
    assert "http://, not https://" in error.hint


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "xn--a", "[::g]"])
def test_an_address_that_is_none(host: str, endpoint: Endpoint, make_client: MakeClient) -> None:
    error = fault_of(make_client(replace(endpoint, base_url=f"http://{host}/v1")))
    assert error.fault.kind in (Kind.ADDRESS, Kind.NAME)


@pytest.fixture
def full_backlog() -> Iterator[int]:
    """A port whose queue of connections is full: the next gets no answer, as from a firewall."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
        for one in waiting:
            one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse instead of waiting")
def test_no_connection_in_time(
    full_backlog: int, endpoint: Endpoint, make_client: MakeClient
) -> None:
    limits = replace(endpoint.limits, connect=0.2)
    url = f"http://127.0.0.1:{full_backlog}/v1"
    client = make_client(replace(endpoint, base_url=url, limits=limits))
    client.warm()
    began = time.monotonic()
    error = fault_of(client)
    assert error.fault.kind is Kind.CONNECT
    assert "0.2 s" in error.message
    assert 0.2 <= time.monotonic() - began < 1.2


# Stopping


SILENCES = {
    "before the head": Reply((Hang(),), status=0),
    "before the first token": Reply((Hang(),)),
    "in a call": Reply((*HALF_CALL, Hang())),
    "in a drip": dripping([event(chunk({"content": "la "}))] * 2000, 0.01),
    "in a countdown": refuse(429, {"error": "wait"}, retry_after="0.5"),
}


@pytest.mark.parametrize("name", SILENCES)
def test_cancel_takes_effect_at_once_and_closes_the_connection(
    name: str, model_server: Any, client: ChatClient
) -> None:
    client.warm()
    model_server.script(SILENCES[name])
    cancelled: list[float] = []

    def cancel_soon() -> None:
        deadline = time.monotonic() + 5
        while not model_server.chats and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(0.05)
        cancelled.append(time.monotonic())
        client.cancel()

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    with pytest.raises(StoppedError) as caught:
        list(client.stream(HELLO))
    took = time.monotonic() - cancelled[0]
    thread.join()
    assert took < 0.1
    assert caught.value.exit is Exit.INTERRUPTED
    if name != "in a countdown":
        assert model_server.chats[0].left.wait(1.0)
    assert isinstance(list(client.stream(HELLO))[-1], Answer)


def test_cancel_works_while_the_libraries_are_imported(endpoint: Endpoint) -> None:
    """In a fresh Python, the first request imports for half a second."""
    script = (
        "import sys, threading, time\n"
        "from tagsmith.agent.server.client import ChatClient\n"
        "from tagsmith.agent.server.endpoint import Endpoint\n"
        "from tagsmith.tools.errors import StoppedError\n"
        "heavy = {'openai', 'httpx2', 'anyio', 'ssl'} & set(sys.modules)\n"
        "client = ChatClient(Endpoint('http://127.0.0.1:9/v1'))\n"
        "at = []\n"
        "def stop():\n"
        "    at.append(time.monotonic()); client.cancel()\n"
        "threading.Timer(0.05, stop).start()\n"
        "try:\n"
        "    list(client.stream({'messages': []}))\n"
        "except StoppedError:\n"
        "    print(sorted(heavy - {'ssl'}), time.monotonic() - at[0])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ
    )
    heavy, took = ran.stdout.rsplit(" ", 1)
    assert heavy == "[]"
    assert float(took) < 0.1


def test_leaving_the_stream_closes_the_connection(model_server: Any, client: ChatClient) -> None:
    model_server.script(Reply((*HALF_CALL, Hang())))
    stream = client.stream(HELLO)
    next(stream)
    stream.close()
    assert model_server.chats[0].left.wait(1.0)


def test_no_thread_is_left(endpoint: Endpoint) -> None:
    before = set(threading.enumerate())
    with ChatClient(endpoint) as client:
        list(client.stream(HELLO))
        assert any(one.name == "tagsmith-server" for one in threading.enumerate())
    ours = {one for one in threading.enumerate() if "process_request" not in one.name} - before
    for one in ours:
        one.join(1.0)
    assert not any(one.is_alive() for one in ours)
    client.close()


def test_a_closed_client_opens_again(client: ChatClient) -> None:
    list(client.stream(HELLO))
    client.close()
    assert isinstance(list(client.stream(HELLO))[-1], Answer)


# The rest


def test_the_key_is_nowhere_to_be_seen(
    model_server: Any, client: ChatClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model_server.script(
        refuse(400, {"error": f"{'x' * 290} your key {SECRET} and Bearer {SECRET}"}),
        Reply((event({"error": {"message": f"key={SECRET}"}}),)),
        refuse(307, "", location=f"http://192.0.2.1/?key={SECRET}"),
        Reply((f"<html><title>{SECRET}</title>".encode(),)),
    )
    seen = repr(client.endpoint) + str(client.__dict__) + repr(model_server.requests)
    for _ in range(4):
        error = fault_of(client)
        chain: BaseException | None = error
        while chain is not None:
            seen += f"{chain!r} {chain} {vars(chain)}"
            chain = chain.__cause__
        assert error.__suppress_context__
    list(client.stream(HELLO))
    assert model_server.chats[-1].headers["authorization"].endswith(SECRET)
    assert SECRET[:10] not in seen + caplog.text + repr(model_server.requests)


def test_a_missing_model_is_told_without_a_list_where_the_server_gives_none(
    model_server: Any, client: ChatClient
) -> None:
    model_server.routes["/v1/models"] = None
    model_server.script(refuse(404, {"error": {"code": "model_not_found", "message": "no"}}))
    error = fault_of(client)
    assert error.fault.kind is Kind.MODEL
    assert "It has" not in error.hint


def test_our_own_part_of_a_turn_is_small(model_server: Any, client: ChatClient) -> None:
    """Two hundred tokens over HTTP, with the fake server's own work: the best of five turns."""
    words = Reply((*[event(chunk({"content": "la "}))] * 200, event(chunk({}, "stop")), DONE))
    model_server.default = words
    client.warm()

    def turn() -> float:
        began = time.perf_counter()
        list(client.stream(HELLO))
        return time.perf_counter() - began

    assert min(turn() for _ in range(5)) < 0.1


def test_text_arrives_while_the_rest_is_still_to_come(
    model_server: Any, client: ChatClient
) -> None:
    model_server.script(Reply((event(chunk({"content": "first"})), Hang())))
    stream = client.stream(HELLO)
    assert getattr(next(stream), "text", "") == "first"
    client.cancel()
    with pytest.raises(StoppedError):
        list(stream)
