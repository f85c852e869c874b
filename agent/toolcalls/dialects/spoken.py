"""Calls that a header in words announces: gpt-oss's harmony, ReAct, Qwen-Agent.

Forms: ``<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>{...}`` in every order
and with tokens missing; ``Action: NAME`` with ``Action Input: {...}``; ``✿FUNCTION✿: NAME`` with
``✿ARGS✿: {...}``. Sources: llama.cpp PR#15181; lmstudio-bug-tracker#942; langchain#3329.
"""

from __future__ import annotations

import re

from tagsmith.agent.toolcalls.dialects.bodies import Calls, read_body
from tagsmith.agent.toolcalls.dialects.python_calls import START, read_calls
from tagsmith.agent.toolcalls.model import Found, Unreadable
from tagsmith.agent.toolcalls.reader import Reader

_RECIPIENT = re.compile(r"[A-Za-z_][\w.:-]{0,99}")
_HEADER = re.compile(
    r"(?:\s+|<\|channel\|>|<\|constrain\|>|<\|message\|>|(?:commentary|analysis|final|json|code)\b)*"
)
_LINE = re.compile(r"[ \t*]*([^\n]{0,300})")
_INPUT = re.compile(r"\s*\**Action[ _]Input:\**[ \t]*(?:```\w*)?\s*", re.IGNORECASE)
_QWEN_ARGS = re.compile(r"\s*✿ARGS✿:\s*(?:```\w*)?\s*")
_NAME = re.compile(r"[\[`]?([A-Za-z_][\w.:-]{0,99})[\]`]?")


def read_harmony(text: str, position: int) -> Calls | None:
    """Read the message to a recipient, after ``to=``."""
    name = _RECIPIENT.match(text, position)
    header = _HEADER.match(text, name.end()) if name else None
    if not name or not header or not text.startswith(("{", '\\"', '"{'), header.end()):
        return None
    return _with_arguments(text, name[0], header.end())


def read_react(text: str, position: int) -> Calls | None:
    """Read what follows ``Action:``: a name and its input, a call as Python, or an object."""
    line = _LINE.match(text, position)
    action = line[1].strip().strip("*") if line else ""
    end = line.end() if line else position
    if not action or action.startswith(("```", "{", "[{")):
        return read_body(text, position)
    if START.match(action) and action.endswith((")", "]")):
        calls, read = read_calls(action, 0)
        return None if action[read:].strip() else (calls, end)
    return _named(text, action, _INPUT.match(text, end))


def read_qwen_agent(text: str, position: int) -> Calls | None:
    """Read what follows ``✿FUNCTION✿:``."""
    line = _LINE.match(text, position)
    if not line:
        return None
    return _named(text, line[1].strip(), _QWEN_ARGS.match(text, line.end()))


def _named(text: str, action: str, given: re.Match[str] | None) -> Calls | None:
    name = _NAME.fullmatch(action)
    if not name or not given:
        return None
    return _with_arguments(text, name[1], given.end())


def _with_arguments(text: str, name: str, position: int) -> Calls:
    reader = Reader(text, position)
    value = reader.value()
    if not isinstance(value, dict | str):
        raise Unreadable("The arguments are not one object.", position)
    return [Found(name, value)], reader.position
