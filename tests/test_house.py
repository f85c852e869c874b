"""The house rules of CONTRIBUTING.md, for every file of the repository."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools import toolbox

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("agent", "prompts", "tools", "tui")
NOT_OURS = {"build", "dist", "__pycache__"}
MODULE_LINES, FUNCTION_LINES = 400, 60

SERVER_AND_VISION = ("openai", "langchain", "onnxruntime", "huggingface_hub", "numpy")
HEAVY = (*SERVER_AND_VISION, "textual", "PIL", "lark", "tokenizers", "yaml")


@cache
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def files() -> tuple[str, ...]:
    """The files of the repository: what git lists, or where it cannot, every visible file."""
    if git := shutil.which("git"):
        command = [git, "-C", str(ROOT), "ls-files", "-z", "-co", "--exclude-standard", "--", "."]
        listed = subprocess.run(command, capture_output=True, check=False).stdout
        names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
        if "pyproject.toml" in names:
            return tuple(name for name in sorted(names) if (ROOT / name).is_file())
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir() and (not path.name.startswith(".") or path.name == ".ci"):
            yield from _walk(path)
        elif path.is_file():
            yield path.relative_to(ROOT).as_posix()


def python_files(*folders: str) -> list[str]:
    chosen = [name for name in files() if name.endswith(".py")]
    return [name for name in chosen if not folders or name.split("/")[0] in folders]


@cache
def tree(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def texts() -> Iterator[tuple[str, str]]:
    for name in files():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data and not name.endswith((".svg", ".png", ".raw")):
            yield name, data.decode("utf-8", "replace")


# Packages


def test_the_package_list_is_complete() -> None:
    found = {
        ".".join(("tagsmith", *Path(name).parent.parts))
        for name in python_files(*FOLDERS)
        if name.endswith("/__init__.py")
    }
    assert set(project()["tool"]["setuptools"]["packages"]) == {"tagsmith", *found}


def test_every_folder_of_modules_is_a_package() -> None:
    for name in python_files(*FOLDERS):
        assert (ROOT / name).parent.joinpath("__init__.py").is_file(), name


def test_no_other_module_lies_at_the_root() -> None:
    """setuptools would sweep it into the wheel as ``tagsmith.<name>``."""
    at_root = {name for name in python_files() if "/" not in name}
    assert at_root == {"__init__.py", "__main__.py"}


def test_data_files_are_declared() -> None:
    declared = project()["tool"]["setuptools"]["package-data"]
    for name in files():
        folder, path = Path(name).parent, Path(name)
        if name.split("/")[0] not in FOLDERS or path.suffix == ".py":
            continue
        patterns = declared.get(".".join(("tagsmith", *folder.parts)), [])
        assert any(path.match(pattern) for pattern in patterns), f"{name} would miss in the wheel"


# Sizes


def test_modules_and_functions_are_small() -> None:
    too_long = []
    for name in python_files():
        lines = len((ROOT / name).read_text(encoding="utf-8").splitlines())
        if lines > MODULE_LINES:
            too_long.append(f"{name}: {lines} lines")
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > FUNCTION_LINES:
                    too_long.append(f"{name}: {node.name} has {length} lines")
    assert not too_long, "\n".join(too_long)


# Imports


def imports(name: str, *, at_start: bool = False) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports of a file; ``at_start``: only those that run when it is imported."""
    pending: list[ast.AST] = [tree(name)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        is_typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not (at_start and (is_function or is_typing)):
            pending += ast.iter_child_nodes(node)


@cache
def imported(name: str, *, at_start: bool = False) -> frozenset[str]:
    found: set[str] = set()
    for node in imports(name, at_start=at_start):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def within(modules: frozenset[str], package: str) -> bool:
    return any(one == package or one.startswith(f"{package}.") for one in modules)


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [("tools", ("agent", "tui", "prompts")), ("agent", ("tui",)), ("prompts", FOLDERS)],
)
def test_imports_go_one_way(folder: str, forbidden: tuple[str, ...]) -> None:
    for name in python_files(folder):
        for other in set(forbidden) - {folder}:
            assert not within(imported(name), f"tagsmith.{other}"), f"{name} imports {other}"


def test_no_relative_and_no_bare_imports() -> None:
    for name in python_files():
        assert not any(isinstance(one, ast.ImportFrom) and one.level for one in imports(name)), name
        for folder in FOLDERS:
            assert not within(imported(name), folder), f"{name}: write tagsmith.{folder}"


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    users: dict[str, set[str]] = {library: set() for library in HEAVY}
    for name in python_files(*FOLDERS):
        for library in HEAVY:
            if within(imported(name), library):
                users[library].add(name)
            if library != "textual" and not (library == "numpy" and _looks(name)):
                assert not within(imported(name, at_start=True), library), f"{name}: {library}"
    for library in (*SERVER_AND_VISION, "lark", "tokenizers", "yaml"):
        if library != "numpy":
            assert len(users[library]) <= 1, f"{library} is imported by {sorted(users[library])}"
    assert all(name.startswith("tui/") for name in users["textual"])
    assert all(_looks(name) for name in users["numpy"])


