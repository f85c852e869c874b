"""A test call: how fast a model answers, and whether it calls a tool as it was asked to."""

from __future__ import annotations

import pytest
from model_replies import calls, refuse, text
from model_server import ModelServer

from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import EndpointError
from tagsmith.agent.server.trial import TOOL, trial


@pytest.mark.parametrize(
    ("reply", "calls_tools", "said"),
    [
        (calls((TOOL, {"number": 7})), True, ""),
        (calls((TOOL, {"number": 8})), False, ""),
        (calls(("rm", {"number": 7})), False, ""),
        (text("Seven,\nof course."), False, "Seven, of course."),
    ],
)
def test_a_call_as_asked_for_is_one(reply, calls_tools, said):
    with ModelServer() as server:
        server.script(reply)
        told = trial(Endpoint(server.base_url), "qwen/qwen3.5-9b")
        (sent,) = server.chats
    assert (told.calls_tools, told.said) == (calls_tools, said)
    assert 0 < told.first <= told.seconds < 20
    assert sent.json["model"] == told.model == "qwen/qwen3.5-9b"
    assert "7" in str(sent.json["messages"])


def test_what_the_server_says_is_raised():
    with ModelServer() as server:
        server.script(refuse(401, {"error": "Unauthorized"}))
        with pytest.raises(EndpointError, match="API key"):
            trial(Endpoint(server.base_url), "x")
