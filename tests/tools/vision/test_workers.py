"""Worker processes: in order, bounded, replaced when they die, gone when they are closed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import image_jobs
import pytest
from pictures import encoded, half_clear, photo, turned

from tagsmith.tools.errors import StoppedError
from tagsmith.tools.vision.worker_process import WorkerProcess
from tagsmith.tools.vision.workers import BadImage, Result, WorkerError, Workers
from tagsmith.tools.watch import Watch


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    return folder


def told(root: Path, *words: str, **options: Any) -> list[Any]:
    """What came of files that hold one word each, in one batch."""
    for number, word in enumerate(words):
        (root / f"{number}.png").write_text(word)
    with Workers(image_jobs.as_told, root=str(root), **options) as workers:
        outcomes = list(workers.map([f"{number}.png" for number in range(len(words))]))
    assert [path for path, _ in outcomes] == [f"{number}.png" for number in range(len(words))]
    return [outcome.value if isinstance(outcome, Result) else outcome for _, outcome in outcomes]


def state(pid: int) -> str:
    """The letter of a process's state, empty once it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""


def children() -> set[int]:
    own: set[int] = set()
    for task in os.listdir("/proc/self/task"):
        # A thread may end between the listing and the look.
        with (
            suppress(FileNotFoundError),
            open(f"/proc/self/task/{task}/children", encoding="ascii") as file,
        ):
            own |= {int(pid) for pid in file.read().split()}
    return own


# Images that go wrong: the batch goes on


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("crash", "its decoder crashed (Segmentation fault)"),
        ("leave", "its decoder crashed (exit status 3)"),
        ("hang", "it took longer than 0.2 s"),
        ("sleep", "it took longer than 0.2 s"),
        ("allocate", "it needs more memory than an image may take"),
        ("refuse", "it is not to my taste"),
        ("mistake", "it could not be worked on: TypeError: this is a mistake of ours"),
        ("unsendable", "it could not be worked on: TypeError: A worker cannot answer"),
        ("lie", "its decoder answered nonsense"),
    ],
)
def test_the_batch_goes_on_after_an_image_that_goes_wrong(
    root: Path, deed: str, reason: str
) -> None:
    before, bad, after, last = told(root, "first", deed, "second", "third", seconds=0.2)
    assert (before, after, last) == ("first", "second", "third")
    assert isinstance(bad, BadImage)
    assert bad.reason.startswith(reason)


def test_the_memory_of_a_worker_is_bounded(root: Path) -> None:
    """16 GB were asked for; refused within moments, so they were never taken."""
    started = time.monotonic()
    [bad] = told(root, "allocate", memory_bytes=64 << 20)
    assert isinstance(bad, BadImage)
    assert time.monotonic() - started < 10


def test_the_largest_pictures_fit_because_no_copy_is_kept(root: Path) -> None:
    """Twice the pixels (4 bytes each), and no third time: 89 million of them fit into 1 GiB."""
    size = (4000, 3000)
    (root / "turned.jpg").write_bytes(turned("JPEG", 6, photo(size)))
    (root / "alpha.png").write_bytes(encoded(half_clear(photo(size)), "PNG", compress_level=1))
    allowed = 4000 * 3000 * 12
    with Workers(image_jobs.opened, root=str(root), memory_bytes=allowed) as workers:
        outcomes = dict(workers.map(["turned.jpg", "alpha.png"]))
    assert all(isinstance(outcome, Result) for outcome in outcomes.values()), outcomes


def test_a_worker_writes_no_file(root: Path, tmp_path: Path) -> None:
    target = tmp_path / "written"
    bad, good = told(root, "write", "after", argument=str(target))
    assert isinstance(bad, BadImage)
    assert good == "after"
    assert target.read_bytes() == b""


