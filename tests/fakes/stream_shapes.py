"""The shapes in which servers stream the same things, each with what it means.

Every one is a whole answer. Sources: specs of the servers and their bug trackers, by name in the
shape's own name; docs/servers.md lists them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from model_replies import DONE, JSON, Reply, call, chunk, event, events

ARGUMENTS = {"old": ["1girl", 'say "hi"', "fate_\\(series\\)"], "new": ["1woman", "夏目 漱石"]}
WRITTEN = json.dumps(ARGUMENTS, ensure_ascii=False)
NAME = "replace_tags"
Call = tuple[str, Any]


@dataclass(frozen=True)
class Shape:
    """A body, and the message that it is: text, reasoning, calls (name, arguments), and so on."""

    parts: tuple[bytes, ...]
    content: str = ""
    reasoning: str = ""
    calls: tuple[Call, ...] = ()
    finish: str = "stop"
    usage: int | None = None
    ids: tuple[str, ...] | None = None
    headers: tuple[tuple[str, str], ...] = (("content-type", "text/event-stream"),)

    @property
    def reply(self) -> Reply:
        return Reply(self.parts, headers=dict(self.headers))


def pieces(written: str = WRITTEN, size: int = 7) -> list[str]:
    return [written[at : at + size] for at in range(0, len(written), size)]


def says(*deltas: Any, finish: str | None = "stop", **more: Any) -> tuple[bytes, ...]:
    return events(*map(chunk, deltas), chunk({}, finish, **more))


def asks(*entries: list[dict[str, Any]], finish: str = "tool_calls") -> tuple[bytes, ...]:
    return says(*({"tool_calls": one} for one in entries), finish=finish)


def rest(index: int | None = 0, name: str | None = None, id: str | None = None) -> list[Any]:
    return [[call(index, name, piece, id)] for piece in pieces()]


ONE: tuple[Call, ...] = ((NAME, WRITTEN),)
TWO: tuple[Call, ...] = ((NAME, WRITTEN), ("prune_tags", '{"tags": ["hat"]}'))
PRUNE = '{"tags": ["hat"]}'
USAGE = {"prompt_tokens": 31, "completion_tokens": 12, "total_tokens": 43, "details": {"x": 1}}


HELLO = ({"role": "assistant", "content": ""}, {"content": "Hel"}, {"content": "lo 夏目"})
SAID = "Hello 夏目"
PLAIN = says(*HELLO)
JOINED = b"".join(PLAIN)
WHOLE = {"choices": [{"message": {"role": "assistant", "content": SAID, "tool_calls": []}}]}
WHOLE["choices"][0]["finish_reason"] = "stop"
CR = JOINED.replace(b"\n", b"\r")
TAGGED = event(chunk({"content": SAID})).replace(b"data: ", b"id: 7\nretry: 10\ndata: ")
TEXTS: dict[str, Shape] = {
    "plain": Shape(PLAIN, SAID),
    "role repeated": Shape(says(*({"role": "assistant", **one} for one in HELLO)), SAID),
    "tool_calls always an empty list": Shape(
        says(*({**one, "tool_calls": []} for one in HELLO)), SAID
    ),
    "null fields": Shape(
        says(*HELLO, {"content": None, "tool_calls": None, "function_call": None}), SAID
    ),
    "delta null": Shape(
        events(*map(chunk, HELLO), {"choices": [{"delta": None}]}, chunk({}, "stop")), SAID
    ),
    "delta is a string": Shape(says({}, SAID), SAID),
    "content in parts": Shape(
        says({"content": [{"type": "text", "text": "Hello "}, {"text": "夏目"}, {"x": 1}]}),
        SAID,
    ),
    "a string as data": Shape(
        events('"ping"', *map(chunk, HELLO), [1], None, 3, chunk({}, "stop")), SAID
    ),
    "choices empty with usage": Shape(
        events(*map(chunk, HELLO), chunk({}, "stop"), {"choices": [], "usage": USAGE}),
        SAID,
        usage=31,
    ),
    "usage in every chunk": Shape(
        events(*(chunk(one, usage=USAGE) for one in HELLO), chunk({}, "stop", usage=None)),
        SAID,
        usage=31,
    ),
    "no choices key": Shape(events({"type": "ping"}, *map(chunk, HELLO), chunk({}, "stop")), SAID),
    "finish in the last text": Shape(
        events(*map(chunk, HELLO[:-1]), chunk(HELLO[-1], "stop")), SAID
    ),
    "finish before the last text": Shape(
        events(chunk(HELLO[1]), chunk({}, "stop"), chunk(HELLO[2])), SAID
    ),
    "finish reason twice": Shape(says(*HELLO)[:-1] + events(chunk({}, "eos")), SAID),
    "no done": Shape(PLAIN[:-1], SAID),
    "no blank line at the end": Shape((JOINED[: -len(DONE)].rstrip(),), SAID),
    "crlf": Shape((JOINED.replace(b"\n", b"\r\n"),), SAID),
    "cr": Shape((CR,), SAID),
    "no space after the colon": Shape((JOINED.replace(b"data: ", b"data:"),), SAID),
    "one newline between events": Shape((JOINED.replace(b"\n\n", b"\n") + b"\n",), SAID),
    "byte order mark": Shape((b"\xef\xbb\xbf" + JOINED,), SAID),
    "comments": Shape((b": OPENROUTER PROCESSING\n\n", JOINED, b":\n"), SAID),
    "event names and ids": Shape((TAGGED, *says()), SAID),
    "byte by byte": Shape(tuple(JOINED[at : at + 1] for at in range(len(JOINED))), SAID),
    "all at once": Shape((JOINED,), SAID),
    "data after done": Shape((*PLAIN, event(chunk({"content": "ignored"}))), SAID),
    "wrong content type": Shape(PLAIN, SAID, headers=(("content-type", "text/plain"),)),
    "not streamed at all": Shape((json.dumps(WHOLE).encode(),), SAID, headers=(*JSON.items(),)),
}

THINK = ("Let me ", "see.")
THEN = {"content": "Done."}
REASONINGS: dict[str, Shape] = {
    "reasoning_content": Shape(
        says(*({"reasoning_content": one} for one in THINK), THEN), "Done.", "Let me see."
    ),
    "reasoning": Shape(says(*({"reasoning": one} for one in THINK), THEN), "Done.", "Let me see."),
    "both reasoning fields": Shape(
        says(*({"reasoning": one, "reasoning_content": one} for one in THINK), THEN),
        "Done.",
        "Let me see.",
    ),
    "reasoning inline": Shape(
        says({"content": "<think>Let me see.</think>"}, THEN), "<think>Let me see.</think>Done."
    ),
    "reasoning only": Shape(says({"reasoning": "Let me see."}), "", "Let me see."),
}

HEAD = call(0, NAME, "", "call_0")
SECOND = call(1, "prune_tags", PRUNE, "call_1")
FIRST = call(0, NAME, WRITTEN, "call_0")
BARE, BARE_SECOND = call(None, NAME, WRITTEN, None), call(None, "prune_tags", PRUNE, None)
ENDS = {"finish": "tool_calls"}
CALLS: dict[str, Shape] = {
    "call": Shape(asks([HEAD], *rest()), calls=ONE, ids=("call_0",), **ENDS),
    "call after text": Shape(
        says({"content": "Yes. "}, {"tool_calls": [FIRST]}, finish="tool_calls"),
        "Yes. ",
        calls=ONE,
        **ENDS,
    ),
    "call with finish stop": Shape(asks([HEAD], *rest(), finish="stop"), calls=ONE),
    "name repeated as empty": Shape(asks([HEAD], *rest(0, "", "")), calls=ONE, **ENDS),
    "name repeated in full": Shape(
        asks([HEAD], *rest(0, NAME), [call(0, NAME, "")]), calls=ONE, **ENDS
    ),
    "name in pieces": Shape(
        asks([call(0, "replace", "")], [call(0, "_tags", "")], *rest()), calls=ONE, **ENDS
    ),
    "name after the id": Shape(
        asks([call(0, None, None, "call_0")], [call(0, NAME, None, None)], *rest()),
        calls=ONE,
        ids=("call_0",),
        **ENDS,
    ),
    "id in every delta": Shape(
        asks([HEAD], *rest(0, None, "call_0")), calls=ONE, ids=("call_0",), **ENDS
    ),
    "id never": Shape(asks([call(0, NAME, "", None)], *rest()), calls=ONE, ids=("",), **ENDS),
    "index missing": Shape(asks([call(None, NAME, "", "call_0")], *rest(None)), calls=ONE, **ENDS),
    "index and id missing": Shape(
        asks([call(None, NAME, "", None)], *rest(None)), calls=ONE, **ENDS
    ),
    "index missing, id in every delta": Shape(
        asks(
            [call(None, NAME, "", "a")],
            *rest(None, None, "a"),
            [call(None, "prune_tags", PRUNE, "b")],
        ),
        calls=TWO,
        **ENDS,
    ),
    "index from one": Shape(
        asks([call(1, NAME, "", "call_0")], *rest(1), [call(2, "prune_tags", PRUNE)]),
        calls=TWO,
        **ENDS,
    ),
    "index is text": Shape(
        asks([{**HEAD, "index": "0"}], *([{**one[0], "index": "0"}] for one in rest())),
        calls=ONE,
        **ENDS,
    ),
    "index drifts under one id": Shape(
        asks([HEAD], *([call(at, None, one, "call_0")] for at, one in enumerate(pieces()))),
        calls=ONE,
        **ENDS,
    ),
    "whole arguments in one chunk": Shape(asks([FIRST]), calls=ONE, **ENDS),
    "arguments as an object": Shape(
        asks([call(0, NAME, ARGUMENTS, "call_0")]), calls=((NAME, ARGUMENTS),), **ENDS
    ),
    "two calls": Shape(asks([HEAD], *rest(), [SECOND]), calls=TWO, **ENDS),
    "two calls in turns": Shape(
        asks([HEAD], [call(1, "prune_tags", "")], *rest(), [call(1, None, PRUNE)]),
        calls=TWO,
        **ENDS,
    ),
    "two calls in one delta": Shape(asks([FIRST, SECOND]), calls=TWO, **ENDS),
    "two calls in one delta, no index": Shape(asks([BARE, BARE_SECOND]), calls=TWO, **ENDS),
    "two equal calls in one delta, no index": Shape(asks([BARE, BARE]), calls=ONE + ONE, **ENDS),
    "two calls, both of index 0": Shape(
        asks([FIRST], [call(0, "prune_tags", PRUNE, "call_1")]), calls=TWO, **ENDS
    ),
    "two calls, both of index 0, no ids": Shape(
        asks([call(0, NAME, WRITTEN, None)], [call(0, "prune_tags", PRUNE, None)]),
        calls=TWO,
        **ENDS,
    ),
    "two calls one after the other, no index, no ids": Shape(
        asks([BARE], [BARE_SECOND], [BARE]), calls=TWO + ONE, **ENDS
    ),
    "pieces of two nameless calls by position": Shape(
        asks(
            [call(None, NAME, "", None), call(None, "prune_tags", "", None)],
            [call(None, None, "{", None), call(None, None, PRUNE[:4], None)],
            [call(None, None, WRITTEN[1:], None), call(None, None, PRUNE[4:], None)],
        ),
        calls=TWO,
        **ENDS,
    ),
    "empty call": Shape(
        asks([{"index": 0, "id": "", "type": "function"}], [call(0, NAME, "", "a")], *rest()),
        calls=ONE,
        **ENDS,
    ),
    "empty call alone": Shape(says({"tool_calls": [{"id": ""}, None, "x"]}), calls=()),
    "function null": Shape(
        asks([HEAD], [{"index": 0, "function": None}], *rest()), calls=ONE, **ENDS
    ),
    "function_call of old": Shape(
        says({"function_call": {"name": NAME, "arguments": ""}})[:1]
        + says(
            *({"function_call": {"arguments": one}} for one in pieces()), finish="function_call"
        ),
        calls=ONE,
        finish="function_call",
    ),
    "function_call as a copy, name and id in each piece (llama-cpp-python)": Shape(
        says(
            *(
                {
                    "function_call": {"name": NAME, "arguments": one},
                    "tool_calls": [call(0, NAME, one, "call__0_replace_tags")],
                }
                for one in [*pieces(), " ", ""]
            ),
            finish="tool_calls",
        ),
        calls=((NAME, WRITTEN + " "),),
        **ENDS,
    ),
    "no arguments": Shape(asks([call(0, "undo", "", "a")]), calls=(("undo", ""),), **ENDS),
}

SHAPES: dict[str, Shape] = {**TEXTS, **REASONINGS, **CALLS}
