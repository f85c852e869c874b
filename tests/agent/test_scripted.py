"""A scripted conversation: events in, one result out."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tagsmith.agent import scripted
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Event, Failed, Said, ToolFinished, ToolStarted
from tagsmith.agent.result import Status
from tagsmith.agent.scripted import Limits, ToolStep
from tagsmith.tools import toolbox
from tagsmith.tools.errors import ConflictError, Exit, StoppedError
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace

Answer = Callable[[str, Workspace], Iterator[Event]]


class Engine:
    """Answers with the events of a function."""

    name = "offline"

    def __init__(self, answer: Answer) -> None:
        self.respond = answer


def use(workspace: Workspace, tool: str, **arguments: object) -> Iterator[Event]:
    call = Call(tool, arguments)
    yield ToolStarted(call)
    yield ToolFinished(call, toolbox.call(workspace, tool, arguments))


@pytest.fixture
def converse(tmp_path: Path) -> Callable[[Answer], Conversation]:
    for name, caption in (("a", "dog, watermark"), ("b", "cat, sofa")):
        (tmp_path / f"{name}.png").write_bytes(b"x")
        (tmp_path / f"{name}.txt").write_text(caption)
    return lambda answer: Conversation(Workspace.open(tmp_path), Engine(answer), "run")


def test_several_texts_end_in_one_plan(converse):
    def answer(text, workspace):
        yield Said("I remove ")
        yield Said(text)
        yield from use(workspace, "prune_tags", tags=[text])

    conversation = converse(answer)
    seen: list[Event] = []
    result = scripted.run(conversation, ["watermark", "sofa"], watch=seen.append)
    assert result.status is Status.PLANNED
    assert result.exit is Exit.DONE
    assert result.message == "I remove watermark\nI remove sofa"
    assert [(step.tool, step.arguments) for step in result.steps] == [
        ("prune_tags", {"tags": ["watermark"]}),
        ("prune_tags", {"tags": ["sofa"]}),
    ]
    assert result.plan is not None
    assert [change.after for change in result.plan.changes] == [b"dog", b"cat"]
    assert sum(isinstance(event, Said) for event in seen) == 4


def test_a_silent_engine_is_told_by_what_its_tools_answered(converse):
    result = scripted.run(
        converse(lambda _, workspace: use(workspace, "list_tag_frequencies")), ["count"]
    )
    assert result.status is Status.REPORT
    assert result.message.startswith("2 images, 4 tags")
    assert result.plan is None


@pytest.mark.parametrize(
    ("event", "status", "exit_status", "message"),
    [
        (Asked("Which dog?", ("the white dog",)), Status.CLARIFY, 3, "Which dog? Try: the white"),
        (Failed("No caption has 'x'.", "See tags.", 2), Status.ERROR, 2, "No caption has 'x'. See"),
        (Failed("No server.", exit=4), Status.ERROR, 4, "No server."),
        (Failed("Changed.", exit=5), Status.CONFLICT, 5, "Changed."),
    ],
)
def test_a_question_or_a_failure_ends_it_with_nothing_staged(
    converse, event, status, exit_status, message
):
    asked = []

    def answer(text, workspace):
        asked.append(text)
        if text == "second":
            yield event
        yield from use(workspace, "prune_tags", tags=["dog" if text == "first" else "sofa"])

    conversation = converse(answer)
    result = scripted.run(conversation, ["first", "second", "third"])
    assert asked == ["first", "second"]
    assert (result.status, result.exit) == (status, exit_status)
    assert message in result.message
    assert result.plan is None
    assert not conversation.pending()


def test_an_error_of_the_engine_is_a_result(converse):
    def answer(text, workspace):
        raise ConflictError("Files changed.", "Look again.")
        yield

    result = scripted.run(converse(answer), ["go"])
    assert (result.status, result.exit) == (Status.CONFLICT, Exit.CONFLICT)


def test_the_step_too_many_is_not_made(converse):
    ran = []

    def answer(text, workspace):
        for _ in range(10):
            yield ToolStarted(Call("find_images"))
            ran.append(1)

    result = scripted.run(converse(answer), ["go"], Limits(steps=4))
    assert result.exit is Exit.BUDGET
    assert result.status is Status.ERROR
    assert len(ran) == 4


def test_the_steps_of_all_texts_count_together(converse):
    result = scripted.run(
        converse(lambda _, workspace: use(workspace, "find_images")), "abc", Limits(steps=2)
    )
    assert result.exit is Exit.BUDGET


def test_time_runs_out_within_a_tool_too(converse):
    def answer(text, workspace):
        yield from use(workspace, "prune_tags", tags=["dog"])
        workspace.stage("slow", {}, lambda _: signal.pause())

    conversation = converse(answer)
    before = signal.getsignal(signal.SIGALRM)
    timer = signal.getitimer(signal.ITIMER_REAL)
    started = time.monotonic()
    result = scripted.run(conversation, ["go"], Limits(seconds=0.05))
    assert time.monotonic() - started < 30
    assert result.exit is Exit.BUDGET
    assert "0.05 seconds" in result.message
    assert not conversation.pending()
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[1] == timer[1]
    assert bool(signal.getitimer(signal.ITIMER_REAL)[0]) is bool(timer[0])


def test_in_a_thread_time_is_looked_at_between_events(converse):
    def answer(text, workspace):
        until = time.monotonic() + 5
        while time.monotonic() < until:
            yield Said("")

    results = []
    conversation = converse(answer)
    limits = Limits(seconds=0.02)
    thread = threading.Thread(
        target=lambda: results.append(scripted.run(conversation, ["go"], limits))
    )
    thread.start()
    thread.join()
    assert results[0].exit is Exit.BUDGET


def staying(*, stops: bool) -> Callable[..., Outcome]:
    """A tool that takes for ever, unless it looks at its watch."""

    def run(workspace: Workspace) -> Outcome:
        while True:
            if stops:
                workspace.watch.check("Stopped; the scores are kept.")
            signal.pause()  # until the bell

    return run


def test_a_tool_that_looks_at_its_watch_stops_by_itself(converse):
    conversation = converse(lambda *_: iter(()))
    outer = conversation.workspace.watch
    stopped = []

    def answer(text, workspace):
        yield ToolStarted(Call("slow"))
        try:
            workspace.stage("slow", {}, staying(stops=True))
        except StoppedError as error:
            stopped.append(error.message)
            raise

    conversation.engine = Engine(answer)
    result = scripted.run(conversation, ["go"], Limits(seconds=0.05))
    assert stopped == ["Stopped; the scores are kept."]
    assert result.exit is Exit.BUDGET
    assert "longer than 0.05 seconds. Stopped; the scores are kept." in result.message
    assert conversation.workspace.watch is outer


def test_a_tool_that_does_not_is_stopped_at_the_second_ring(converse, monkeypatch):
    monkeypatch.setattr(scripted, "_RING_AGAIN", 0.05)

    def answer(text, workspace):
        yield ToolStarted(Call("slow"))
        workspace.stage("slow", {}, staying(stops=False))

    result = scripted.run(converse(answer), ["go"], Limits(seconds=0.05))
    assert result.exit is Exit.BUDGET


def test_who_watched_the_workspace_before_can_still_stop_its_tools(converse):
    seen = []

    def answer(text, workspace):
        seen.append(workspace.watch.stopped())
        workspace.watch.tell(Step("Looking", 1, 2))
        yield Said("Done.")

    conversation = converse(answer)
    conversation.workspace.watch = Watch(tell=seen.append, stopped=lambda: True)
    scripted.run(conversation, ["go"])
    assert seen == [True, Step("Looking", 1, 2)]


def test_tool_calls_need_no_engine(converse):
    steps = [
        ToolStep(Call("prune_tags", {"tags": ["dog"]})),
        ToolStep(Call("prune_tags", {"tags": ["cat"]})),
    ]
    conversation = converse(lambda *_: pytest.fail("asked"))
    seen: list[Event] = []
    result = scripted.run(conversation, steps, watch=seen.append)
    assert (result.status, result.engine) == (Status.PLANNED, None)
    assert result.message == "Remove dog from 1 caption\nRemove cat from 1 caption"
    assert [type(event) for event in seen] == [ToolStarted, ToolFinished] * 2


def test_a_tool_call_that_fails_says_where_it_is_written(converse):
    steps = [
        ToolStep(Call("prune_tags", {"tags": ["dog"]}), "weekly.yaml, line 3"),
        ToolStep(Call("prune_tags", {"tags": ["dgo"]}), "weekly.yaml, line 4"),
        "never said",
    ]
    conversation = converse(lambda *_: pytest.fail("asked"))
    result = scripted.run(conversation, steps)
    assert (result.exit, result.plan) == (Exit.USAGE, None)
    assert "weekly.yaml, line 4: No caption has 'dgo'." in result.message
    assert not conversation.pending()


def test_nothing_is_ever_applied(converse, tmp_path):
    conversation = converse(lambda _, workspace: use(workspace, "prune_tags", tags=["dog"]))
    scripted.run(conversation, ["go"])
    assert (tmp_path / "a.txt").read_text() == "dog, watermark"
    assert not (tmp_path / ".tagsmith").exists()
