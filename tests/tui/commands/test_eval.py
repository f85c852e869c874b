"""``tagsmith eval``: the table, the JSON as its documentation says, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from model_replies import call, chunk, refuse, stream, text
from model_server import ModelServer

from tagsmith.agent import engines
from tagsmith.agent.evaluation.suite import CATEGORIES, tasks

DOCS = Path(__file__).parents[3] / "docs" / "evaluation.md"


def documented(title: str) -> set[str]:
    """The names in the first column of the table under a heading of the documentation."""
    section = DOCS.read_text(encoding="utf-8").split(f"### {title}\n")[1].split("\n#")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_json_is_what_the_documentation_says(tagsmith):
    ran = tagsmith("eval", "--only", "question", "--json")
    assert ran.status == 0
    score = documented("A score")
    assert set(ran.json) == documented("The object")
    assert set(ran.json["total"]) == score
    for group in ran.json["groups"]:
        assert set(group) == score | {"category", "language"}
    for one in ran.json["results"]:
        assert set(one) == documented("A result")
    assert ran.json["engine"] == "offline"
    assert ran.json["stopped"] == ""
    verdicts = [one["verdict"] for one in ran.json["results"]]
    assert set(verdicts) <= {"right", "wrong edit", "not done"}
    assert ran.json["total"]["tasks"] == len(verdicts)
    assert ran.json["total"]["right"] == verdicts.count("right")


def test_the_table_has_a_row_for_each_category_and_language(tagsmith):
    ran = tagsmith("eval", "--only", "refusal")
    assert ran.status == 0
    assert ran.out.startswith("Engine: offline\n")
    assert re.search(r"^\| refusal +\| en +\| +6 \|", ran.out, re.MULTILINE)
    assert re.search(r"^\| all +\| +\| +12 \|", ran.out, re.MULTILINE)
    assert "tokens" not in ran.out


def test_limit_takes_the_first_tasks(tagsmith):
    results = tagsmith("eval", "--limit", "3", "--json").json["results"]
    assert [one["id"] for one in results] == [task.id for task in tasks()[:3]]


def test_the_committed_table_is_of_this_suite():
    """Rates may move with the grammar; the tasks of each row may not."""
    told = re.findall(r"^\| ([\w-]+) +\| (en|es)? +\| +(\d+) \|", DOCS.read_text(), re.MULTILINE)
    counts = {(category, lang): int(number) for category, lang, number in told}
    assert counts.pop(("all", "")) == len(tasks())
    assert {category for category, _ in counts} == set(CATEGORIES)
    for place, number in counts.items():
        assert number == sum((task.category, task.language) == place for task in tasks())


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--only", "nothing"], 2, "invalid choice"),
        (["--limit", "0"], 2, "--limit"),
        (["--engine", "server", "--limit", "1"], 4, "127.0.0.1:9"),
        (["--engine", "server", "--base-url", "https://models.example/v1"], 2, "--allow-remote"),
    ],
)
def test_what_cannot_run_says_why(tagsmith, words, status, message):
    ran = tagsmith("eval", *words)
    assert ran.status == status
    assert message in ran.err
    assert ran.out == ""


def test_auto_without_a_server_is_the_built_in_engine(tagsmith):
    ran = tagsmith("eval", "--engine", "auto", "--limit", "1", "--json")
    assert ran.json["engine"] == "offline"


def test_a_model_on_a_server_is_judged_too(tagsmith):
    with ModelServer() as server:
        words = ("--engine", "server", "--base-url", server.base_url, "--limit", "1", "--json")
        ran = tagsmith("eval", *words)
    assert ran.status == 0
    assert ran.json["engine"] == "server"
    assert ran.json["results"][0]["verdict"] == "not done"


def used(prompt: int, answer: int) -> dict[str, object]:
    """The chunk in which a server counts the tokens."""
    usage = {"prompt_tokens": prompt, "completion_tokens": answer}
    return chunk({}, "stop") | {"usage": usage}


def judged(tagsmith, server, *words):
    return tagsmith("eval", "--engine", "server", "--base-url", server.base_url, *words)


def test_the_table_has_the_tokens_of_the_server(tagsmith):
    calls_then_text = (
        stream(chunk({"tool_calls": [call(0, "find_images", "{}", "a")]}), used(900, 20)),
        stream(chunk({"content": "Done."}), used(1_000, 5)),
    )
    with ModelServer() as server:
        server.script(*calls_then_text * 3)
        table = judged(tagsmith, server, "--limit", "3")
        server.script(*calls_then_text * 3)
        told = judged(tagsmith, server, "--limit", "3", "--json").json
    assert table.status == 0
    heads, _, single, total = re.findall(r"^\|.*\|$", table.out, re.MULTILINE)
    assert [cell.strip() for cell in heads.split("|")][-3:-1] == ["tokens", "tokens/task"]
    for row in (single, total):
        assert [cell.strip() for cell in row.split("|")][-3:-1] == ["5,775", "1,925"]
    assert [one["tokens"] for one in told["results"]] == [1_925] * 3
    assert told["total"]["tokens"] == 5_775


def test_a_server_that_fails_in_the_middle_leaves_what_was_judged(tagsmith):
    with ModelServer() as server:
        server.default = refuse(401, {"error": {"message": "No key."}})
        server.script(text("One."), text("Two."))
        table = judged(tagsmith, server, "--limit", "5")
        server.script(text("One."), text("Two."))
        json_ = judged(tagsmith, server, "--limit", "5", "--json")
    assert table.status == json_.status == 4
    assert re.search(r"^\| all +\| +\| +2 \|", table.out, re.MULTILINE)
    assert "Stopped after 2 of 5 tasks." in table.err
    assert json_.json["stopped"].startswith("Stopped after 2 of 5 tasks.")
    assert len(json_.json["results"]) == 2


def test_ctrl_c_leaves_what_was_judged(tagsmith, monkeypatch):
    from tagsmith.agent.offline.engine import OfflineEngine

    respond, turns = OfflineEngine.respond, iter(range(2))

    def interrupted(self, text, workspace):
        if next(turns, None) is None:
            raise KeyboardInterrupt
        return respond(self, text, workspace)

    monkeypatch.setattr(OfflineEngine, "respond", interrupted)
    ran = tagsmith("eval", "--limit", "5", "--json")
    assert ran.status == 130
    assert ran.json["stopped"] == "Stopped after 2 of 5 tasks. Interrupted."
    assert len(ran.json["results"]) == 2


def test_the_committed_result_is_of_this_suite_and_of_no_machine():
    told = json.loads(DOCS.with_name("evaluation-offline.json").read_text(encoding="utf-8"))
    assert told["engine"] == "offline"
    assert [one["id"] for one in told["results"]] == [task.id for task in tasks()]
    assert told["total"]["right"] == sum(one["verdict"] == "right" for one in told["results"])
    assert "seconds" not in json.dumps(told)


def test_a_failure_with_json_is_an_object_too(tagsmith):
    ran = tagsmith("eval", "--engine", "server", "--limit", "1", "--json")
    assert ran.status == 4
    assert json.loads(ran.out)["status"]


def test_the_folder_it_is_called_in_is_left_alone(tagsmith, data, contents, monkeypatch):
    monkeypatch.chdir(data)
    before = contents(data)
    assert tagsmith("eval", "--limit", "5").status == 0
    assert contents(data) == before
    assert not (data / ".tagsmith").exists()


def test_auto_never_mixes_two_engines_in_one_table(tagsmith, monkeypatch):
    listening = iter([True, True])
    monkeypatch.setattr(engines, "is_listening", lambda _: next(listening, False))
    with ModelServer() as server:
        server.default = text("One.")
        words = ("--engine", "auto", "--base-url", server.base_url, "--limit", "5", "--json")
        ran = tagsmith("eval", *words)
    assert ran.status == 4
    assert ran.json["engine"] == "server"
    assert len(ran.json["results"]) == 2
    assert "From then on, offline would have answered." in ran.err
