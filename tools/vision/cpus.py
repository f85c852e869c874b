"""How many threads an inference may use: what this process may really have of the machine.

A count of the machine's CPUs is wrong in a container (a quota), under taskset (an affinity mask)
and with hyper-threading (two CPUs on one core's multipliers are no faster than one).
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable

# From here on one CPU is left to the screen and to the processes that decode.
_ROOM_FOR_THE_APP = 4


def threads(root: str = "/") -> int:
    """Return the threads for one inference; ``root`` is where /proc and /sys are found."""
    allowed = _allowed()
    usable = len(allowed)
    quota = cgroup_quota(root)
    if quota is not None:
        usable = min(usable, max(1, math.floor(quota)))
    if usable >= _ROOM_FOR_THE_APP:
        usable -= 1
    return max(1, min(usable, cores(allowed, root)))


def cores(cpus: Iterable[int], root: str = "/") -> int:
    """Return on how many physical cores these CPUs lie; CPUs of unknown place count as one each."""
    places: set[str] = set()
    for cpu in cpus:
        path = f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
        places.add(_read(os.path.join(root, path)) or f"cpu {cpu}")
    return len(places)


def cgroup_quota(root: str = "/") -> float | None:
    """Return the CPUs that control groups, version 1 or 2, grant this process; None = no limit.

    Kernel documentation, cgroup-v2 "cpu.max" and cgroup-v1 "cpu.cfs_quota_us". A limit further up
    holds for everything below it, so the smallest on the way up counts.
    """
    quotas = []
    for line in _read(os.path.join(root, "proc/self/cgroup")).splitlines():
        _number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            quotas += _climb(os.path.join(root, "sys/fs/cgroup"), path, _version_2)
        elif "cpu" in controllers.split(","):
            quotas += _climb(os.path.join(root, "sys/fs/cgroup", "cpu"), path, _version_1)
    return min(quotas, default=None)


def _allowed() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _climb(top: str, path: str, quota_of: Callable[[str], float | None]) -> list[float]:
    found = []
    parts = [part for part in path.split("/") if part not in ("", "..")]
    for length in range(len(parts), -1, -1):
        quota = quota_of(os.path.join(top, *parts[:length]))
        if quota is not None:
            found.append(quota)
    return found


def _version_2(folder: str) -> float | None:
    return _ratio(_read(os.path.join(folder, "cpu.max")).split())


def _version_1(folder: str) -> float | None:
    names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    return _ratio([_read(os.path.join(folder, name)) for name in names])


def _ratio(words: list[str]) -> float | None:
    """Return quota / period; "max" and -1 mean no limit."""
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[1]) == 0:
        return None
    return int(words[0]) / int(words[1])


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(65536).strip()
    except OSError:
        return ""
