"""One definition, five doors: schemas, coercion, validation, names."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest

from tagsmith.tools.errors import UnknownTagError, UsageError
from tagsmith.tools.toolbox import Outcome, call, find, tools, validate

CORE = [
    "add_trigger", "audit_dataset", "delete_images", "find_images", "isolate_images",
    "list_tag_frequencies", "prune_tags", "replace_tags", "run_tagger", "undo",
]  # fmt: skip
OTHERS = [
    "clean_captions", "co_occurrence", "convert_captions", "dedupe_tags", "move_tags", "redo",
    "restore_images", "review_answer", "review_uncertain", "sample_images", "show_sample",
    "sort_tags",
]  # fmt: skip


def test_the_tools_are_those_of_the_design_the_core_ones_first() -> None:
    names = list(tools())
    assert sorted(names[: len(CORE)]) == CORE
    assert set(names) >= {*CORE, *OTHERS}
    assert [one.name for one in tools().values() if one.core] == names[: len(CORE)]


@pytest.mark.parametrize("name", CORE + OTHERS)
def test_a_schema_is_flat_short_and_valid(name: str) -> None:
    one = find(name)
    small, whole = one.parameters(advanced=False), one.parameters()
    jsonschema.Draft202012Validator.check_schema(whole)
    assert len(small["properties"]) <= 4
    assert list(small["properties"])[: len(small["required"])] == small["required"]
    assert whole["additionalProperties"] is False
    text = json.dumps(whole)
    assert not re.search(r'anyOf|allOf|\$ref|\$defs|"title"|"null"|advanced', text)
    # About four characters a token: 120 tokens for what a small model sees.
    assert len(json.dumps(small)) + len(one.description) < 4 * 250
    assert one.summary
    assert one.description.startswith(one.summary)


@pytest.mark.parametrize("name", CORE + OTHERS)
def test_every_argument_says_what_it_is(name: str) -> None:
    for argument, schema in find(name).parameters()["properties"].items():
        assert schema.get("description") or schema.get("enum"), f"{name} {argument}"


@pytest.mark.parametrize(
    ("tool", "given", "parsed"),
    [
        ("prune_tags", {"tags": "dog"}, {"tags": ["dog"]}),
        ("prune_tags", {"tags": " a, b,, c "}, {"tags": ["a", "b", "c"]}),
        ("prune_tags", {"tags": [" a "], "where": None}, {"tags": ["a"]}),
        ("prune_tags", {"tags": ("a", "b")}, {"tags": ["a", "b"]}),
        ("replace_tags", {"old": "a", "new": "b, c"}, {"old": ["a"], "new": ["b", "c"]}),
        ("find_images", {"limit": "7"}, {"limit": 7}),
        ("find_images", {"limit": 5.0, "where": " dog "}, {"limit": 5, "where": "dog"}),
        ("clean_captions", {"spaces": "true"}, {"spaces": True}),
        ("add_trigger", {"trigger": " sks "}, {"trigger": "sks"}),
        ("co_occurrence", {"tags": None}, {}),
    ],
)
def test_arguments_are_coerced_kindly(
    tool: str, given: dict[str, Any], parsed: dict[str, Any]
) -> None:
    dumped = validate(find(tool), given).model_dump(exclude_defaults=True)
    assert {name: value for name, value in dumped.items() if value is not None} == parsed


@pytest.mark.parametrize(
    ("tool", "given", "message"),
    [
        ("prune_tags", {}, r"prune_tags: tags: it is required"),
        ("prune_tags", {"tags": ""}, r"tags: .*at least one is needed"),
        ("prune_tags", {"tags": 5}, r"tags: a list of texts is needed"),
        ("prune_tags", {"tags": [5]}, r"tags\.0: a text is needed"),
        ("prune_tags", {"tag": "dog"}, r"tag: there is no such argument"),
        ("find_images", {"limit": 0}, r"limit: it is at least 1"),
        ("find_images", {"limit": "many"}, r"limit: a whole number is needed"),
        ("find_images", {"limit": 2.5}, r"limit: a whole number is needed"),
        ("find_images", {"where": ["dog"]}, r"where: a text is needed"),
        (
            "add_trigger",
            {"trigger": "a", "position": "middle"},
            r"position: it is one of 'first' or 'last'",
        ),
        ("add_trigger", {"trigger": "  "}, r"trigger: .*a tag cannot be empty"),
        ("add_trigger", {"trigger": "a, b"}, r"trigger: .*'a, b' is not one tag"),
        ("add_trigger", {"trigger": "a\nb"}, r"is not one tag"),
        ("add_trigger", {"trigger": "a|||b"}, r"is not one tag"),
        ("add_trigger", {"trigger": "a;;;b"}, r"is not one tag"),
        ("add_trigger", {"trigger": "{a|b}\nc"}, r"is not one tag"),
        ("add_trigger", {"trigger": "{a, b}"}, r"is not one tag"),
        ("add_trigger", {"trigger": "{a\0|b}"}, r"holds a control character"),
        ("add_trigger", {"trigger": "\ufeffa"}, r"is not one tag"),
        ("add_trigger", {"trigger": "a\x1b[2J"}, r"holds a control character"),
        ("add_trigger", {"trigger": "\udcff"}, r"trigger: a text is needed"),
        ("replace_tags", {"old": "a", "new": ["b, c"]}, r"new\.0: .*is not one tag"),
        ("move_tags", {}, r"give either tags or last"),
        ("move_tags", {"tags": "a", "last": 1}, r"give either tags or last"),
        ("move_tags", {"last": 1, "position": "last"}, r"can only move to the front"),
        ("clean_captions", {}, r"say what to clean"),
        ("delete_images", {}, r"where: it is required"),
        ("delete_images", {"where": "  "}, r"where: String should have at least 1 character"),
        ("isolate_images", {"where": "a", "name": "a/../x"}, r"name: a name cannot hold"),
        ("isolate_images", {"where": "a", "name": ".x"}, r"name: .*neither begins nor ends"),
        ("isolate_images", {"where": "a", "name": "x."}, r"name: .*neither begins nor ends"),
        ("isolate_images", {"where": "a", "name": "a\tb"}, r"name: .*control characters"),
        ("isolate_images", {"where": "a", "name": "CON.x"}, r"names a device on Windows"),
        ("isolate_images", {"where": "a", "name": "犬" * 80}, r"give a shorter name"),
        ("sample_images", {"count": 201}, r"count: it is at most 200"),
    ],
)
def test_what_does_not_fit_is_refused_and_told(
    folder: Any, tool: str, given: dict[str, Any], message: str
) -> None:
    workspace = folder.samples(a="a, b").open()
    with pytest.raises(UsageError, match=message) as caught:
        call(workspace, tool, given)
    assert caught.value.hint.startswith("Arguments: ")
    assert workspace.staged == []


@pytest.mark.parametrize("tag", ["{a, b|c}", "[trigger]", r"fate \(x\)", ":)", "a|b", "^_^", "犬"])
def test_what_is_one_tag_to_a_trainer_is_accepted(tag: str) -> None:
    assert validate(find("add_trigger"), {"trigger": tag}).model_dump()["trigger"] == tag


def test_an_unknown_tool_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="no tool named 'prune_tag'") as caught:
        find("prune_tag")
    assert "prune_tags" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        find("zzz")
    assert caught.value.hint == "See `tagsmith tools`."


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("prune_tags", {"tags": "watermrk"}),
        ("prune_tags", {"tags": ["dog", "watermrk"]}),
        ("prune_tags", {"tags": "watermrk*"}),
        ("replace_tags", {"old": "watermrk", "new": "x"}),
        ("move_tags", {"tags": "watermrk"}),
        ("co_occurrence", {"tags": "watermrk"}),
        ("add_trigger", {"trigger": "x", "after": "watermrk"}),
        ("find_images", {"where": "watermrk"}),
        ("find_images", {"where": "dog or not watermrk"}),
        ("list_tag_frequencies", {"where": "watermrk"}),
        ("delete_images", {"where": "not watermrk"}),
        ("isolate_images", {"where": "dog and not (watermrk or dog)", "name": "x"}),
        ("sort_tags", {"where": "watermrk*"}),
    ],
)
def test_an_unknown_tag_is_an_error_with_the_nearest_and_their_counts(
    folder: Any, tool: str, given: dict[str, Any]
) -> None:
    workspace = folder.samples("watermark, dog", "watermark, waterfall", "dog").open()
    with pytest.raises(UnknownTagError) as caught:
        call(workspace, tool, given)
    assert "watermrk" in caught.value.message
    assert "watermark (2)" in caught.value.hint
    assert not workspace.plan()


def test_an_unknown_tag_with_nothing_like_it_says_where_to_look(folder: Any) -> None:
    with pytest.raises(UnknownTagError) as caught:
        call(folder.samples("dog").open(), "prune_tags", {"tags": "qqqqqq"})
    assert caught.value.hint == "See list_tag_frequencies."


def test_an_outcome_ends_with_the_true_state() -> None:
    assert str(Outcome("Done", state="nothing staged")) == "Done\nnothing staged"
    assert str(Outcome("Done")) == "Done"
