"""One message of the user on its way through the agent: what was said, and what is to be done next.

This is the context that LangChain's agent carries through a turn; its middleware only asks here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tagsmith.agent.context import Window, digest, size
from tagsmith.agent.events import Call, Noted, Said
from tagsmith.agent.forced import Attempt, Forcing, Schemas, instructions
from tagsmith.agent.middleware import Budget, Patience, QuestionError, Repeats, example
from tagsmith.agent.prompting import (
    correction,
    harmless,
    mistake,
    one_line,
    prompt,
    quoted,
    render,
    tool_answer,
)
from tagsmith.agent.relay import Relay
from tagsmith.agent.server.client import Waiting
from tagsmith.agent.server.faults import ContextOverflowError
from tagsmith.agent.server.wire import UNFINISHED
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.agent.turns import Message, ModelText, ToolText, UserText
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError, UnknownTagError
from tagsmith.tools.toolbox import Outcome

EXCERPT = 300
CALL_LENGTH, NAME_LENGTH, MOST_TOLD = 100, 40, 3
UNREADABLE = (
    "The server cannot read the calls that its model makes. Can you say it in other words? Another "
    "model may do better."
)
READING = "reads"  # the family of tools that change nothing
NO_WORDS = "(nothing)"
SMALLEST_REPLY, LARGEST_REPLY = 128, 8192


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the model, interpreted.

    ``rejected`` are the calls that may not run, as they were written, each with the reason;
    ``dropped`` are tools with the arguments that were left out; ``in_text`` says that the server
    found no call, so that all that there is was read from the text.
    """

    text: str
    calls: tuple[ToolCall, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, tuple[str, ...]], ...] = ()
    in_text: bool = False
    thoughts: str = ""
    finish: str | None = "stop"
    model: str = ""
    prompt_tokens: int = 0
    answer_tokens: int = 0

    @property
    def chars(self) -> int:
        """Return the characters of all that the model wrote."""
        return size([ModelText(self.text, self.calls, self.thoughts)])


