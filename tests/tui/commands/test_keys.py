"""The key of a model server is in nothing that a command writes, whatever the server echoes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fault_modes import HALF_CALL, SECRET
from model_replies import Cut, Reply, calls, chunk, refuse, stream, text
from model_server import ModelServer

HALF = len(SECRET) // 2


@pytest.fixture
def server(monkeypatch) -> Iterator[ModelServer]:
    with ModelServer() as found:
        monkeypatch.setenv("TAGSMITH_BASE_URL", found.base_url)
        monkeypatch.setenv("TAGSMITH_API_KEY", SECRET)
        yield found


ECHOES = {
    "401": (refuse(401, {"error": {"message": f"Incorrect API key provided: {SECRET}."}}),),
    "400": (refuse(400, f"Authorization: Bearer {SECRET}"),),
    "error event": (Reply((*HALF_CALL, f"error: {SECRET}\n\n".encode())),),
    "cut": (Reply((*HALF_CALL, Cut("reset"))),),
    "answer": (
        stream(
            *(chunk({"content": one}) for one in (SECRET[:HALF], SECRET[HALF:])), chunk({}, "stop")
        ),
    ),
    "call": (calls(("add_trigger", {"trigger": SECRET}), say=SECRET), text(SECRET)),
    "unknown tool": (calls((SECRET, {})), text("sorry")),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_no_output_holds_the_key(tagsmith, data, contents, server, echo):
    before = contents(data)
    server.script(*ECHOES[echo])
    ran = tagsmith("run", data, "add a trigger", "--engine", "server", "--json")
    assert server.chats[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in ran.out + ran.err
    assert ran.json["status"]
    assert contents(data) == before
    assert SECRET not in str([one.json for one in server.requests])
