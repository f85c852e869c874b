"""How the app feels, as numbers beside floors of the same run: headless, and through a pty.

    python bench/tui.py                    100,000 files; about four minutes on two quiet cores
    python bench/tui.py --quick            a smoke test of some seconds, whose numbers mean nothing
    python bench/tui.py --only keys --keys 500 --where FOLDER

A floor is the least that Textual does: a minimal app, a list of strings by the line API, its own
streamed Markdown. Own work is CPU time, wall time has Textual's pacing (60 frames a second) in it.
Floors and ours alternate. ``--where`` keeps the dataset for the next run. POSIX; CPU time and
memory through the pty need Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PARTS = ("start", "lists", "keys", "stream", "session", "idle")
MINIMAL = """
from textual.app import App
from textual.widgets import Input, Static
class Minimal(App):
    def compose(self):
        yield Static("minimal-first-frame")
        yield Input()
Minimal().run()
"""
LINES = """
import sys; sys.path.insert(0, {here!r})
from textual.app import App
from tui_kit import ListScreen
class Lines(App):
    def on_mount(self):
        self.push_screen(ListScreen({files}))
Lines().run()
"""
DOWN, PAGE_DOWN, UP, END, HOME = b"\x1b[B", b"\x1b[6~", b"\x1b[A", b"\x1b[F", b"\x1b[H"
ROUND = (DOWN, DOWN, DOWN, PAGE_DOWN, UP, END, UP, PAGE_DOWN, HOME, DOWN)
CTRL_T = "\x14"


@dataclass
class Bench:
    """The sizes of a run, where its files lie, and the table that it fills."""

    place: Path
    files: int
    options: dict[str, int]
    runs: int
    seconds: float
    session: str = ""
    table: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def root(self) -> str:
        """The large dataset."""
        return os.fspath(self.place / f"dataset-{self.files}")

    @property
    def environment(self) -> dict[str, str]:
        """The user's environment, without the user's own settings, history and sessions."""
        homes = {f"XDG_{name}_HOME": os.fspath(self.place) for name in ("STATE", "CONFIG", "DATA")}
        own = {"TAGSMITH_ENGINE": "offline", "LC_ALL": "C.UTF-8"}
        return os.environ | homes | own | {"TAGSMITH_BENCH_SESSION": self.session}

    def inside(self, name: str, root: str = "") -> dict[str, Any]:
        """Run one headless measure in a fresh process."""
        command = [sys.executable, __file__, "--child", name, root or self.root]
        done = subprocess.run(
            [*command, json.dumps(self.options)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def row(self, what: str, ours: str, floor: str = "", aim: str = "") -> None:
        """Print and keep a row of the table."""
        self.table.append((what, ours, floor, aim))
        print(f"{what:<46} {ours:<34} {floor:<30} {aim}", flush=True)


def percentile(values: Sequence[float], share: float = 0.95) -> float:
    """Return the value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milli(seconds: float) -> str:
    """Return seconds as milliseconds, for people."""
    return f"{1000 * seconds:.1f} ms"


def tagsmith(*words: str) -> list[str]:
    return [sys.executable, "-m", "tagsmith", *words]


def minimal() -> list[str]:
    return [sys.executable, "-c", MINIMAL]


# The parts


def measure_start(bench: Bench) -> None:
    """Process start to the first frame, and until the dataset behind it is ready."""
    from tui_terminal import Terminal

    taken: dict[str, list[float]] = {"floor": [], "ours": []}
    for _ in range(bench.runs):
        with Terminal(minimal(), bench.environment, (80, 24)) as one:
            taken["floor"].append(one.until("minimal-first-frame"))
        with Terminal(tagsmith(bench.root), bench.environment, (80, 24)) as one:
            taken["ours"].append(one.until("Opening"))
    for name, least in (("best", min), ("median", statistics.median)):
        ours, floor = least(taken["ours"]), least(taken["floor"])
        bench.row(
            f"pty: start to first frame, {name} of {bench.runs}",
            f"{ours:.3f} s, {ours / floor:.2f} x",
            f"{floor:.3f} s minimal app",
            "<= 1.2 x",
        )
    with Terminal(tagsmith(bench.root), bench.environment, (80, 24)) as one:
        ready = one.until("images")
    bench.row(f"pty: start to {bench.files:,} files ready", f"{ready:.3f} s")


