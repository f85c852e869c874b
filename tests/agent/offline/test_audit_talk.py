"""Questions about what is wrong, and orders to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tagsmith.agent.offline.engine import OfflineEngine
from tagsmith.tools.demo import draw_demo
from tagsmith.tools.workspace import Workspace

Talk = Callable[..., Any]
ALL = [("audit_dataset", {"check": "all"})]


def _judges(word: str) -> list[tuple[str, dict[str, Any]]]:
    return [("judge_trigger", {"trigger": word})]


def _mends(trainer: str) -> list[tuple[str, dict[str, Any]]]:
    return [("fix_trainer", {"trainer": trainer})]


SAYINGS = {
    "what is wrong with this dataset?": ALL,
    "what's wrong here": ALL,
    "audit the dataset": ALL,
    "are there any problems with my dataset?": ALL,
    "¿qué está mal en este dataset?": ALL,
    "¿qué problemas tiene el dataset?": ALL,
    "analiza el dataset": ALL,
    "revisa el dataset": ALL,
    "show me finding 2": [("audit_dataset", {"check": "2"})],
    "muéstrame el hallazgo 2": [("audit_dataset", {"check": "2"})],
    "¿qué tags debería podar?": ALL,
    "which tags should I prune?": ALL,
    "what tags can I remove?": ALL,
    "¿qué etiquetas me conviene quitar?": ALL,
    "qué tags sobran": ALL,
    "is coco a good trigger?": _judges("coco"),
    "would coco be a good trigger?": _judges("coco"),
    "¿es coco un buen trigger?": _judges("coco"),
    "¿sirve dog como trigger?": _judges("dog"),
    "make this ready for kohya": _mends("kohya"),
    "prepare the dataset for OneTrainer": _mends("onetrainer"),
    "get this ready for ai-toolkit": _mends("ai-toolkit"),
    "deja esto listo para kohya": _mends("kohya"),
    "prepara el dataset para diffusers": _mends("diffusers"),
    "what would kohya read?": [("lint_trainer", {"trainer": "kohya"})],
    "¿qué lee onetrainer?": [("lint_trainer", {"trainer": "onetrainer"})],
    "which tags are redundant?": [("audit_dataset", {"check": "redundant"})],
    "¿hay tags contradictorios?": [("audit_dataset", {"check": "contradictory"})],
    "is the dataset varied?": [("audit_dataset", {"check": "variance"})],
    "are there duplicate images?": [("find_duplicates", {})],
    "busca imágenes repetidas": [("find_duplicates", {})],
}


@pytest.mark.parametrize(("text", "calls"), SAYINGS.items())
def test_a_question_or_order_becomes_its_call(
    text: str, calls: list[tuple[str, dict[str, Any]]], talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tagsmith.agent.offline import engine
    from tagsmith.tools.toolbox import Outcome

    # What the tools find is their own tests' matter.
    monkeypatch.setattr(
        engine.toolbox, "call", lambda *_: Outcome("looked", {"rows": [], "notes": []})
    )
    conversation = talk(text)
    assert conversation.calls == calls
    assert conversation.steps == []


@pytest.mark.parametrize(
    "text",
    [
        "remove the duplicate tags",
        "fix the spaces",
        "merge dog and cat into pet",
        "prune watermark",
    ],
)
def test_orders_about_tags_are_none_of_the_audit(text: str, talk: Talk) -> None:
    called = {name for name, _ in talk(text).calls}
    assert not called & {"audit_dataset", "fix_findings", "consolidate_tags", "fix_trainer"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo") / "demo"
    draw_demo(str(root))
    return root


def _say(workspace: Workspace, engine: OfflineEngine, text: str) -> str:
    return "".join(getattr(one, "text", "") for one in engine.respond(text, workspace))


def test_advice_is_staged_by_its_number_and_only_then(demo: Path) -> None:
    workspace, engine = Workspace.open(demo), OfflineEngine()
    said = _say(workspace, engine, "which tags should I prune?")
    assert workspace.steps == []
    row = next(line for line in said.splitlines() if "shirt says nothing beside" in line)
    number = row.split()[0]
    _say(workspace, engine, f"fix {number}")
    changes = workspace.plan().changes
    assert len(changes) == 8
    for change in changes:
        before, after = change.before or b"", change.after or b""
        assert before.replace(b"_", b" ").count(b"shirt") == 2
        assert after.replace(b"_", b" ").count(b"white shirt") == 1
        assert after.replace(b"_", b" ").count(b"shirt") == 1


def test_consolidating_is_one_step(demo: Path) -> None:
    workspace, engine = Workspace.open(demo), OfflineEngine()
    _say(workspace, engine, "unifica los tags redundantes")
    assert [step.tool for step in workspace.steps] == ["consolidate_tags"]
    assert not any(b"white_shirt" in (change.after or b"") for change in workspace.plan().changes)


def test_a_trainer_is_told_of_and_nothing_is_decided(demo: Path) -> None:
    workspace, engine = Workspace.open(demo), OfflineEngine()
    said = _say(workspace, engine, "make this ready for kohya")
    assert "img_027" in said  # not UTF-8: training would stop, and only the user knows the encoding
    assert workspace.plan().totals.files == 0
