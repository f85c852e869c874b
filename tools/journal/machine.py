"""Which machine this is and since when it runs: what tells a crash from a power cut."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def boot_id() -> str:
    """Return an identifier that changes when the machine starts anew; empty where unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def boot_time_ns() -> int:
    """Return when the machine started, in ns since the epoch; 0 where unknown."""
    try:
        found = re.search(r"^btime (\d+)$", Path("/proc/stat").read_text("ascii"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return 0
    return int(found[1]) * 1_000_000_000 if found else 0


def host() -> str:
    """Return this machine's name."""
    return platform.node() or "unknown"


def is_running(pid: int) -> bool:
    """Tell whether a process of this machine runs."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
