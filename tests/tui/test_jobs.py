"""Long work behind the chat: it is paused, gone on with, cancelled, and staged once it is done."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from textual.message import Message
from textual.pilot import Pilot

from tagsmith.tools.errors import ModelError, StoppedError
from tagsmith.tools.vision import looking, tag_run
from tagsmith.tools.vision.format import Style
from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.vision.select import Selector, Wishes
from tagsmith.tools.vision.taggers import Scored
from tagsmith.tools.watch import Step, Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.background import Background, Job, Over, State, Told
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.jobs import JobsScreen
from tagsmith.tui.widgets.job_rows import job_row, numbers, pace_of, step_row
from tagsmith.tui.widgets.lines import LineList

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
LABELS = Labels(("seen",), ("general",))
KEY = ("eye", "1", "a")


class Eye:
    """A tagger that says "seen" of every image, one at a time, as far as it is let."""

    name = "eye"
    style = Style(False, False)
    sort = "score"

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.let = threading.Semaphore(0)
        self.trouble: ModelError | None = None

    def open(self, images: int = 10_000) -> None:
        self.let.release(images)

    def stored(self, scores: Scores) -> StoredModel | None:
        return scores.model(KEY)

    def score(self, images: Sequence[str], scores: Scores, watch: Watch) -> Scored:
        model = scores.register(KEY, LABELS)
        todo = scores.unscored(model, images)
        for number, path in enumerate(todo):
            step = Step("Tagging", len(images) - len(todo) + number, len(images))
            while not self.let.acquire(timeout=0.005):
                watch.check("Stopped; the scores are kept.")
                watch.tell(step)
            if self.trouble is not None:
                raise self.trouble
            full = os.path.join(scores.root, path)
            content = hashlib.blake2b(Path(full).read_bytes(), digest_size=16).digest()
            scores.remember([(path, os.stat(full), content)])
            scores.put(model, [(content, [0.9])])
            self.looked.append(path)
        return Scored(model)

    def selector(self, model: StoredModel, wishes: Wishes) -> Selector:
        return Selector(model, (0.5,), (), wishes, frozenset())


@pytest.fixture
def eye(pets: Path, monkeypatch: pytest.MonkeyPatch) -> Eye:
    for number, path in enumerate(sorted(pets.glob("*.png"))):
        path.write_bytes(b"picture %d" % number)
    found = Eye()
    monkeypatch.setattr(tag_run, "find_taggers", lambda _: [found])
    return found


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    for _ in range(400):
        if true():
            return
        await pilot.pause(0.01)
    raise AssertionError(shown(pilot.app))  # type: ignore[arg-type]


def states(app: TagsmithApp) -> list[str]:
    return [job.state.value for job in chat(app).background.jobs]


async def test_a_command_that_looks_at_many_images_leaves_the_chat_free(
    make_app: MakeApp, eye: Eye, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/run_tagger eye")
        await until(pilot, lambda: "Tagging with eye" in shown(app) and not chat(app).busy)
        assert "48 images to look at" in shown(app)
        eye.open(12)
        await until(pilot, lambda: "12 of 48 images" in shown(app))
        chat(app).submit("/prune_tags hat")
        await until(pilot, lambda: chat(app).pending is not None)
        assert states(app) == ["running"]
        eye.open()
        await until(pilot, lambda: "Add 48 tags to 48 captions with eye" in shown(app))
        await idle(pilot)
        assert states(app) == ["done"]
        assert len(eye.looked) == 48
        pending = chat(app).pending
        assert pending is not None
        assert pending.totals.files == 48
        assert len(chat(app).conversation.workspace.steps) == 2
        assert "Tagging with eye" not in shown(app).splitlines()[-4]


async def test_few_images_are_waited_for(make_app: MakeApp, eye: Eye, idle: Idle) -> None:
    eye.open()
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/run_tagger eye --where name:img_0001*")
        await idle(pilot)
        assert states(app) == []
        assert chat(app).pending is not None


async def test_while_a_job_looks_even_a_few_images_wait_behind_it(
    make_app: MakeApp, eye: Eye, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/run_tagger eye")
        await until(pilot, lambda: states(app) == ["running"])
        # Five are few, but the job before would be waited for.
        chat(app).submit("/run_tagger eye --where name:img_000*")
        await until(pilot, lambda: states(app) == ["running", "waiting"])
        assert not chat(app).busy
        eye.open()
        await until(pilot, lambda: states(app) == ["done", "done"])
        await idle(pilot)
        assert len(eye.looked) == 48


async def test_a_turn_that_looks_is_sent_behind_the_chat(
    make_app: MakeApp, eye: Eye, idle: Idle, engine: object
) -> None:
    from tagsmith.agent.events import Call, Said

    look = Call("run_tagger", {"model": "eye", "where": "dog"})
    engine.turns = {"tag the dogs": [look, Said("Tagged.")]}  # type: ignore[attr-defined]
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("tag the dogs")
        eye.open(3)
        await until(pilot, lambda: "Tagging 3 of 24 images" in shown(app))
        assert "ctrl+b go on behind the chat" in shown(app)
        await pilot.press("ctrl+b")
        await until(pilot, lambda: states(app) == ["running"] and not chat(app).busy)
        assert "goes on behind the chat" in shown(app)
        assert "Nothing was written" not in shown(app)
        assert "Stopped" not in shown(app)
        eye.open()
        await until(pilot, lambda: chat(app).pending is not None)
        assert len(eye.looked) == 24
        await until(pilot, lambda: "Add 24 tags" in shown(app))


async def test_jobs_queue_pause_go_on_and_are_cancelled(
    make_app: MakeApp, eye: Eye, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        chat(app).submit("/run_tagger eye --where dog")
        await until(pilot, lambda: states(app) == ["running"])
        chat(app).submit("/run_tagger eye")
        await until(pilot, lambda: states(app) == ["running", "waiting"])
        await pilot.press("ctrl+b")
        assert isinstance(app.screen, JobsScreen)
        assert "1 runs · 1 waits" in shown(app)
        eye.open(5)
        rows = app.screen.query_one(LineList)
        await until(pilot, lambda: "5 of 24 images" in shown(app))
        rows.cursor = 1
        await pilot.press("p")
        await until(pilot, lambda: states(app) == ["paused", "running"])
        assert "paused" in shown(app)
        rows.cursor = 0
        await pilot.press("x")
        await until(pilot, lambda: states(app)[1] == "cancelled")
        assert "What it has seen of the images is kept." in shown(app)
        rows.cursor = 1
        await pilot.press("p")
        await until(pilot, lambda: states(app)[0] == "running")
        eye.open()
        await until(pilot, lambda: states(app)[0] == "done")
        assert len(eye.looked) == len(set(eye.looked)) == 24
        assert chat(app).pending is None
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).pending is not None)


async def test_a_job_that_fails_says_why_and_goes_on_when_asked(
    make_app: MakeApp, eye: Eye, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        eye.trouble = ModelError("The eye [red]hurts.", "Rest it.")
        eye.open()
        chat(app).submit("/run_tagger eye")
        await until(pilot, lambda: states(app) == ["failed"])
        await pilot.pause()
        assert "Tagging with eye: The eye [red]hurts." in shown(app)
        eye.trouble = None
        chat(app).submit("/jobs")
        await until(pilot, lambda: "Rest it." in shown(app))
        assert isinstance(app.screen, JobsScreen)
        await pilot.press("p")
        await until(pilot, lambda: states(app) == ["done"])
        await pilot.press("ctrl+b")
        await until(pilot, lambda: chat(app).pending is not None)


async def test_quitting_ends_the_jobs_and_says_what_is_kept(
    make_app: MakeApp, eye: Eye, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("/run_tagger eye")
        eye.open(7)
        await until(pilot, lambda: "7 of 48 images" in shown(app))
        await pilot.press("ctrl+q")
    assert app.notes == (
        "Tagging with eye: cancelled (7 of 48 images). What it has seen of the images is kept.",
    )
    assert len(eye.looked) == 7


def test_only_one_job_looks_at_images_at_a_time() -> None:
    told: list[Step] = []
    stop = threading.Event()
    watch = Watch(lambda step: (told.append(step), stop.set())[0], stop.is_set)
    with looking.alone(Watch()), pytest.raises(StoppedError), looking.alone(watch):
        raise AssertionError("two at a time")
    assert told[0].verb.startswith("Waiting for")
    with looking.alone(watch):
        pass


@pytest.mark.parametrize("tool", ["prune_tags", "run_tagger"])
def test_what_a_call_looks_at_is_known_before_it_runs(pets: Path, eye: Eye, tool: str) -> None:
    workspace = Workspace.open(pets)
    found = looking.find_look(workspace, tool, {"tags": ["a"]} if tool == "prune_tags" else {})
    if tool == "prune_tags":
        assert found is None
        return
    assert found is not None
    assert (found.names, found.total, found.todo) == (("eye",), 48, 48)
    eye.open()
    found.work(Watch())
    again = looking.find_look(workspace, tool, {})
    assert again is not None
    assert (again.total, again.todo) == (48, 0)


def background() -> tuple[Background, list[Callable[[], None]], list[Message], list[Job]]:
    works: list[Callable[[], None]] = []
    posted: list[Message] = []
    over: list[Job] = []
    return Background(works.append, posted.append, over.append), works, posted, over


def test_lanes_do_not_wait_for_each_other() -> None:
    jobs, works, posted, over = background()
    jobs.add(Job("a", lambda _: 1, then=over.append))  # type: ignore[arg-type]
    jobs.add(Job("b", lambda _: 2))
    jobs.add(Job("c", lambda _: 3, lane="downloads"))
    assert [job.state for job in jobs.jobs] == [State.RUNNING, State.WAITING, State.RUNNING]
    works.pop(0)()
    (ended,) = posted
    assert isinstance(ended, Over)
    jobs.ended(ended)
    assert over == [1, jobs.jobs[0]]
    assert [job.state for job in jobs.jobs] == [State.DONE, State.RUNNING, State.RUNNING]
    assert jobs.cancel_all() == jobs.jobs[1:]
    assert all(job.stop.is_set() for job in jobs.jobs[1:])


def test_nothing_comes_of_a_job_that_was_cancelled_when_it_was_done() -> None:
    jobs, works, posted, over = background()
    jobs.add(Job("a", lambda _: 1, then=over.append))  # type: ignore[arg-type]
    works[0]()
    jobs.cancel(jobs.jobs[0])
    (ended,) = posted
    assert isinstance(ended, Over)
    jobs.ended(ended)
    assert over == [jobs.jobs[0]]
    assert jobs.jobs[0].state is State.CANCELLED


def test_a_mistake_in_a_job_is_told_and_not_swallowed() -> None:
    jobs, works, posted, _ = background()

    def work(watch: Watch) -> None:
        raise ZeroDivisionError

    jobs.add(Job("a", work))
    with pytest.raises(ZeroDivisionError):
        works[0]()
    (ended,) = posted
    assert isinstance(ended, Over)
    jobs.ended(ended)
    assert jobs.jobs[0].state is State.FAILED
    assert "ZeroDivisionError" in str(jobs.jobs[0].trouble)


def test_rows_have_what_there_is_room_for() -> None:
    job = Job("Downloading joytag", lambda _: None)
    job.state, job.step = State.RUNNING, Step("Downloading", 120 * 10**6, 366 * 10**6, "bytes")
    assert job_row(job, 80).plain.startswith(" » Downloading joytag  120 of 366 MB")
    assert "███·······" in job_row(job, 80).plain
    assert len(job_row(job, 30).plain) == 30
    step = Step("Tagging", 1, 4, pace="2.0 a second, 3 s left")
    assert "██········  3 s left" in step_row(step, line_of("x" * 20), 80).plain
    assert "2.0 a second" in step_row(step, line_of(""), 120).plain
    assert numbers(Step("x", 3, 0)) == "3 images"
    assert pace_of(Step("x", 10, 30, "bytes"), 10 * 10**6, 2.0).startswith("5.0 MB/s")
    assert pace_of(Step("x", 10, 30), 0, 2.0) == ""
    told = Told(job, Step("Verifying", 0, 10))
    jobs, _, _, _ = background()
    jobs.told(told)
    assert job.pace[0] == 0


def line_of(text: str):  # type: ignore[no-untyped-def]
    from tagsmith.tui.text import line

    return line(text)
