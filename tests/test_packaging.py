"""What is installed: the wheel, the source distribution, and the pinned versions."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
UNWANTED = shutil.ignore_patterns(
    ".git",
    ".*_cache",
    ".hypothesis",
    ".venv",
    "build",
    "dist",
    "*.egg-info",
    "__pycache__",
    "*.pyc",
)
BUILD = "import sys; from setuptools import build_meta; build_meta.build_{}(sys.argv[1])"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    """The script that `.ci/run` uses, as a module."""
    spec = importlib.util.spec_from_file_location("check_wheel", ROOT / ".ci" / "check_wheel.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, built offline from a copy of the checkout."""
    copy = tmp_path_factory.mktemp("copy") / "an odd-named checkout"
    shutil.copytree(ROOT, copy, ignore=UNWANTED)
    return _build(copy, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return _build(source, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _build(source: Path, kind: str, to: Path) -> Path:
    command = [sys.executable, "-c", BUILD.format(kind), str(to)]
    ran = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    (built,) = to.iterdir()
    return built


def _python(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder of its own, with the installed files first on the path."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=installed.parent,
        env={"PYTHONPATH": str(installed), "PATH": "", "HOME": str(installed.parent)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_tagsmith_and_nothing_else(wheel: Path, check: ModuleType) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/", maxsplit=1)[0] for name in archive.namelist()}
    assert len(tops) == 2
    assert "tagsmith" in tops
    assert check.problems(wheel, ROOT) == []


def test_the_check_sees_what_is_too_much_and_what_is_missing(
    wheel: Path, check: ModuleType, tmp_path: Path
) -> None:
    doctored = tmp_path / wheel.name
    added = ("tools/__init__.py", "tagsmith/scratch.py", "tagsmith/README.md", "tests/conftest.py")
    with zipfile.ZipFile(wheel) as archive, zipfile.ZipFile(doctored, "w") as other:
        for name in archive.namelist():
            if name != "tagsmith/tools/query.lark":
                other.writestr(name, archive.read(name))
        for name in added:
            other.writestr(name, "")
    assert check.problems(doctored, ROOT) == [
        "tagsmith/tools/query.lark is not in the wheel",
        *(f"{name} does not belong in the wheel" for name in sorted(added)),
    ]


def test_the_source_distribution_holds_what_a_packager_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        *("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "constraints.txt"),
        *(".ci/run", "docs/packaging.md", "tests/test_packaging.py", "tools/query.lark"),
    } <= names
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in names)


def test_the_metadata(installed: Path) -> None:
    (folder,) = installed.glob("tagsmith-*.dist-info")
    told = metadata.PathDistribution(folder)
    init = (ROOT / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{told.version}"' in init
    assert told.metadata["License-Expression"] == "MIT"
    assert told.metadata["Requires-Python"] == ">=3.11"
    commands = {(one.group, one.name, one.value) for one in told.entry_points}
    assert commands == {("console_scripts", "tagsmith", "tagsmith.tui.cli:main")}


def test_the_installed_files_are_enough_to_run(installed: Path) -> None:
    ran = _python(installed, "-c", "import tagsmith; print(tagsmith.__file__)")
    assert ran.stdout.strip() == str(installed / "tagsmith" / "__init__.py")
    ran = _python(installed, "-m", "tagsmith", "demo", "--headless")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_trainer_beside_it_keeps_its_tools(installed: Path, tmp_path: Path) -> None:
    """Installed beside sd-scripts, whose ``tools`` folder is no package (docs/packaging.md)."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "original_control_net.py").write_text("print('the trainer')\n")
    script = tmp_path / "gen_img.py"
    script.write_text("import tagsmith, tools.original_control_net\n")
    ran = _python(installed, str(script))
    assert ran.stdout == "the trainer\n", ran.stderr


def test_everything_that_is_installed_is_pinned() -> None:
    pins = _pins()
    missing = {name: why for name, why in _needed().items() if name not in pins}
    assert not missing, f"constraints.txt lacks {missing}"


def test_the_pins_suit_the_declared_ranges() -> None:
    pins = _pins()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in [*project["dependencies"], *project["optional-dependencies"]["test"]]:
        requirement = Requirement(text)
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins == sorted(pins, key=lambda line: line.partition("==")[0].lower())
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in pins)


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pairs}


def _needed() -> dict[str, str]:
    """Every distribution that tagsmith and its tests bring in on this Python, and for whom."""
    needed: dict[str, str] = {}
    pending = [(Requirement("tagsmith[test]"), "the command line")]
    done = set()
    while pending:
        requirement, asker = pending.pop()
        name = canonicalize_name(requirement.name)
        if (name, frozenset(requirement.extras)) in done:
            continue
        done.add((name, frozenset(requirement.extras)))
        needed.setdefault(name, asker)
        for text in metadata.requires(requirement.name) or ():
            inner = Requirement(text)
            extras = requirement.extras or {""}
            if not inner.marker or any(inner.marker.evaluate({"extra": one}) for one in extras):
                pending.append((inner, name))
    del needed["tagsmith"]
    return needed
