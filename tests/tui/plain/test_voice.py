"""What the plain chat writes: lines of its own at the margin, everything foreign indented."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent.events import Asked, Call, Failed, Noted, Said, ToolFinished
from tagsmith.agent.session_entries import Prompted, Settled
from tagsmith.tools.toolbox import Outcome
from tagsmith.tui.commands.console import Console
from tagsmith.tui.plain.voice import Voice, arguments
from tagsmith.tui.text import is_clean


def heard() -> tuple[Voice, io.StringIO]:
    out = io.StringIO()
    return Voice(Console(out=out, err=out)), out


def test_an_answer_is_written_line_by_line_as_it_comes():
    voice, out = heard()
    voice.event(Said("\nOne li"))
    assert out.getvalue() == ""
    voice.event(Said("ne.\nTwo"))
    assert out.getvalue() == "  One line.\n"
    voice.event(Noted("here\nand here"))
    assert out.getvalue() == "  One line.\n  Two\nNote: here\n  and here\n"


def test_every_event_has_its_word():
    voice, out = heard()
    voice.event(ToolFinished(Call("prune_tags", {"tags": ["a", "b"]}), Outcome("x", files=2)))
    voice.event(ToolFinished(Call("find_images", {}), Outcome("x")))
    voice.event(Asked("Which?", ("the first",)))
    voice.event(Failed("No.", "Try that."))
    assert out.getvalue() == (
        "Tool: prune_tags, tags a, b. 2 files staged.\nTool: find_images.\n"
        "Question: Which?\nSay for example: the first\nError: No.\n  Try that.\n"
    )


def test_an_earlier_conversation_is_recalled():
    voice, out = heard()
    voice.recall([Prompted("hi", 4), Said("Hello."), Settled("applied", "3 files")], 3)
    assert out.getvalue() == ("Not shown: 3 earlier turns.\n  > hi\n  Hello.\nApplied 3 files.\n")


def test_arguments_are_words_and_not_too_many():
    assert arguments({"tags": ["a", "b"], "min_count": 3}) == "tags a, b; min count 3"
    assert len(arguments({"tags": ["x" * 99] * 99})) < 400


@given(st.lists(st.text(max_size=40), max_size=6), st.text(max_size=40))
def test_no_foreign_text_reaches_the_margin_or_the_terminal(pieces, name):
    voice, out = heard()
    for piece in pieces:
        voice.event(Said(piece))
    voice.quote("".join(pieces))
    voice.tell(f"Dropped: {name}")
    *lines, own = out.getvalue().removesuffix("\n").split("\n")
    assert own.startswith("Dropped: ")
    assert all(not line or line.startswith("  ") for line in lines)
    assert all(is_clean(line) for line in (*lines, own))