def test_what_a_decoder_prints_reaches_nobody(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert told(root, "print", "after") == ["printed", "after"]
    assert capfd.readouterr() == ("", "")


def test_many_deaths_leave_nothing_behind(root: Path) -> None:
    before = children()
    outcomes = told(root, *["leave", "fine"] * 4, processes=2)
    assert [isinstance(outcome, BadImage) for outcome in outcomes] == [True, False] * 4
    assert children() == before
    assert threading.active_count() == len(threading.enumerate())


def test_a_worker_that_was_killed_between_images_costs_none(root: Path) -> None:
    (root / "a.png").write_bytes(b"x")
    with Workers(image_jobs.around, root=str(root)) as workers:
        [(_, first)] = workers.map(["a.png"])
        assert isinstance(first, Result)
        os.kill(first.value["pid"], 9)
        while state(first.value["pid"]) not in ("Z", ""):
            os.sched_yield()
        [(_, second)] = workers.map(["a.png"])
    assert isinstance(second, Result)
    assert second.value["pid"] != first.value["pid"]


# Its surroundings


def test_a_worker_inherits_no_secret_and_gives_way(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    (root / "a.png").write_bytes(b"x")
    with Workers(image_jobs.around, root=str(root)) as workers:
        [(_, outcome)] = workers.map(["a.png"])
    assert isinstance(outcome, Result)
    around = outcome.value
    assert "OPENAI_API_KEY" not in around["environment"]
    assert around["nice"] > os.nice(0)
    assert around["session"] != os.getsid(0)
    assert around["folder"] == "/"


def test_a_module_in_the_working_folder_is_not_imported(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    (root / "json.py").write_text("raise SystemExit(9)")
    assert told(root, "fine") == ["fine"]


def test_a_script_needs_no_guard_around_its_main_module(tmp_path: Path) -> None:
    """multiprocessing would run the script again in every worker."""
    (tmp_path / "a.png").write_bytes(encoded(photo(), "PNG"))
    script = tmp_path / "script.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import image_jobs\n"
        "from tagsmith.tools.vision.workers import Workers\n"
        "workers = Workers(image_jobs.opened, root=sys.argv[2])\n"
        "for path, outcome in workers.map(['a.png']): print(path, outcome.value['size'])\n"
    )
    fakes = os.path.dirname(image_jobs.__file__)
    done = subprocess.run(
        [sys.executable, script, fakes, tmp_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("a.png [60, 40]\n", "")


def test_a_worker_outlives_no_tagsmith(root: Path) -> None:
    """Killed, Tagsmith closes nothing itself: the worker sees its standard input end."""
    (root / "a.png").write_bytes(b"x")
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "import image_jobs\n"
        "from tagsmith.tools.vision.workers import Workers\n"
        "workers = Workers(image_jobs.around, root=sys.argv[2])\n"
        "for path, outcome in workers.map(['a.png']): print(outcome.value['pid'], flush=True)\n"
        "time.sleep(60)\n"
    )
    fakes = os.path.dirname(image_jobs.__file__)
    command = [sys.executable, "-c", script, fakes, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tagsmith:
        assert tagsmith.stdout is not None
        pid = int(tagsmith.stdout.readline())
        tagsmith.kill()
    deadline = time.monotonic() + 30
    while state(pid) not in ("", "Z") and time.monotonic() < deadline:
        os.sched_yield()
    assert state(pid) in ("", "Z")


def test_a_job_that_cannot_be_imported_is_an_error(root: Path) -> None:
    (root / "a.png").write_bytes(b"x")

    def local(data: bytes, argument: Any) -> None: ...

    with (
        Workers(local, root=str(root)) as workers,
        pytest.raises((WorkerError, AttributeError), match="local"),
    ):
        list(workers.map(["a.png"]))


def test_a_root_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with (
        Workers(image_jobs.echo, root=str(tmp_path / "gone")) as workers,
        pytest.raises(WorkerError, match=r"The image worker cannot start: .*gone"),
    ):
        list(workers.map(["a.png"]))


# Looking ahead, and stopping


def test_no_more_is_taken_ahead_than_agreed(root: Path) -> None:
    (root / "a.png").write_bytes(b"x")
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "a.png"

    with Workers(image_jobs.echo, root=str(root), ahead=3) as workers:
        results = workers.map(endless())
        for number in range(1, 50):
            next(results)
            assert taken <= number + 3


def test_work_goes_on_while_nobody_asks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results larger than a pipe holds are read while the caller is busy."""
    data = encoded(photo(), "PNG")
    for number in range(3):
        (root / f"{number}.png").write_bytes(data)
    done = threading.Semaphore(0)
    ask = WorkerProcess.ask

    def counted(worker: WorkerProcess, path: str) -> Any:
        outcome = ask(worker, path)
        done.release()
        return outcome

    monkeypatch.setattr(WorkerProcess, "ask", counted)
    with Workers(image_jobs.fitted, 448, root=str(root), ahead=2) as workers:
        results = workers.map(["0.png", "1.png", "2.png"])
        next(results)
        assert all(done.acquire(timeout=30) for _ in range(3))
        assert len(list(results)) == 2


@pytest.mark.parametrize("deed", ["sleep", "hang"])
def test_closing_ends_at_once_and_leaves_no_zombie(root: Path, deed: str) -> None:
    before = children()
    (root / "a.png").write_text(deed)
    workers = Workers(image_jobs.as_told, root=str(root), seconds=60, processes=2)
    errors: list[BaseException] = []

    def wait() -> None:
        try:
            list(workers.map(["a.png"] * 3))
        except StoppedError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    deadline = time.monotonic() + 30
    while len(children() - before) < 2 and time.monotonic() < deadline:
        os.sched_yield()
    started = time.monotonic()
    workers.close()
    waiting.join(5)
    assert time.monotonic() - started < 2
    assert children() == before
    assert [str(error) for error in errors] == [
        "The image workers are closed. Nothing was changed."
    ]
    with pytest.raises(StoppedError):
        list(workers.map(["a.png"]))


def test_a_watch_stops_the_wait_for_a_slow_image(root: Path) -> None:
    (root / "a.png").write_text("sleep")
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with Workers(image_jobs.as_told, root=str(root), seconds=60) as workers:
        started = time.monotonic()
        with pytest.raises(StoppedError):
            list(workers.map(["a.png"], Watch(stopped=stopped)))
        assert time.monotonic() - started < 5


def test_a_batch_that_is_given_up_is_not_worked_on(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number}.png" for number in range(9)]
    for name in names:
        (root / name).write_bytes(b"x")
    given_up, asked = threading.Event(), []
    ask = WorkerProcess.ask

    def slow(worker: WorkerProcess, path: str) -> Any:
        asked.append(path)
        if path != names[0]:
            given_up.wait(30)
        return ask(worker, path)

    monkeypatch.setattr(WorkerProcess, "ask", slow)
    with Workers(image_jobs.echo, root=str(root), ahead=6) as workers:
        results = workers.map(names[:8])
        next(results)
        del results
        given_up.set()
        assert len(list(workers.map(names[8:]))) == 1
    assert asked in ([names[0], names[1], names[8]], [names[0], names[8]])
