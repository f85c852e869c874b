"""How well an engine does what people say, judged by the files that are there in the end.

Each task gets a fresh copy of the suite's dataset and a fresh engine. What the engine staged is
applied through the journal; then the files are compared with those that the expected calls give.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.evaluation.suite import APPLY, Calls, Task, draw
from tagsmith.agent.events import Asked, Engine, Event, Failed, Said, ToolFinished
from tagsmith.tools import toolbox
from tagsmith.tools.caption import Caption
from tagsmith.tools.errors import Exit, ServerError
from tagsmith.tools.journal import Journal
from tagsmith.tools.paths import files_beneath
from tagsmith.tools.workspace import Workspace

ISOLATED = "_isolated"
UNNAMED = "unnamed"
ORIGIN = "eval"

Files = Mapping[str, bytes]
Make = Callable[[], Engine]


class Verdict(StrEnum):
    """How a task ended; a wrong edit is worse than none."""

    RIGHT = "right"
    WRONG_EDIT = "wrong edit"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class Scored:
    """One task's verdict, the engine, its seconds, and the tokens of its prompts and answers.

    ``tokens`` is 0 where no model was asked.
    """

    task: Task
    verdict: Verdict
    engine: str
    seconds: float
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """The sums over some tasks; ``seconds`` is the mean of them."""

    tasks: int
    right: int
    wrong_edits: int
    not_done: int
    seconds: float
    tokens: int

    @classmethod
    def of(cls, scored: Sequence[Scored]) -> Score:
        """Add up at least one task."""
        verdicts = Counter(one.verdict for one in scored)
        return cls(
            len(scored),
            verdicts[Verdict.RIGHT],
            verdicts[Verdict.WRONG_EDIT],
            verdicts[Verdict.NOT_DONE],
            sum(one.seconds for one in scored) / len(scored),
            sum(one.tokens for one in scored),
        )


def evaluate(tasks: Iterable[Task], make: Make) -> Iterator[Scored]:
    """Run tasks, each with an engine of its own, and yield the score of each as it is done.

    Raises ServerError where the engine's server cannot be used: that says nothing of a model.
    """
    with Bench() as bench:
        for task in tasks:
            yield _run(task, make, bench)


class Bench:
    """A temporary folder with the dataset drawn once; hands out copies and expected states."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tagsmith-eval-")
        self._drawn = os.path.join(self._folder.name, "drawn")
        os.mkdir(self._drawn)
        draw(self._drawn)
        self._known: dict[str, Files] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Lend a fresh copy of the dataset, which is removed afterwards."""
        root = os.path.join(self._folder.name, "copy")
        shutil.copytree(self._drawn, root)
        try:
            yield root
        finally:
            shutil.rmtree(root)

    def after(self, calls: Calls) -> Files:
        """Return the files as these calls leave them. Raises UsageError where one does not fit."""
        name = repr(calls)
        if name not in self._known:
            with self.copy() as root:
                workspace = Workspace.open(root)
                for tool, arguments in calls:
                    toolbox.call(workspace, tool, dict(_named(tool, arguments)))
                if plan := workspace.plan():
                    Journal.open(root).apply(plan, origin=ORIGIN)
                self._known[name] = read(root)
        return self._known[name]


def _named(tool: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"name": UNNAMED, **arguments} if tool == "isolate_images" else arguments


def read(root: str) -> Files:
    """Return the bytes of every file of a folder by its path, Tagsmith's own state left out."""
    found = {}
    for path in files_beneath(root):
        with open(os.path.join(root, path), "rb") as file:
            found[path] = file.read()
    return found


def judge(task: Task, final: Files, heard: str, bench: Bench) -> Verdict:
    """Compare the final files with every state that would be right, then with those untouched."""
    expected = [calls for calls in (task.calls, *task.also) if _same(final, calls, bench)]
    idle = any(_same(final, calls, bench) for calls in ((), task.earlier))
    answered = bool(heard.strip()) and all(_stands(word, heard) for word in task.says)
    changes = any(calls != task.earlier and calls for calls in expected)
    if expected and (changes or answered):
        return Verdict.RIGHT
    if task.ask and answered and _same(final, task.earlier, bench):
        return Verdict.RIGHT
    return Verdict.NOT_DONE if idle else Verdict.WRONG_EDIT


