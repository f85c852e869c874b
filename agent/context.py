"""Keeping a conversation within what the model can hold: estimates, digests, trimming by turns.

Nothing here asks a model: what is left out is decided by counting, and stands as one line.
Budgets: specs of the 4,096 tokens that local servers load a model with (docs/prompts.md).
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tagsmith.agent.prompting import fenced, one_line, render, summary
from tagsmith.agent.turns import Message, ModelText, ToolText, Turn, UserText
from tagsmith.tools.errors import ServerError

# Tags and languages other than English take more tokens than prose: three characters each.
CHARS_A_TOKEN = 3.0
FEWEST_CHARS, MOST_CHARS = 1.0, 6.0
FULLEST = 0.9
MESSAGE_CHARS, CALL_CHARS = 30, 90  # the JSON, or the template, around each
SMALLEST_ANSWER, LARGEST_ANSWER = 256, 4096
LOW_WATER = 0.7
DIGEST_LENGTH = 120
REQUESTS_KEPT = 5
SMALLEST_RESULT = 200  # characters
STATE = "\n\nSTATE: "


@dataclass(slots=True)
class Gauge:
    """Turns characters into tokens, and learns from what servers report.

    The estimate follows the densest of the last reports, so that it errs on the safe side.
    """

    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=4))

    @property
    def chars_a_token(self) -> float:
        """Return how many characters a token has, at the least."""
        return min(self._seen, default=CHARS_A_TOKEN)

    def tokens(self, chars: int) -> int:
        """Return about how many tokens so many characters are."""
        return round(chars / self.chars_a_token)

    def chars(self, tokens: int) -> int:
        """Return how many characters so many tokens may have."""
        return int(tokens * self.chars_a_token)

    def learn(self, chars: int, tokens: int, english: int = 0) -> None:
        """Note that a prompt of so many characters was so many tokens; absurd reports are not.

        ``english`` of the characters are instructions of ours, which no tokenizer makes into more
        tokens than prose: a report that leaves the rest less than a character a token is absurd.
        """
        rest = tokens - english / CHARS_A_TOKEN
        if tokens <= 0 or (rest > 0 and chars - english < rest * FEWEST_CHARS):
            return
        if FEWEST_CHARS <= (found := chars / tokens) <= MOST_CHARS:
            self._seen.append(found)


def size(messages: Iterable[Message]) -> int:
    """Return the characters of messages as they are sent."""
    return sum(map(_size, messages))


def _size(message: Message) -> int:
    total = MESSAGE_CHARS + len(message.text)
    if isinstance(message, ModelText):
        total += len(message.thoughts)
        for call in message.calls:
            written = json.dumps(call.arguments, ensure_ascii=False)
            total += CALL_CHARS + len(call.name) + len(written)
    return total


@dataclass(frozen=True, slots=True)
class Room:
    """What a context of so many tokens has room for."""

    context: int

    @property
    def answer(self) -> int:
        """Return the tokens that are kept free for the answer: a sixth, within bounds."""
        return min(LARGEST_ANSWER, max(SMALLEST_ANSWER, self.context // 6))

    @property
    def prompt(self) -> int:
        """Return the most tokens that a prompt may have: never over 90 % of the context."""
        return int(min(FULLEST * self.context, self.context - self.answer))

    @property
    def result(self) -> int:
        """Return the most tokens that one result of a tool may have."""
        return min(2000, max(150, self.context * 3 // 20))


@dataclass(frozen=True, slots=True)
class Fill:
    """How much of a model's context is used: about so many tokens of so many."""

    model: str
    used: int
    context: int


class Window:
    """The turns so far, and what of them is sent.

    ``fixed`` are the characters that are sent each time: the system prompt, the tools, the
    examples. Turns leave for good, several at once, so that the beginning of the prompt stays the
    same for many turns and servers reuse what they computed for it.
    """

    def __init__(self, room: Room, fixed: int, gauge: Gauge | None = None) -> None:
        self.room = room
        self.fixed = fixed
        self.gauge = gauge or Gauge()
        self.turns: list[Turn] = []
        self.left_out = 0
        self._squeeze = 1.0
        self._requests: deque[str] = deque(maxlen=REQUESTS_KEPT)

    @property
    def used(self) -> int:
        """Return about how many tokens the next message finds in front of it."""
        return self.gauge.tokens(self.fixed + size(self._earlier(1)))

    def add(self, turn: Turn) -> None:
        """Append a turn that is over."""
        self.turns.append(Turn(tuple(map(_over, turn.messages))))

    def fit(self, current: Sequence[Message]) -> list[Message]:
        """Return what to send of the earlier turns, and the turn that is going on.

        Raises ServerError where that turn alone is too long.
        """
        most = self.gauge.chars(self.room.prompt)
        room = int(most * self._squeeze) - self.fixed
        for whole in (1, 0):
            found = _merged([*self._earlier(whole), *current])
            if size(found) <= room:
                return found
        present = _fitted(current, room, most - self.fixed)
        while self.turns and self._size_with(present) > room * LOW_WATER:
            self._leave_out()
        if self._size_with(present) > room:
            self._leave_out_summary()
        return _merged([*self._earlier(0), *present])

    def shrink(self) -> None:
        """Leave more turns out: the server says that the prompt is too long after all."""
        self._squeeze *= 2 / 3

    def restore(self) -> None:
        """Take ``shrink`` back: it was of no use."""
        self._squeeze = 1.0

    def note_context(self, tokens: int) -> None:
        """Take the server's word for how much it can hold, where that is less than thought."""
        if 0 < tokens < self.room.context:
            self.room = replace(self.room, context=tokens)

    def clip(self, text: str) -> str:
        """Return the answer of a tool, cut to what one may have, at the end of a line."""
        most = self.gauge.chars(self.room.result)
        return text if len(text) <= most else _clipped(text, most)

    def _earlier(self, whole: int) -> list[Message]:
        """Return the earlier turns; the results of all but the last ``whole`` as one line each."""
        first = len(self.turns) - whole
        found: list[Message] = []
        if self.left_out and self._requests:
            found.append(UserText(summary(self.left_out, tuple(self._requests))))
        for index, turn in enumerate(self.turns):
            found += map(digested, turn.messages) if index < first else turn.messages
        return found

    def _size_with(self, present: Sequence[Message]) -> int:
        return size(self._earlier(0)) + size(present)

    def _leave_out(self) -> None:
        turn = self.turns.pop(0)
        self.left_out += len(turn.messages)
        self._requests.append(turn.words)

    def _leave_out_summary(self) -> None:
        self._requests.clear()


