"""Threads for an inference: by what the process may use, not by what the machine has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tagsmith.tools.vision import cpus

Allow = Callable[[Iterable[int]], None]


class Machine:
    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def siblings(self, *groups: str) -> None:
        for group in groups:
            for cpu in group.split(","):
                self.write(f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list", group)


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    def only(cpus: Iterable[int]) -> None:
        monkeypatch.setattr("os.sched_getaffinity", lambda _: set(cpus), raising=False)

    return only


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("allowed", "expected"), [(1, 1), (2, 2), (3, 3), (4, 3), (8, 7), (16, 15)]
)
def test_one_cpu_is_left_to_the_app_from_four_on(
    machine: Machine, allow: Allow, allowed: int, expected: int
) -> None:
    allow(range(allowed))
    assert cpus.threads(str(machine.root)) == expected


def test_two_threads_of_one_core_count_once(machine: Machine, allow: Allow) -> None:
    allow(range(8))
    machine.siblings("0,4", "1,5", "2,6", "3,7")
    assert cpus.threads(str(machine.root)) == 4
    allow([0, 4])
    assert cpus.threads(str(machine.root)) == 1


@pytest.mark.parametrize(
    ("quota", "expected"), [("max 100000", 15), ("200000 100000", 2), ("50000 100000", 1)]
)
def test_a_quota_of_version_2_counts_also_from_above(
    machine: Machine, allow: Allow, quota: str, expected: int
) -> None:
    allow(range(16))
    machine.write("proc/self/cgroup", "0::/user.slice/app.scope\n")
    machine.write("sys/fs/cgroup/user.slice/cpu.max", quota)
    machine.write("sys/fs/cgroup/user.slice/app.scope/cpu.max", "max 100000")
    assert cpus.threads(str(machine.root)) == expected


@pytest.mark.parametrize(("quota", "expected"), [("-1", None), ("350000", 3.5)])
def test_a_quota_of_version_1_counts(machine: Machine, quota: str, expected: float | None) -> None:
    machine.write("proc/self/cgroup", "5:cpuset:/\n4:cpu,cpuacct:/docker/0\n0::/\n")
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota)
    machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000")
    assert cpus.cgroup_quota(str(machine.root)) == expected


def test_this_machine_has_at_least_one() -> None:
    assert cpus.threads() >= 1