def measure_lists(bench: Bench) -> None:
    """The Tags and the Review opened headless, their memory, and a key in them."""
    floor = bench.inside("floor_lists")
    ours = bench.inside("lists")
    again = bench.inside("floor_lists")["list"]
    base = floor["list"]
    base["keys"] += again["keys"]
    base["opens"] += again["opens"][1:]
    for name in ("tags", "review"):
        report_open(bench, f"{name.title()} of {bench.files:,} files", ours[name], base)
        report_keys(bench, f"headless: a key in {name.title()}", ours[name]["keys"], base["keys"])
    bench.row(
        "memory: chat with the dataset open",
        f"{ours['start']:.0f} MiB",
        f"{floor['start']:.0f} MiB minimal app",
    )
    for name in ("tags", "review"):
        grown = ours[name]["after"] - ours[name]["before"]
        more = base["after"] - base["before"]
        bench.row(
            f"memory: with {name.title()} open",
            f"{ours[name]['after']:.0f} MiB (+{grown:.0f})",
            f"{base['after']:.0f} MiB (+{more:.0f}) list of strings",
        )


def report_open(bench: Bench, what: str, ours: dict[str, Any], base: dict[str, Any]) -> None:
    """Tell of the first opening, which loads the screen's code, and the median of the others."""
    for title, pick in (
        ("first", lambda found: found["opens"][0]),
        ("again", lambda found: median_of(found["opens"][1:])),
    ):
        wall, cpu = pick(ours)
        floor_wall, floor_cpu = pick(base)
        bench.row(
            f"headless: {what}, {title}",
            f"{wall:.3f} s, own work {cpu:.3f} s",
            f"{floor_wall:.3f} s, {floor_cpu:.3f} s strings",
            "<= 0.1 s",
        )


def median_of(pairs: Sequence[Sequence[float]]) -> list[float]:
    return [statistics.median(column) for column in zip(*pairs, strict=True)]


def report_keys(
    bench: Bench, what: str, ours: Sequence[Sequence[float]], base: Sequence[Sequence[float]]
) -> None:
    """Tell of pairs of wall and CPU time to the last frame of a key."""
    (wall, cpu), (floor_wall, floor_cpu) = (
        [percentile(column) for column in zip(*pairs, strict=True)] for pairs in (ours, base)
    )
    bench.row(
        f"{what}: own work, p95 of {len(ours)}",
        f"{milli(cpu)}, to its frame {milli(wall)}",
        f"{milli(floor_cpu)}, {milli(floor_wall)} strings",
        "<= 16 ms",
    )


def measure_keys(bench: Bench) -> None:
    """Keys through a pty, in the Tags and in the Review."""
    from tui_terminal import Terminal

    here = os.path.dirname(os.path.abspath(__file__))
    lines = [sys.executable, "-c", LINES.format(here=here, files=bench.files)]
    with Terminal(lines, bench.environment) as one:
        one.until("row 000010")
        base = pressed(one, bench)
        floor_memory = one.resident()
    for name in ("Tags", "Review"):
        with Terminal(tagsmith(bench.root), bench.environment) as one:
            one.until("images")
            (to_tags if name == "Tags" else to_review)(one)
            found = pressed(one, bench)
            memory = one.resident()
        report_keys(bench, f"pty: a key in {name}", found, base)
        bench.row(
            f"pty: memory in {name}", f"{memory:.0f} MiB", f"{floor_memory:.0f} MiB list of strings"
        )


def to_tags(one: Any) -> None:
    one.quiet(0.3)
    one.type(CTRL_T)
    one.until("tag 0")


def to_review(one: Any) -> None:
    one.quiet(0.3)
    one.type("/add_trigger sks\r")
    one.until("would change")
    one.quiet(0.6)  # a new card takes no keys for a moment
    one.type("\r")
    one.until("nothing written yet")


def pressed(one: Any, bench: Bench) -> list[tuple[float, float]]:
    """Press keys when nothing works behind the screen any more: pairs of wall and CPU time."""
    rest(one)
    keys = [one.press(ROUND[number % len(ROUND)]) for number in range(bench.options["keys"])]
    return [(last, cpu) for _, last, cpu in keys]


def rest(one: Any) -> None:
    before = one.cpu()
    while True:
        one.quiet(0.4)
        now = one.cpu()
        if now - before < 0.02:
            return
        before = now


def measure_stream(bench: Bench) -> None:
    """CPU seconds of an answer that arrives in pieces of four characters."""
    small = os.fspath(bench.place / "dataset-48")
    rows = (
        ("stream", "Tagsmith's chat"),
        ("floor_label", "one growing Label"),
        ("floor_markdown", "Markdown.get_stream"),
    )
    count, rate = bench.options["tokens"], bench.options["rate"]
    for name, title in rows:
        found = bench.inside(name, small)
        bench.row(
            f"headless: {count:,} tokens at {rate}/s, {title}",
            f"{found['cpu']:.2f} CPU s in {found['wall']:.1f} s",
            f"{found['widgets']} widgets, {found['memory']:.0f} MiB",
        )