def digested(message: Message) -> Message:
    """Return a message whose tool result is one line."""
    if not isinstance(message, ToolText) or len(message.text) <= len(message.short):
        return message
    return replace(message, text=message.short)


def digest(text: str) -> str:
    """Return the line that can stand for the result of a tool: its first one."""
    first, _, rest = text.strip().partition("\n")
    line = one_line(first, DIGEST_LENGTH)
    return fenced(render("digest", line=line) if rest.strip() or len(first) > len(line) else line)


def _merged(messages: Iterable[Message]) -> list[Message]:
    """Return messages without two of the user's in a row, which strict templates refuse."""
    found: list[Message] = []
    for one in messages:
        if isinstance(one, UserText) and found and isinstance(found[-1], UserText):
            found[-1] = UserText(f"{found[-1].text}\n\n{one.text}")
        else:
            found.append(one)
    return found


def _fitted(current: Sequence[Message], room: int, most: int) -> list[Message]:
    """Return the turn that is going on: older results as lines, the last ones cut, and if that is
    not enough, without its oldest calls.

    Raises ServerError where it has more than ``most`` characters even so.
    """
    found = list(current)
    last = _last_results(found)
    if size(found) > room:
        found = [digested(one) if at < last else one for at, one in enumerate(found)]
    lengths = [len(one.text) for one in found[last:] if isinstance(one, ToolText)]
    if lengths and size(found) > room:
        level = _level(lengths, room - size(found) + sum(lengths))
        found[last:] = [_cut(one, max(SMALLEST_RESULT, level)) for one in found[last:]]
    excess = size(found) - room
    while excess > 0 and (oldest := _oldest_calls(found)):
        excess -= size(found[oldest])
        del found[oldest]
    if size(found) > most:
        raise ServerError(
            "The message is too long for the context that the model is loaded with.",
            "Say it in fewer words, or load the model with a longer context.",
        )
    return found


def _last_results(messages: Sequence[Message]) -> int:
    """Return where the results begin that the model has not answered yet."""
    spoken = [at for at, one in enumerate(messages) if not isinstance(one, ToolText)]
    return spoken[-1] + 1 if spoken else 0


def _level(lengths: Iterable[int], room: int) -> int:
    """Return the length to which texts have to be cut so that all of them fit into ``room``."""
    ordered = sorted(lengths)
    for at, length in enumerate(ordered):
        share = room // (len(ordered) - at)
        if length > share:
            return share
        room -= length
    return ordered[-1]


def _oldest_calls(messages: Sequence[Message]) -> slice | None:
    """Return where the first calls stand with their results, unless they are the last ones."""
    made = [at for at, one in enumerate(messages) if isinstance(one, ModelText) and one.calls]
    return slice(made[0], made[1]) if len(made) > 1 else None


def _cut(message: Message, most: int) -> Message:
    if not isinstance(message, ToolText) or len(message.text) <= most:
        return message
    return replace(message, text=_clipped(message.text, most))


def _clipped(text: str, most: int) -> str:
    """Cut the last lines of a result's text; the state at its end stays."""
    body, _, state = text.rpartition("\n")
    if not body:
        return text[:most]
    room = max(40, most - len(state) - 40)
    kept = body[:room].rpartition("\n")[0] or body[:room]
    more = body[len(kept) :].count("\n")
    return f"{kept}\n({more:,} more lines are not shown)\n{state}"


def _over(message: Message) -> Message:
    """Drop what counts only while a turn goes on: its state line, and the model's thoughts."""
    if isinstance(message, ModelText):
        return replace(message, thoughts="")
    if not isinstance(message, UserText):
        return message
    words, found, _ = message.text.rpartition(STATE)
    return UserText(words) if found else message
