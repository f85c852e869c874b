"""Plan files: a reviewed plan that is applied later, or by somebody else.

JSON Lines: a header, one change a line, and a trailer with the number of changes and the BLAKE2b
digest of every byte before it. Paths are percent-escaped (``tools.paths.escape``); captions are
text, or base64 where they are not UTF-8. docs/command-line.md describes the use.

A file from elsewhere is never believed: every field is validated, the plan's id is computed anew,
and ``tools.foreign`` says what such a plan may do.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tagsmith.tools import saving
from tagsmith.tools.caption import MAX_BYTES
from tagsmith.tools.errors import DatasetError, ForeignPlanError, UsageError
from tagsmith.tools.foreign import why_refused
from tagsmith.tools.overlay import notes
from tagsmith.tools.pairing import CAPTION_SUFFIXES
from tagsmith.tools.paths import STATE_FOLDER, check_relative, display, escape, unescape
from tagsmith.tools.plan import Change, Kind, Plan, Step

FORMAT: Literal["tagsmith-plan"] = "tagsmith-plan"
VERSION: Literal[1] = 1

MAX_CHANGES = 10_000_000
# Two captions of the largest size, each byte escaped as \u00NN, and room for the names.
MAX_LINE = 2 * 6 * MAX_BYTES + (1 << 17)
MAX_PATH = 4096 * 3
MAX_TEXT = 1 << 16
_CHUNK = 1 << 20
_BEGINNING = b'{"format":"%s"' % FORMAT.encode()
_AGAIN = "Nothing was changed; save the plan again with --plan-out."

Path = Annotated[str, Field(min_length=1, max_length=MAX_PATH)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Entry = Annotated[str, Field(pattern=r"^[0-9]{4,9}-[0-9a-f]{8}$")]
Caption = Annotated[str, Field(max_length=2 * MAX_BYTES)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


Model = TypeVar("Model", bound=_Line)


class _Step(_Line):
    number: Annotated[int, Field(ge=1, le=1_000_000)]
    tool: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    arguments: dict[str, Any]
    summary: Text


class _Header(_Line):
    format: Literal["tagsmith-plan"]
    version: Literal[1]
    dataset: Text
    plan: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    title: Text
    steps: Annotated[list[_Step], Field(max_length=10_000)]
    undoes: Annotated[list[Entry], Field(max_length=1_000)]
    partial: bool = False


class _Change(_Line):
    kind: Literal["edit", "create", "move", "trash"]
    path: Path
    to: Path | None = None
    before: Caption | None = None
    before_base64: Caption | None = None
    after: Caption | None = None
    after_base64: Caption | None = None
    seen: Digest | None = None
    sample: Annotated[str, Field(max_length=MAX_PATH)] = ""
    steps: Annotated[list[int], Field(max_length=10_000)] = []
    mtime_ns: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    yours: bool = False


class _Trailer(_Line):
    changes: Annotated[int, Field(ge=0, le=MAX_CHANGES)]
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan as it was read, and the name of the folder for which it was made."""

    plan: Plan
    dataset: str


# Save


def save(plan: Plan, root: str, path: str) -> None:
    """Write a plan into a file, whole or not at all, over an older plan file if there is one.

    Raises UsageError where the file is another one, or one that the plan touches, or where the plan
    holds more than a plan file can; DatasetError where it cannot be written.
    """
    target = os.path.abspath(path)
    try:
        _check_target(plan, root, target)
        saving.replace(target, _lines(plan, os.path.basename(os.path.realpath(root))))
    except ValidationError as error:
        raise UsageError(
            f"The plan cannot be saved in a file: {_explained(error)}.",
            "Nothing was changed; apply it without --plan-out.",
        ) from error
    except OSError as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(
            f"The plan cannot be written to {display(path)}: {error.strerror or error}.",
            "Nothing was changed; give another --plan-out.",
        ) from error


