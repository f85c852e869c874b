"""The one JSON object that ``--json`` prints; its schema is published by ``tagsmith tools --json``.

A plan may be huge, so its changes are turned into JSON one by one. Paths are percent-escaped by
``tools.paths.escape``: lossless, and plain for a name that is UTF-8 and holds no ``%``. In any
other text, bytes that are not UTF-8 become ``\\xNN``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from tagsmith.agent.result import Result, Status
from tagsmith.tools.paths import display, escape
from tagsmith.tools.plan import Change, Kind, Plan

if TYPE_CHECKING:
    from tagsmith.tools.journal import Applied

_SURROGATE = re.compile("[\ud800-\udfff]")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class StepModel(_Model):
    """One tool call."""

    tool: str
    arguments: dict[str, Any]
    result: dict[str, Any] = Field(description="rows and totals; see the tool")


class ChangeModel(_Model):
    """What happens to one file; ``before`` and ``after`` are whole captions."""

    path: str = Field(description="relative, '/'-separated; '%' and non-UTF-8 bytes as %NN")
    display: str = Field(description="the same for people, on one line")
    kind: Kind
    before: str | None = None
    after: str | None = None
    to: str | None = Field(default=None, description="where a moved file goes, like path")


class PlanModel(_Model):
    """The net difference; ``id`` is what ``--approve`` takes."""

    id: str
    title: str
    files: int
    tags_added: int
    tags_removed: int
    moved: int
    trashed: int
    created: int
    changes: list[ChangeModel]


class AppliedModel(_Model):
    """The history's entry of an applied plan; ``durable`` false is exit status 6."""

    entry: str
    plan: str
    durable: bool
    verified: int = Field(description="files read back as written")
    messages: list[str]


class ResultModel(_Model):
    """The object that ``--json`` prints."""

    status: Status
    message: str
    engine: str | None = Field(default=None, description="what understood the words, if any did")
    steps: list[StepModel] = []
    plan: PlanModel | None = None
    applied: AppliedModel | None = None
    conflicts: list[str] = Field(default=[], description="paths that are not as the plan saw them")


def schema() -> dict[str, Any]:
    """Return the JSON Schema of what ``--json`` prints."""
    return ResultModel.model_json_schema(mode="serialization")


def to_json(result: Result) -> Iterator[str]:
    """Yield the JSON object in pieces, all ASCII, each change as a line of its own.

    ASCII, because captions may hold what steers a terminal or what its encoding lacks.
    """
    about = ResultModel(
        status=result.status,
        message=text(result.message),
        engine=result.engine,
        steps=[
            StepModel(
                tool=step.tool, arguments=_readable(step.arguments), result=_readable(step.result)
            )
            for step in result.steps
        ],
        applied=_applied(result.applied),
        conflicts=[escape(path) for path in result.conflicts],
    )
    fields = about.model_dump(mode="json", exclude={"plan"})
    yield json.dumps(fields)[:-1] + ', "plan": '
    if result.plan is None:
        yield "null}\n"
        return
    head = _plan(result.plan).model_dump(mode="json", exclude={"changes"})
    yield json.dumps(head)[:-1] + ', "changes": ['
    yield from _rows(result.plan.changes)
    yield "]}}\n"


def change_fields(change: Change) -> dict[str, Any]:
    """Return one change as ``ChangeModel`` has it."""
    return {
        "path": escape(change.path),
        "display": display(change.path),
        "kind": change.kind.value,
        "before": _caption(change.before),
        "after": _caption(change.after),
        "to": None if change.to is None else escape(change.to),
    }


def text(given: str) -> str:
    """Return text that JSON can carry: bytes that are not UTF-8 become ``\\xNN``."""
    return _SURROGATE.sub(lambda match: f"\\x{ord(match[0]) & 0xFF:02x}", given)


def _rows(changes: Iterable[Change]) -> Iterator[str]:
    separator = "\n"
    for change in changes:
        yield separator + json.dumps(change_fields(change))
        separator = ",\n"


def _caption(data: bytes | None) -> str | None:
    return None if data is None else data.decode("utf-8", "backslashreplace")


def _plan(plan: Plan) -> PlanModel:
    totals = plan.totals
    return PlanModel(
        id=plan.id,
        title=text(plan.title),
        files=totals.files,
        tags_added=totals.tags_added,
        tags_removed=totals.tags_removed,
        moved=totals.moved,
        trashed=totals.trashed,
        created=totals.created,
        changes=[],
    )


def _applied(applied: Applied | None) -> AppliedModel | None:
    if applied is None:
        return None
    return AppliedModel(
        entry=applied.tx_id,
        plan=applied.plan_id,
        durable=applied.durable,
        verified=applied.verified,
        messages=[text(message) for message in applied.messages],
    )


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(str(name)): _readable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(one) for one in value]
    return value
