"""The object of ``--json``: its schema and what it makes of odd names and bytes."""

from __future__ import annotations

import json
import os

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.agent.result import Result, Status, StepResult
from tagsmith.agent.result_json import ResultModel, schema, to_json
from tagsmith.tools.errors import (
    BudgetError,
    ConflictError,
    Exit,
    NotUnderstoodError,
    OutcomeUnknownError,
    ServerError,
    TagsmithError,
    UsageError,
)
from tagsmith.tools.journal import Applied
from tagsmith.tools.paths import unescape
from tagsmith.tools.plan import Change, Kind, Plan

PLAN = Plan.of(
    "Everything",
    (),
    [
        Change(Kind.EDIT, "a.txt", b"dog, cat", b"dog"),
        Change(Kind.CREATE, "b.txt", after="\u202e\x1b[31m".encode()),
        Change(Kind.MOVE, "c\udcff%.png", to="_isolated/c\udcff%.png", seen=b"0" * 16),
        Change(Kind.TRASH, "d\n.png", seen=b"1" * 16),
        Change(Kind.EDIT, "e.txt", b"caf\xe9", "café".encode()),
    ],
)


VALIDATOR = jsonschema.Draft202012Validator(schema())


def printed(result: Result) -> dict[str, object]:
    text = "".join(to_json(result))
    assert text.isascii()
    assert text.endswith("}\n")
    found = json.loads(text)
    VALIDATOR.validate(found)
    ResultModel.model_validate_json(text)  # a strict reader: no lone surrogate passes
    return found


def test_every_key_of_the_contract_is_there():
    found = printed(Result(Status.PLANNED, "Hello", "offline", plan=PLAN))
    assert set(found) == {
        *("status", "message", "engine", "steps", "plan", "applied", "conflicts"),
    }
    assert set(found["plan"]) == {
        *("id", "title", "files", "tags_added", "tags_removed", "moved", "trashed", "created"),
        "changes",
    }
    assert found["plan"]["files"] == 5
    assert found["plan"]["id"] == PLAN.id


def test_changes_have_paths_that_come_back_and_names_that_can_be_read():
    changes = printed(Result(Status.PLANNED, "", plan=PLAN))["plan"]["changes"]
    assert [unescape(one["path"]) for one in changes] == [one.path for one in PLAN.changes]
    by_kind = {one["kind"]: one for one in changes}
    assert by_kind["move"] == {
        "path": "c%FF%25.png",
        "display": "c\\xff%.png",
        "kind": "move",
        "before": None,
        "after": None,
        "to": "_isolated/c%FF%25.png",
    }
    assert by_kind["trash"]["display"] == "d\\n.png"
    assert by_kind["create"]["after"] == "\u202e\x1b[31m"
    assert changes[-1]["before"] == "caf\\xe9"


def test_a_plan_without_changes_and_no_plan_are_json_too():
    assert printed(Result(Status.REPORT, ""))["plan"] is None
    assert printed(Result(Status.PLANNED, "", plan=Plan.of("", (), [])))["plan"]["changes"] == []


def test_what_was_applied_is_told():
    applied = Applied("0001-abcdef01", PLAN.id, PLAN.totals, True, 5, ("Two hard links.",))
    found = printed(Result(Status.APPLIED, "", plan=PLAN, applied=applied))
    assert found["applied"] == {
        "entry": "0001-abcdef01",
        "plan": PLAN.id,
        "durable": True,
        "verified": 5,
        "messages": ["Two hard links."],
    }


@pytest.mark.parametrize(
    ("error", "status", "exit_status"),
    [
        (TagsmithError("x"), Status.ERROR, Exit.FAILED),
        (UsageError("x"), Status.ERROR, Exit.USAGE),
        (NotUnderstoodError("x"), Status.CLARIFY, Exit.CLARIFY),
        (ServerError("x"), Status.ERROR, Exit.SERVER),
        (ConflictError("x", paths=("a\udcff",)), Status.CONFLICT, Exit.CONFLICT),
        (OutcomeUnknownError("x"), Status.APPLIED, Exit.UNKNOWN),
        (BudgetError("x"), Status.ERROR, Exit.BUDGET),
    ],
)
def test_every_error_is_a_result(error, status, exit_status):
    result = Result.failed(error)
    assert (result.status, result.exit) == (status, exit_status)
    assert printed(result)["conflicts"] == (["a%FF"] if status is Status.CONFLICT else [])


paths = st.lists(
    st.binary(min_size=1, max_size=8).filter(lambda name: not set(name) & {0, 47}), min_size=1
).map(lambda parts: os.fsdecode(b"/".join(parts)))


@settings(deadline=None)
@given(paths, st.binary(), st.text(), st.dictionaries(st.text(), st.text()))
def test_any_name_any_bytes_and_any_text_become_valid_json(path, data, text, arguments):
    strange = text + path
    plan = Plan.of(strange, (), [Change(Kind.EDIT, path, b"", data)])
    step = StepResult("x", {**arguments, "strange": [strange]}, {strange: {"rows": [strange]}})
    found = printed(Result(Status.PLANNED, strange, steps=(step,), plan=plan, conflicts=(path,)))
    assert unescape(found["plan"]["changes"][0]["path"]) == path
    assert unescape(found["conflicts"][0]) == path
