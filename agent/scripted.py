"""One conversation without anybody at the keyboard: texts in, one result out.

Nothing is applied here: whoever runs the script decides that afterwards, knowing the plan.
"""

from __future__ import annotations

import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Event, Failed, Said, ToolFinished, ToolStarted
from tagsmith.agent.result import Result, Status, StepResult, status_of
from tagsmith.tools.errors import BudgetError, Exit

MAX_STEPS = 50
_RING_AGAIN = 1.0  # seconds: longer than it takes to give up what was being done
Watch = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tool calls a script may make, and how many seconds it may take (None: any)."""

    steps: int = MAX_STEPS
    seconds: float | None = None


def run(
    conversation: Conversation,
    texts: Iterable[str],
    limits: Limits | None = None,
    watch: Watch | None = None,
) -> Result:
    """Say the texts one after another and return how it went; ``watch`` sees every event.

    It stops at the first question or failure. Then nothing of the script stays staged, because
    a plan for half of the words is not what they asked for.
    """
    script = _Script(conversation, limits or Limits(), watch or _ignore)
    try:
        for text in texts:
            if not script.turn(text):
                break
    except BudgetError as error:
        script.stop(error.message, error.hint, error.exit)
    return script.result()


def _ignore(event: Event) -> None:
    del event  # a run that nobody watches


class _TimeUp(BaseException):
    """Ends a turn from within; nothing that handles errors may take it for one."""


@dataclass(slots=True)
class _Script:
    conversation: Conversation
    limits: Limits
    watch: Watch
    steps: list[StepResult] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    calls: int = 0
    exit: Exit = Exit.DONE
    stopped: str = ""

    def turn(self, text: str) -> bool:
        """Say one text; whether the next one may follow. Raises BudgetError."""
        pieces: list[str] = []
        answers: list[str] = []
        try:
            with closing(self.conversation.say(text)) as events, _deadline(self._left()):
                for event in events:
                    self.watch(event)
                    self._take(event, pieces, answers)
                    self._left()
        except _TimeUp:
            raise self._late() from None
        finally:
            self.said.append("".join(pieces).strip() or "\n".join(answers))
        return self.exit is Exit.DONE

    def stop(self, message: str, hint: str, status: int) -> None:
        """Remember why the script went no further."""
        self.stopped = f"{message} {hint}".strip()
        self.exit = Exit(status)

    def result(self) -> Result:
        """Return how the script ended."""
        message = "\n".join(one for one in (*self.said, self.stopped) if one)
        engine, steps = self.conversation.engine.name, tuple(self.steps)
        if self.exit is not Exit.DONE:
            self.conversation.reject()
            return Result(status_of(self.exit), message, engine, steps, exit=self.exit)
        plan = self.conversation.pending()
        if not plan:
            return Result(Status.REPORT, message, engine, steps)
        return Result(Status.PLANNED, message, engine, steps, plan)

    def _take(self, event: Event, pieces: list[str], answers: list[str]) -> None:
        match event:
            case Said(text):
                pieces.append(text)
            case ToolStarted():
                self.calls += 1
                if self.calls > self.limits.steps:
                    raise BudgetError(
                        f"The script needs more than {self.limits.steps} steps.",
                        "Nothing was changed; --max-steps allows more.",
                    )
            case ToolFinished(call, outcome):
                self.steps.append(StepResult(call.tool, call.arguments, outcome.data))
                answers.append(outcome.text)
            case Asked(question, suggestions):
                hint = f"Try: {' / '.join(suggestions)}" if suggestions else ""
                self.stop(question, hint, Exit.CLARIFY)
            case Failed(message, hint, status):
                self.stop(message, hint, status)

    def _left(self) -> float | None:
        """Return the seconds that are left. Raises BudgetError where none are."""
        if self.limits.seconds is None:
            return None
        left = self.started + self.limits.seconds - time.monotonic()
        if left <= 0:
            raise self._late()
        return left

    def _late(self) -> BudgetError:
        return BudgetError(
            f"The script took longer than {self.limits.seconds:g} seconds.",
            "Nothing was changed; --timeout allows more.",
        )


@contextmanager
def _deadline(seconds: float | None) -> Iterator[None]:
    """Raise _TimeUp in here after so many seconds, also while a tool is at work.

    Where the system has no timers, or in a thread, the script is stopped between two events only.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return

    def ring(_number: int, frame: FrameType | None) -> None:
        # What is raised inside a weak reference's callback is swallowed: wait for the next ring.
        if frame is None or frame.f_code.co_filename != weakref.__file__:
            raise _TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, _RING_AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)
