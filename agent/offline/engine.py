"""The offline engine: words to tool calls without a model, without a network, without guessing."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace

from tagsmith.agent.events import (
    Asked,
    Call,
    Done,
    Event,
    Said,
    ToolFinished,
    ToolStarted,
)
from tagsmith.agent.offline.answers import Answers, answers
from tagsmith.agent.offline.calls import calls_of
from tagsmith.agent.offline.clauses import Clause, FollowUp, Order
from tagsmith.agent.offline.grammar import LONGEST_SENTENCE, Reading, Stuck, read
from tagsmith.agent.offline.interpret import interpret, remember
from tagsmith.agent.offline.lexicon import lexicon
from tagsmith.agent.offline.replies import (
    asked_about,
    failure,
    found,
    not_understood,
    told,
    two_meanings,
)
from tagsmith.agent.offline.situation import (
    Action,
    Ask,
    Memory,
    Problem,
    Situation,
    TakeBack,
    Tell,
)
from tagsmith.agent.offline.words import Sentence, composed, sentences
from tagsmith.tools import toolbox
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.workspace import Workspace

_MANY_SENTENCES = 40


@dataclass(slots=True)
class _Turn:
    """What one message has done so far, so that it can be taken back as a whole."""

    before: frozenset[int]
    dropped: list[int] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


class OfflineEngine:
    """Understands the common orders and questions in English and Spanish.

    It keeps what was said last, for follow-ups. A message that it does not wholly understand
    stages nothing; one that fails half-way takes back what it staged.
    """

    name = "offline"

    def __init__(self) -> None:
        self._memory = Memory()

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Answer one message; see Engine."""
        said = sentences(composed(text))
        tokens = [token for sentence in said for token in sentence.tokens]
        language = lexicon().language(tokens, self._memory.language)
        self._memory = replace(self._memory, language=language)
        words = answers(language)
        clauses = self._understood(said, workspace, words)
        if isinstance(clauses, Asked):
            yield clauses
        else:
            yield from self._carried_out(clauses, workspace, words, text)
        yield Done(workspace.state())

    def _understood(
        self, said: list[Sentence], workspace: Workspace, words: Answers
    ) -> tuple[Clause, ...] | Asked:
        """Return the clauses of every sentence, or what to ask where one is not understood."""
        if not said:
            return Asked(words.get("ask", "empty"), (words.get("suggest", "help"),))
        if len(said) > _MANY_SENTENCES or any(
            len(sentence.tokens) > LONGEST_SENTENCE for sentence in said
        ):
            return Asked(words.get("ask", "too_long"))
        clauses: tuple[Clause, ...] = ()
        vocabulary = self._tags(workspace)
        is_name = _names(workspace)
        for sentence in said:
            reading = read(
                sentence,
                lexicon(),
                lexicon().language(sentence.tokens, words.language),
                vocabulary,
                is_name,
            )
            if isinstance(reading, Stuck):
                return not_understood(sentence, reading, words)
            if reading.other:
                return two_meanings(reading, words)
            if reading.asking and self._edits(reading):
                orders = words.clauses(reading.clauses)
                reason = "question_edits" if orders else "question_only"
                return Asked(words.get("ask", reason, order=orders))
            clauses += reading.clauses
        return clauses

    def _tags(self, workspace: Workspace) -> Vocabulary:
        """Return the tags that can be named: those that stand, and those about to go."""
        now, before = workspace.vocabulary(), self._memory.vocabulary
        if before is None or not all(step in workspace.steps for step in self._memory.steps):
            return now
        keys = before.counts.keys() | now.counts.keys()
        spellings = {key: now.spelling(before.spelling(key)) for key in keys}
        return Vocabulary(before.counts | now.counts, spellings, now.captions)

    def _edits(self, reading: Reading) -> bool:
        about_question = self._memory.question is not None
        return any(
            isinstance(one, Order) or (isinstance(one, FollowUp) and not about_question)
            for one in reading.clauses
        )

    def _carried_out(
        self, clauses: tuple[Clause, ...], workspace: Workspace, words: Answers, message: str
    ) -> Iterator[Event]:
        pending = tuple(workspace.steps)
        vocabulary, nameable = workspace.vocabulary(), self._tags(workspace)
        turn = _Turn(frozenset(step.number for step in pending))
        doing: Action | None = None
        try:
            actions = interpret(clauses, Situation(vocabulary, pending, self._memory), calls_of)
            if isinstance(actions, Problem):
                yield asked_about(actions, vocabulary, words, message)
                return
            for doing in actions:
                yield from self._act(doing, turn, workspace, words)
        except TagsmithError as error:
            _take_back(turn, workspace)
            yield failure(error, doing, workspace, words, message)
            return
        for number in turn.dropped:
            workspace.forget_step(number)
        self._remember(actions, turn, workspace, nameable)

    def _act(
        self, action: Action, turn: _Turn, workspace: Workspace, words: Answers
    ) -> Iterator[Event]:
        if isinstance(action, TakeBack):
            for number in action.steps:
                workspace.drop_step(number)
                turn.dropped.append(number)
            steps = words.count("step", len(action.steps))
            yield Said(words.get("done", "taken_back", steps=steps) + "\n")
        elif isinstance(action, Tell):
            yield Said(told(action, workspace, words) + "\n")
        elif isinstance(action, Ask):
            outcome = yield from _run(action.call, workspace)
            yield Said(found(action, outcome, words) + "\n")
        else:
            outcomes = []
            for call in action.calls:
                outcomes.append((yield from _run(call, workspace)))
            turn.orders.append(action.order)
            yield Said(words.done(action.order, outcomes) + "\n")

    def _remember(
        self, actions: list[Action], turn: _Turn, workspace: Workspace, vocabulary: Vocabulary
    ) -> None:
        memory = remember(self._memory, actions)
        if turn.orders:
            staged = tuple(step for step in workspace.steps if step.number not in turn.before)
            memory = replace(
                memory, orders=tuple(turn.orders), steps=staged, vocabulary=vocabulary, taken=()
            )
        elif turn.dropped:
            taken = memory.orders if set(turn.dropped) == {s.number for s in memory.steps} else ()
            memory = replace(memory, orders=(), steps=(), vocabulary=None, taken=taken)
        self._memory = memory


def _run(call: Call, workspace: Workspace) -> Generator[Event, None, Outcome]:
    yield ToolStarted(call)
    outcome = toolbox.call(workspace, call.tool, call.arguments)
    yield ToolFinished(call, outcome)
    return outcome


def _take_back(turn: _Turn, workspace: Workspace) -> None:
    """Leave the workspace as it was before this message."""
    for step in workspace.steps:
        if step.number not in turn.before:
            workspace.forget_step(step.number)
    for number in turn.dropped:
        workspace.drop_step(number, dropped=False)


def _names(workspace: Workspace) -> Callable[[str], bool]:
    """Return a test of whether a word names an image, or several by a wildcard.

    It reads the names of the dataset once, and only when it is asked.
    """
    known: set[str] = set()

    def is_name(word: str) -> bool:
        if not known:
            for sample in workspace.samples:
                known.update((sample.stem, sample.name, sample.image))
        return word in known or ("*" in word and bool(fnmatch.filter(known, word)))

    return is_name
