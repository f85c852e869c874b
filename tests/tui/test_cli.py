"""``tagsmith`` as a process: what it imports, signals, pipes, and every page of help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tagsmith.tui.cli import main
from tagsmith.tui.commands import COMMANDS

HEAVY = {
    *("textual", "rich", "openai", "langchain", "onnxruntime", "huggingface_hub", "numpy"),
    *("PIL", "lark", "asyncio"),
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    root = tmp_path / "small"
    root.mkdir()
    for number in range(12):
        (root / f"{number:02}.png").write_bytes(b"x")
        (root / f"{number:02}.txt").write_text("dog, watermark")
    return root


def process(code: str, *words: object, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def imported(*words: object) -> set[str]:
    code = (
        "import sys; from tagsmith.tui.cli import main; status = main(sys.argv[1:]);"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), file=sys.stderr);"
        "sys.exit(status)"
    )
    done = process(code, *words)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_help_imports_not_even_the_workshop() -> None:
    assert not imported("--help") & (HEAVY | {"pydantic", "rapidfuzz"})


@pytest.mark.parametrize(
    "words",
    [
        ["list_tag_frequencies"],
        ["find_images", "--where", "dog"],
        ["prune_tags", "--tags", "watermark", "--json"],
        ["prune_tags", "--tags", "watermark", "--apply"],
    ],
)
def test_do_imports_nothing_heavy(small: Path, words: list[str]) -> None:
    assert not imported("do", small, *words) & HEAVY


def test_the_built_in_engine_imports_nothing_heavy(small: Path) -> None:
    loaded = imported("run", small, "remove watermark", "--engine", "offline")
    assert not loaded & (HEAVY - {"lark"})


def test_the_module_is_the_command(small: Path) -> None:
    words = [sys.executable, "-m", "tagsmith", "do", str(small), "find_images", "--limit", "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("12 images of 12")


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_every_page_of_help_has_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"] if name else ["--help"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("usage: tagsmith")
    assert f"examples:\n  tagsmith {name}".rstrip() in page


def test_the_first_page_lists_the_commands_and_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--help"])
    page = capsys.readouterr().out
    assert all(f"  {name} " in page for name in COMMANDS)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("tagsmith ")


# Started in the background, as by some CI, a process inherits that SIGINT is ignored.
INTERRUPT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from tagsmith.tools.journal import files
rename, seen = files.Files._step, []
def step(self, operation, name):
    if operation in ("rename", "exchange") and name.endswith(".txt"):
        seen.append(name)
        if len(seen) == 5:
            os.kill(os.getpid(), signal.SIGINT)
    rename(self, operation, name)
files.Files._step = step
from tagsmith.tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_while_applying_leaves_the_folder_as_it_was(small: Path) -> None:
    words = ("do", small, "prune_tags", "--tags", "watermark", "--apply")
    done = process(INTERRUPT, *words)
    assert done.returncode == 130
    assert "Interrupted." in done.stderr
    assert "Traceback" not in done.stderr
    assert {path.read_text() for path in small.glob("*.txt")} == {"dog, watermark"}
    assert main(["history", str(small)]) == 0


def test_a_reader_that_leaves_early_gets_no_complaint(small: Path) -> None:
    code = "import sys; from tagsmith.tui.cli import main; sys.exit(main(sys.argv[1:]))"
    reader, writer = os.pipe()
    os.close(reader)
    words = ("do", str(small), "prune_tags", "--tags", "watermark", "--apply")
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode == 0
    assert (small / "00.txt").read_text() == "dog"


def test_an_ascii_terminal_gets_escapes_instead_of_an_error(small: Path) -> None:
    (small / "00.txt").write_text("猫, dog")
    code = "import sys; from tagsmith.tui.cli import main; sys.exit(main(sys.argv[1:]))"
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = process(code, "do", small, "list_tag_frequencies", env=env)
    assert done.returncode == 0
    assert "\\u732b" in done.stdout
