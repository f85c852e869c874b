"""Every case of the corpora: the call it means, exactly, or no call at all."""

from __future__ import annotations

from typing import Any

import pytest

from tagsmith.agent.toolcalls import interpret
from tagsmith.tools import toolbox


def test_an_own_case_gives_exactly_its_calls(ask: Any, own_case: dict[str, Any]) -> None:
    assert ask.calls(ask.message(own_case)) == ask.wanted(own_case), own_case["source"]


@pytest.mark.parametrize("finish", ["length", None, "content_filter", ""])
def test_no_case_runs_without_the_models_own_end(ask: Any, finish: str | None) -> None:
    for case in ask.own_cases:
        assert ask(ask.message(case, finish)).calls == [], case["id"]


def test_the_whole_sample_of_the_corpus_passes(ask: Any, sample: list[dict[str, Any]]) -> None:
    wrong = [case["id"] for case in sample if ask.calls(ask.message(case)) != ask.wanted(case)]
    assert wrong == []
    assert len(sample) >= 61


def test_the_sample_passes_with_the_schemas_of_the_real_tools(
    ask: Any, sample: list[dict[str, Any]]
) -> None:
    real = {name: tool.parameters() for name, tool in toolbox.tools().items()}
    for case in sample:
        got = interpret(ask.message(case), real).calls
        assert [(one.name, one.arguments) for one in got] == [
            (one["name"], one["arguments"]) for one in ask.wanted(case)
        ], case["id"]


def test_cut_cases_of_the_sample_run_nothing(ask: Any, sample: list[dict[str, Any]]) -> None:
    for case in sample:
        assert ask(ask.message(case, "length")).calls == []
        assert ask(ask.message(case, None)).calls == []


def test_own_cases_have_the_keys_of_the_corpus(ask: Any) -> None:
    keys = {"id", "dialect", "raw", "where", "expected", "source"}
    for case in ask.own_cases:
        assert case.keys() - {"note", "tool"} == keys
        assert case["where"] in ("content", "arguments")
        assert ("tool" in case) == (case["where"] == "arguments")
        assert case["source"]
    identities = [case["id"] for case in ask.own_cases]
    assert len(set(identities)) == len(identities) >= 150
