"""Check what a wheel holds: ``check_wheel.py WHEEL [CHECKOUT]`` lists what is wrong, exits 1.

At its top level stand ``tagsmith/`` and the metadata; inside stands every file of the packages'
folders and, of the repository's root, only ``__init__.py``, ``__main__.py`` and ``py.typed``.
"""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

ROOT_FILES = ("__init__.py", "__main__.py", "py.typed")


def problems(wheel: Path, checkout: Path) -> list[str]:
    """Return what is wrong with a wheel, one line each; nothing where it is right."""
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if not _is_metadata(name)}
    wanted = expected(checkout)
    return [
        *(f"{name} is not in the wheel" for name in sorted(wanted - found)),
        *(f"{name} does not belong in the wheel" for name in sorted(found - wanted)),
    ]


def expected(checkout: Path) -> set[str]:
    """Return the names that a wheel of this checkout holds, beside its metadata."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    names = {f"tagsmith/{name}" for name in ROOT_FILES}
    for package in project["tool"]["setuptools"]["packages"]:
        folder = "/".join(package.split(".")[1:])
        if folder:
            files = (path.name for path in (checkout / folder).iterdir() if path.is_file())
            names |= {f"tagsmith/{folder}/{name}" for name in files}
    return names


def _is_metadata(name: str) -> bool:
    top = name.split("/", maxsplit=1)[0]
    return top.startswith("tagsmith-") and top.endswith(".dist-info")


if __name__ == "__main__":
    here = Path(__file__).resolve().parent.parent
    wrong = problems(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else here)
    print("\n".join(wrong) or f"{Path(sys.argv[1]).name} holds tagsmith/ and nothing else")
    raise SystemExit(1 if wrong else 0)
