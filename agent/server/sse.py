"""Reading the body of a chat completion, as it arrives, into JSON objects.

The body is server-sent events, as the API has it, or one JSON object from a server that does not
stream. What is neither is told apart at its first byte, so that a web page is never waited for.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr

from tagsmith.agent.server.faults import Fault, Kind
from tagsmith.agent.server.refusals import refusal
from tagsmith.agent.server.words import one_line, server_words

MAX_EVENT = 2 * 1024 * 1024
MAX_BODY = 64 * 1024 * 1024
_NEWLINE = re.compile(rb"\r\n|\n|\r(?!\Z)")
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b"error:", b":")
_DONE = "[DONE]"


class Reader:
    """Turns pieces of bytes into chunks; ``done`` once the server has said that it is.

    Every method raises Fault: NOT_API for a body of another kind, GARBLED for bytes that are no
    UTF-8 or JSON, FLOOD over the sizes above, and what an error event tells.
    """

    def __init__(self, secret: SecretStr | None = None) -> None:
        self.done = False
        self.seen = 0
        self._secret = secret
        self._rest = b""
        self._data: list[str] = []
        self._is_error = False
        self._whole: bool | None = None

    def feed(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """Yield the chunks that a piece of the body completes."""
        half_newline = self._rest.endswith(b"\r")
        self.seen += len(piece)
        self._rest += piece
        if self.seen > MAX_BODY or len(self._rest) > MAX_EVENT:
            raise Fault(Kind.FLOOD)
        if self._whole is None:
            self._whole = self._sniff()
        # a long line in many pieces is searched once, not once a piece
        if self._whole is not False or not (half_newline or b"\n" in piece or b"\r" in piece):
            return
        *lines, self._rest = _NEWLINE.split(self._rest)
        for line in lines:
            if self.done:
                return
            yield from self._line(line)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield what the end of the body completes; a half event at the end is dropped."""
        if self._whole is None:
            # llama-cpp-python answers so to a prompt that is longer than its context.
            raise Fault(Kind.EMPTY)
        if self._whole:
            body = self._checked(self._parsed(self._text(self._rest)))
            if not isinstance(body.get("choices"), list):
                raise Fault(Kind.NOT_API, one_line(json.dumps(body), 80))
            self.done = True
            yield body
            return
        try:
            chunks = [*self._line(self._rest), *self._dispatch()]
        except Fault as fault:
            if fault.kind is not Kind.GARBLED:
                raise
            return
        yield from chunks

    def _sniff(self) -> bool | None:
        """Whether the body is one JSON object (else it is events); None: too short to tell."""
        start = self._rest.removeprefix(BOM_UTF8).lstrip()
        if not start or BOM_UTF8.startswith(start):
            return None
        if start.startswith(b"{"):
            return True
        if start.startswith(_FIELDS):
            self._rest = start
            return False
        if any(field.startswith(start) for field in _FIELDS):
            return None
        raise Fault(Kind.NOT_API, server_words(start[:4096], self._secret)[:80])

    def _line(self, line: bytes) -> Iterator[dict[str, Any]]:
        if not line.strip():
            yield from self._dispatch()
            return
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(self._text(value).removeprefix(" "))
        elif name == b"event":
            self._is_error = value.strip() == b"error"
        elif name == b"error":
            self._is_error = True
            self._data.append(self._text(value))

    def _dispatch(self) -> Iterator[dict[str, Any]]:
        lines, is_error = self._data, self._is_error
        self._data, self._is_error = [], False
        data = "\n".join(lines).strip()
        if is_error and data:
            raise self._refused(data)
        if not data:
            return
        for one in lines if len(lines) > 1 and not _is_json(data) else [data]:
            if one.strip().startswith(_DONE):
                self.done = True
                return
            chunk = self._parsed(one)
            if isinstance(chunk, dict):
                yield self._checked(chunk)

    def _text(self, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            raise Fault(Kind.GARBLED, detail="bytes that are not UTF-8") from None

    def _parsed(self, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Fault(Kind.GARBLED, detail="data that is not JSON") from None

    def _checked(self, chunk: Any) -> dict[str, Any]:
        if not isinstance(chunk, dict):
            raise Fault(Kind.NOT_API, one_line(json.dumps(chunk), 80))
        if chunk.get("error"):
            raise self._refused(chunk)
        return chunk

    def _refused(self, body: Any) -> Fault:
        text = body if isinstance(body, str) else json.dumps(body)
        return refusal(0, text, server_words(body, self._secret))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
