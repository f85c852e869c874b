"""The work behind the screens: functions that run in a thread and post what happens.

They are the only code that touches a conversation while a job runs, and they never touch a widget:
``post`` is Textual's thread-safe ``post_message``. One job runs at a time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Any

from textual.message import Message

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Call, Event, Failed, ToolFinished, ToolStarted
from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.journal import Applied
from tagsmith.tools.plan import Plan
from tagsmith.tools.tags import Vocabulary

Post = Callable[[Message], object]
PROGRESS_EVERY = 0.1
PROBLEMS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the screens know of a conversation: taken by a job, read while no job runs.

    ``plan`` is what is pending; ``whole`` holds what the user dropped from it as well.
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


class Progressed(Message):
    """So many files of so many are applied."""

    def __init__(self, done: int, total: int) -> None:
        super().__init__()
        self.done = done
        self.total = total


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
    )


def turn(conversation: Conversation, text: str, post: Post, stop: Flag) -> None:
    """Answer one message; ``stop`` ends the turn between two events."""
    with closing(conversation.say(text)) as events:
        for event in events:
            post(Happened(event))
            if stop.is_set():
                break
    post(Ended(snapshot(conversation)))


def reject_and_say(conversation: Conversation, text: str, post: Post, stop: Flag) -> None:
    """Forget the plan, then answer the reason."""
    conversation.reject()
    turn(conversation, text, post, stop)


def call(conversation: Conversation, name: str, arguments: dict[str, Any], post: Post) -> None:
    """Run one tool that the user named."""
    one = Call(name, arguments)
    post(Happened(ToolStarted(one)))
    try:
        outcome = conversation.call(name, arguments)
    except TagsmithError as error:
        post(Happened(Failed(error.message, error.hint, error.exit)))
    else:
        post(Happened(ToolFinished(one, outcome)))
        post(Answered(outcome.text, outcome.files))
    post(Ended(snapshot(conversation)))


def apply(conversation: Conversation, approved: Plan, post: Post) -> None:
    """Apply the pending plan if it is the approved one."""
    last = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= PROGRESS_EVERY:
            last = now
            post(Progressed(done, total))

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


def look(conversation: Conversation, post: Post) -> None:
    """Read the state again."""
    post(Ended(snapshot(conversation)))