def measure_session(bench: Bench) -> None:
    """A long session resumed, against a new one on the same dataset."""
    from tui_terminal import Terminal

    small = os.fspath(bench.place / "dataset-48")
    bench.session = bench.inside("write_session", small)["path"]
    turns = bench.options["turns"]
    runs = [
        (bench.inside("floor_session", small), bench.inside("session", small))
        for _ in range(bench.runs)
    ]
    floor, ours = runs[-1]
    for one, values in ((floor, [run[0] for run in runs]), (ours, [run[1] for run in runs])):
        one["usable"] = statistics.median(value["usable"] for value in values)
    bench.row(
        f"headless: {turns} turns resumed, usable",
        f"{ours['usable']:.3f} s, {ours['after']:.0f} MiB",
        f"{floor['usable']:.3f} s, {floor['after']:.0f} MiB new session",
    )
    bench.row(
        f"headless: {turns} turns resumed, widgets",
        f"{ours['widgets']}, {ours['most']} scrolled up",
        f"{floor['widgets']} new session",
        "<= 200",
    )
    taken: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(bench.runs):
        with Terminal(tagsmith(small), bench.environment) as one:
            taken["floor"].append(one.until("Say what to change."))
        with Terminal(tagsmith("--resume", Path(bench.session).stem), bench.environment) as one:
            taken["ours"].append(one.until("Resumed the session"))
    ours_, floor_ = (statistics.median(taken[name]) for name in ("ours", "floor"))
    bench.row(f"pty: start to {turns} turns shown", f"{ours_:.3f} s", f"{floor_:.3f} s new session")


def measure_idle(bench: Bench) -> None:
    """CPU time while nobody does anything."""
    from tui_terminal import Terminal

    def idle(one: Any) -> str:
        rest(one)
        before = one.cpu()
        one.quiet_for(bench.seconds)
        return f"{100 * (one.cpu() - before) / bench.seconds:.2f} % of a core"

    with Terminal(minimal(), bench.environment) as one:
        one.until("minimal-first-frame")
        floor = idle(one)
    with Terminal(tagsmith(bench.root), bench.environment) as one:
        one.until("images")
        chat = idle(one)
        to_tags(one)
        tags = idle(one)
    for name, ours in (("the chat", chat), ("Tags", tags)):
        bench.row(f"pty: idle in {name}, {bench.seconds:g} s", ours, f"{floor} minimal app")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7, help="of what starts a process")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--tokens", type=int, default=2000)
    parser.add_argument("--rate", type=int, default=200, help="tokens a second")
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--idle", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--where", help="folder to work in, whose dataset is kept")
    parser.add_argument("--json", help="also write the table to this file")
    parser.add_argument("--quick", action="store_true", help="a smoke test of some seconds")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.files, chosen.runs, chosen.keys, chosen.idle = 48, 1, 10, 0.2
        chosen.tokens, chosen.rate, chosen.turns = 100, 400, 40
    return chosen


def run(chosen: argparse.Namespace, place: Path) -> None:
    """Make what is missing and measure the chosen parts."""
    from tui_kit import make_dataset

    options = {name: getattr(chosen, name) for name in ("keys", "files", "tokens", "rate", "turns")}
    options |= {"opens": 2 if chosen.quick else 6, "pages": 2 if chosen.quick else 10}
    bench = Bench(place, chosen.files, options, chosen.runs, chosen.idle)
    for files in {chosen.files, 48}:
        make_dataset(place / f"dataset-{files}", files)
    measures: dict[str, Callable[[Bench], None]] = {
        "start": measure_start,
        "lists": measure_lists,
        "keys": measure_keys,
        "stream": measure_stream,
        "session": measure_session,
        "idle": measure_idle,
    }
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    bench.row(
        f"{chosen.files:,} files, {os.cpu_count()} processors", f"load {load}", "floor", "aim"
    )
    for part in chosen.only:
        measures[part](bench)
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(bench.table, indent=1), encoding="utf-8")


def main() -> None:
    chosen = arguments()
    if chosen.child:
        from tui_inside import child

        name, root, options = chosen.child
        child(name, root, json.loads(options))
    elif chosen.where:
        os.makedirs(chosen.where, exist_ok=True)
        run(chosen, Path(chosen.where).resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="tagsmith-bench-") as folder:
            run(chosen, Path(folder).resolve())


if __name__ == "__main__":
    main()
