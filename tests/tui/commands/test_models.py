"""``tagsmith models``: list, pull, check, remove and quantize; docs/hub.md is what happens."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import vision_graphs as graphs
from hub import HANG
from hub_case import COMMIT, NAME, REPO, TOKEN, Case, open_case
from hub_table import PAGE, ROWS, page, play
from PIL import Image
from tokenizers import Tokenizer, models

from tagsmith.tools.vision import runtime
from tagsmith.tools.vision.quantize import to_toml
from tagsmith.tools.vision.spec import find_spec, specs
from tagsmith.tools.watch import Step
from tagsmith.tui.commands.console import Console
from tagsmith.tui.commands.models import watching
from tagsmith.tui.commands.progress import Progress

LINES = PAGE.read_text("utf-8").splitlines()


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path / "home", monkeypatch) as case:
        case.write_spec()
        yield case


@pytest.fixture
def real(case: Case, tmp_path: Path) -> Iterator[str]:
    """A model that can be run, placed by hand, whose spec is among the user's own."""
    base = graphs.with_count(find_spec("wd-swinv2-tagger-v3"), 20)
    spec = base.model_copy(update={"name": "small", "aliases": (), "repo": None, "revision": None})
    folder = case.by_hand.parent / spec.name
    graphs.make_model(spec, folder, 20)
    spec = graphs.as_found(spec, folder)
    (tmp_path / "home" / "config" / "tagsmith" / "models" / "small.toml").write_text(to_toml(spec))
    yield spec.name
    runtime.release()


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)


# The page


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_page_is_what_happens(name: str, tmp_path: Path) -> None:
    played = play(name, tmp_path / "home")
    assert TOKEN not in played.out + played.err
    assert played.row in LINES, "python tests/fakes/hub_table.py writes docs/hub.md anew"


def test_the_page_has_every_row_once_and_is_laid_out_by_the_script() -> None:
    rows = [line for line in LINES if line.startswith("| ")][1:]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == list(ROWS)
    assert PAGE.read_text("utf-8") == page(rows)


# list


def test_every_model_is_listed_and_pixels_is_always_there(tagsmith, case):
    ran = tagsmith("models", "list")
    assert ran.status == 0
    rows = {line[2:].split()[0]: line for line in ran.out.splitlines()[:-1]}
    assert list(rows) == [*specs(), "pixels"]
    assert "468 MB  Apache-2.0" in rows["wd-swinv2-tagger-v3"]
    assert "not installed" in rows["wd-swinv2-tagger-v3"]
    assert "your own" in rows[NAME]
    assert "your own" not in rows["joytag"]
    assert "always there" in rows["pixels"]
    assert [name for name, row in rows.items() if row.startswith("*")] == ["pixels"]
    assert "not pinned" in rows["z3d-e621"]
    assert case.hub.requests == []


def test_the_list_says_where_a_model_is_and_whether_it_is_verified(tagsmith, case):
    case.write_spec(gated=True)
    case.place_by_hand()
    found = {one["name"]: one for one in tagsmith("models", "list", "--json").json["models"]}
    one = found[NAME]
    assert (one["installed"], one["verified"], one["place"]) == (True, False, "placed by hand")
    assert (one["default"], one["gated"], one["own"]) == (True, True, True)
    assert one["path"] == str(case.by_hand)
    assert tagsmith("models", "check", NAME).status == 1
    row = next(line for line in tagsmith("models", "list").out.splitlines() if NAME in line)
    assert row.startswith(f"* {NAME}")
    assert "placed by hand, verified, gated, your own" in row


def test_damaged_models_and_specs_are_listed_with_the_reason(tagsmith, case):
    case.place_by_hand(tags_txt=b"too long a file")
    broken = case.home / "config" / "tagsmith" / "models" / "broken.toml"
    broken.write_text("name = 3\n")
    ran = tagsmith("models", "list")
    assert ran.status == 0
    assert "damaged" in ran.out
    assert "it has 15 bytes, not 7" in ran.err
    assert "broken.toml" in ran.err
    found = tagsmith("models", "list", "--json").json
    assert found["broken"][0]["path"] == str(broken)
    assert "15 bytes" in next(one for one in found["models"] if one["name"] == NAME)["problem"]


