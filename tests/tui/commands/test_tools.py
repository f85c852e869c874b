"""``tagsmith tools`` and ``tagsmith doctor``."""

from __future__ import annotations

import jsonschema
import pytest
from model_server import ModelServer

from tagsmith.tools import toolbox
from tagsmith.tools.journal import Journal


def test_every_tool_is_listed_with_what_it_does(tagsmith):
    ran = tagsmith("tools")
    assert ran.status == 0
    for tool in toolbox.tools().values():
        line = next(one for one in ran.out.splitlines() if one.split()[:1] == [tool.name])
        assert tool.summary in line


def test_one_tool_is_described_with_its_arguments(tagsmith):
    ran = tagsmith("tools", "isolate-images")
    assert "  where  string, required  query that chooses the images" in ran.out
    assert '  mode  folder | rename, default "folder"' in ran.out
    assert tagsmith("tools", "nothing").status == 2


def test_the_schemas_are_published_and_valid(tagsmith):
    found = tagsmith("tools", "--json").json
    assert [one["name"] for one in found["tools"]] == list(toolbox.tools())
    for one in found["tools"]:
        jsonschema.Draft202012Validator.check_schema(one["parameters"])
    jsonschema.Draft202012Validator.check_schema(found["result"])
    one = tagsmith("tools", "undo", "--json").json
    assert [tool["name"] for tool in one["tools"]] == ["undo"]


@pytest.mark.parametrize(
    "words",
    [
        ["list_tag_frequencies"],
        ["prune_tags", "--tags", "watermark"],
        ["isolate_images", "--where", "dog", "--name", "x"],
        ["prune_tags", "--tags", "nope"],
        ["delete_images", "--where", "cat", "--apply"],
    ],
)
def test_what_is_printed_fits_the_published_schema(tagsmith, data, words):
    published = tagsmith("tools", "--json").json["result"]
    printed = tagsmith("do", data, *words, "--json").json
    jsonschema.validate(printed, published, jsonschema.Draft202012Validator)


def test_the_doctor_looks_at_the_program_and_a_dataset(tagsmith, data):
    ran = tagsmith("doctor", data)
    assert ran.status == 0
    assert "ok   python" in ran.out
    assert "ok   journal    none yet" in ran.out
    assert "ok   dataset    6 images, 5 captions" in ran.out
    assert "note terminal   none" in ran.out
    assert not (data / ".tagsmith").exists()


def test_the_doctor_finds_what_is_wrong(tagsmith, data, tmp_path):
    assert tagsmith("doctor", tmp_path / "nope").status == 1
    (data / "orphan.txt").write_text("dog")
    assert "orphan.txt" in tagsmith("doctor", data).out
    with Journal.open(data).hold():
        assert "another Tagsmith is at work here" in tagsmith("doctor", data).out
    assert tagsmith("do", data, "prune_tags", "--tags", "sofa", "--apply").status == 0
    assert "1 applied plan, in order" in tagsmith("doctor", data).out
    next((data / ".tagsmith" / "tx").glob("*/state")).write_bytes(b"rubbish\n" * 2)
    ran = tagsmith("doctor", data)
    assert "journal" in ran.out


def test_the_doctor_lists_the_models_of_the_server(tagsmith, monkeypatch):
    with ModelServer() as server:
        monkeypatch.setenv("TAGSMITH_BASE_URL", server.base_url)
        ran = tagsmith("doctor")
    assert ran.status == 0
    assert f"ok   server     LM Studio at {server.base_url}" in ran.out
    assert "qwen/qwen3.5-9b" in ran.out
    assert "4,096 of 262,144" in ran.out


def test_the_doctor_tells_why_no_server_answers(tagsmith, monkeypatch):
    ran = tagsmith("doctor")
    assert ran.status == 0
    assert "note server     No server answers at http://127.0.0.1:9/v1" in ran.out
    assert "Tried: http://127.0.0.1:9/v1/models" in ran.out
    assert "the built-in one answers" in ran.out
    monkeypatch.setenv("TAGSMITH_ENGINE", "server")
    assert tagsmith("doctor").status == 1
    monkeypatch.setenv("TAGSMITH_ENGINE", "offline")
    assert "ok   server     not used" in tagsmith("doctor").out
    monkeypatch.setenv("TAGSMITH_ENGINE", "magic")
    assert "FAIL settings" in tagsmith("doctor").out
