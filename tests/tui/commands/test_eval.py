"""``tagsmith eval``: the table, the JSON as its documentation says, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from model_server import ModelServer

from tagsmith.agent.evaluation.suite import CATEGORIES, tasks

DOCS = Path(__file__).parents[3] / "docs" / "evaluation.md"


def documented(title: str) -> set[str]:
    """The names in the first column of the table under a heading of the documentation."""
    section = DOCS.read_text(encoding="utf-8").split(f"### {title}\n")[1].split("\n#")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))


def test_json_is_what_the_documentation_says(tagsmith):
    ran = tagsmith("eval", "--only", "question", "--json")
    assert ran.status == 0
    score = documented("A score") - {"tokens"}
    assert set(ran.json) == documented("The object")
    assert set(ran.json["total"]) == score
    for group in ran.json["groups"]:
        assert set(group) == score | {"category", "language"}
    for one in ran.json["results"]:
        assert set(one) == documented("A result") - {"tokens"}
    assert ran.json["engine"] == "offline"
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