def _same(final: Files, calls: Calls, bench: Bench) -> bool:
    """Tell whether the files are as the calls leave them, but for what the words left open."""
    adds = [given for tool, given in calls if tool == "add_trigger"]
    any_order = any("position" not in given and "after" not in given for given in adds)
    any_name = any("name" not in given for tool, given in calls if tool == "isolate_images")
    return _seen(final, any_order, any_name) == _seen(bench.after(calls), any_order, any_name)


def _seen(files: Files, any_order: bool, any_name: bool) -> Mapping[str, Any]:
    """Return files with the order of tags and the name of an isolated folder taken out."""
    seen: dict[str, Any] = {}
    for path, data in files.items():
        parts = path.split("/")
        if any_name and parts[0] == ISOLATED:
            parts[1:2] = [UNNAMED]
        ordered = any_order and path.endswith(".txt")
        seen["/".join(parts)] = Counter(Caption.parse(data).keys) if ordered else data
    return seen


def _stands(word: str, text: str) -> bool:
    """Tell whether a word or a number stands in a text as a whole, in any case."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


@dataclass(slots=True)
class _Heard:
    """What a person would have read of the last answer, and what the answers cost."""

    pieces: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def listen(self, events: Iterable[Event]) -> None:
        """Follow one turn. Raises ServerError where its server cannot be used."""
        self.pieces.clear()
        started = time.perf_counter()
        for event in events:
            self._take(event)
        self.seconds += time.perf_counter() - started

    def _take(self, event: Event) -> None:
        match event:
            case Said(text):
                self.pieces.append(text)
            case Asked(question, suggestions):
                self.pieces += ["\n", question, *(f"\n{one}" for one in suggestions)]
            case ToolFinished(outcome=outcome):
                self.pieces += ["\n", outcome.text, "\n"]
            case Failed(message, hint, status):
                if status == Exit.SERVER:
                    raise ServerError(message, hint)
                self.pieces += ["\n", message, " ", hint]


def _run(task: Task, make: Make, bench: Bench) -> Scored:
    """Hold one task's conversation on a copy, apply what is staged, and judge the files."""
    engine, heard = make(), _Heard()
    try:
        with bench.copy() as root:
            conversation = Conversation(Workspace.open(root), engine, ORIGIN)
            for text in (*task.before, task.text):
                if text == APPLY:
                    _apply(conversation)
                else:
                    heard.listen(conversation.say(text))
            _apply(conversation)
            final = read(root)
    finally:
        close = getattr(engine, "close", None)
        if close is not None:
            close()
    verdict = judge(task, final, "".join(heard.pieces), bench)
    return Scored(task, verdict, engine.name, heard.seconds, getattr(engine, "tokens", 0))


def _apply(conversation: Conversation) -> None:
    if plan := conversation.pending():
        conversation.apply(plan.id)


def report(scored: Sequence[Scored], model: str, stopped: str = "") -> dict[str, Any]:
    """Return what ``tagsmith eval --json`` prints; docs/evaluation.md describes its fields.

    ``stopped`` says why these are not all of the tasks.
    """
    return {
        "engine": scored[-1].engine,
        "model": model,
        "stopped": stopped,
        "total": _told(Score.of(scored)),
        "groups": [
            {"category": category, "language": language, **_told(score)}
            for (category, language), score in groups(scored).items()
        ],
        "results": [
            {
                "id": one.task.id,
                "category": one.task.category,
                "language": one.task.language,
                "text": one.task.text,
                "verdict": one.verdict.value,
                "seconds": round(one.seconds, 4),
                "tokens": one.tokens,
            }
            for one in scored
        ],
    }


def groups(scored: Iterable[Scored]) -> dict[tuple[str, str], Score]:
    """Return the score of every category and language that occurs, in the suite's order."""
    found: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        found.setdefault((one.task.category, one.task.language), []).append(one)
    return {place: Score.of(members) for place, members in found.items()}


def _told(score: Score) -> dict[str, Any]:
    return {
        "tasks": score.tasks,
        "right": score.right,
        "wrong_edits": score.wrong_edits,
        "not_done": score.not_done,
        "seconds": round(score.seconds, 4),
        "tokens": score.tokens,
    }
