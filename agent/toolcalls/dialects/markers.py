"""Find the calls that stand behind a marker: special tokens, tags and words of the templates.

The scan goes forward once and jumps over each envelope, so a marker inside an argument is part of
that argument. Markers and forms are free to mix, as models mix them. Sources: the chat templates
in llama.cpp models/templates; LM Studio's tools.mdx; vllm tool parsers; Qwen-Agent; InternLM.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from tagsmith.agent.toolcalls.dialects import spoken, tokens, xml
from tagsmith.agent.toolcalls.dialects.bodies import Calls, read_body, read_named_arguments
from tagsmith.agent.toolcalls.dialects.python_calls import read_calls
from tagsmith.agent.toolcalls.model import Envelope, Found, Unreadable, clip

MAX_MARKERS = 200  # a message that opens more calls than this is no message but noise

_WRAPPERS = "|".join(
    (
        rf"<(?:[\w-]+:)?(?:{tokens.WRAPPER_TAGS})>",
        r"<\|(?:tool_calls?|tool_call_start|tool_call_begin|tool_calls?_section_begin"
        r"|function_call|python_tag|python_start|START_ACTION|action_start|plugin)\|>",
        tokens.DEEPSEEK_OPEN,
        r"<\uff5cDSML\uff5c(?:function|tool)_calls>",
        r"<\|tool_call>",
        r"<start_function_call>",
        r"\[TOOL_REQUEST\]",
        r"\[TOOL_CALLS?\]",
        r"functools(?=\s*\[)",
    )
)
_MARKER = re.compile(
    rf"(?P<wrap>{_WRAPPERS})|(?P<keyed><\|tools_prefix\|>)|(?P<element>{xml.NAMED})"
    r"|(?P<leaked>(?<![\w.:-])[A-Za-z_][\w.-]{0,99}(?::\d{1,4})?"
    r"(?=<\|tool_call_argument_begin\|>|\[ARGS\]))"
    r"|(?P<to>(?:>>>|<\|recipient\|>)\s*)(?=[A-Za-z_])"
    r"|(?P<gemma>(?:^|(?<=>))[ \t]*(?=:?call:[A-Za-z_][\w.-]{0,99}\{))"
    r"|(?P<fence>```tool_(?:code|call)s?[ \t]*\n)"
    r"|(?P<harmony>\bto=)|(?P<react>^[ \t]*\**Action:\**)|(?P<qwen>✿FUNCTION✿:)",
    re.IGNORECASE | re.MULTILINE,
)
# The end of an envelope: closing tokens, fences, and closers that a model wrote once too often.
_CLOSERS = re.compile(
    r"(?:\s+|[\]})](?=[\s\]})<`\[]|\Z)|```"
    rf"|</{tokens.NAMESPACE}(?:{tokens.WRAPPER_TAGS}|function|invoke|answer|response|json|xml)>"
    r"|<\|/?(?:tool_calls?|tool_call_end|tool_calls?_section_end|tools_suffix|function_call"
    r"|python_end|END_ACTION|action_end|call|end)\|>"
    rf"|{tokens.DEEPSEEK_END}|<tool_call\|>|<turn\|>|<end_function_call>"
    r"|\[END_TOOL_REQUEST\]|\[/TOOL_(?:CALLS?|REQUEST)\]){0,40}",
    re.IGNORECASE,
)
_NEXT = re.compile(rf"[\s,;]*(?=\{{|{xml.NAMED})")
_NEXT_LINE = re.compile(r"[ \t;]*\n\s*(?=[A-Za-z_][\w.]{0,99}\()")
_NEXT_IN_FENCE = re.compile(r"[\s;]*(?=[A-Za-z_\[])")
_GEMMA = ("<call>", "<|tool_call>", "<start_function_call>")


def find_envelopes(text: str) -> list[Envelope]:
    """Return the envelopes of a text from first to last, the unreadable ones among them."""
    envelopes: list[Envelope] = []
    position = 0
    for _ in range(MAX_MARKERS):
        marker = _MARKER.search(text, position)
        if not marker:
            return envelopes
        envelope = _read(text, marker)
        position = max(marker.end(), marker.start() + 1)
        if envelope:
            envelopes.append(envelope)
            position = max(position, envelope.end)
    return [Envelope(0, len(text), problem="There are too many calls in one answer.")]


def _read(text: str, marker: re.Match[str]) -> Envelope | None:
    start = marker.start()
    try:
        read = _calls(text, marker)
    except Unreadable as error:
        return Envelope(start, max(error.position, marker.end()), problem=error.reason)
    if not read:
        return None
    calls, end = read
    end = _closed(text, start, end)
    raw = clip(text[start:end])
    found = tuple(replace(call, raw=call.raw or raw) for call in calls)
    return Envelope(start, end, found, marked=True)


def _closed(text: str, start: int, end: int) -> int:
    """Return where the envelope ends: behind its closers, before a fence that it did not open."""
    closers = _CLOSERS.match(text, end)
    last = closers.end() if closers else end
    if text.count("```", start, last) % 2 == 1 and text.count("```", end, last):
        last = text.rindex("```", end, last)
    return start + len(text[start:last].rstrip())


def _calls(text: str, marker: re.Match[str]) -> Calls | None:
    kind, end = marker.lastgroup or "", marker.end()
    if marker["element"]:
        found, end = xml.read_element(text, marker["xml"], end)
        return [found], end
    if kind == "leaked":
        return read_named_arguments(text, marker.start())
    if kind in _READERS:
        return _READERS[kind](text, end)
    return _sequence(text, end, keyed=kind == "keyed", bare=marker[0] in _GEMMA)


def _sequence(text: str, position: int, *, keyed: bool, bare: bool) -> Calls | None:
    """Read the calls of one envelope: as many as follow each other before it is closed."""
    read = read_body(text, position, keyed=keyed, bare=bare)
    if not read:
        return None
    calls, end = read
    while len(calls) < MAX_MARKERS:
        pattern = _NEXT_LINE if text.startswith(")", end - 1) else _NEXT
        following = pattern.match(text, end)
        more = read_body(text, following.end(), keyed=keyed) if following else None
        if not more:
            break
        calls, end = [*calls, *more[0]], more[1]
    return calls, end


def _fence(text: str, position: int) -> Calls | None:
    """Read Gemma's fence of calls, each on its own line."""
    closing = text.find("```", position)
    body = text[position : closing if closing >= 0 else len(text)]
    if body.lstrip().startswith(("{", "[{")):
        return read_body(text, position)
    calls: list[Found] = []
    end = 0
    while len(calls) < MAX_MARKERS and (following := _NEXT_IN_FENCE.match(body, end)):
        found, end = read_calls(body, following.end())
        calls += found
    if body[end:].strip(" \t\r\n;"):
        raise Unreadable("The calls cannot be read.", position + end)
    return (calls, position + end) if calls else None


_READERS: dict[str, Callable[[str, int], Calls | None]] = {
    "to": read_named_arguments,
    "gemma": read_body,
    "fence": _fence,
    "harmony": spoken.read_harmony,
    "react": spoken.read_react,
    "qwen": spoken.read_qwen_agent,
}
