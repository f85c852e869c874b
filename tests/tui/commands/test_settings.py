"""The user's settings hold for the commands too."""

from __future__ import annotations

import sys

import pytest

from tagsmith.tools.errors import Exit
from tagsmith.tui import language
from tagsmith.tui.commands import chat


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config" / "tagsmith" / "config.toml"
    path.parent.mkdir(parents=True)
    yield path
    language.use("en")


def test_caption_files_have_the_endings_of_the_settings(tagsmith, data, config):
    (data / "a.tags").write_text("fox")
    config.write_text('caption_extensions = [".tags"]\n')
    plan = data.parent / "plan.jsonl"
    ran = tagsmith("do", data, "add_trigger", "--trigger", "coco", "--json", "--plan-out", plan)
    written = {change["path"] for change in ran.json["plan"]["changes"]}
    assert {path.rpartition(".")[2] for path in written} == {"tags"}
    assert tagsmith("apply", data, plan).status == 0
    assert (data / "a.tags").read_text() == "coco, fox"
    assert (data / "a.txt").read_text() == "dog, watermark, grass"
    assert tagsmith("undo", data, "--apply").status == 0
    assert (data / "a.tags").read_text() == "fox"
    assert not (data / "b.tags").exists()


def test_settings_that_are_wrong_are_told_before_anything_is_read(tagsmith, data, config):
    config.write_text("caption_extensions = [3]\n")
    ran = tagsmith("do", data, "list_tag_frequencies")
    assert ran.status == 2
    assert "config.toml, line 1" in ran.err


@pytest.mark.parametrize(("file", "variable", "spoken"), [("es", "", "es"), ("es", "en", "en")])
def test_the_chat_speaks_the_language_of_the_settings(
    tagsmith, data, config, monkeypatch, file, variable, spoken
):
    config.write_text(f'language = "{file}"\n')
    monkeypatch.setenv("TAGSMITH_LANGUAGE", variable)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    heard = []

    def opened(*_: object) -> Exit:
        heard.append(language.chosen())
        return Exit.DONE

    monkeypatch.setattr(chat, "_open_app", opened)
    monkeypatch.setattr(chat, "_open_plain", opened)
    assert tagsmith(data).status == 0
    assert tagsmith("--plain", data).status == 0
    assert heard == [spoken, spoken]


def test_a_folder_of_models_and_thresholds_hold_for_commands(tagsmith, config, tmp_path):
    config.write_text(f'models_folder = "{tmp_path}/weights"\n')
    (tmp_path / "weights" / "joytag").mkdir(parents=True)
    (tmp_path / "weights" / "joytag" / "model.onnx").write_bytes(b"x")
    ran = tagsmith("models", "list")
    assert "joytag" in ran.err
    assert f"{tmp_path}/weights/joytag" in ran.err
