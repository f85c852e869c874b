"""Calls written as XML: Qwen3-Coder, Seed-OSS, MiniMax, DeepSeek DSML, GLM, Kimi K3, Anthropic.

Forms: ``<function=NAME><parameter=KEY>VALUE</parameter></function>``, ``<invoke name="NAME">``
with ``<parameter name="KEY">`` or one element an argument, a JSON object as the only content, and
GLM's ``NAME<arg_key>KEY</arg_key><arg_value>VALUE</arg_value>``. The element must be closed: an
argument may be missing otherwise. Sources: llama.cpp PR#16932 and models/templates; mlx-lm#1416
(MiniMax M3); vllm tests/tool_parsers (qwen3coder, glm4_moe, seed_oss, deepseekv32).
"""

from __future__ import annotations

import re
from typing import Any

from tagsmith.agent.toolcalls.dialects.tokens import NAMESPACE
from tagsmith.agent.toolcalls.model import Found, Unreadable
from tagsmith.agent.toolcalls.reader import Reader

#: An element that names the tool in its own tag; group ``xml`` is the name.
NAMED = (
    rf"<{NAMESPACE}(?:function|invoke|tool_call|tool_use|tool|function_call|call)"
    r"(?:=|[ \t]{1,4}(?:name|tool)=)[\"']?(?P<xml>[^\"'<>\s]{1,100})[\"']?[^<>]{0,100}>"
)
_PARAMETER = re.compile(
    rf"<(?P<tag>{NAMESPACE}(?:parameter|param|argument|arg))"
    r"(?:=|\s{1,4}(?:name|key)=)[\"']?(?P<key>[^\"'<>\s]{1,100})[\"']?[^<>]{0,100}>"
)
_ELEMENT = re.compile(r"<(?P<tag>(?P<key>[A-Za-z_][\w-]{0,99}))>")
_NEXT_TAG = re.compile(
    rf"<{NAMESPACE}(?:parameter|param|argument|arg)[=\s]|</{NAMESPACE}(?:function|invoke)>"
)
_CLOSED = re.compile(
    rf"\s*</{NAMESPACE}(?:function|invoke|tool_call|tool_use|tool|function_call|call)>"
)
_SPACE = re.compile(r"\s*")
_FENCE = re.compile(r"(?:\s|```\w*)*")
_IS_PARAMETER = re.compile(rf"{NAMESPACE}(?:param|arg)")
_ITEMS = re.compile(r"(?:\s*<item>[^<]*</item>)+\s*")
_GLM_PAIR = re.compile(r"\s*<arg_key>([^<]{1,100})</arg_key>\s*<arg_value>")
_GLM_VALUE_END = "</arg_value>"
_CONTAINERS = ("arguments", "parameters", "input", "args")
_NAME_TAGS = ("name", "tool_name", "function")
MAX_PARAMETERS = 64


def read_element(text: str, name: str, position: int) -> tuple[Found, int]:
    """Read the content of an element that named its tool. Raises Unreadable if it is not closed."""
    start = _after(_FENCE, text, position)
    arguments: Any
    if text.startswith("{", start):
        reader = Reader(text, start)
        arguments, end = reader.value(), reader.position
        end = _after(_FENCE, text, end)
    else:
        arguments, end = _read_parameters(text, position)
    closed = _CLOSED.match(text, end)
    if not closed:
        raise Unreadable("The call is not closed.", end)
    return Found(name, arguments), closed.end()


def read_pairs(text: str, name: str, position: int) -> tuple[Found, int]:
    """Read GLM's pairs of key and value after the name; the envelope must close after them."""
    arguments: dict[str, Any] = {}
    end = position
    for _ in range(MAX_PARAMETERS):
        pair = _GLM_PAIR.match(text, end)
        if not pair:
            break
        value_end = text.find(_GLM_VALUE_END, pair.end())
        if value_end < 0:
            raise Unreadable("A value is not closed.", len(text))
        _add(arguments, pair[1].strip(), text[pair.end() : value_end], end)
        end = value_end + len(_GLM_VALUE_END)
    if not _CLOSED.match(text, end):
        raise Unreadable("The call is not closed.", end)
    return Found(name, arguments), end


def read_children(text: str, position: int) -> tuple[Found, int] | None:
    """Read ``<name>NAME</name><arguments>...</arguments>``; None where that does not stand."""
    start = _after(_SPACE, text, position)
    head = _ELEMENT.match(text, start)
    if not head or head["key"] not in _NAME_TAGS:
        return None
    arguments, end = _read_parameters(text, position)
    closed = _CLOSED.match(text, end)
    if not closed:
        raise Unreadable("The call is not closed.", end)
    name = arguments.pop(head["key"])
    if len(arguments) == 1 and next(iter(arguments)) in _CONTAINERS:
        arguments = _contained(next(iter(arguments.values())))
    return Found(str(name), arguments), end


def _contained(value: Any) -> Any:
    """Return the arguments within a container: the text of an object, or one element each."""
    if not isinstance(value, str) or not value.startswith("<"):
        return value
    arguments, end = _read_parameters(value, 0)
    if value[end:].strip():
        raise Unreadable("The arguments cannot be read.", end)
    return arguments


def _read_parameters(text: str, position: int) -> tuple[dict[str, Any], int]:
    arguments: dict[str, Any] = {}
    end = position
    for _ in range(MAX_PARAMETERS):
        start = _after(_SPACE, text, end)
        opening = _PARAMETER.match(text, start) or _ELEMENT.match(text, start)
        if not opening:
            return arguments, start
        value_end, end = _value_end(text, opening["tag"], opening.end())
        _add(arguments, opening["key"], text[opening.end() : value_end], start)
    raise Unreadable("There are too many arguments.", end)


def _value_end(text: str, tag: str, position: int) -> tuple[int, int]:
    """Return where a value ends and where its closing tag ends.

    The tag itself may be missing where the next argument, or the end of the call, follows: the
    value is whole then. At the end of the text it is not, and where both may be meant neither is.
    """
    closing = f"</{tag}>"
    found = text.find(closing, position)
    if _IS_PARAMETER.match(tag):
        following = _NEXT_TAG.search(text, position, found if found >= 0 else len(text))
        if following and (found < 0 or _alone_on_its_line(text, following.start())):
            return following.start(), following.start()
        if following:
            raise Unreadable("A value holds the tags of a call.", following.start())
    if found < 0:
        raise Unreadable("A value is not closed.", len(text))
    return found, found + len(closing)


def _alone_on_its_line(text: str, position: int) -> bool:
    return not text[text.rfind("\n", 0, position) + 1 : position].strip()


def _add(arguments: dict[str, Any], key: str, written: str, position: int) -> None:
    """Add one argument; its text is typed later, by the schema. Only null has no text."""
    text = written.strip()
    value: Any = None if text in ("null", "None") else text
    if _ITEMS.fullmatch(text):
        value = re.findall(r"<item>([^<]*)</item>", text)
    if key in arguments and arguments[key] != value:
        raise Unreadable(f"{key!r} is given twice.", position)
    arguments[key] = value


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position
