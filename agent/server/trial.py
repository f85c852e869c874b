"""A test call: whether a model answers, how fast, and whether it can call a tool.

Nothing of the user's goes along: the words are ours, the tool is made up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tagsmith.agent.prompting import one_line
from tagsmith.agent.server.client import Answer, ChatClient, Waiting
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.toolcalls import interpret
from tagsmith.agent.toolcalls.thinking import spoken

TOOL = "say_number"
WORDS = f"Call the tool {TOOL} with number 7. Do nothing else."
MOST_TOKENS = 512
SAID = 80
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"number": {"type": "integer"}},
    "required": ["number"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a test call: seconds until the answer began and ended, and whether it was a
    call of the tool as it was asked for; ``said`` is the beginning of the text, on one line.
    """

    model: str
    first: float
    seconds: float
    calls_tools: bool
    said: str


def trial(
    endpoint: Endpoint, model: str, began: Callable[[Callable[[], None]], None] = lambda _: None
) -> Trial:
    """Ask a model of the server to call a tool. Raises EndpointError where none answers.

    ``began`` is given what stops the call, from any thread: StoppedError is raised then.
    """
    request = {
        "messages": [{"role": "user", "content": WORDS}],
        "tools": [
            {
                "type": "function",
                "function": {"name": TOOL, "description": "Say a number.", "parameters": SCHEMA},
            }
        ],
        "temperature": 0.0,
        "max_tokens": MOST_TOKENS,
    }
    with ChatClient(replace(endpoint, model=model)) as client:
        # What importing takes is not the server's time.
        client.warm()
        began(client.cancel)
        start = time.monotonic()
        first = 0.0
        message: Mapping[str, Any] = {}
        for event in client.stream(request):
            if isinstance(event, Answer):
                message = event.message
            elif not isinstance(event, Waiting):
                first = first or time.monotonic() - start
        seconds = time.monotonic() - start
    calls = interpret(message, {TOOL: SCHEMA}).calls
    called = [(call.name, call.arguments) for call in calls] == [(TOOL, {"number": 7})]
    said = one_line(spoken(message["content"]).text, SAID)
    return Trial(model, first or seconds, seconds, called, said)
