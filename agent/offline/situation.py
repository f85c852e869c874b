"""What holds while a message is interpreted, and what comes out of it: actions or a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tagsmith.agent.events import Call
from tagsmith.agent.offline.clauses import (
    EVERYTHING,
    Condition,
    Mention,
    Negated,
    Order,
    Question,
    Talk,
)
from tagsmith.tools.plan import Step
from tagsmith.tools.tags import Vocabulary, key


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a message cannot be carried out as it stands; ``reason`` names a template."""

    reason: str
    tags: tuple[str, ...] = ()
    order: Order | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Do:
    """Run the calls of one order."""

    order: Order
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """Run the call of one question."""

    question: Question
    call: Call


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Drop pending steps by number."""

    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """Say something; nothing is run."""

    what: str
    order: Order | None = None


Action = Do | Ask | TakeBack | Tell
Meant = Order | Question | Negated | Talk | TakeBack | Tell
CallsOf = Callable[[Order | Question], tuple[Call, ...]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What was said before, as follow-ups need it.

    ``orders`` are those of the last message that gave some, ``steps`` what they staged,
    ``vocabulary`` the tags of that moment, ``taken`` what the last message took back.
    ``question`` is set when the last message asked.
    """

    orders: tuple[Order, ...] = ()
    steps: tuple[Step, ...] = ()
    vocabulary: Vocabulary | None = None
    taken: tuple[Order, ...] = ()
    question: Question | None = None
    tags: tuple[Mention, ...] = ()
    language: str = "en"


@dataclass(slots=True)
class Situation:
    """What holds while one message is interpreted: the tags, what is pending, what was said."""

    vocabulary: Vocabulary
    pending: tuple[Step, ...]
    memory: Memory
    made: set[str] = field(default_factory=set)

    def exists(self, mention: Mention) -> bool:
        """Tell whether some caption has this tag, or will once the message's orders have run."""
        if key(mention.text) in self.made:
            return True
        sources = [self.vocabulary]
        if self.memory.vocabulary is not None and self.alive():
            sources.append(self.memory.vocabulary)
        return any(source.matching(mention.text) for source in sources)

    def alive(self) -> bool:
        """Tell whether everything that the last orders staged is still pending."""
        return all(step in self.pending for step in self.memory.steps)


class NotClear(Exception):
    """Carries the problem out of the middle of a clause."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


def is_everything(where: Condition | None) -> bool:
    """Tell whether no image is left out."""
    return where is None or where == EVERYTHING
