"""The turns of an earlier session, from its file to rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from textual.widget import Widget

from tagsmith.agent.events import Asked, Failed, Noted, Said, ToolFinished
from tagsmith.agent.session_entries import Entry, Prompted, Settled
from tagsmith.tui.text import block
from tagsmith.tui.widgets.answer import Answer
from tagsmith.tui.widgets.messages import (
    Message,
    ToolLine,
    UserMessage,
    failure,
    question,
    settled,
)
from tagsmith.tui.widgets.palette import MUTED
from tagsmith.tui.widgets.past import TURNS_A_PAGE, Source
from tagsmith.tui.widgets.rows import Row
from tagsmith.tui.widgets.transcript import as_rows


def pages(entries: Sequence[Entry], *, markdown: bool) -> list[tuple[int, Source]]:
    """Cut entries into pages of turns, whose rows are made when they are shown."""
    starts = [at for at, one in enumerate(entries) if isinstance(one, Prompted)]
    cuts = [*starts[::TURNS_A_PAGE], len(entries)]
    cuts[0] = 0
    return [
        (
            sum(start <= at < end for at in starts),
            partial(_rows, entries[start:end], markdown=markdown),
        )
        for start, end in pairwise(cuts)
    ]


def _rows(entries: Sequence[Entry], *, markdown: bool) -> list[Row]:
    made = (widget_of(one, markdown=markdown) for one in entries)
    return as_rows([one for one in made if one is not None])


def widget_of(entry: Entry, *, markdown: bool) -> Widget | None:
    """Return the widget that shows an entry; None where nothing is shown."""
    match entry:
        case Prompted(text, _):
            return UserMessage(text)
        case Settled():
            return Message(settled(entry), "note")
        case Said(text):
            answer = Answer(markdown=markdown)
            answer.append(text)
            answer.flush()
            return answer
        case ToolFinished(call, outcome):
            line = ToolLine(call)
            line.finish(outcome)
            return line
        case Asked(asked, suggestions):
            return question(asked, suggestions)
        case Failed(message, hint, _):
            return failure(message, hint)
        case Noted(text):
            return Message(block(text, MUTED), "note")
    return None
