"""Calls written as Python: Llama 3.2 and 4, LFM2, Olmo 3, Granite, Gemma 3's ``tool_code``.

Forms: ``name(a=1)``, ``[name(a=1), other()]``, ``name.call(a=1)`` after Llama's python tag, and
``print(default_api.name(a=1))``. Only literals are values, every argument has its name; the text
is read, never evaluated. Sources: llama-models llama3_2/text_prompt_format.md; vllm
tests/tool_parsers/test_lfm2_tool_parser.py; Google's Gemma function-calling guide.
"""

from __future__ import annotations

import re
from typing import Any

from tagsmith.agent.toolcalls.model import Found, Unreadable
from tagsmith.agent.toolcalls.reader import Reader

#: One call begins here, perhaps in a list.
START = re.compile(r"\[?\s*[A-Za-z_][\w.-]*\s*\(")
_NAME = re.compile(r"\s*([A-Za-z_][\w.:-]*)\s*\(")
_KEY = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)")
_PRINT = re.compile(r"\s*print\s*\(\s*(?=[A-Za-z_][\w.]*\s*\()")
_OPEN_LIST = re.compile(r"\s*\[")
_SEPARATOR = re.compile(r"\s*([,\]])")
_CLOSE = re.compile(r"\s*\)")
_END_OF_LIST = re.compile(r"\s*\Z|\s*<")


def read_calls(text: str, position: int) -> tuple[list[Found], int]:
    """Return the calls that begin at a position and where they end. Raises Unreadable."""
    opened = _OPEN_LIST.match(text, position)
    if not opened:
        found, end = _read_printed(text, position)
        return [found], end
    calls: list[Found] = []
    end = opened.end()
    while True:
        found, end = _read_call(text, end)
        calls.append(found)
        separator = _SEPARATOR.match(text, end)
        if separator is None:
            # The list may lack its bracket where the text ends: each call in it is whole.
            if _END_OF_LIST.match(text, end):
                return calls, end
            raise Unreadable("The list of calls is not closed.", end)
        end = separator.end()
        if separator[1] == "]":
            return calls, end


def _read_printed(text: str, position: int) -> tuple[Found, int]:
    printed = _PRINT.match(text, position)
    if not printed:
        return _read_call(text, position)
    found, end = _read_call(text, printed.end())
    closing = _CLOSE.match(text, end)
    if not closing:
        raise Unreadable("The call is not closed.", end)
    return found, closing.end()


def _read_call(text: str, position: int) -> tuple[Found, int]:
    head = _NAME.match(text, position)
    if not head:
        raise Unreadable("Expected a call.", position)
    reader = Reader(text, head.end())
    arguments: dict[str, Any] = {}
    while not reader.take(")"):
        if arguments and not reader.take(","):
            raise reader.fail("',' or ')'")
        if reader.take(")"):
            break
        _read_argument(reader, arguments)
    name = head[1].removeprefix("default_api.").removesuffix(".call")
    raw = text[head.start() : reader.position].strip()
    return Found(name, arguments, raw=raw), reader.position


def _read_argument(reader: Reader, arguments: dict[str, Any]) -> None:
    """Read ``name=value``, or one object of named values; a value without a name is refused."""
    key = _KEY.match(reader.text, reader.position)
    if key:
        reader.position = key.end()
        value = reader.value()
        if key[1] in arguments and arguments[key[1]] != value:
            raise Unreadable(f"{key[1]!r} is given twice.", reader.position)
        arguments[key[1]] = value
        return
    start = reader.position
    value = reader.value() if not arguments and reader.peek() == "{" else None
    if not isinstance(value, dict) or not value:
        raise Unreadable("The argument has no name.", start)
    arguments.update(value)
