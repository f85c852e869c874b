"""One conversation without anybody at the keyboard: words and tool calls in, one result out.

Nothing is applied here: whoever runs the script decides that afterwards, knowing the plan.
"""

from __future__ import annotations

import signal
import threading
import time
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType

from tagsmith.agent.calling import use
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Event, Failed, Said, ToolFinished, ToolStarted
from tagsmith.agent.result import Result, Status, StepResult, status_of
from tagsmith.tools.errors import BudgetError, Exit, TagsmithError
from tagsmith.tools.workspace import Workspace

MAX_STEPS = 50
# Seconds: longer than a tool needs to see that it has to stop, or it takes to give up a request.
_RING_AGAIN = 1.0
Listen = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tool calls a script may make, and how many seconds it may take (None: any)."""

    steps: int = MAX_STEPS
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ToolStep:
    """A tool call that needs no engine; ``place`` says in errors where it is written."""

    call: Call
    place: str = ""


def run(
    conversation: Conversation,
    steps: Iterable[str | ToolStep],
    limits: Limits | None = None,
    watch: Listen | None = None,
) -> Result:
    """Say words and run tools one after another and return how it went; ``watch`` sees all events.

    It stops at the first question or failure. Then nothing of the script stays staged, because
    a plan for half of the words is not what they asked for. A tool that looks at its workspace's
    ``watch`` learns there that the time is up.
    """
    script = _Script(conversation, limits or Limits(), watch or _ignore)
    workspace = conversation.workspace
    outer = workspace.watch
    workspace.watch = replace(outer, stopped=lambda: script.late or outer.stopped())
    try:
        for step in steps:
            if not script.turn(step):
                break
    except BudgetError as error:
        script.stop(error.message, error.hint, error.exit)
    finally:
        workspace.watch = outer
    return script.result()


class NoEngine:
    """Stands where a script has tool calls only: nobody is asked, nothing is looked for."""

    name = "none"

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        """Say that words need an engine; see Engine."""
        del workspace
        yield Failed(f"There is no engine that could understand {text!r}.")


def _used(workspace: Workspace, step: ToolStep) -> Generator[Event, None, None]:
    yield ToolStarted(step.call)
    try:
        outcome = use(workspace, step.call)
    except TagsmithError as error:
        place = f"{step.place}: " if step.place else ""
        yield Failed(f"{place}{error.message}", error.hint, error.exit)
    else:
        yield ToolFinished(step.call, outcome)


def _ignore(event: Event) -> None:
    del event  # a run that nobody watches


class _TimeUp(BaseException):
    """Ends a turn from within; nothing that handles errors may take it for one."""


@dataclass(slots=True)
class _Script:
    conversation: Conversation
    limits: Limits
    watch: Listen
    steps: list[StepResult] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    calls: int = 0
    engine: str | None = None
    in_tool: bool = False
    exit: Exit = Exit.DONE
    stopped: str = ""

    def turn(self, step: str | ToolStep) -> bool:
        """Say one text, or run one tool; whether the next step may follow. Raises BudgetError."""
        pieces: list[str] = []
        answers: list[str] = []
        patient = self._is_in_tool
        try:
            with closing(self._events(step)) as events, _deadline(self._left(), patient):
                for event in events:
                    self.in_tool = isinstance(event, ToolStarted)
                    self.watch(event)
                    self._take(event, pieces, answers)
                    self._left()
        except _TimeUp:
            raise self._late() from None
        finally:
            self.said.append("".join(pieces).strip() or "\n".join(answers))
            if isinstance(step, str):
                self.engine = self.conversation.engine.name
        return self.exit is Exit.DONE

    def _events(self, step: str | ToolStep) -> Generator[Event, None, None]:
        if isinstance(step, str):
            return self.conversation.say(step)
        return _used(self.conversation.workspace, step)

    def _is_in_tool(self) -> bool:
        return self.in_tool

    def stop(self, message: str, hint: str, status: int) -> None:
        """Remember why the script went no further."""
        self.stopped = f"{message} {hint}".strip()
        self.exit = Exit(status)

    def result(self) -> Result:
        """Return how the script ended."""
        message = "\n".join(one for one in (*self.said, self.stopped) if one)
        engine, steps = self.engine, tuple(self.steps)
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

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        seconds = self.limits.seconds
        return seconds is not None and time.monotonic() >= self.started + seconds

    def _left(self) -> float | None:
        """Return the seconds that are left. Raises BudgetError where none are."""
        if self.late:
            raise self._late()
        if self.limits.seconds is None:
            return None
        return max(self.started + self.limits.seconds - time.monotonic(), 0.001)

    def _late(self) -> BudgetError:
        told = f"The script took longer than {self.limits.seconds:g} seconds."
        return BudgetError(
            f"{told} {self.stopped}".strip(), "Nothing was changed; --timeout allows more."
        )


@contextmanager
def _deadline(seconds: float | None, patient: Callable[[], bool]) -> Iterator[None]:
    """Raise _TimeUp in here after so many seconds; where ``patient``, only at the second ring.

    A tool at work thus has a moment to stop by itself and keep what it has. Where the system has
    no timers, or in a thread, the script is stopped between two events only.
    """
    main = threading.current_thread() is threading.main_thread()
    if seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return

    rings = 0

    def ring(_number: int, frame: FrameType | None) -> None:
        nonlocal rings
        rings += 1
        if rings == 1 and patient():
            return
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
