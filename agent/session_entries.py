"""What a session's records mean to the rest of the program: what was shown, what a model knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tagsmith.agent.events import (
    Asked,
    Call,
    Event,
    Failed,
    Noted,
    Said,
    ToolFinished,
)
from tagsmith.agent.session_log import How
from tagsmith.agent.session_records import (
    Answer,
    Failure,
    Memory,
    ModelCall,
    Question,
    Ran,
    Record,
    Remark,
    Settlement,
    Spoken,
    Words,
    clipped,
)
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.agent.turns import Message, ModelText, ToolText, Turn, UserText, closed
from tagsmith.tools.toolbox import Outcome

NOT_ANSWERED = "(no answer was kept)"


@dataclass(frozen=True, slots=True)
class Prompted:
    """What the user said; ``turn`` counts from 1."""

    text: str
    turn: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a plan or a turn, and how many files of what were written."""

    how: How
    text: str = ""


Entry = Prompted | Settled | Event


def event_record(event: Event) -> Record | None:
    """Return what is kept of an event; None where nothing is (a tool that only starts, the end)."""
    match event:
        case Said(text):
            return Answer(text=clipped(text))
        case ToolFinished(call, outcome):
            text = clipped(outcome.text)
            return Ran(tool=call.tool, arguments=call.arguments, text=text, files=outcome.files)
        case Noted(text):
            return Remark(text=clipped(text))
        case Asked(question, suggestions):
            return Question(text=clipped(question), suggestions=[*map(clipped, suggestions)])
        case Failed(message, hint, status):
            return Failure(text=clipped(message), hint=clipped(hint), exit=int(status))
    return None


def entry(record: Record) -> Entry | None:
    """Return what a record shows; None where it shows nothing."""
    match record:
        case Words():
            return Prompted(record.text, record.turn)
        case Answer():
            return Said(record.text)
        case Ran():
            return ToolFinished(
                Call(record.tool, record.arguments), Outcome(record.text, files=record.files)
            )
        case Remark():
            return Noted(record.text)
        case Question():
            return Asked(record.text, tuple(record.suggestions))
        case Failure():
            return Failed(record.text, record.hint, record.exit)
        case Settlement():
            return Settled(record.how, record.text)
    return None


def memory(turn: Turn) -> Memory:
    """Return what is kept of a turn of a model's conversation."""
    return Memory(messages=[_spoken(one) for one in turn.messages])


def _spoken(message: Message) -> Spoken:
    match message:
        case UserText(text):
            return Spoken(role="user", text=text)
        case ModelText(text, calls, thoughts):
            kept = [ModelCall(id=one.id, name=one.name, arguments=one.arguments) for one in calls]
            return Spoken(role="model", text=text, calls=kept, thoughts=thoughts)
        case ToolText(call, tool, text, short, failed):
            return Spoken(role="tool", text=text, call=call, tool=tool, short=short, failed=failed)


def turns(kept: Iterable[Memory]) -> tuple[Turn, ...]:
    """Return turns as a model can be told of them: each begins with words, each call has an answer.

    What does not have that form is left out: servers refuse a conversation without it.
    """
    found = (Turn(closed(map(_message, one.messages), NOT_ANSWERED)) for one in kept)
    return tuple(turn for turn in found if turn.words and _answers_follow_calls(turn))


def _message(spoken: Spoken) -> Message:
    if spoken.role == "user":
        return UserText(spoken.text)
    if spoken.role == "tool":
        return ToolText(spoken.call, spoken.tool, spoken.text, spoken.short, spoken.failed)
    calls = tuple(ToolCall(one.id, one.name, one.arguments) for one in spoken.calls)
    return ModelText(spoken.text, calls, spoken.thoughts)


def _answers_follow_calls(turn: Turn) -> bool:
    open_calls: set[str] = set()
    for one in turn.messages:
        if isinstance(one, ToolText):
            if one.call not in open_calls:
                return False
        elif isinstance(one, ModelText):
            open_calls = {call.id for call in one.calls}
    return isinstance(turn.messages[-1], ModelText)