def test_texts_of_specs_do_nothing_to_the_terminal(tagsmith, case):
    path = case.home / "config" / "tagsmith" / "models" / "tiny.toml"
    path.write_text(path.read_text().replace('"MIT"', '"MIT\\u001b]0;owned\\u0007"'))
    assert "\x1b" not in tagsmith("models", "list").out
    assert "\x1b" not in tagsmith("models", "pull", NAME).err


# pull


def test_without_a_terminal_it_is_asked_for_with_yes(tagsmith, case):
    ran = tagsmith("models", "pull", NAME)
    assert ran.status == 3
    assert "tiny needs 3 MB" in ran.err
    assert "--yes" in ran.err
    assert case.hub.requests == []


@pytest.mark.parametrize(("answer", "pulled"), [("y\n", True), ("YES\n", True), ("\n", False)])
def test_only_a_yes_downloads(tagsmith, case, monkeypatch, answer, pulled):
    at_a_terminal(monkeypatch, answer)
    ran = tagsmith("models", "pull", NAME)
    assert ran.status == 0
    assert "Tiny tagger, MIT" in ran.err
    assert "Download 3 MB? [y/N]" in ran.err
    assert (case.snapshot / "model.onnx").exists() == pulled
    assert bool(case.hub.requests) == pulled


def test_a_mirror_and_a_gate_are_told_before_the_question(tagsmith, case, monkeypatch):
    case.write_spec(gated=True, revision=None)
    at_a_terminal(monkeypatch, "n\n")
    told = tagsmith("models", "pull", NAME).err
    assert f"HF_ENDPOINT is set: it comes from {case.hub.endpoint}" in told
    assert f"Gated: its terms have to be accepted at https://huggingface.co/{REPO}" in told
    assert "Not pinned by us" in told


def test_pixels_and_unknown_models_are_not_pulled(tagsmith, case):
    assert "built in" in tagsmith("models", "pull", "pixels").err
    ran = tagsmith("models", "pull", "joytagg")
    assert ran.status == 2
    assert "joytag" in ran.err


def test_ctrl_c_stops_a_download_that_another_pull_goes_on_with(tagsmith, case):
    case.hub.spoil("model.onnx", HANG)
    command = [sys.executable, "-m", "tagsmith", "models", "pull", NAME, "--yes"]
    process = subprocess.Popen(
        command, env=os.environ, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert case.hub.hanging.wait(60)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The download of tiny was stopped." in told
    assert case.whole() == set()
    assert "Nothing was deleted" not in tagsmith("models", "remove", NAME, "--yes").err
    assert case.in_cache() == set()


def test_bytes_are_shown_as_megabytes(capsys):
    now = [0.0]
    progress = Progress(Console(), lambda: now[0])
    watch = watching(progress)
    watch.tell(Step("Downloading tiny", 0, 467_460_978, "bytes"))
    now[0] = 2.0
    watch.tell(Step("Downloading tiny", 120_000_000, 467_460_978, "bytes"))
    assert capsys.readouterr().err == "Downloading tiny 120 of 467 MB, 60 MB/s, 6 s left\n"


# check


def test_a_model_that_runs_is_told_what_runs_it(tagsmith, real):
    ran = tagsmith("models", "check", real)
    assert ran.status == 0
    assert ran.out.startswith("ok   small: 2 of 2 files match their checksums; runs on the ")
    assert "CPU" in ran.out


def test_every_model_that_is_here_is_checked(tagsmith, case, real):
    case.place_by_hand()
    ran = tagsmith("models", "check")
    assert ran.status == 1
    assert [line.split()[:2] for line in ran.out.splitlines()] == [
        ["ok", "small:"],
        ["FAIL", "tiny:"],
    ]
    assert "model.onnx" in ran.out


def test_a_changed_file_is_found(tagsmith, case, real):
    path = case.by_hand.parent / real / "model.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    ran = tagsmith("models", "check", real)
    assert ran.status == 1
    assert "FAIL small: small cannot be used: model.onnx in" in ran.out
    assert "sha256" in ran.out


def test_a_tokenizer_that_can_be_read_is_told_by_its_size(tagsmith, case):
    folder = case.by_hand.parent / "clip-tokenizer"
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.BPE(vocab={"a": 0, "b": 1}, merges=[]))
    tokenizer.save(str(folder / "tokenizer.json"))
    ran = tagsmith("models", "check", "clip-tokenizer")
    assert ran.status == 0
    assert "(there is none for tokenizer.json); has 2 tokens." in ran.out


