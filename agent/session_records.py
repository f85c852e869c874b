"""The lines of a session file: what each may hold, how it is written, and how it is believed.

A session is JSON Lines: a header, then a record for each thing that happened, in its order
(docs/sessions.md). Reading checks every line against these models and runs nothing: a line that
does not fit is no record. Text is escaped to ASCII, so that any name a disk can hold comes back.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

FORMAT: Literal["tagsmith-session"] = "tagsmith-session"
VERSION = 1
MAX_LINE = 16 << 20
MAX_TEXT = 100_000

Count = Annotated[int, Field(ge=0, lt=1 << 31)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Header(_Line):
    """The first line. ``dataset`` is percent-escaped (``tools.paths.escape``)."""

    format: Literal["tagsmith-session"] = FORMAT
    version: Literal[1] = 1
    dataset: str
    started: str


class Words(_Line):
    """What the user said, or the command that the user gave; ``turn`` counts from 1."""

    kind: Literal["words"] = "words"
    turn: Count
    text: str


class Answer(_Line):
    """What the engine answered."""

    kind: Literal["answer"] = "answer"
    text: str


class Ran(_Line):
    """A tool that ran, what it answered, and how many files it staged."""

    kind: Literal["ran"] = "ran"
    tool: str
    arguments: dict[str, Any]
    text: str
    files: Count


class Remark(_Line):
    """A remark of the application's own."""

    kind: Literal["remark"] = "remark"
    text: str


class Question(_Line):
    """What the engine asked, and what could be said."""

    kind: Literal["question"] = "question"
    text: str
    suggestions: list[str]


class Failure(_Line):
    """An error as it was told."""

    kind: Literal["failure"] = "failure"
    text: str
    hint: str
    exit: Count


class Settlement(_Line):
    """What became of a plan or of a turn."""

    kind: Literal["settled"] = "settled"
    how: Literal["applied", "rejected", "stopped"]
    text: str


class StagedStep(_Line):
    """A step of the pending plan, as a tool call."""

    number: Count
    tool: str
    arguments: dict[str, Any]
    summary: str
    dropped: bool


class HandEdit(_Line):
    """A caption that the user wrote by hand after a step.

    ``path`` is where the caption stands on disk; ``seen`` the digest of what stood there then,
    empty where no file did.
    """

    path: str
    after: Count
    text: str
    seen: str


class RefusedTag(_Line):
    """A tag that the plan would add, or else remove, everywhere, and that the user refused."""

    tag: str
    added: bool


class Staging(_Line):
    """The pending plan as it stands from here on; the last one of a session counts.

    ``undoes`` are the entries of the journal that it takes back. Sessions of before there were
    refusals have none.
    """

    kind: Literal["staging"] = "staging"
    files: Count
    steps: list[StagedStep]
    dropped: list[str]
    edits: list[HandEdit]
    undoes: list[str]
    refused: list[RefusedTag] = []


class ModelCall(_Line):
    """A tool call of a model."""

    id: str
    name: str
    arguments: dict[str, Any]


class Spoken(_Line):
    """A message between the application and a model; ``calls`` and the rest as its role has it."""

    role: Literal["user", "model", "tool"]
    text: str
    calls: list[ModelCall] = []
    thoughts: str = ""
    call: str = ""
    tool: str = ""
    short: str = ""
    failed: bool = False


class Memory(_Line):
    """A turn as the model knows it."""

    kind: Literal["memory"] = "memory"
    messages: list[Spoken]


Record = Words | Answer | Ran | Remark | Question | Failure | Settlement | Staging | Memory
_RECORD: TypeAdapter[Record] = TypeAdapter(
    Annotated[Record, Field(discriminator="kind")], config=ConfigDict(defer_build=True)
)


def encode(line: Header | Record) -> bytes:
    """Return a line of the file, its newline included; the kind comes first."""
    fields = line.model_dump(exclude_defaults=isinstance(line, Memory))
    if isinstance(line, Memory):
        fields = {"kind": line.kind, **fields}
    return json.dumps(fields, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def decode(line: bytes) -> Record | None:
    """Return the record on a line; None where it is none."""
    if len(line) > MAX_LINE:
        return None
    try:
        return _RECORD.validate_python(json.loads(line))
    except (ValueError, RecursionError):  # ValidationError, UnicodeDecodeError are ValueErrors
        return None


def decode_header(line: bytes) -> Header | int | None:
    """Return the header on a line; the version alone where it is another; None: no session."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or fields.get("format") != FORMAT:
        return None
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        return version
    try:
        return Header.model_validate(fields)
    except ValidationError:
        return None


def is_plan(line: bytes) -> bool:
    """Tell, without reading a line, whether it may say what is pending."""
    return line.startswith((b'{"kind":"staging"', b'{"kind":"settled"'))


def clipped(text: str) -> str:
    """Return text that is not too long to be kept."""
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
