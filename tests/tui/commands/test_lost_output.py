"""A stdout that cannot be written: one line on stderr, and a status that tells the truth."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FULL = "/dev/full"
pytestmark = pytest.mark.skipif(not os.path.exists(FULL), reason="needs /dev/full")
PRUNE = ("prune_tags", "--tags", "watermark")
LOST = (
    "tagsmith: The output cannot be written: No space left on device. What was to be changed "
    "is changed; `tagsmith history` lists it."
)


def called(*words, stdout):
    """Run the program itself: Python's own flush at its end has a say, too."""
    command = [sys.executable, "-m", "tagsmith", *map(str, words)]
    ran = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    return ran.returncode, ran.stderr.splitlines()


def to_full(*words):
    with open(FULL, "wb") as full:
        return called(*words, stdout=full)


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_an_applied_plan_whose_report_is_lost_is_status_6(data, contents, more):
    status, told = to_full("do", data, *PRUNE, "--apply", *more)
    assert status == 6
    assert told == [LOST]
    assert contents(data)["a.txt"] == b"dog, grass"


def test_a_report_larger_than_any_buffer_is_lost_as_quietly(data, contents):
    for number in range(900):
        (data / f"{number:04}.png").write_bytes(b"x")
        (data / f"{number:04}.txt").write_text(f"watermark, {'x' * 99}")
    status, told = to_full("do", data, *PRUNE, "--apply", "--json")
    assert status == 6
    # A slow machine says how far it is before.
    assert [line for line in told if not line.startswith("Applying ")] == [LOST]
    assert b"watermark" not in contents(data)["0899.txt"]


def test_a_dry_run_whose_report_is_lost_is_status_1(data, contents):
    before = contents(data)
    status, told = to_full("do", data, *PRUNE)
    assert status == 1
    assert told == ["tagsmith: The output cannot be written: No space left on device."]
    assert contents(data) == before


def test_a_failure_keeps_its_own_status(data):
    status, told = to_full("do", data, *PRUNE, "--approve", "0" * 16, "--json")
    assert status == 5
    assert [line for line in told if "Traceback" in line] == []


def test_a_command_of_words_ends_as_one_of_tools(data, contents):
    words = ("remove watermark", "--engine", "offline", "--apply")
    assert to_full("run", data, *words)[0] == 6
    assert to_full("undo", data)[0] == 6
    assert contents(data)["a.txt"] == b"dog, watermark, grass"


def test_a_closed_stdout_changes_nothing(data, contents):
    command = [sys.executable, "-m", "tagsmith", "do", str(data), *PRUNE, "--apply"]
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    ran = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert contents(data)["a.txt"] == b"dog, grass"
