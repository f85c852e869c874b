"""The work behind the screens: functions that run in a thread and post what happens.

They are the only code that touches a conversation while a job runs, and they never touch a widget:
``post`` is Textual's thread-safe ``post_message``. One job runs at a time.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import TYPE_CHECKING

from textual.message import Message

from tagsmith.tools.errors import TagsmithError

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.agent.events import Call, Event
    from tagsmith.agent.session_files import Saved
    from tagsmith.tools.journal import Applied
    from tagsmith.tools.plan import Plan
    from tagsmith.tools.tags import Vocabulary
    from tagsmith.tools.vision.looking import Look
    from tagsmith.tools.watch import Step, Watch
    from tagsmith.tui.opening import Opened, Opening

Post = Callable[[Message], object]
PROGRESS_EVERY = 0.1
PROBLEMS_TOLD = 5
# With fewer images to look at a command is waited for: seconds.
LOOKED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the screens know of a conversation: taken by a job, read while no job runs.

    ``plan`` is what is pending; ``whole`` holds what the user dropped from it as well; ``tools``
    are the tools' names and what they do.
    """

    name: str
    images: int
    captions: int
    skipped: int
    plan: Plan
    whole: Plan
    vocabulary: Vocabulary
    names: tuple[str, ...] = field(repr=False, default=())
    problems: tuple[str, ...] = ()
    more_problems: int = 0
    tools: Mapping[str, str] = field(default_factory=dict)


class Entered(Message):
    """The dataset is open."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self.opened = opened


class Refused(Message):
    """The dataset cannot be opened, or the user did not want to wait; no other message follows."""

    def __init__(self, error: TagsmithError) -> None:
        super().__init__()
        self.error = error


class Happened(Message):
    """An event of the running turn."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class Answered(Message):
    """A tool that the user called by its slash command has answered."""

    def __init__(self, text: str, files: int) -> None:
        super().__init__()
        self.text = text
        self.files = files


class Looking(Message):
    """A call has to look at images first: that is for the background, the call comes after it."""

    def __init__(self, look: Look, call: Call, words: str) -> None:
        super().__init__()
        self.look = look
        self.call = call
        self.words = words


class Recalled(Message):
    """The earlier conversation that this one goes on with."""

    def __init__(self, saved: Saved) -> None:
        super().__init__()
        self.saved = saved


class Progressed(Message):
    """How far the job is."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class Written(Message):
    """A plan was applied."""

    def __init__(self, plan: Plan, applied: Applied) -> None:
        super().__init__()
        self.plan = plan
        self.applied = applied


class Ended(Message):
    """The job is over, for good or ill; always the last message of a job."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


def snapshot(conversation: Conversation) -> Snapshot:
    """Read what the screens show of a conversation."""
    from tagsmith.tools import toolbox

    workspace = conversation.workspace
    samples = workspace.dataset.samples
    problems = workspace.dataset.problems
    plan = conversation.pending()
    return Snapshot(
        name=os.path.basename(workspace.root) or workspace.root,
        images=len(samples),
        captions=sum(1 for sample in samples if sample.caption is not None),
        skipped=len(workspace.dataset.skipped),
        plan=plan,
        whole=conversation.everything() if workspace.dropped else plan,
        vocabulary=workspace.vocabulary(),
        names=tuple(sample.name for sample in samples),
        problems=tuple(str(problem) for problem in problems[:PROBLEMS_TOLD]),
        more_problems=max(0, len(problems) - PROBLEMS_TOLD),
        tools={tool.name: tool.summary for tool in toolbox.tools().values()},
    )