def test_nothing_to_check(tagsmith, case):
    assert "No model is on this machine" in tagsmith("models", "check").out
    assert tagsmith("models", "check", "pixels").status == 0
    ran = tagsmith("models", "check", NAME)
    assert ran.status == 1
    assert "`tagsmith models pull tiny`" in ran.out


# remove


def test_removing_shows_what_would_be_freed_and_asks(tagsmith, case, monkeypatch):
    tagsmith("models", "pull", NAME, "--yes")
    ran = tagsmith("models", "remove", NAME)
    assert ran.status == 3
    assert "This would free 3 MB of tiny" in ran.err
    at_a_terminal(monkeypatch, "n\n")
    assert tagsmith("models", "remove", NAME).out == "Nothing was deleted.\n"
    assert (case.snapshot / "model.onnx").exists()
    at_a_terminal(monkeypatch, "y\n")
    assert "Deleted 3 MB of tiny" in tagsmith("models", "remove", NAME).out
    assert case.in_cache() == set()
    assert "Nothing of tiny" in tagsmith("models", "remove", NAME, "--yes").out


def test_what_was_placed_by_hand_stays(tagsmith, case):
    folder = case.place_by_hand()
    ran = tagsmith("models", "remove", NAME, "--yes")
    assert ran.status == 1
    assert f"Delete {folder} yourself." in ran.err
    assert sorted(os.listdir(folder)) == ["model.onnx", "tags.txt"]


def test_after_a_removal_an_unpinned_model_can_be_renewed(tagsmith, case):
    case.write_spec(revision=None)
    tagsmith("models", "pull", NAME, "--yes")
    tagsmith("models", "remove", NAME, "--yes")
    case.hub.add(REPO, "f" * 40, case.files)
    assert "f" * 40 in tagsmith("models", "pull", NAME, "--yes").out
    assert not (case.snapshot.parent / COMMIT).exists()


# quantize


def test_a_quantised_model_is_compared_and_known(tagsmith, case, real, tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        Image.new("RGB", (64, 64), (80 * number, 60, 0)).save(pictures / f"{number}.png")
    ran = tagsmith("models", "quantize", real, "--on", pictures)
    assert ran.status == 0, ran.err
    assert ran.out.startswith("On 3 images ")
    assert "Use it as model=small-int8" in ran.out
    assert tagsmith("models", "check", "small-int8").status == 0
    listed = tagsmith("models", "list", "--json").json["models"]
    assert [one["name"] for one in listed if one["default"]] == ["small"]


def test_quantising_needs_a_dataset_and_a_model(tagsmith, case, data):
    assert tagsmith("models", "quantize", NAME).status == 2
    assert "models pull tiny" in tagsmith("models", "quantize", NAME, "--on", data).err


# The command itself


def test_unknown_actions_name_those_there_are(tagsmith):
    ran = tagsmith("models", "download")
    assert ran.status == 2
    assert "list, pull, check, remove, quantize" in ran.err
    assert tagsmith("models").status == 2
    assert "quantize NAME --on DATASET" in tagsmith("models", "--help").out


def test_the_list_loads_nothing_heavy(case):
    script = (
        "import json, sys; from tagsmith.tui.cli import main; main(['models', 'list']);"
        "heavy = {'huggingface_hub', 'onnxruntime', 'numpy', 'httpx2', 'textual', 'PIL'};"
        "print(json.dumps(sorted(heavy & set(sys.modules))))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == []
