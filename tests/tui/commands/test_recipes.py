"""``tagsmith run``: recipes, recorded and replayed."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time

import pytest
from model_replies import calls, text
from model_server import ModelServer

from tagsmith.agent import engines
from tagsmith.tools import toolbox
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.watch import Step

OFFLINE = ("--engine", "offline")
RECIPE = """\
tagsmith-recipe: 1
steps:
  - tool: prune_tags
    tags: ["watermark"]
  - tool: add_trigger
    trigger: "coco"
    where: "dog"
"""


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "weekly.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture
def no_engine(monkeypatch):
    """There is no engine and no network."""

    def refuse(*_, **__):
        raise AssertionError("nobody was to be asked")

    monkeypatch.setattr(engines, "make_engine", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_what_is_recorded_replays_as_the_same_plan(tagsmith, data, tmp_path, no_engine, request):
    path = tmp_path / "new.yaml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "make_engine", lambda *_, **__: engines._offline())
        said = ("how many images have dog?", "quita watermark", "put coco first where dog")
        ran = tagsmith("run", data, *said, *OFFLINE, "--record", path, "--json")
    assert ran.status == 0
    assert ran.err == "tagsmith: 2 steps recorded in " + str(path) + ".\n"
    comment, recipe = path.read_text("utf-8").split("\n", 2)[1:]
    assert comment == f'comment: "{" / ".join(said)}"'
    assert f"tagsmith-recipe: 1\n{recipe}" == RECIPE
    again = tagsmith("run", data, "--script", path, "--json")
    assert again.err == ""
    assert again.json["engine"] is None
    assert again.json["plan"] == ran.json["plan"] | {"title": again.json["plan"]["title"]}


def test_what_was_taken_back_is_not_recorded(tagsmith, data, tmp_path):
    path = tmp_path / "new.yaml"
    said = ("remove watermark", "remove sofa", "undo that")
    ran = tagsmith("run", data, *said, *OFFLINE, "--record", path, "--json")
    assert [step["tool"] for step in ran.json["steps"]] == ["prune_tags", "prune_tags"]
    assert path.read_text().count("- tool:") == 1
    assert '["watermark"]' in path.read_text()


def test_what_a_model_did_is_recorded_too(tagsmith, data, tmp_path):
    path = tmp_path / "new.yaml"
    with ModelServer() as server:
        server.script(calls(("find_images", {}), ("prune_tags", {"tags": ["sofa"]})), text("Done."))
        words = ("--engine", "server", "--base-url", server.base_url, "--record", path)
        assert tagsmith("run", data, "no sofa", *words).status == 0
    assert path.read_text() == (
        'tagsmith-recipe: 1\ncomment: "no sofa"\nsteps:\n  - tool: prune_tags\n    tags: ["sofa"]\n'
    )


def test_a_recipe_is_applied_approved_and_saved_like_words(
    tagsmith, data, recipe, tmp_path, contents, no_engine
):
    before = contents(data)
    shown = tagsmith("run", data, "--script", recipe, "--json").json["plan"]["id"]
    saved = tagsmith("run", data, "--script", recipe, "--plan-out", tmp_path / "plan.jsonl")
    assert f"The plan {shown} is saved" in saved.out
    assert tagsmith("run", data, "--script", recipe, "--approve", "0" * 16).status == 5
    assert contents(data) == before
    assert tagsmith("run", data, "--script", recipe, "--max-steps", "1", "--apply").status == 124
    assert contents(data) == before
    assert tagsmith("run", data, "--script", recipe, "--approve", shown).status == 0
    assert contents(data)["a.txt"] == b"coco, dog, grass"


def test_sentences_and_tools_work_towards_one_plan(tagsmith, data, tmp_path):
    path = tmp_path / "mixed.yaml"
    path.write_text(RECIPE + "  - say: quita sofa\n", encoding="utf-8")
    ran = tagsmith("run", data, "--script", path, "remove beach", *OFFLINE, "--json")
    assert ran.json["engine"] == "offline"
    assert len(ran.json["steps"]) == 4
    assert ran.json["plan"]["tags_removed"] == 6


def test_a_recipe_may_come_from_stdin(tagsmith, data, monkeypatch, no_engine):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(RECIPE.encode())))
    assert tagsmith("run", data, "--script", "-", "--json").json["plan"]["tags_removed"] == 3


def test_a_step_that_fails_names_its_line_and_leaves_nothing_staged(
    tagsmith, data, tmp_path, contents, no_engine
):
    before = contents(data)
    path = tmp_path / "weekly.yaml"
    path.write_text(RECIPE.replace('"dog"', '"dgo"'), encoding="utf-8")
    ran = tagsmith("run", data, "--script", path, "--apply", "--json")
    assert ran.status == 2
    assert f"{path}, line 5: No caption has 'dgo'. Nearest: dog (3)" in ran.json["message"]
    assert ran.json["plan"] is None
    assert contents(data) == before
    path.write_text(RECIPE.replace('"dog"', '"dog and"'), encoding="utf-8")
    ran = tagsmith("run", data, "--script", path)
    assert ran.status == 2
    assert f"{path}, line 5: Expected a tag" in ran.err
    assert "\n  dog and\n         ^\n" in ran.err


def test_a_recipe_that_cannot_be_used_is_refused_before_the_folder_is_opened(tagsmith, tmp_path):
    path = tmp_path / "weekly.yaml"
    path.write_text(RECIPE.replace("prune_tags", "prune_tgas"), encoding="utf-8")
    ran = tagsmith("run", tmp_path / "nowhere", "--script", path)
    assert ran.status == 2
    assert (
        f"{path}, line 3: There is no tool named 'prune_tgas'. Did you mean prune_tags" in ran.err
    )


def test_settings_of_an_engine_that_nobody_needs_are_told_to_be_unused(tagsmith, data, recipe):
    ran = tagsmith("run", data, "--script", recipe, "--engine", "server")
    assert ran.status == 0
    assert "no engine and no server is used" in ran.err


def test_an_existing_recipe_is_kept_without_force(tagsmith, data, recipe, no_engine):
    """Known before anybody is asked: a conversation may take minutes."""
    ran = tagsmith("run", data, "remove sofa", "--record", recipe)
    assert ran.status == 2
    assert "exists already. Give --record another name, or --force" in ran.err
    assert recipe.read_text() == RECIPE
    again = tagsmith("run", data, "--script", recipe, "--record", recipe, "--force")
    assert again.status == 0
    assert recipe.read_text() == RECIPE


@pytest.mark.parametrize("words", [["which tags are there?"], ["remove sofa", "xyzzy frobnicate"]])
def test_where_nothing_is_planned_nothing_is_recorded(tagsmith, data, tmp_path, words):
    path = tmp_path / "new.yaml"
    ran = tagsmith("run", data, *words, *OFFLINE, "--record", path)
    assert "Nothing is planned, so no recipe was written." in ran.err
    assert not path.exists()


def test_a_recipe_that_cannot_be_written_changes_nothing(tagsmith, data, tmp_path, contents):
    before = contents(data)
    path = tmp_path / "missing" / "new.yaml"
    ran = tagsmith("run", data, "remove sofa", *OFFLINE, "--record", path, "--apply")
    assert ran.status == 1
    assert "cannot be written" in ran.err
    assert contents(data) == before


# Tools that take long


@pytest.fixture
def slow_tool(monkeypatch):
    """find_images takes as long as it is let, and tells how far it is."""

    def slowly(workspace, _arguments):
        for done in range(1, 10_000):
            workspace.watch.tell(Step("Looking at", done, 10_000))
            workspace.watch.check(f"Stopped at {done}; the scores are kept.")
            time.sleep(0.001)
        return Outcome("All seen.")

    monkeypatch.setitem(toolbox.tools(), "find_images", _with(slowly))


def _with(function):
    from dataclasses import replace

    return replace(toolbox.find("find_images"), function=function)


LOOK = "tagsmith-recipe: 1\nsteps: [{tool: find_images}]\n"


def test_the_time_limit_stops_a_tool_that_takes_long(tagsmith, data, tmp_path, slow_tool):
    path = tmp_path / "look.yaml"
    path.write_text(LOOK)
    ran = tagsmith("run", data, "--script", path, "--timeout", "0.05", "--json")
    assert ran.status == 124
    assert "longer than 0.05 seconds" in ran.json["message"]
    assert "the scores are kept." in ran.json["message"]


def test_the_time_limit_stops_a_tool_that_an_engine_calls(tagsmith, data, slow_tool):
    ran = tagsmith("run", data, "which images have dog?", *OFFLINE, "--timeout", "0.3", "--json")
    assert ran.status == 124
    assert "longer than 0.3 seconds" in ran.json["message"]


@pytest.mark.parametrize("command", ["do", "run"])
def test_stderr_tells_how_far_a_tool_is(tagsmith, data, tmp_path, slow_tool, monkeypatch, command):
    from tagsmith.tui.commands import progress

    monkeypatch.setattr(progress, "SILENT_FOR", 0.0)
    monkeypatch.setattr(progress, "EVERY_LINE", 0.0)
    path = tmp_path / "look.yaml"
    path.write_text(LOOK)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    words = ("find_images",) if command == "do" else ("--script", path)
    ran = tagsmith(command, data, *words)
    assert ran.status == 0
    assert "Looking at 1 of 10,000 images\n" in ran.err
    assert " images/s, " in ran.err
    assert "Looking" not in ran.out


def test_yaml_is_loaded_for_recipes_only():
    code = "import sys, tagsmith.tui.commands.run; print('yaml' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