class _Teller:
    """Posts how far a job is, at most ten times a second."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._last = 0.0

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if now - self._last >= PROGRESS_EVERY:
            self._last = now
            self._post(Progressed(step))


def watching(post: Post, stop: Flag) -> Watch:
    """Return a watch that posts progress, and says stop once ``stop`` is set."""
    from tagsmith.tools.watch import Watch

    return Watch(_Teller(post), stop.is_set)


@contextmanager
def _watched(conversation: Conversation, post: Post, stop: Flag) -> Iterator[None]:
    """Let tools that take long tell how far they are, and end them once ``stop`` is set."""
    workspace = conversation.workspace
    idle, workspace.watch = workspace.watch, watching(post, stop)
    try:
        yield
    finally:
        workspace.watch = idle


def turn(conversation: Conversation, text: str, post: Post, stop: Flag) -> None:
    """Answer one message; ``stop`` ends the turn between two events, or the tool that runs."""
    with _watched(conversation, post, stop), closing(conversation.say(text)) as events:
        for event in events:
            post(Happened(event))
            if stop.is_set():
                break
    post(Ended(snapshot(conversation)))


def reject_and_say(conversation: Conversation, text: str, post: Post, stop: Flag) -> None:
    """Forget the plan, then answer the reason."""
    conversation.reject()
    turn(conversation, text, post, stop)


def call(
    conversation: Conversation,
    tool: str,
    arguments: dict[str, object],
    words: str,
    post: Post,
    stop: Flag,
) -> None:
    """Run one tool that the user named; ``words`` are the command, if there was one."""
    from tagsmith.agent.events import Call, Failed, ToolFinished, ToolStarted

    one = Call(tool, arguments)
    post(Happened(ToolStarted(one)))
    try:
        with _watched(conversation, post, stop):
            outcome = conversation.call(one.tool, one.arguments, words)
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    else:
        post(Happened(ToolFinished(one, outcome)))
        post(Answered(outcome.text, outcome.files))
    post(Ended(snapshot(conversation)))


def look_on(conversation: Conversation, call: Call, words: str, post: Post) -> None:
    """Have what a call looks at looked at behind the chat, from where it was stopped."""
    from tagsmith.agent.events import Failed
    from tagsmith.tools.vision import looking

    try:
        found = looking.find_look(conversation.workspace, call.tool, call.arguments)
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    else:
        if found is not None:
            post(Looking(found, call, words))
    post(Ended(snapshot(conversation)))


def look_or_call(
    conversation: Conversation,
    tool: str,
    arguments: dict[str, object],
    words: str,
    post: Post,
    stop: Flag,
    *,
    at_once: int = LOOKED_AT_ONCE,
) -> None:
    """Run a tool that looks at images; more than ``at_once`` are looked at behind the chat."""
    from tagsmith.agent.events import Call
    from tagsmith.tools.vision import looking

    try:
        found = looking.find_look(conversation.workspace, tool, arguments)
    except TagsmithError:
        found = None  # the call itself tells it
    if found is None or found.todo <= at_once:
        call(conversation, tool, arguments, words, post, stop)
        return
    post(Looking(found, Call(tool, arguments), words))
    post(Ended(snapshot(conversation)))


def apply(conversation: Conversation, approved: Plan, post: Post) -> None:
    """Apply the pending plan if it is the approved one."""
    from tagsmith.agent.events import Failed
    from tagsmith.tools.watch import Step

    tell = _Teller(post)

    def progress(done: int, total: int) -> None:
        tell(Step("applying", done, total, ""))

    try:
        applied = conversation.apply(approved.id, progress)
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    else:
        post(Written(approved, applied))
    post(Ended(snapshot(conversation)))


def reject(conversation: Conversation, post: Post) -> None:
    """Forget the plan."""
    conversation.reject()
    post(Ended(snapshot(conversation)))


def enter(opening: Opening, post: Post, stop: Flag) -> None:
    """Open a dataset and begin on it."""
    try:
        opened = opening.open(watching(post, stop))
    except TagsmithError as error:
        post(Refused(error))
        return
    post(Entered(opened))
    begin(opened.conversation, post, stop)


def begin(conversation: Conversation, post: Post, stop: Flag) -> None:
    """Read the state, and bring back what an earlier session had pending."""
    from tagsmith.agent.events import Noted

    if conversation.earlier is not None:
        post(Recalled(conversation.earlier))
        with _watched(conversation, post, stop):
            told = conversation.bring_back()
        for line in told:
            post(Happened(Noted(line)))
    post(Ended(snapshot(conversation)))


def warm(conversation: Conversation) -> None:
    """Load what the user is likely to need next: an engine's libraries, the review."""
    conversation.warm()
    importlib.import_module("tagsmith.tui.screens.review")


def look(conversation: Conversation, post: Post) -> None:
    """Read the state again after a review, and keep what the user changed in it."""
    conversation.save()
    post(Ended(snapshot(conversation)))


def catch_up(conversation: Conversation, post: Post) -> None:
    """Let the settings hold that were saved meanwhile, and read the state again."""
    from tagsmith.agent.events import Failed
    from tagsmith.tui import settings_work

    try:
        settings_work.catch_up(conversation)
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    look(conversation, post)
