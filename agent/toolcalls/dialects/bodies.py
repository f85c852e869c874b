"""What stands behind an opening marker, in whichever form: a model mixes marker and form freely.

Forms: an object or a list of them, calls as Python, XML, Gemma's ``call:name{...}``, and a name
with its arguments behind it (Mistral ``NAME[ARGS]{...}``, DeepSeek ``function<sep>NAME`` and a
fence, Kimi ``functions.NAME:0<|tool_call_argument_begin|>{...}``, Functionary ``NAME`` and a line
break). Sources: llama.cpp tests/test-chat.cpp; vllm tests/tool_parsers; the Kimi K2 guide.
"""

from __future__ import annotations

import re
from typing import Any

from tagsmith.agent.toolcalls.dialects import objects, python_calls, tokens, xml
from tagsmith.agent.toolcalls.model import Found, Unreadable
from tagsmith.agent.toolcalls.reader import Reader

Calls = tuple[list[Found], int]

_SEPARATOR = (
    rf"{tokens.DEEPSEEK_SEPARATOR}|<\|tool_call_argument_begin\|>|<\|message\|>|<\|content\|>"
    r"|\[CALL_ID\][\w-]{1,40}|\[ARGS\]|<\|role_sep\|>|<\|constrain\|>(?:json)?"
)
# Between the marker and the call: blanks, fences, and the inner markers of nested wrappers.
_LEAD = re.compile(
    rf"(?:\s+|```\w*|function(?:{_SEPARATOR})|<\|plugin\|>|{tokens.DEEPSEEK_OPEN}"
    r"|<\|?tool_calls?(?:_begin)?\|?>|<\|tool_calls?_section_begin\|>"
    r"|<function_call>|<(?:[\w-]{1,40}:)?invoke>){0,16}"
)
_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,99}")
_TO_ARGUMENTS = re.compile(rf"(?:{_SEPARATOR}|```\w*|\s)*(?=\{{)")
_GEMMA = re.compile(r":?call:(?P<name>[A-Za-z_][\w.:-]{0,99})\s*(?=\{)")
_XML = re.compile(xml.NAMED)
_PAIRS = re.compile(r"\s*<(?:arg_key|/tool_call)>")


def read_body(text: str, position: int, *, keyed: bool = False, bare: bool = False) -> Calls | None:
    """Return the calls that stand at a position, or None if no call begins there.

    ``keyed`` reads Apertus's objects whose one key is the name; ``bare`` allows Gemma's keys
    without quotes. Raises Unreadable for a call that begins but is not whole.
    """
    lead = _LEAD.match(text, position)
    start = lead.end() if lead else position
    element = _XML.match(text, start)
    if element:
        found, end = xml.read_element(text, element["xml"], element.end())
        return [found], end
    if text.startswith("<", start):
        children = xml.read_children(text, start)
        return ([children[0]], children[1]) if children else None
    if python_calls.START.match(text, start):
        return python_calls.read_calls(text, start)
    if text.startswith(("{", "["), start):
        return _objects(text, start, keyed)
    return _named(text, start, bare)


def _objects(text: str, position: int, keyed: bool) -> Calls | None:
    reader = Reader(text, position)
    value = reader.value()
    if keyed:
        value = _with_names(value)
    calls = objects.calls_of(value)
    if calls and reader.completed and not objects.has_arguments(value):
        raise Unreadable("The call is not closed.", reader.position)
    if calls:
        return calls, reader.position
    if objects.names_a_call(value):
        raise Unreadable("The call has no name.", position)
    return None


def _with_names(value: Any) -> Any:
    items = value if isinstance(value, list) else [value]
    return [
        {"name": next(iter(one)), "arguments": next(iter(one.values()))}
        if isinstance(one, dict) and len(one) == 1
        else one
        for one in items
    ]


def _named(text: str, position: int, bare: bool) -> Calls | None:
    gemma = _GEMMA.match(text, position)
    if gemma:
        reader = Reader(text, gemma.end(), bare=True)
        return [Found(gemma["name"], reader.value())], reader.position
    name = _NAME.match(text, position)
    if name and _PAIRS.match(text, name.end()):
        found, end = xml.read_pairs(text, name[0], name.end())
        return [found], end
    return read_named_arguments(text, position, bare=bare)


def read_named_arguments(text: str, position: int, *, bare: bool = False) -> Calls | None:
    """Read ``NAME``, at most a separator, and an object; None where that does not stand."""
    name = _NAME.match(text, position)
    lead = _TO_ARGUMENTS.match(text, name.end()) if name else None
    if not name or not lead:
        return None
    reader = Reader(text, lead.end(), bare=bare)
    value = reader.value()
    return [Found(name[0], value)], reader.position
