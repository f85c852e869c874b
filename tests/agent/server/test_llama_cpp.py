"""A server that we did not write: llama.cpp's, through llama-cpp-python, with random weights.

Not part of the suite, because it has to be built. In any environment::

    pip install "llama-cpp-python[server]" gguf
    TAGSMITH_LLAMA_PYTHON=that/python pytest -m llama -n 0

What the model says is noise; what counts is how the server says it, and that nothing comes of it.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import tiny_llama
from jsonschema import Draft202012Validator

from tagsmith.agent import scripted
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.server import servers
from tagsmith.agent.server.client import Answer, ChatClient
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import ContextOverflowError, EndpointError
from tagsmith.agent.server_engine import ServerEngine
from tagsmith.agent.toolcalls import interpret
from tagsmith.tools import toolbox
from tagsmith.tools.demo import draw_demo
from tagsmith.tools.errors import Exit, StoppedError
from tagsmith.tools.workspace import Workspace

pytestmark = [pytest.mark.llama, pytest.mark.timeout(300)]

PYTHON = os.environ.get("TAGSMITH_LLAMA_PYTHON", sys.executable)
SHORT, LONG = "list_tag_frequencies", "add_trigger"  # with and without arguments that must be
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    folder = tmp_path_factory.mktemp("llama")
    model = folder / "tiny.gguf"
    made = subprocess.run([PYTHON, tiny_llama.__file__, str(model)], check=False)
    if made.returncode:
        pytest.fail(f"{PYTHON} lacks gguf; see the head of this file")
    port = _free_port()
    command = [PYTHON, "-m", "llama_cpp.server", "--model", str(model), "--port", str(port)]
    command += ["--n_ctx", str(tiny_llama.CONTEXT), "--chat_format", "chatml-function-calling"]
    log = (folder / "log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait(port, server, folder / "log")
            yield Endpoint(f"http://127.0.0.1:{port}/v1", model="tiny.gguf")
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models"):
            return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    pytest.fail(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")


def _schema(name: str) -> dict[str, Any]:
    return toolbox.find(name).parameters(advanced=False)


def _forced(name: str, **more: Any) -> dict[str, Any]:
    """A request whose answer the server's grammar forces into a call."""
    function = {"name": name, "description": "does it", "parameters": _schema(name)}
    choice = {"type": "function", "function": {"name": name}}
    tools = [{"type": "function", "function": function}]
    return {"messages": HELLO, "tools": tools, "tool_choice": choice, "seed": 3, **more}


def test_the_server_and_its_model_are_found(endpoint: Endpoint) -> None:
    info = servers.probe(endpoint)
    assert servers.choose(info, "tiny.gguf").id.endswith("tiny.gguf")


def test_noise_is_streamed_to_its_end_with_its_usage(endpoint: Endpoint) -> None:
    with ChatClient(endpoint) as client:
        events = list(client.stream({"messages": HELLO, "max_tokens": 32, "seed": 1}))
    assert isinstance(events[-1], Answer)
    message = events[-1].message
    assert message["finish_reason"] in ("length", "stop")
    pieces = [event for event in events if not isinstance(event, Answer)]
    assert len(pieces) > 1, "it came in one piece"


def test_streamed_and_whole_say_the_same(endpoint: Endpoint) -> None:
    request = {"messages": HELLO, "max_tokens": 5, "temperature": 0, "seed": 1}
    with ChatClient(endpoint) as client:
        *_, last = client.stream(request)
        whole = client.complete(request)
    assert isinstance(last, Answer)
    assert last.message["content"] == whole["content"] != ""


@pytest.mark.parametrize("streamed", [True, False])
def test_a_call_that_the_grammar_forces_is_read(endpoint: Endpoint, *, streamed: bool) -> None:
    found, schema = [], _schema(SHORT)
    with ChatClient(endpoint) as client:
        for seed in range(10):
            request = _forced(SHORT, seed=seed, max_tokens=300)
            message = _answer(client, request, streamed=streamed)
            found += interpret(message, {SHORT: schema}).calls
    assert len(found) >= 5, "the grammar leaves hardly any other choice"
    for call in found:
        assert call.name == SHORT
        Draft202012Validator(schema).validate(call.arguments)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_call_that_is_cut_runs_nothing(endpoint: Endpoint, *, streamed: bool) -> None:
    """This server says ``tool_calls`` where it should say ``length``."""
    with ChatClient(endpoint) as client:
        message = _answer(client, _forced(LONG, max_tokens=12), streamed=streamed)
    assert message["tool_calls"]
    assert interpret(message, {LONG: _schema(LONG)}).calls == []


def _answer(client: ChatClient, request: dict[str, Any], *, streamed: bool) -> dict[str, Any]:
    if not streamed:
        return dict(client.complete(request))
    *_, last = client.stream(request)
    assert isinstance(last, Answer)
    return dict(last.message)


def test_too_long_a_prompt_is_an_overflow(endpoint: Endpoint) -> None:
    long = [{"role": "user", "content": "word " * tiny_llama.CONTEXT}]
    with ChatClient(endpoint) as client, pytest.raises(ContextOverflowError) as caught:
        list(client.stream({"messages": long, "max_tokens": 16}))
    assert caught.value.hint


def test_a_path_that_it_does_not_have_is_told_with_its_address(endpoint: Endpoint) -> None:
    wrong = Endpoint(endpoint.base_url.replace("/v1", "/v2"), model="tiny.gguf")
    with ChatClient(wrong) as client, pytest.raises(EndpointError, match="/v2"):
        list(client.stream({"messages": HELLO, "max_tokens": 8}))


def test_stopping_takes_effect_at_once_and_the_server_lives_on(endpoint: Endpoint) -> None:
    with ChatClient(endpoint) as client:
        answer = client.stream({"messages": HELLO, "max_tokens": 3000})
        next(answer)
        start = time.perf_counter()
        client.cancel()
        with pytest.raises(StoppedError):
            list(answer)
        assert time.perf_counter() - start < 0.1
        assert client.complete({"messages": HELLO, "max_tokens": 4})["content"]


def test_a_scripted_run_ends_with_the_truth_and_unchanged_files(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    draw_demo(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    conversation = Conversation(Workspace.open(tmp_path), ServerEngine(endpoint), origin="run")
    result = scripted.run(conversation, ["remove watermark"], scripted.Limits(5, 120), _nobody)
    assert result.exit in (Exit.DONE, Exit.FAILED, Exit.CLARIFY, Exit.SERVER, Exit.BUDGET), result
    assert before == {path: path.read_bytes() for path in before}


def _nobody(_event: object) -> None:
    """Nobody reads the notes."""
