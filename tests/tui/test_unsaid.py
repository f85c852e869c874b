"""No words of the interface reach the screen in English alone: they go through ``language``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagsmith import tui

TUI = Path(str(tui.__file__)).parent
# The command line speaks English; so do the documents, and the demo that is played without a
# terminal.
ENGLISH = ("commands/", "cli.py", "keys_page.py", "demo.py", "language.py")
# Functions that show what they are given, or raise it to be shown.
SHOWING = (
    *("Content", "line", "block", "styled", "assemble", "Static", "notify", "append", "Message"),
    *(
        "tell",
        "note",
        "fail",
        "warn",
        "complain",
        "quote",
        "ask",
        "decide",
        "row",
        "keys",
        "update",
    ),
    *("UsageError", "ModelError", "BadImageError", "TagsmithError", "Completion", "Removal"),
)
# Of these the second argument is a style, or a kind.
ONE_TEXT = ("line", "block", "styled", "Message")
WORDS = re.compile(r"[A-Za-z]{2,}")
# Words, but not for translation: a name, a query, a unit, names of keys, and what a screen calls
# its own questions.
ALLOWED = (
    "Tagsmith",
    "dog and not cat",
    "GB",
    *("enter", "esc", "tab", "space", "up", "down", "ctrl+b", "ctrl+c", "ctrl+j", "ctrl+q"),
    *("down, esc", "up, down", "F1"),
    *("filter", "where", "set", "trigger", "new set", "new triggers"),
)
STYLE = re.compile(r"(not )?bold|dim|add|remove|reverse|\$[a-z-]+( bold)?")


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "id", "") or getattr(call.func, "attr", "")


def shown_literals(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the texts in an argument that ``say`` and ``many`` do not look up."""
    if isinstance(node, ast.Call) and name_of(node) not in SHOWING:
        return
    if isinstance(node, ast.Subscript | ast.Compare | ast.FormattedValue):
        return
    if isinstance(node, ast.IfExp):
        for branch in (node.body, node.orelse):
            yield from shown_literals(branch)
    elif isinstance(node, ast.Constant):
        yield node
    else:
        for child in ast.iter_child_nodes(node):
            yield from shown_literals(child)


def unsaid_in(source: str) -> Iterator[tuple[int, str]]:
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        shown = [one.value for one in call.keywords if one.arg in ("placeholder", "hint")]
        if name_of(call) in SHOWING:
            shown += call.args[:1] if name_of(call) in ONE_TEXT else call.args
        for node in (each for one in shown for each in shown_literals(one)):
            text = str(node.value)
            known = text.strip() in ALLOWED or STYLE.fullmatch(text.strip())
            if isinstance(node.value, str) and WORDS.search(text) and not known:
                yield node.lineno, text


def modules() -> list[str]:
    paths = (one.relative_to(TUI).as_posix() for one in sorted(TUI.rglob("*.py")))
    return [one for one in paths if not one.startswith(ENGLISH)]


def test_every_text_that_is_shown_is_said() -> None:
    found = [
        f"{name}:{number} {text!r}"
        for name in modules()
        for number, text in unsaid_in((TUI / name).read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        'Content("Nothing here")',
        'line(f"{n} files")',
        'self.app.notify("Saved.", markup=False)',
        'Content.assemble(("Done", "bold"))',
        'keys([("enter", "apply")])',
        'TextField(placeholder=Content("a path"))',
        'raise UsageError("No such file.", say("Look again."))',
        'voice.tell("Kept." if keep else say("Dropped."))',
    ],
)
def test_words_that_are_not_said_are_found(source: str) -> None:
    assert list(unsaid_in(source))


@pytest.mark.parametrize(
    "source",
    [
        'Content(say("Nothing here"))',
        'line(many(n, "{n} file", "{n} files"), "bold")',
        'Content.assemble((f"{sign} ", "$accent bold"), line(name))',
        'keys([("enter", say("apply"))])',
        'self.query_one("#foot", EdgeLine)',
    ],
)
def test_what_is_said_or_no_words_is_let_be(source: str) -> None:
    assert not list(unsaid_in(source))
