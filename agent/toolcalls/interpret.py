"""From an assistant message to the calls that may run (the policy of specs/llm.md, section 2.2)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from tagsmith.agent.toolcalls.arguments import goes_on, read_arguments, unwrap
from tagsmith.agent.toolcalls.coerce import REASON_LENGTH, explain, fit
from tagsmith.agent.toolcalls.dialects.bare import find_objects, find_whole
from tagsmith.agent.toolcalls.dialects.markers import find_envelopes
from tagsmith.agent.toolcalls.model import (
    Envelope,
    Found,
    Interpretation,
    Misfit,
    Rejected,
    ToolCall,
    Tools,
    Unreadable,
    clip,
)
from tagsmith.agent.toolcalls.names import registered
from tagsmith.agent.toolcalls.quoting import ends_in_quotation, is_quoted
from tagsmith.agent.toolcalls.thinking import spoken

MAX_TEXT = 200_000  # characters of content or arguments; no answer of a local model is so long

# What servers say when a model ended its turn by itself. Anything else is not known to be whole.
_FINISHED = {
    *("stop", "tool_calls", "function_call", "tool_use", "end_turn", "stop_sequence", "eos"),
    *("eos_token", "eosFound", "toolCalls", "stopStringFound", "complete", "completed"),
}
_PLACEHOLDER = re.compile(r"<[^\W\d][\w |/-]*>|\{\{[^{}]*\}\}|\$\{[^{}]*\}")
_TEXT_PLACEHOLDER = re.compile(
    _PLACEHOLDER.pattern
    + r"|\.{3}|…|\[\.{3}\]|TAGS?_?\d*|TAG_?NAME|(?:YOUR|OLD|NEW|SOME)_TAGS?_?\d*"
)
_BETWEEN = re.compile(r"(?:[\s,;]|```\w*)*")

_CUT = "The answer was cut off, so nothing of it was run. Make the call again, shorter."
_QUOTED = "This call is quoted text, not a call of yours. To call a tool, write only the call."
_SEVERAL = "There is more than one call among other text. Write only the calls, or only one."
_LONG = "The answer is too long to hold a tool call. Write only the call."
_SHAPE = "This is no tool call. Give a name and an object of arguments."
_SAMPLE = "Write the real values instead of a placeholder."


def interpret(message: Mapping[str, Any], tools: Tools) -> Interpretation:
    """Return the calls of an assistant message that may run, and those that must not and why.

    ``message`` has ``content``, ``tool_calls`` and ``finish_reason`` as the wire has them, and
    perhaps ``reasoning`` or ``reasoning_content``; ``tools`` maps names to their JSON Schemas.
    A ``finish_reason`` that is there but is not the model's own end ("length", or None: the stream
    ended without one) rejects every call; a message without that key is taken as whole. Calls in
    ``tool_calls`` are judged each by itself; calls in text are accepted all or none. Never raises
    for anything that a message holds, changes nothing, and gives the same answer again.
    """
    native = _native(message)
    result = _judge_each(native, tools) if native else _judge_text(message, tools)
    if _is_whole(message):
        return result
    cut = [Rejected(_written(call), _CUT) for call in result.calls]
    return Interpretation([], [*cut, *result.rejected])


def _is_whole(message: Mapping[str, Any]) -> bool:
    finish = message.get("finish_reason", "stop")
    return isinstance(finish, str) and finish in _FINISHED


def _native(message: Mapping[str, Any]) -> list[Found]:
    """Return the calls in the server's own field; entries without name and arguments are noise."""
    entries = message.get("tool_calls")
    listed = list(entries) if isinstance(entries, list) else []
    # The form of old, which llama-cpp-python sends as a copy beside the new one.
    if not listed and isinstance(message.get("function_call"), dict):
        listed.append({"function": message["function_call"]})
    found = []
    for entry in listed:
        inner = entry.get("function") if isinstance(entry, dict) else None
        function = inner if isinstance(inner, dict) else entry if isinstance(entry, dict) else {}
        name, arguments = function.get("name"), function.get("arguments")
        if not name and arguments in (None, "", "{}", {}):
            continue
        identity = entry.get("id")
        found.append(
            Found(
                name if isinstance(name, str) else "",
                arguments,
                identity if isinstance(identity, str) else "",
                clip(f"{name}({arguments})"),
            )
        )
    return found