def _check_target(plan: Plan, root: str, target: str) -> None:
    if os.path.isdir(target):
        raise UsageError(f"{display(target)} is a folder.", "Give --plan-out the name of a file.")
    inside = os.path.relpath(os.path.realpath(target), os.path.realpath(root)).replace(os.sep, "/")
    if os.path.lexists(target) and not _may_replace(target, outside=inside.startswith("../")):
        raise UsageError(
            f"{display(target)} exists and is no plan file.", "Give --plan-out another name."
        )
    touched = {name for change in plan.changes for name in (change.path, change.to)}
    if inside in touched or inside.split("/", 1)[0] == STATE_FOLDER:
        raise UsageError(
            f"{display(inside)} belongs to the plan itself or to Tagsmith's own files.",
            "Give --plan-out another name.",
        )


def _may_replace(path: str, *, outside: bool) -> bool:
    """Tell whether nothing is lost: an older plan file or, outside the dataset, an empty file."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        beginning = file.read(len(_BEGINNING))
    return beginning == _BEGINNING or (outside and not beginning)


def _lines(plan: Plan, dataset: str) -> Iterator[bytes]:
    state = blake2b(digest_size=32)
    for line in _models(plan, dataset):
        data = line.model_dump_json(exclude_defaults=True).encode() + b"\n"
        state.update(data)
        yield data
    trailer = _Trailer(changes=len(plan.changes), digest=state.hexdigest())
    yield trailer.model_dump_json().encode() + b"\n"


def _models(plan: Plan, dataset: str) -> Iterator[_Line]:
    steps = [
        _Step(number=one.number, tool=one.tool, arguments=one.arguments, summary=_text(one.summary))
        for one in plan.steps
    ]
    yield _Header(
        format=FORMAT,
        version=VERSION,
        dataset=_text(display(dataset)),
        plan=plan.id,
        title=_text(plan.title),
        steps=steps,
        undoes=list(plan.undoes),
        partial=plan.partial,
    )
    yield from map(_saved, plan.changes)


def _text(text: str) -> str:
    return text[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()[:MAX_TEXT]


def _saved(change: Change) -> _Change:
    return _Change(
        kind=change.kind.value,
        path=escape(change.path),
        to=None if change.to is None else escape(change.to),
        **_caption("before", change.before),
        **_caption("after", change.after),
        seen=None if change.seen is None else change.seen.hex(),
        sample=escape(change.sample),
        steps=list(change.steps),
        mtime_ns=change.mtime_ns,
        yours=change.yours,
    )


def _caption(name: str, data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {}
    try:
        return {name: data.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(data).decode()}


def _explained(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" if where else problem["msg"]


# Load


def load(path: str, suffixes: tuple[str, ...] = CAPTION_SUFFIXES) -> PlanFile:
    """Read a plan file; ``suffixes`` are those of captions, the only files that it may write.

    Raises UsageError where there is no such file, ForeignPlanError where it is no whole plan file
    of this version, or holds what no tool of Tagsmith would plan.
    """
    name = display(path)
    if os.path.isdir(path):
        raise UsageError(f"{name} is a folder, not a plan file.", "Give the file of --plan-out.")
    try:
        with open(path, "rb", buffering=_CHUNK) as file:
            return _Reader(name, suffixes).read(file)
    except FileNotFoundError as error:
        raise UsageError(f"There is no plan file {name}.", "Check the path.") from error
    except OSError as error:
        reason = error.strerror or error
        raise DatasetError(f"The plan file {name} cannot be read: {reason}.") from error


@dataclass(slots=True)
class _Reader:
    """Reads one plan file; ``name`` is how messages call it."""

    name: str
    suffixes: tuple[str, ...]
    number: int = 1

    def read(self, file: BinaryIO) -> PlanFile:
        state = blake2b(digest_size=32)
        first = file.readline(MAX_LINE)
        header = self._header(first)
        state.update(first)
        changes: list[Change] = []
        while not (line := self._line(file)).startswith(b'{"changes":'):
            changes.append(self._change(self._model(_Change, line), undo=bool(header.undoes)))
            state.update(line)
            if len(changes) > MAX_CHANGES:
                raise self._wrong(f"it holds more than {MAX_CHANGES:,} changes")
        trailer = self._model(_Trailer, line)
        if file.read(1):
            raise self._wrong("it goes on behind its end")
        steps = [Step(one.number, one.tool, one.arguments, one.summary) for one in header.steps]
        plan = Plan.of(
            header.title, steps, changes, undoes=tuple(header.undoes), partial=header.partial
        )
        whole = trailer.changes == len(changes) and trailer.digest == state.hexdigest()
        if not whole or plan.id != header.plan:
            raise ForeignPlanError(
                f"The plan file {self.name} was changed after it was saved.",
                _AGAIN,
            )
        return PlanFile(plan, header.dataset)

    def _header(self, line: bytes) -> _Header:
        if not line:
            raise ForeignPlanError(f"The plan file {self.name} is empty.", _AGAIN)
        if not line.startswith(b"{") or b"\0" in line:
            raise self._foreign()
        if not line.endswith(b"\n"):
            raise self._cut() if line.startswith(_BEGINNING) else self._foreign()
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise self._foreign() from error
        if found.get("format") != FORMAT:
            raise self._foreign()
        version = found.get("version")
        if isinstance(version, int) and version > VERSION:
            raise ForeignPlanError(
                f"The plan file {self.name} was written by a newer Tagsmith "
                f"(format {version}; this one reads up to {VERSION}).",
                "Update Tagsmith.",
            )
        return self._model(_Header, line)

    def _line(self, file: BinaryIO) -> bytes:
        self.number += 1
        line = file.readline(MAX_LINE)
        if not line.endswith(b"\n"):
            raise (
                self._wrong("it is longer than any change")
                if len(line) == MAX_LINE
                else (self._cut())
            )
        return line

    def _model(self, model: type[Model], line: bytes) -> Model:
        try:
            return model.model_validate_json(line)
        except ValidationError as error:
            raise self._wrong(_explained(error)) from error

    def _change(self, given: _Change, *, undo: bool) -> Change:
        before = self._bytes("before", given.before, given.before_base64)
        after = self._bytes("after", given.after, given.after_base64)
        change = Change(
            Kind(given.kind),
            self._path(given.path),
            before,
            after,
            to=None if given.to is None else self._path(given.to),
            seen=None if given.seen is None else bytes.fromhex(given.seen),
            sample=self._path(given.sample) if given.sample else "",
            steps=tuple(given.steps),
            notes=() if after is None else notes(before, after),
            mtime_ns=given.mtime_ns,
            yours=given.yours,
        )
        if reason := why_refused(change, self.suffixes, undo=undo):
            raise self._wrong(reason)
        return change

    def _path(self, text: str) -> str:
        try:
            path = check_relative(unescape(text))
        except UsageError as error:
            raise self._wrong(error.message) from error
        if escape(path) != text or os.fsdecode(os.fsencode(path)) != path:
            raise self._wrong(f"the path {display(text)!r} is not written as Tagsmith writes it")
        return path

    def _bytes(self, name: str, text: str | None, encoded: str | None) -> bytes | None:
        if text is None and encoded is None:
            return None
        if encoded is None:
            data = (text or "").encode()
        else:
            try:
                data = b64decode(encoded, validate=True)
            except ValueError as error:
                raise self._wrong(f"{name}_base64 is no base64") from error
        if len(data) > MAX_BYTES or (text is not None and encoded is not None):
            raise self._wrong(f"{name} is no caption")
        return data

    def _wrong(self, what: str) -> ForeignPlanError:
        return ForeignPlanError(
            f"The plan file {self.name} cannot be used: line {self.number}: {what}.", _AGAIN
        )

    def _cut(self) -> ForeignPlanError:
        return ForeignPlanError(
            f"The plan file {self.name} is cut off: its end is missing after line {self.number}.",
            _AGAIN,
        )

    def _foreign(self) -> ForeignPlanError:
        return ForeignPlanError(
            f"{self.name} is not a plan file of Tagsmith.", "Give the file of --plan-out."
        )
