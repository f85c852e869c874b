"""The texts that the model reads: loaded from ``prompts/``, filled in, foreign text fenced.

Everything that did not come from the user's keyboard is data. It stands on lines that begin with
``|``, which nothing in it can end, and holds nothing that a chat template takes for its own.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from importlib import resources
from string import Template

from tagsmith.agent.toolcalls import ToolCall
from tagsmith.agent.turns import Message, ModelText, ToolText, UserText
from tagsmith.tools.workspace import Workspace

BAR = "| "
NAME_LENGTH = 60
STEP_LENGTH = 80
STEPS_SHOWN = 5
ERROR_LENGTH = 300

_NOTE = re.compile(r"\A<!--.*?-->\s*", re.DOTALL)
# What templates use as tokens of their own; a server may read them as such wherever they stand.
# A tag such as the kaomoji <|>_<|> is not one of them.
_TEMPLATE_TOKEN = re.compile(
    r"<(?=[|\uff5c][\w ▁/-]{1,60}[|\uff5c]?>)|<(?=/?(?:s|bos|eos|pad|unk)>)"
    r"|<(?=/?(?:think|thinking|tool_calls?|tool_response|tool_result|function_calls?|tools|system)>)"
    r"|<(?=/?(?:seed|minimax|mm):\w+>)|◁(?=/?think▷)"
    r"|<(?=(?:start|end)_of_(?:turn|image)>|(?:start|end)_function_call>|unused\d+>)"
    r"|<(?=(?:tool_call|tool_response|turn|channel)\|>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS?|AVAILABLE_TOOLS|TOOL_REQUEST"
    r"|END_TOOL_REQUEST|END_TOOL_RESULT|ARGS|THINK)\])",
    re.IGNORECASE,
)
_UNDECODABLE = frozenset(map(chr, range(0xDC80, 0xDD00)))  # bytes of names (os.fsdecode)
_PART_OF_WORDS = frozenset("\n\t\u200c\u200d")  # joiners of emoji and of Persian


@cache
def prompt(name: str) -> str:
    """Return the text of ``prompts/NAME.md``, without the note at its head."""
    text = resources.files("tagsmith.prompts").joinpath(f"{name}.md").read_text("utf-8")
    return _NOTE.sub("", text).strip()


def render(name: str, /, **fields: object) -> str:
    """Fill in a prompt. Raises KeyError where a field is missing."""
    return Template(prompt(name)).substitute({key: str(value) for key, value in fields.items()})


def harmless(text: str) -> str:
    """Return text in which nothing steers a chat template or hides: tags stay as they are.

    A space after the first character breaks a template's token, and people still see what it was.
    """
    shown = text if text.isprintable() else "".join(map(_shown, text))
    return _TEMPLATE_TOKEN.sub(lambda found: f"{found[0]} ", shown)


def _shown(char: str) -> str:
    """Return a character, or what stands for one that steers, hides, or cannot be sent."""
    if char.isprintable() or char in _PART_OF_WORDS:
        return char
    if char in _UNDECODABLE:
        return f"\\x{ord(char) & 0xFF:02x}"
    return " "


def one_line(text: str, length: int) -> str:
    """Return foreign text on one line, cut to ``length`` characters."""
    plain = " ".join(harmless(text).split())
    return plain if len(plain) <= length else plain[: length - 1].rstrip() + "…"


def fenced(text: str) -> str:
    """Return foreign text as lines of data: each begins with a bar."""
    return "\n".join(BAR + line for line in harmless(text).split("\n"))


def quoted(text: str, length: int) -> str:
    """Return foreign text as a JSON string on one line."""
    return json.dumps(one_line(text, length), ensure_ascii=False)


def state_line(workspace: Workspace) -> str:
    """Return the line that tells the model how things stand."""
    dataset = workspace.dataset
    return render(
        "state",
        name=quoted(os.path.basename(dataset.root) or dataset.root, NAME_LENGTH),
        images=f"{len(workspace.samples):,}",
        captions=f"{sum(1 for one in workspace.samples if one.caption is not None):,}",
        tags=f"{len(workspace.vocabulary()):,}",
        staged=_staged(workspace),
    )


def _staged(workspace: Workspace) -> str:
    steps = workspace.steps
    if not steps:
        return workspace.state()
    told = [f"{step.tool} {quoted(step.summary, STEP_LENGTH)}" for step in steps[-STEPS_SHOWN:]]
    more = f"{len(steps) - STEPS_SHOWN} more; " if len(steps) > STEPS_SHOWN else ""
    return f"{workspace.state()}; steps: {more}{'; '.join(told)}"


def tool_answer(text: str, state: str) -> str:
    """Return what a tool answered, for the model: its text as data, then the true state."""
    return f"{fenced(text)}\nSTATE: {state}"


def mistake(error: str, example: str) -> str:
    """Return one line for the model about a call that a tool refused."""
    told = render("mistake", error="", example=example)
    room = max(80, ERROR_LENGTH - len(told))
    return render("mistake", error=one_line(error, room), example=example)


def correction(reason: str, tools: tuple[str, ...]) -> str:
    """Return what to tell the model about a call that was not run at all."""
    return render("correction", reason=one_line(reason, ERROR_LENGTH), tools=", ".join(tools))


def summary(count: int, requests: tuple[str, ...]) -> str:
    """Return what stands for messages that no longer fit."""
    shown = "\n".join(BAR + one_line(one, STEP_LENGTH) for one in requests)
    return render("summary", count=count, requests=shown)


@cache
def few_shot() -> tuple[Message, ...]:
    """Return the examples, as messages. Raises ValueError where the file is not in their form."""
    messages: list[Message] = []
    for section in re.split(r"^## ", prompt("few_shot"), flags=re.MULTILINE)[1:]:
        head, _, body = section.partition("\n")
        role, _, name = head.strip().partition(" ")
        messages.append(_example(role, name, body.strip(), messages))
    return tuple(messages)


def _example(role: str, name: str, body: str, before: list[Message]) -> Message:
    last = before[-1] if before else None
    if role == "user":
        return UserText(body)
    if role == "assistant":
        return ModelText(body)
    if role == "call":
        return ModelText("", (ToolCall(f"example{len(before):02}", name, json.loads(body)),))
    if role == "result" and isinstance(last, ModelText) and last.calls:
        return ToolText(last.calls[0].id, last.calls[0].name, body, body)
    raise ValueError(f"prompts/few_shot.md: a section {role!r} cannot stand here")