def _judge_each(found: list[Found], tools: Tools) -> Interpretation:
    result = Interpretation()
    for one in found:
        try:
            result.calls.append(_checked(one, tools, _PLACEHOLDER))
        except Misfit as error:
            result.rejected.append(Rejected(one.raw, str(error)))
    return Interpretation(_distinct(result.calls), result.rejected)


def _judge_text(message: Mapping[str, Any], tools: Tools) -> Interpretation:
    """Interpret the content, or the thoughts where they are all there is.

    Qwen 3.5 may never end its thoughts before a call; the server then files it under reasoning.
    """
    content = _text_of(message.get("content"))
    if content.strip():
        return _interpret_text(content, tools)
    for key in ("reasoning_content", "reasoning"):
        thoughts = _text_of(message.get(key))
        if thoughts.strip():
            return _interpret_text(thoughts, tools, is_thought=True)
    return Interpretation()


def _text_of(content: Any) -> str:
    """Return the text of a content field: a string, or a list of parts."""
    if isinstance(content, list):
        parts = [one.get("text") for one in content if isinstance(one, dict)]
        return "".join(part for part in parts if isinstance(part, str))
    return content if isinstance(content, str) else ""


def _interpret_text(content: str, tools: Tools, *, is_thought: bool = False) -> Interpretation:
    if len(content) > MAX_TEXT:
        return Interpretation([], [Rejected(clip(content), _LONG)])
    said = spoken(content)
    text = said.text
    unclosed = said.unclosed or is_thought
    envelopes = find_envelopes(text)
    if not is_thought:
        envelopes = _with_unmarked(text, envelopes) or find_whole(text, tools) or find_objects(text)
    if unclosed:
        envelopes = _at_the_end(text, envelopes)
    envelopes = [_intact(one, text, said.whole) for one in envelopes]
    problems = [one for one in envelopes if one.problem]
    if problems:
        return Interpretation([], [_unreadable(text, one) for one in problems])
    quoted = [one for one in envelopes if is_quoted(*_around(text, envelopes, one))]
    if ends_in_quotation(said.before):
        quoted = envelopes
    if quoted:
        return Interpretation([], [Rejected(_excerpt(text, one), _QUOTED) for one in quoted])
    return _judge_all(text, envelopes, tools)


def _with_unmarked(text: str, envelopes: list[Envelope]) -> list[Envelope]:
    """Add the whole calls without a marker that stand beside marked ones, unless quoted.

    They are candidates too, and more than one candidate is none.
    """
    if not envelopes:
        return []
    prose = text
    for one in envelopes:
        prose = prose[: one.start] + " " * (one.end - one.start) + prose[one.end :]
    beside = [
        one
        for one in find_objects(prose)
        if one.calls and not is_quoted(prose[: one.start], prose[one.end :])
    ]
    return sorted([*envelopes, *beside], key=lambda one: one.start)


def _intact(envelope: Envelope, text: str, whole: str) -> Envelope:
    """Return the envelope, or a problem: it holds a thought, or goes on behind its end."""
    if text[envelope.start : envelope.end] not in whole:
        return replace(envelope, problem="There is a thought inside it.")
    if not envelope.problem and goes_on(text, envelope.end):
        return replace(envelope, problem="It goes on behind its end.")
    return envelope


def _around(text: str, envelopes: list[Envelope], chosen: Envelope) -> tuple[str, str]:
    """Return the text before and after an envelope, without the other envelopes."""
    parts: dict[bool, list[str]] = {True: [], False: []}
    position = 0
    for one in envelopes:
        parts[one.start <= chosen.start].append(text[position : one.start])
        position = one.end
    return "".join(parts[True]), "".join(parts[False]) + text[position:]


