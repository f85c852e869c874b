"""Slash commands: any tool, its arguments in any order, errors that say what would fit."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tui import slash


def parsed(text: str) -> dict[str, Any]:
    name, words = slash.split(text)
    tool = toolbox.find(name)
    given = slash.arguments(tool, words)
    return toolbox.validate(tool, given).model_dump(exclude_defaults=True)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("/prune_tags watermark", {"tags": ["watermark"]}),
        ("/prune-tags watermark", {"tags": ["watermark"]}),
        ('/prune_tags watermark --where "dog"', {"tags": ["watermark"], "where": "dog"}),
        (
            "/prune_tags long hair, watermark --where dog and not cat",
            {"tags": ["long hair", "watermark"], "where": "dog and not cat"},
        ),
        ("/prune_tags --where=dog --tags watermark", {"tags": ["watermark"], "where": "dog"}),
        ("/prune_tags a --prose", {"tags": ["a"], "prose": True}),
        ("/prune_tags --prose a", {"tags": ["a"], "prose": True}),
        ("/replace_tags 'long hair' hair", {"old": ["long hair"], "new": ["hair"]}),
        ("/replace_tags a,b c", {"old": ["a", "b"], "new": ["c"]}),
        ("/list_tag_frequencies --limit 5", {"limit": 5}),
        ("/list_tag_frequencies 5", {"limit": 5}),
        ("/list_tag_frequencies", {}),
        ("/undo", {}),
    ],
)
def test_a_command_becomes_arguments(text: str, arguments: dict[str, Any]) -> None:
    assert parsed(text) == arguments


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/prune_tags 'open", "Close the quote"),
        ("/prune_tags a --wher dog", "no argument --wher"),
        ("/replace_tags a b c", "there are 3 words"),
        ("/prune_tag a", "prune_tags"),
        ("/list_tag_frequencies many", "limit"),
    ],
)
def test_a_wrong_command_says_what_would_fit(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parsed(text)
    assert told in str(caught.value)


def test_every_tool_has_a_usage_line() -> None:
    for tool in toolbox.tools().values():
        assert slash.usage(tool).startswith(f"/{tool.name}")
