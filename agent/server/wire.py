"""Putting a streamed answer together, whatever the server's habits (docs/servers.md lists them).

Arguments of tool calls stay as they came: nothing is parsed, repaired or completed here, and an
answer without a finish reason says so. What may run is decided elsewhere, from the whole message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tagsmith.agent.server.faults import Fault, Kind

MAX_TEXT = 256 * 1024
MAX_TURN = 1024 * 1024
MAX_CALLS = 64
# Reasons to end that leave the answer unfinished; other servers than OpenAI say the later ones.
UNFINISHED = frozenset({"length", "content_filter", "max_tokens", "abort", "error", "cancelled"})

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delta:
    """What one chunk added, to show while the rest comes; ``tool`` is a call that has begun."""

    text: str = ""
    reasoning: str = ""
    tool: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.reasoning or self.tool)


@dataclass(slots=True, eq=False)
class _Slot:
    """A tool call as far as it has come."""

    index: int | str | None
    id: str = ""
    name: str = ""
    pieces: list[str | dict[str, Any] | list[Any]] = field(default_factory=list)

    @property
    def arguments(self) -> str | dict[str, Any] | list[Any]:
        if len(self.pieces) == 1:
            return self.pieces[0]
        return "".join(
            one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
            for one in self.pieces
        )

    @property
    def whole(self) -> bool:
        """Whether the arguments are a JSON object already, so that more would be another call."""
        last = self.pieces[-1] if self.pieces else ""
        if not isinstance(last, str):
            return True
        if not last.rstrip().endswith("}"):
            return False
        try:
            json.loads("".join(one for one in self.pieces if isinstance(one, str)))
        except (ValueError, RecursionError):
            return False
        return True


class Assembly:
    """An assistant message that grows by chunks of the chat completions API.

    It takes whole completions as well: ``add`` reads ``message`` where there is no ``delta``.
    """

    def __init__(self) -> None:
        self.finish_reason: str | None = None
        self.usage: dict[str, int] | None = None
        self.model = ""
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._slots: list[_Slot] = []
        self._text_size = 0
        self.size = 0  # bytes of text, reasoning, names and arguments

    @property
    def text(self) -> str:
        """Return the text so far."""
        return "".join(self._text)

    @property
    def complete(self) -> bool:
        """Whether the model ended its answer by itself: a cut one may not run anything."""
        return self.finish_reason is not None and self.finish_reason not in UNFINISHED

    @property
    def empty(self) -> bool:
        """Whether nothing at all came: no text, no reasoning, no call, no reason to end."""
        return not (self.size or self._slots or self.finish_reason)

    @property
    def ended(self) -> bool:
        """Whether a reason to end has come: without one, the answer is cut."""
        return self.finish_reason is not None

    def add(self, chunk: dict[str, Any]) -> Delta:
        """Take in one chunk, and return what it added.

        Raises Fault (FLOOD) over 256 KiB of text, or 1 MiB of text, reasoning and arguments.
        """
        self._note_facts(chunk)
        choice = _first_choice(chunk.get("choices"))
        delta = choice.get("delta")
        if delta is None:
            delta = choice.get("message")
        self._note_finish(choice.get("finish_reason"))
        if isinstance(delta, str):
            delta = {"content": delta}
        if not isinstance(delta, dict):
            return Delta()
        text = _text_of(delta.get("content"))
        reasoning = _text_of(delta.get("reasoning_content")) or _text_of(delta.get("reasoning"))
        self._text += [text] if text else []
        self._reasoning += [reasoning] if reasoning else []
        self._text_size += _size(text)
        self._grow(_size(text) + _size(reasoning))
        return Delta(text, reasoning, self._add_calls(_entries(delta)))

    def message(self) -> Message:
        """Return the assistant message in the form of the API, with what belongs to its end.

        Keys: ``role``, ``content``, ``reasoning``, ``tool_calls``, ``finish_reason`` (None: it was
        cut), ``usage`` (or None) and ``model``. A call without an id has ``""`` there.
        """
        return {
            "role": "assistant",
            "content": self.text,
            "reasoning": "".join(self._reasoning),
            "tool_calls": [
                {
                    "id": slot.id,
                    "type": "function",
                    "function": {"name": slot.name, "arguments": slot.arguments},
                }
                for slot in self._slots
                if slot.name or any(slot.pieces)
            ],
            "finish_reason": self.finish_reason,
            "usage": self.usage,
            "model": self.model,
        }

    def _note_facts(self, chunk: dict[str, Any]) -> None:
        if isinstance(chunk.get("model"), str) and chunk["model"]:
            self.model = chunk["model"]
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            counts = {name: value for name, value in usage.items() if type(value) is int}
            self.usage = counts or self.usage

    def _note_finish(self, reason: Any) -> None:
        """Keep the first reason to end, except that one which tells of a cut wins."""
        if isinstance(reason, str) and reason and (not self.finish_reason or reason in UNFINISHED):
            self.finish_reason = reason

    def _grow(self, size: int) -> None:
        self.size += size
        if self._text_size > MAX_TEXT or self.size > MAX_TURN:
            raise Fault(Kind.FLOOD)

    def _add_calls(self, entries: list[dict[str, Any]]) -> str:
        """Give each entry to its call; return the names of those that begin."""
        touched: list[_Slot] = []
        begun = []
        for position, entry in enumerate(entries):
            piece = _piece(entry, position - len(entries))
            slot = self._slot(piece, touched)
            touched.append(slot)
            slot.id = slot.id or piece.id
            if piece.name and not slot.name:
                begun.append(piece.name)
            if not slot.pieces and piece.name != slot.name:
                slot.name += piece.name
            if piece.arguments:
                slot.pieces.append(piece.arguments)
            self._grow(piece.size)
        return ", ".join(begun)

    def _slot(self, piece: _Piece, touched: list[_Slot]) -> _Slot:
        """Return the call that a piece continues, or a new one."""
        found = self._known(piece)
        if found is None or _begins_another(found, piece, again=found in touched):
            if len(self._slots) == MAX_CALLS:
                raise Fault(Kind.FLOOD)
            found = _Slot(piece.index)
            self._slots.append(found)
        return found

    def _known(self, piece: _Piece) -> _Slot | None:
        """Return the call that a piece names: by index, by id, else the last (none: a new one)."""
        newest_first = self._slots[::-1]
        if piece.index is not None:
            for slot in newest_first:
                if slot.index == piece.index:
                    return slot
        if piece.id:
            for slot in newest_first:
                if slot.id == piece.id:
                    return slot
        nowhere = piece.index is None and not piece.id
        if not self._slots or (piece.name and not nowhere):
            return None
        if nowhere and not piece.name:
            return self._slots[max(piece.position, -len(self._slots))]
        return self._slots[-1]


@dataclass(frozen=True, slots=True)
class _Piece:
    """One entry of a delta's ``tool_calls``, read without trust in its shape.

    ``position`` counts from the end of the delta: the last entry has -1.
    """

    position: int
    index: int | str | None
    id: str
    name: str
    arguments: str | dict[str, Any] | list[Any]

    @property
    def size(self) -> int:
        arguments = self.arguments
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return _size(self.name) + _size(text)


def _piece(entry: dict[str, Any], position: int) -> _Piece:
    function = entry.get("function")
    function = function if isinstance(function, dict) else {}
    index, arguments = entry.get("index"), function.get("arguments")
    return _Piece(
        position,
        index if isinstance(index, int | str) else None,
        _string(entry.get("id")),
        _string(function.get("name")),
        arguments if isinstance(arguments, str | dict | list) else "",
    )


def _begins_another(slot: _Slot, piece: _Piece, *, again: bool) -> bool:
    """Whether a piece begins another call than the one it seems to continue.

    Some servers give every call the same index, or none; others repeat the name in each chunk,
    the last one of which brings no arguments.
    """
    if not (piece.name and slot.name):
        return False
    if again or (piece.id and slot.id and piece.id != slot.id):
        return True
    if piece.name != slot.name:
        return bool(slot.pieces)
    blank = isinstance(piece.arguments, str) and not piece.arguments.strip()
    return bool(piece.arguments) and not blank and slot.whole


def _first_choice(choices: Any) -> dict[str, Any]:
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _entries(delta: dict[str, Any]) -> list[dict[str, Any]]:
    calls = delta.get("tool_calls")
    entries = [one for one in calls if isinstance(one, dict)] if isinstance(calls, list) else []
    # The form of old, which llama-cpp-python sends as a copy beside the new one.
    if not entries and isinstance(delta.get("function_call"), dict):
        entries.append({"index": 0, "function": delta["function_call"]})
    return entries


def _text_of(content: Any) -> str:
    """Return the text of a content field: a string, or a list of parts with text."""
    if isinstance(content, list):
        return "".join(_parts(content))
    return _string(content)


def _parts(content: list[Any]) -> Iterator[str]:
    for part in content:
        yield _string(part.get("text")) if isinstance(part, dict) else _string(part)


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