def _judge_all(text: str, envelopes: list[Envelope], tools: Tools) -> Interpretation:
    """Accept the calls of a text if every one of them fits and they stand together."""
    calls: list[ToolCall] = []
    rejected: list[Rejected] = []
    for found in (call for one in envelopes for call in one.calls):
        try:
            calls.append(_checked(found, tools, _TEXT_PLACEHOLDER))
        except Misfit as error:
            rejected.append(Rejected(found.raw, str(error)))
    if rejected:
        return Interpretation([], rejected)
    distinct = _distinct(calls)
    if len(distinct) > 1 and not _stand_together(text, envelopes):
        return Interpretation([], [Rejected(_excerpt(text, one), _SEVERAL) for one in envelopes])
    return Interpretation(distinct)


def _stand_together(text: str, envelopes: list[Envelope]) -> bool:
    """Tell whether the envelopes form one list: marked, with nothing but blanks between them."""
    gaps = pairwise(envelopes)
    marked = len(envelopes) == 1 or all(one.marked for one in envelopes)
    return marked and all(_BETWEEN.fullmatch(text, one.end, other.start) for one, other in gaps)


def _at_the_end(text: str, envelopes: list[Envelope]) -> list[Envelope]:
    """Return the run of envelopes that ends the text: thoughts weigh calls up before they end."""
    end = len(text)
    kept: list[Envelope] = []
    for one in reversed(envelopes):
        if text[one.end : end].strip():
            break
        kept.insert(0, one)
        end = one.start
    return kept


def _checked(found: Found, tools: Tools, placeholder: re.Pattern[str]) -> ToolCall:
    """Return the call that was found, if it names a tool and fits it. Raises Misfit."""
    name = registered(found.name, tools)
    if name is None:
        known = ", ".join(tools)
        raise Misfit(
            clip(f"There is no tool {clip(found.name, 60)!r}. Tools: {known}.", REASON_LENGTH)
        )
    schema = tools[name]
    if isinstance(found.arguments, str) and len(found.arguments) > MAX_TEXT:
        raise Misfit(_LONG)
    try:
        given = unwrap(read_arguments(found.arguments), name, schema)
    except Unreadable as error:
        raise Misfit(explain(error.reason, name, schema)) from error
    outside = [key for key in found.beside if key in schema.get("properties", {})]
    if outside:
        raise Misfit(explain(f"{outside[0]!r} stands outside the arguments.", name, schema))
    arguments, dropped = fit(name, given, schema)
    if _holds(arguments, placeholder):
        raise Misfit(explain(_SAMPLE, name, schema))
    return ToolCall(found.id, name, arguments, tuple(dropped))


def _holds(value: Any, placeholder: re.Pattern[str]) -> bool:
    """Tell whether a text anywhere in a value is nothing but a placeholder."""
    if isinstance(value, str):
        return placeholder.fullmatch(value.strip()) is not None
    if isinstance(value, Mapping):
        return any(_holds(one, placeholder) for one in value.values())
    return isinstance(value, list) and any(_holds(one, placeholder) for one in value)


def _distinct(calls: list[ToolCall]) -> list[ToolCall]:
    """Collapse identical calls and give each an id of its own.

    Ids that a server left out are nine letters and digits, which Mistral's templates demand, made
    from the call, so that the same message gives the same ids.
    """
    distinct: dict[str, ToolCall] = {}
    for call in calls:
        distinct.setdefault(_written(call), call)
    taken: set[str] = set()
    result = []
    for number, (written, call) in enumerate(distinct.items()):
        digest = hashlib.sha256(f"{number}{written}".encode("utf-8", "replace")).hexdigest()[:9]
        identity = call.id if call.id and call.id not in taken else digest
        taken.add(identity)
        result.append(replace(call, id=identity))
    return result


def _written(call: ToolCall) -> str:
    return f"{call.name}{json.dumps(call.arguments, sort_keys=True, ensure_ascii=False)}"


def _unreadable(text: str, envelope: Envelope) -> Rejected:
    reason = clip(f"The call cannot be read: {envelope.problem} {_SHAPE}", REASON_LENGTH)
    return Rejected(_excerpt(text, envelope), reason)


def _excerpt(text: str, envelope: Envelope) -> str:
    return clip(text[envelope.start : envelope.end].strip())
