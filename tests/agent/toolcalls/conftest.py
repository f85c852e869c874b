"""The tools and the message shapes that the tests of tool calls share."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tagsmith.agent.toolcalls import Interpretation, interpret

ROOT = Path(__file__).resolve().parents[3]
OWN_CASES = ROOT / "tests" / "data" / "toolcalls"
TAGS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
TOOLS: dict[str, dict[str, Any]] = {
    "replace_tags": {
        "type": "object",
        "properties": {"old": TAGS, "new": TAGS},
        "required": ["old", "new"],
    },
    "prune_tags": {"type": "object", "properties": {"tags": TAGS}, "required": ["tags"]},
    "list_tag_frequencies": {
        "type": "object",
        "properties": {"limit": {"type": "integer"}, "sort": {"type": "string"}},
        "required": [],
    },
}


def read_cases(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def own_cases() -> list[dict[str, Any]]:
    return [case for path in sorted(OWN_CASES.glob("*.jsonl")) for case in read_cases(path)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every test that asks for ``own_case`` one case of the repository's own corpus."""
    if "own_case" in metafunc.fixturenames:
        cases = own_cases()
        metafunc.parametrize("own_case", cases, ids=[case["id"] for case in cases])


class Ask:
    """Build messages as a server sends them, and interpret them with the tools of the corpus."""

    tools = TOOLS

    @cached_property
    def own_cases(self) -> list[dict[str, Any]]:
        return own_cases()

    def message(self, case: dict[str, Any], finish: str | None = "stop") -> dict[str, Any]:
        if case["where"] == "arguments":
            return self.native((case["tool"], case["raw"]), finish=finish)
        return {"role": "assistant", "content": case["raw"], "finish_reason": finish}

    def native(
        self, *calls: tuple[Any, Any], finish: str | None = "tool_calls", content: str = ""
    ) -> dict[str, Any]:
        entries = [
            {"id": "", "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in calls
        ]
        return {
            "role": "assistant",
            "content": content,
            "tool_calls": entries,
            "finish_reason": finish,
        }

    def __call__(
        self, message: dict[str, Any] | str, finish: str | None = "stop"
    ) -> Interpretation:
        if isinstance(message, str):
            message = {"role": "assistant", "content": message, "finish_reason": finish}
        return interpret(message, TOOLS)

    def calls(self, message: dict[str, Any] | str) -> list[dict[str, Any]]:
        return [{"name": one.name, "arguments": one.arguments} for one in self(message).calls]

    def wanted(self, case: dict[str, Any]) -> list[dict[str, Any]]:
        expected = case["expected"]
        return [expected] if isinstance(expected, dict) else expected or []


@pytest.fixture(scope="session")
def ask() -> Ask:
    return Ask()


@pytest.fixture(scope="session")
def sample() -> list[dict[str, Any]]:
    """The sample of the corpus, which lies beside a checkout and is no part of it."""
    path = ROOT.parent / "shared" / "corpus" / "toolcalls.jsonl"
    if not path.is_file():
        pytest.skip("../shared/corpus/toolcalls.jsonl is not here; the own cases are tested.")
    return read_cases(path)