@dataclass(slots=True)
class Task:
    """A turn. ``messages`` are what was said in it, ``retries`` what is said until it is right.

    ``examples`` stand before everything else. ``staged`` counts files; ``idle`` are the tools that
    could have changed something and did not.
    """

    words: str
    relay: Relay
    window: Window
    schemas: Schemas
    budget: Budget
    messages: list[Message]
    examples: tuple[Message, ...] = ()
    keeps_thoughts: bool = False
    repeats: Repeats = field(default_factory=Repeats)
    patience: Patience = field(default_factory=Patience)
    retries: list[Message] = field(default_factory=list)
    forced: list[Message] = field(default_factory=list)
    attempt: Attempt = field(default_factory=lambda: Attempt(Forcing()))
    staged: int = 0
    idle: list[str] = field(default_factory=list)
    tokens: int = 0
    heard_model: str = ""
    _remarks: list[str] = field(default_factory=list)
    _sent: int = 0
    _last_words: str = ""
    _answer_over: bool = False
    _waited: bool = False

    # Before the model is asked

    def fitted(self) -> list[Message]:
        """Return the messages to send. Raises ServerError where this turn alone is too long."""
        retries = self.forced if self.attempt.wanted else self.retries
        sent = self.window.fit([*self.messages, *retries])
        self._sent = self.window.fixed + size(sent)
        return [*self.examples, *sent]

    def reply_tokens(self) -> int:
        """Return how long the answer may be: what the prompt leaves, with a tenth for error."""
        room = self.window.room
        left = room.context - int(self.window.gauge.tokens(self._sent) * 1.1)
        return max(SMALLEST_REPLY, min(left, LARGEST_REPLY))

    def measured(self, reply: Reply) -> None:
        """Learn from the server's count how many tokens the prompt was, and add up what it cost.

        What a server does not count is estimated.
        """
        gauge = self.window.gauge
        gauge.learn(self._sent, reply.prompt_tokens, self.window.fixed)
        answer = reply.answer_tokens or gauge.tokens(reply.chars)
        self.tokens += (reply.prompt_tokens or gauge.tokens(self._sent)) + answer
        self.budget.hear(answer)

    def overflowed(self, error: ContextOverflowError) -> None:
        """Make room after a server said that the prompt is too long, and say so."""
        if error.fault.tokens:
            self.window.gauge.learn(self._sent, error.fault.tokens, self.window.fixed)
        if error.fault.context:
            self.window.note_context(error.fault.context)
        self.window.shrink()
        self.relay.tell(Noted("The conversation was too long for the model; it was shortened."))

    # While it answers

    def heard(self, heard: str | Waiting) -> None:
        """Tell the user the words of an answer as they come, or what the server waits for."""
        if isinstance(heard, Waiting):
            if not self._waited:
                self._waited = True
                self.relay.tell(Noted(f"{heard.reason} Trying again in {heard.seconds} s."))
            return
        begins_line = not self._last_words or self._last_words.endswith("\n")
        if self._answer_over and not begins_line:
            heard = f"\n{heard}"
        self._answer_over, self._last_words = False, heard
        self.relay.tell(Said(heard))

    # When it has answered

    def again(self, reply: Reply) -> bool:
        """Judge an answer: True if the model is to be asked once more, with what was wrong.

        Raises QuestionError where it has been told often enough.
        """
        self._answer_over = True
        if self.attempt.over() and not reply.calls and (reply.rejected or not reply.text):
            return True
        if reply.calls:
            self._note_left_out(reply)
            return False
        if reply.rejected:
            raw, reason = reply.rejected[0]
            self.wrong_call(raw, reason)
            self._tell_not_run(reply.rejected)
            if reply.in_text and reply.finish not in UNFINISHED:
                self.attempt.want()
            return True
        if reply.text:
            if reply.finish == "length":
                self.relay.tell(Noted("The answer reached the model's limit and ends early."))
            return False
        if self.patience.nudge():
            self.retries = [ModelText(NO_WORDS), UserText(prompt("nudge"))]
            return True
        if self.budget.calls:
            return False
        raise QuestionError(_nothing_said(reply))

    def _note_left_out(self, reply: Reply) -> None:
        """Tell the user, and with the next result the model, what of an answer is not run."""
        self._remarks = [f"Another call was not run: {reason}" for _, reason in reply.rejected]
        self._tell_not_run(reply.rejected)
        for name, arguments in reply.dropped[:MOST_TOLD]:
            listed = ", ".join(quoted(one, NAME_LENGTH) for one in arguments[:MOST_TOLD])
            self._remarks.append(f"Left out: {name} has no argument {listed}.")
            self.relay.tell(Noted(f"Left out of the call of {name}, which has no such: {listed}."))

    def _tell_not_run(self, rejected: Sequence[tuple[str, str]]) -> None:
        for raw, reason in rejected[:MOST_TOLD]:
            why = one_line(reason.partition(". ")[0].rstrip("."), CALL_LENGTH)
            self.relay.tell(Noted(f"Not run: {one_line(raw, CALL_LENGTH) or NO_WORDS}: {why}."))
        if len(rejected) > MOST_TOLD:
            self.relay.tell(Noted(f"Not run either: {len(rejected) - MOST_TOLD} more calls."))

    def wrong_call(self, raw: str, reason: str, question: str = "") -> None:
        """Have the model told what was wrong with a call. Raises QuestionError the third time."""
        self.patience.mistake(question or f"The model cannot make the call that it wants. {reason}")
        excerpt = one_line(raw, EXCERPT) or NO_WORDS
        self.retries = [ModelText(excerpt), UserText(correction(reason, tuple(self.schemas)))]
        self.forced = [ModelText(excerpt), UserText(instructions(reason, self.schemas))]

    def unreadable_call(self) -> None:
        """Have the model told that the server could not read its call."""
        name = next(iter(self.schemas))
        shown = example(ToolCall("", name, {}), None, self.schemas[name])
        self.wrong_call("", render("unreadable", example=shown), UNREADABLE)
        self.attempt.want()

    def accept(self, reply: Reply) -> None:
        """Take an answer into the conversation."""
        self.retries = []
        thoughts = reply.thoughts if self.keeps_thoughts and reply.calls else ""
        calls = tuple(replace(one, arguments=cleaned(one.arguments)) for one in reply.calls)
        self.messages.append(ModelText(harmless(reply.text), calls, harmless(thoughts)))
        self.heard_model = reply.model or self.heard_model

    # When it calls a tool

    def run(self, call: ToolCall) -> Outcome:
        """Run a tool on the workspace, in the thread that owns it; raises what the tool raises."""
        return self.relay.run(Call(call.name, call.arguments))

    def answer(self, call: ToolCall, outcome: Outcome) -> ToolText:
        """Return what the model reads of an outcome."""
        self.patience.success()
        self.staged += outcome.files
        self._note_idle(call, outcome.files)
        text = self.window.clip(tool_answer(outcome.text, outcome.state))
        self.repeats.answered(call, text, staged=outcome.files > 0)
        return self._told(call, text, digest(outcome.text))

    def earlier(self, call: ToolCall) -> ToolText | None:
        """Return the earlier answer where the model repeats itself; None: run the call."""
        text = self.repeats.earlier(call)
        return None if text is None else self._told(call, text, prompt("repeated"))

    def refuse(self, call: ToolCall, error: TagsmithError) -> ToolText:
        """Return what the model reads of a call that its tool refused.

        Raises QuestionError where it has been told often enough.
        """
        shown = example(call, error, self.schemas.get(call.name, {}))
        text = mistake(str(error), shown)
        self.repeats.answered(call, text, staged=False)
        self._note_idle(call, 0)
        told = self._told(call, text, text, failed=True)
        self.patience.mistake(str(error), self._suggestions(error))
        return told

    def _note_idle(self, call: ToolCall, files: int) -> None:
        if not files and toolbox.find(call.name).family != READING and call.name not in self.idle:
            self.idle.append(call.name)

    def _told(self, call: ToolCall, text: str, short: str, *, failed: bool = False) -> ToolText:
        text = "\n".join([text, *self._remarks])
        self._remarks = []
        told = ToolText(call.id, call.name, text, short, failed)
        self.messages.append(told)
        return told

    def _suggestions(self, error: TagsmithError) -> tuple[str, ...]:
        """Return what the user said, with the tags that exist instead of those that do not."""
        if not isinstance(error, UnknownTagError):
            return ()
        said = [
            self.words.replace(wrong, right)
            for wrong, found in error.nearest.items()
            for right, _ in found
            if wrong in self.words
        ]
        return tuple(dict.fromkeys(said))[:3]


def cleaned(value: Any) -> Any:
    """Return arguments as they are sent back: a model repeats what it read in captions."""
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, list):
        return [cleaned(one) for one in value]
    if isinstance(value, Mapping):
        return {harmless(name): cleaned(one) for name, one in value.items()}
    return value


def _nothing_said(reply: Reply) -> str:
    if reply.finish == "length":
        return (
            "The model thought until its answer was full and said nothing. Turn its thinking off, "
            "load it with a longer context, or ask for less at a time."
        )
    return "The model gave no answer. Can you say it in other words?"