def _looks(name: str) -> bool:
    """Whether a module looks at pictures: functions import those, when one is looked at."""
    return name.startswith(("tools/vision/", "tools/metadata/"))


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


# Cold starts

PROBE = """
import json, sys
from tagsmith.tui.cli import main
try:
    status = main(sys.argv[1:])
except SystemExit as left:
    status = left.code
print("\\n" + json.dumps([status or 0, sorted({name.split(".")[0] for name in sys.modules})]))
"""

FIRST_FRAME = """
import asyncio, json, sys
from tagsmith.tui.demo import converse
from tagsmith.tui.app import TagsmithApp

async def show():
    app = TagsmithApp(converse(sys.argv[1]), first_suggestion="hello")
    async with app.run_test() as pilot:
        await pilot.pause()
        print(json.dumps([0, sorted({name.split(".")[0] for name in sys.modules})]))

asyncio.run(show())
"""


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    (tmp_path / "img.png").write_bytes(b"an image that nobody opens")
    (tmp_path / "img.txt").write_bytes(b"dog, grass")
    return tmp_path


def loaded(script: str, *arguments: str) -> set[str]:
    """The top-level modules that a fresh Python has loaded after a script that succeeded."""
    command = [sys.executable, "-c", script, *arguments]
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert ran.returncode == 0, ran.stderr
    status, modules = json.loads(ran.stdout.splitlines()[-1])
    assert status == 0, ran.stdout + ran.stderr
    assert "tagsmith" in modules
    return set(modules)


def test_help_loads_nothing_heavy() -> None:
    assert loaded(PROBE, "--help") & set(HEAVY) == set()


def test_do_loads_nothing_heavy(dataset: Path) -> None:
    assert loaded(PROBE, "do", str(dataset), "list_tag_frequencies") & set(HEAVY) == set()


def test_run_loads_nothing_heavy(dataset: Path) -> None:
    words = ("which tags are there?", "--engine", "offline")
    assert loaded(PROBE, "run", str(dataset), *words) & set(HEAVY) == set()


def test_the_first_frame_loads_no_server_and_no_vision(dataset: Path) -> None:
    modules = loaded(FIRST_FRAME, str(dataset))
    assert "textual" in modules
    assert modules & set(SERVER_AND_VISION) == set()


# Words


def test_no_unfinished_work_is_left() -> None:
    unfinished = re.compile(r"\b(?:TO(?:DO)|FIX(?:ME)|X(?:XX))\b")
    for name, text in texts():
        found = unfinished.search(text)
        assert not found, f"{name}: {found}"


def test_no_path_of_a_machine_and_no_registry() -> None:
    """The files work on any machine, and with any index."""
    local = re.compile(
        r"(?<![\w.*?])/(?:work|root|home/[a-z]+|Users/[A-Za-z]+)/(?=\w)"
        r"|/tmp/(?:venv|brief|types)"
        r"|(?:files\.pythonhosted|pypi|test\.pypi)\.(?:org)"
        r"|--(?:extra-)?index-url|--find-links|--hash="
    )
    for name, text in texts():
        found = None if name == "tests/test_house.py" else local.search(text)
        assert not found, f"{name}: {found}"


def test_texts_end_with_one_newline_and_have_no_trailing_spaces() -> None:
    for name, text in texts():
        if name.endswith((".py", ".md", ".toml", ".lark", ".tcss", ".txt")) and text:
            assert text.endswith("\n"), name
            assert not text.endswith("\n\n"), name
            assert not re.search(r"[ \t]+\n", text), name


# Documents


def test_every_tool_is_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for tool in toolbox.tools().values():
        assert len(tool.summary) > 15, tool.name
        assert f"`{tool.name}`" in readme, f"README.md does not name {tool.name}"
        properties = tool.arguments.model_json_schema()["properties"]
        told = {"description", "enum"}
        missing = [name for name, one in properties.items() if not told & one.keys()]
        assert not missing, f"{tool.name}: no description of {missing}"


def test_every_dependency_has_a_reason() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    project_ = project()["project"]
    for requirement in [*project_["dependencies"], *project_["optional-dependencies"]["test"]]:
        name = re.split(r"[<>=~ ]", requirement, maxsplit=1)[0]
        assert f"| `{name}` |" in contributing, f"CONTRIBUTING.md gives no reason for {name}"


def test_the_readme_begins_with_what_it_is_a_picture_and_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("# Tagsmith\n")
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", readme)
    assert picture
    assert (ROOT / picture[1]).is_file()
    first = "pip install -c constraints.txt . && tagsmith demo"
    second = 'pip install -c constraints.txt -e ".[test]" && pytest'
    commands = re.findall(r"^(?: {4})?((?:pip|python|tagsmith).*)$", readme, re.MULTILINE)
    assert commands[:2] == [first, second]
    assert picture.start() < readme.index(first)


def test_ci_runs_the_second_command_to_the_letter() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    second = 'pip install -c constraints.txt -e ".[test]" && pytest'
    assert f"    {second}\n" in script.read_text(encoding="utf-8")


def test_links_between_documents_lead_somewhere() -> None:
    for name, text in texts():
        if name.endswith(".md"):
            for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", text):
                assert (ROOT / name).parent.joinpath(target).exists(), f"{name}: {target}"
