"""What a turn may cost, and when it ends: budgets, repetition, corrections, in plain objects.

``agent.loop`` hangs them into LangChain's agent; nothing here knows of it.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tagsmith.agent.prompting import one_line, prompt
from tagsmith.agent.toolcalls import ToolCall
from tagsmith.tools.errors import BudgetError, UnknownTagError

CORRECTIONS = 2
REPEATED_AT, STOPPED_AT = 3, 5
QUESTION_LENGTH = 300


class QuestionError(Exception):
    """The turn cannot go on without the user; ``suggestions`` are what to say."""

    def __init__(self, question: str, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(question)
        self.question = question
        self.suggestions = suggestions


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """What one message of the user may cost: tool calls, tokens of answers, seconds."""

    calls: int = 25
    tokens: int = 16_000
    seconds: float = 900.0


class Budget:
    """Counts what a turn costs. Its methods raise BudgetError where a limit is passed."""

    def __init__(self, limits: TurnLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self._clock = clock
        self._began = clock()
        self.calls = 0
        self.tokens = 0

    def ask(self) -> None:
        """Count a request to the model."""
        if self._clock() - self._began > self.limits.seconds:
            raise _spent(f"took longer than {self.limits.seconds:g} seconds")
        if self.tokens > self.limits.tokens:
            raise _spent(f"took more than {self.limits.tokens:,} tokens of answers")

    def hear(self, tokens: int) -> None:
        """Count the tokens of an answer."""
        self.tokens += tokens

    def call(self) -> None:
        """Count a tool call."""
        if self.calls >= self.limits.calls:
            raise _spent(f"made more than {self.limits.calls} tool calls")
        self.calls += 1


def _spent(what: str) -> BudgetError:
    return BudgetError(
        f"The model {what} for one message and was stopped.",
        "Nothing was written. Ask for less at a time, or use another model.",
    )


class Repeats:
    """Notices a model that goes in circles (specs: loops of 20 to 220 equal calls are common).

    A call counts as the same as long as no other call has staged anything in between.
    """

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._answers: dict[str, str] = {}

    def earlier(self, call: ToolCall) -> str | None:
        """Return the answer to give instead of running the call; None: run it.

        Raises QuestionError at the fifth time.
        """
        written = _written(call)
        self._times[written] += 1
        times = self._times[written]
        if times >= STOPPED_AT:
            raise QuestionError(
                f"The model made the same call of {call.name} {times} times and was stopped. "
                "What should it do instead?"
            )
        if times >= REPEATED_AT and written in self._answers:
            return f"{prompt('repeated')}\n{self._answers[written]}"
        return None

    def answered(self, call: ToolCall, answer: str, *, staged: bool) -> None:
        """Remember what a call was answered; after one that staged, others count anew."""
        written = _written(call)
        if staged:
            self._times = Counter({written: self._times[written]})
        self._answers[written] = answer


def _written(call: ToolCall) -> str:
    return f"{call.name}{json.dumps(call.arguments, sort_keys=True, ensure_ascii=False)}"


@dataclass(slots=True)
class Patience:
    """Counts the corrections that a model needs in a row; after two, the user is asked."""

    wrong: int = 0
    nudged: bool = field(default=False)

    def mistake(self, question: str, suggestions: tuple[str, ...] = ()) -> None:
        """Count a call that could not be run. Raises QuestionError with the question."""
        self.wrong += 1
        if self.wrong > CORRECTIONS:
            raise QuestionError(one_line(question, QUESTION_LENGTH), suggestions)

    def success(self) -> None:
        """Note a call that was run."""
        self.wrong = 0

    def nudge(self) -> bool:
        """Whether an empty answer may be asked for again: once in a turn."""
        first, self.nudged = not self.nudged, True
        return first


def example(call: ToolCall, error: Exception | None, schema: Mapping[str, Any]) -> str:
    """Return a call that would be right: the one that was made, with the tags that exist.

    Where the error names no tags, a call of the tool with all that it requires.
    """
    if isinstance(error, UnknownTagError):
        nearest = {wrong: found[0][0] for wrong, found in error.nearest.items() if found}
        if nearest:
            fixed = {name: _replaced(value, nearest) for name, value in call.arguments.items()}
            if fixed != call.arguments:
                return _shown(call.name, fixed)
        return _shown("list_tag_frequencies", {})
    properties = schema.get("properties", {})
    required = {name: _sample(properties.get(name, {})) for name in schema.get("required", ())}
    return _shown(call.name, required)


def _replaced(value: Any, nearest: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [nearest.get(one, one) if isinstance(one, str) else one for one in value]
    if isinstance(value, str):
        for wrong, right in nearest.items():
            value = value.replace(wrong, right)
    return value


def _sample(schema: Mapping[str, Any]) -> Any:
    if schema.get("enum"):
        return schema["enum"][0]
    numbers = {"integer": 1, "number": 0.5, "boolean": True}
    return numbers.get(schema.get("type", ""), ["dog"] if schema.get("type") == "array" else "dog")


def _shown(name: str, arguments: Mapping[str, Any]) -> str:
    return one_line(f"{name} {json.dumps(arguments, ensure_ascii=False)}", 140)
