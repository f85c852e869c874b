"""Properties of every dialect: a call comes back as it went in, and no part of one ever runs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.agent.toolcalls import interpret
from tagsmith.agent.toolcalls.reader import Reader

Arguments = dict[str, Any]
Render = Callable[[str, Arguments], str]


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def openai(name: str, arguments: Arguments) -> dict[str, Any]:
    return {"name": name, "arguments": arguments}


def parameters(arguments: Arguments, form: str) -> str:
    texts = {key: v if isinstance(v, str) else dumps(v) for key, v in arguments.items()}
    return "\n".join(form.format(key=key, value=value) for key, value in texts.items())


def python(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def gemma(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{gemma(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(gemma(one) for one in value) + "]"
    return f'<|"|>{value}<|"|>' if isinstance(value, str) else dumps(value)


JSON_DIALECTS: dict[str, Render] = {
    "lmstudio": lambda n, a: f"[TOOL_REQUEST]{dumps(openai(n, a))}[END_TOOL_REQUEST]",
    "hermes": lambda n, a: f"<tool_call>\n{dumps(openai(n, a))}\n</tool_call>",
    "hermes_prose": lambda n, a: f"I will do that.\n<tool_call>{dumps(openai(n, a))}</tool_call>",
    "thinking": lambda n, a: f"<think>Hm.</think>\n<tool_call>{dumps(openai(n, a))}</tool_call>",
    "bare": lambda n, a: dumps(openai(n, a)),
    "llama": lambda n, a: dumps({"name": n, "parameters": a}),
    "python_tag": lambda n, a: f"<|python_tag|>{dumps({'name': n, 'parameters': a})}",
    "xlam": lambda n, a: dumps([openai(n, a)]),
    "fence": lambda n, a: f"```json\n{dumps(openai(n, a))}\n```",
    "mistral": lambda n, a: f"[TOOL_CALLS][{dumps(openai(n, a))}]",
    "ministral": lambda n, a: f"[TOOL_CALLS]{n}[ARGS]{dumps(a)}",
    "mistral_v11": lambda n, a: f"[TOOL_CALLS]{n}{dumps(a)}",
    "deepseek": lambda n, a: (
        "<\uff5ctool▁calls▁begin\uff5c><\uff5ctool▁call▁begin\uff5c>function<\uff5ctool▁sep\uff5c>"
        f"{n}\n```json\n{dumps(a)}\n```<\uff5ctool▁call▁end\uff5c><\uff5ctool▁calls▁end\uff5c>"
    ),
    "kimi": lambda n, a: (
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.{n}:0"
        f"<|tool_call_argument_begin|>{dumps(a)}<|tool_call_end|><|tool_calls_section_end|>"
    ),
    "granite": lambda n, a: f"<|tool_call|>[{dumps(openai(n, a))}]",
    "command_r": lambda n, a: (
        f"<|START_ACTION|>[\n{dumps({'tool_name': n, 'parameters': a})}\n]<|END_ACTION|>"
    ),
    "harmony": lambda n, a: (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary "
        f"to=functions.{n} <|constrain|>json<|message|>{dumps(a)}<|call|>"
    ),
    "phi": lambda n, a: f"functools[{dumps(openai(n, a))}]",
    "functionary": lambda n, a: f">>>{n}\n{dumps(a)}",
    "functionary_v31": lambda n, a: f"<function={n}>{dumps(a)}</function>",
    "apriel": lambda n, a: f"<tool_calls>[{dumps(openai(n, a))}]</tool_calls>",
    "nemotron": lambda n, a: f"<TOOLCALL>[{dumps(openai(n, a))}]</TOOLCALL>",
    "internlm": lambda n, a: (
        f"<|action_start|><|plugin|>{dumps({'name': n, 'parameters': a})}<|action_end|>"
    ),
    "jsonrpc": lambda n, a: dumps({"jsonrpc": "2.0", "method": n, "params": a}),
    "openai": lambda n, a: dumps({"type": "function", "function": openai(n, dumps(a))}),
    "openai_python": lambda n, a: repr([{"type": "function", "function": openai(n, a)}]),
    "react": lambda n, a: f"Thought: ok\nAction: {n}\nAction Input: {dumps(a)}",
    "qwen_agent": lambda n, a: f"✿FUNCTION✿: {n}\n✿ARGS✿: {dumps(a)}",
    "llama4": lambda n, a: f"[{python(n, a)}]",
    "lfm2": lambda n, a: f"<|tool_call_start|>[{python(n, a)}]<|tool_call_end|>",
    "tool_code": lambda n, a: f"```tool_code\nprint({python(n, a)})\n```",
    "gemma4": lambda n, a: f"<|tool_call>call:{n}{gemma(a)}<tool_call|>",
}
XML_DIALECTS: dict[str, Render] = {
    "qwen3_coder": lambda n, a: (
        f"<tool_call>\n<function={n}>\n"
        + parameters(a, "<parameter={key}>\n{value}\n</parameter>")
        + "\n</function>\n</tool_call>"
    ),
    "seed_oss": lambda n, a: (
        f"<seed:tool_call><function={n}>"
        + parameters(a, "<parameter={key}>{value}</parameter>")
        + "</function></seed:tool_call>"
    ),
    "minimax": lambda n, a: (
        f'<minimax:tool_call>\n<invoke name="{n}">\n'
        + parameters(a, '<parameter name="{key}">{value}</parameter>')
        + "\n</invoke>\n</minimax:tool_call>"
    ),
    "dsml": lambda n, a: (
        f'<\uff5cDSML\uff5cfunction_calls><\uff5cDSML\uff5cinvoke name="{n}">'
        + parameters(
            a, '<\uff5cDSML\uff5cparameter name="{key}">{value}</\uff5cDSML\uff5cparameter>'
        )
        + "</\uff5cDSML\uff5cinvoke></\uff5cDSML\uff5cfunction_calls>"
    ),
    "glm": lambda n, a: (
        f"<tool_call>{n}\n"
        + parameters(a, "<arg_key>{key}</arg_key>\n<arg_value>{value}</arg_value>")
        + "\n</tool_call>"
    ),
    "anthropic": lambda n, a: (
        f'<function_calls>\n<invoke name="{n}">\n'
        + parameters(a, '<parameter name="{key}">{value}</parameter>')
        + "\n</invoke>\n</function_calls>"
    ),
}
DIALECTS = {**JSON_DIALECTS, **XML_DIALECTS}

# Letters of captions, and every sign that could be taken for the syntax of some dialect.
TAG = st.text(alphabet=r"abz019 _-()\{}[]:;,.!?'\"<>|/#*+=~^é犬", min_size=1, max_size=12).filter(
    lambda tag: tag.strip() == tag
)
WORD = st.text(alphabet="abcdxyz0123 _-()'^:é犬", min_size=1, max_size=10).filter(
    lambda word: word.strip() == word and not word.startswith(("[", "'"))
)
ESCAPED = st.sampled_from(
    [r"fate_\(series\)", r"a\b", "5'10\"", "}:)", "</s>", "1, 2", "^_^", "日本語", "it's"]
)


def tag_lists(tag: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(tag | ESCAPED, min_size=1, max_size=4)


def calls(tag: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, Arguments]]:
    lists = tag_lists(tag)
    return st.one_of(
        st.builds(lambda tags: ("prune_tags", {"tags": tags}), lists),
        st.builds(lambda old, new: ("replace_tags", {"old": old, "new": new}), lists, lists),
        st.builds(
            lambda limit, sort: ("list_tag_frequencies", {"limit": limit, "sort": sort}),
            st.integers(-999, 10**9),
            WORD,
        ),
    )


def found(tools: dict[str, Any], text: str, finish: str | None = "stop") -> list[Any]:
    result = interpret({"content": text, "finish_reason": finish}, tools)
    return [(one.name, one.arguments) for one in result.calls]


def mentions_placeholder(arguments: Arguments) -> bool:
    """Placeholders are refused in text on purpose: ``...`` and ``<word>``."""
    texts = [one for v in arguments.values() for one in (v if isinstance(v, list) else [v])]
    return any(str(one) in ("...", "…", "[...]") or str(one).startswith("<") for one in texts)


@pytest.mark.parametrize("dialect", JSON_DIALECTS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_call_comes_back_as_it_went_in(ask: Any, dialect: str, data: st.DataObject) -> None:
    name, arguments = data.draw(calls(TAG))
    text = DIALECTS[dialect](name, arguments)
    if not mentions_placeholder(arguments):
        assert found(ask.tools, text) == [(name, arguments)]


@pytest.mark.parametrize("dialect", XML_DIALECTS)
@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_a_call_in_xml_comes_back_as_it_went_in(
    ask: Any, dialect: str, data: st.DataObject
) -> None:
    name, arguments = data.draw(calls(WORD))
    assert found(ask.tools, DIALECTS[dialect](name, arguments)) == [(name, arguments)]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_no_prefix_gives_another_call(ask: Any, dialect: str, data: st.DataObject) -> None:
    """One list is cut anywhere: either nothing runs, or the call is whole already."""
    tags = data.draw(st.lists(WORD, min_size=1, max_size=3))
    text = DIALECTS[dialect]("prune_tags", {"tags": tags})
    for cut in range(len(text)):
        assert found(ask.tools, text[:cut]) in ([], [("prune_tags", {"tags": tags})])
        assert found(ask.tools, text[:cut], "length") == []
        assert found(ask.tools, text[:cut], None) == []


@pytest.mark.parametrize("dialect", DIALECTS)
@given(limit=st.integers(10, 99999), sort=WORD)
@settings(max_examples=5, deadline=None)
def test_no_prefix_shortens_a_value(ask: Any, dialect: str, limit: int, sort: str) -> None:
    """The last brace may be added (policy 2), so an optional argument may miss; never a part."""
    arguments = {"sort": sort, "limit": limit}
    text = DIALECTS[dialect]("list_tag_frequencies", arguments)
    for cut in range(len(text)):
        for name, given_ in found(ask.tools, text[:cut]):
            assert name == "list_tag_frequencies"
            assert given_.items() <= arguments.items()
            assert given_.get("sort") == sort, text[:cut]


FRAGMENTS = st.sampled_from(
    [
        *("<tool_call>", "</tool_call>", "[TOOL_REQUEST]", "[END_TOOL_REQUEST]", "[TOOL_CALLS]"),
        *("[ARGS]", "<think>", "</think>", "<function=prune_tags>", "</function>", "{", "}", "["),
        *("<parameter=tags>", "</parameter>", "]", "(", ")", '"', "'", "\\", ",", ":", "\n", "```"),
        *('"name"', '"arguments"', '"tags"', "prune_tags", "lowres", "```json\n", "to=functions."),
        *(
            "<|channel|>",
            "<|message|>",
            "Action: ",
            "\nAction Input: ",
            "call:",
            '<|"|>',
            "<|call|>",
        ),
        *(
            "<\uff5ctool▁sep\uff5c>",
            "<arg_key>",
            "</arg_key>",
            "<arg_value>",
            ">>>",
            "null",
            "1",
            " ",
        ),
        '{"name": "prune_tags", "arguments": {"tags": ["lowres"]}}',
        '{"tags": ["lowres"]}',
    ]
)


@given(text=st.text() | st.lists(FRAGMENTS, max_size=25).map("".join))
@settings(max_examples=300, deadline=None)
def test_no_text_raises_and_every_call_fits_its_tool(ask: Any, text: str) -> None:
    for message in (
        {"content": text, "finish_reason": "stop"},
        {"content": "", "reasoning": text, "finish_reason": "stop"},
        ask.native(("prune_tags", text)),
        ask.native((text, '{"tags": ["lowres"]}')),
    ):
        before = copy.deepcopy(message)
        result = interpret(message, ask.tools)
        assert message == before
        assert result == interpret(message, ask.tools)
        for call in result.calls:
            assert call.arguments.keys() <= ask.tools[call.name]["properties"].keys()
            assert set(ask.tools[call.name]["required"]) <= call.arguments.keys()
        assert all(len(one.reason) <= 300 for one in result.rejected)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    content=JSON_VALUES,
    entries=JSON_VALUES
    | st.lists(st.dictionaries(st.sampled_from(["id", "function"]), JSON_VALUES)),
    finish=JSON_VALUES,
)
@settings(max_examples=200, deadline=None)
def test_no_message_raises(ask: Any, content: Any, entries: Any, finish: Any) -> None:
    message = {"content": content, "tool_calls": entries, "finish_reason": finish}
    assert interpret(message, ask.tools).calls == []


@given(value=JSON_VALUES, indent=st.none() | st.just(2), ascii_only=st.booleans())
@settings(max_examples=200, deadline=None)
def test_strict_json_reads_as_json_reads_it(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    reader = Reader(text)
    assert reader.value() == value
    assert reader.position == len(text)


PRINTABLE = st.text(max_size=8).filter(str.isprintable)
PYTHON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | PRINTABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PRINTABLE, inner, max_size=3),
    max_leaves=8,
)


@given(value=PYTHON_VALUES)
@settings(max_examples=200, deadline=None)
def test_python_literals_read_as_python_reads_them(value: Any) -> None:
    assert Reader(repr(value)).value() == value
