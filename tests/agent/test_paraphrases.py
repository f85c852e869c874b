"""The offline engine on requests in the words of others (PARAPHRASES.md says how they are judged).

``paraphrases.jsonl`` is held out: only rates are printed, so that its sentences stay unknown to
whoever works on the grammar. ``offline/development.jsonl`` is what the grammar was developed on.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tagsmith.agent.events import Asked, Call, Failed, ToolFinished
from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools import toolbox
from tagsmith.tools.caption import Caption
from tagsmith.tools.plan import Change, Kind
from tagsmith.tools.tags import key
from tagsmith.tools.workspace import Workspace

HERE = Path(__file__).parent
READS = {
    "find_images",
    "list_tag_frequencies",
    "show_sample",
    "co_occurrence",
    "sample_images",
}

Effect = frozenset[tuple[str, str, Any]]
Expected = Sequence[tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Verdict:
    right: bool
    wrong_edit: bool


@dataclass(frozen=True, slots=True)
class Openness:
    """What the expected calls leave open: the place of an added tag, the name of a folder."""

    order: bool
    name: bool

    @classmethod
    def of(cls, calls: Expected) -> Openness:
        adds = [given for tool, given in calls if tool == "add_trigger"]
        isolated = [given for tool, given in calls if tool == "isolate_images"]
        return cls(
            any("position" not in given and "after" not in given for given in adds),
            any("name" not in given for given in isolated),
        )


def effect(workspace: Workspace, left_open: Openness) -> Effect:
    """What is pending: for each file what happens to it."""
    return frozenset(_told(change, left_open) for change in workspace.plan().changes)


def _told(change: Change, left_open: Openness) -> tuple[str, str, Any]:
    if change.kind is Kind.MOVE:
        return change.path, "move", None if left_open.name else change.to
    if change.after is None:
        return change.path, change.kind.value, None
    if not left_open.order:
        return change.path, change.kind.value, change.after
    tags = Counter(Caption.parse(change.after).keys)
    return change.path, change.kind.value, frozenset(tags.items())


def expected_effect(root: Path, calls: Expected, left_open: Openness) -> Effect:
    workspace = Workspace.open(root)
    for tool, given in calls:
        if tool not in READS:
            arguments = {"name": "unnamed", **given} if tool == "isolate_images" else given
            toolbox.call(workspace, tool, arguments)
    return effect(workspace, left_open)


def same_read(root: Path, made: Call, tool: str, given: dict[str, Any]) -> bool:
    if made.tool != tool:
        return False
    workspace = Workspace.open(root)
    chosen = [
        {sample.image for sample in workspace.select(arguments.get("where"))}
        for arguments in (made.arguments, given)
    ]
    named = all(
        _comparable(made.arguments.get(name)) == _comparable(value)
        for name, value in given.items()
        if name != "where"
    )
    return named and chosen[0] == chosen[1]


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(key(tag) for tag in value)
    return value.removesuffix(".png") if isinstance(value, str) else value


def judge(root: Path, line: dict[str, Any]) -> Verdict:
    workspace, engine = Workspace.open(root), OfflineEngine()
    for text in line["before"]:
        list(engine.respond(text, workspace))
    expect = line["expect"]
    choices: list[Expected] = [expect["calls"], *expect.get("also", [])]
    opens = [Openness.of(calls) for calls in choices]
    started = [effect(workspace, left_open) for left_open in opens]
    events = list(engine.respond(line["text"], workspace))
    ended = [effect(workspace, left_open) for left_open in opens]
    fits = [
        now == expected_effect(root, calls, left_open) and _reads_made(root, events, calls)
        for calls, left_open, now in zip(choices, opens, ended, strict=True)
    ]
    asked = any(isinstance(event, Asked | Failed) for event in events)
    right = any(fits) and (asked or expect.get("reply") != "clarify")
    same_edits = any(
        now == expected_effect(root, calls, left_open)
        for calls, left_open, now in zip(choices, opens, ended, strict=True)
    )
    return Verdict(right, wrong_edit=not same_edits and started[0] != ended[0])


def _reads_made(root: Path, events: Iterable[Any], calls: Expected) -> bool:
    made = [event.call for event in events if isinstance(event, ToolFinished)]
    return all(
        any(same_read(root, call, tool, given) for call in made)
        for tool, given in calls
        if tool in READS
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("paraphrases")
    fixture = json.loads((HERE / "paraphrase_fixture.json").read_text(encoding="utf-8"))
    for name, caption in fixture.items():
        (folder / f"{name}.png").write_bytes(b"not a picture, and never opened")
        if caption is not None:
            (folder / f"{name}.txt").write_text(caption, encoding="utf-8")
    return folder


def lines_of(name: str) -> list[dict[str, Any]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def table(lines: list[dict[str, Any]], verdicts: list[Verdict]) -> str:
    """Return the rates by language and kind."""
    total: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    wrong: Counter[tuple[str, str]] = Counter()
    for line, verdict in zip(lines, verdicts, strict=True):
        for place in ((line["lang"], line["kind"]), (line["lang"], "all"), ("all", "all")):
            total[place] += 1
            right[place] += verdict.right
            wrong[place] += verdict.wrong_edit
    rows = [
        f"{lang:4}{kind:12}{right[lang, kind]:4} of {total[lang, kind]:3}"
        f"{100 * right[lang, kind] / total[lang, kind]:6.1f} %  wrong edits {wrong[lang, kind]}"
        for lang, kind in sorted(total)
    ]
    return "\n".join(rows)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        pytest.param("paraphrases.jsonl", 0.90, id="held-out"),
        pytest.param(
            "offline/development.jsonl", 0.95, id="development", marks=pytest.mark.nightly
        ),
    ],
)
def test_paraphrases_are_right_and_never_a_wrong_edit(root: Path, name: str, least: float) -> None:
    lines = lines_of(name)
    verdicts = [judge(root, line) for line in lines]
    rates = table(lines, verdicts)
    print(f"\n{rates}")
    wrong = [
        line["id"] for line, verdict in zip(lines, verdicts, strict=True) if verdict.wrong_edit
    ]
    assert wrong == [], rates
    assert len(lines) >= 100
    assert sum(verdict.right for verdict in verdicts) >= least * len(lines), rates
