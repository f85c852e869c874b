"""The streams: colours, pipes that close, progress."""

from __future__ import annotations

import errno
import io

import pytest

from tagsmith.tools.watch import Step
from tagsmith.tui.cli import main
from tagsmith.tui.commands import console as consoles
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Closed(io.StringIO):
    """A pipe that nobody reads any more."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")


class Full(io.StringIO):
    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_without_no_color(monkeypatch, variables, coloured):
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out = Terminal()
    Console(out, io.StringIO()).row([("a ", ""), ("-dog", "remove")])
    assert ("\x1b[31m" in out.getvalue()) is coloured
    assert "-dog" in out.getvalue()


def test_a_file_gets_no_colours():
    out = io.StringIO()
    Console(out, io.StringIO()).row([("-dog", "remove")])
    assert out.getvalue() == "-dog\n"


def test_long_text_is_not_cut():
    out = io.StringIO()
    Console(out, io.StringIO()).say("x\n" * 50_000)
    assert out.getvalue().count("x") == 50_000


def test_foreign_text_stays_text():
    out, err = io.StringIO(), io.StringIO()
    console = Console(out, err)
    console.say("\x1b]0;owned\x07")
    console.row([("a\nb\x9b", "bold")])
    console.note("\u202etxt\udcff")
    for text in (out.getvalue(), err.getvalue()):
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e", "\udcff"}
    assert out.getvalue().count("\n") == 2


def test_a_reader_that_goes_away_changes_nothing():
    console = Console(Closed(), io.StringIO())
    console.say("one")
    console.say("two")
    assert console.close(0) == 0
    assert console.close(5) == 5


def test_output_that_is_lost_is_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(consoles.sys, "stdout", Full())
    assert main(["tools"]) == 1
    assert "The output cannot be written: No space left on device." in capsys.readouterr().err


def progress_at(times: list[float], err: io.StringIO) -> None:
    clock = iter(times)
    console = Console(io.StringIO(), err)
    progress = Progress(console, clock=lambda: next(clock))
    for number in range(len(times)):
        progress.tell(Step("Tagging", 500 + number * 10, 600))
    progress.end()


def test_work_of_less_than_a_second_is_silent():
    err = Terminal()
    progress_at([0, 0.3, 0.6, 0.99], err)
    assert err.getvalue() == ""


def test_without_a_terminal_there_is_at_most_a_line_a_second():
    err = io.StringIO()
    progress_at([0, 0.5, 1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2], err)
    assert err.getvalue().splitlines() == [
        "Tagging 520 of 600 images, 20 images/s, 4 s left",
        "Tagging 570 of 600 images, 35 images/s, 1 s left",
    ]


def test_on_a_terminal_one_line_is_drawn_again_and_wiped():
    err = Terminal()
    progress_at([0, 2.0, 2.05, 2.2], err)
    drawn = err.getvalue()
    assert "\n" not in drawn
    assert drawn.count("\r") == 3
    assert drawn.endswith("\r\x1b[K")


def test_minutes_are_minutes():
    err = io.StringIO()
    progress_at([0, 100.0], err)
    assert err.getvalue() == "Tagging 510 of 600 images, 6 images/min, 15 min left\n"


def test_hours_are_hours():
    err = io.StringIO()
    progress_at([0, 1234.0], err)
    assert "3 h 5 min left" in err.getvalue()


def test_another_kind_of_work_has_a_speed_of_its_own():
    err = io.StringIO()
    times = iter([0.0, 5.0, 100.0, 102.0])
    progress = Progress(Console(io.StringIO(), err), clock=lambda: next(times))
    for step in (Step("Loading", 0, 2, "models"), Step("Loading", 2, 2, "models")):
        progress.tell(step)
    for done in (0, 2_000):
        progress.tell(Step("Tagging", done, 10_000))
    assert err.getvalue().splitlines() == [
        "Loading 2 of 2 models, 24 models/min, 0 s left",
        "Tagging 0 of 10,000 images",
        "Tagging 2,000 of 10,000 images, 1,000 images/s, 8 s left",
    ]
