"""lint_trainer: what the trainer reads, sample by sample, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import call


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine's models is found."""
    monkeypatch.setenv("TAGSMITH_MODELS_FOLDER", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def test_the_caption_is_shown_as_the_trainer_reads_it(folder: Any) -> None:
    folder.samples(a="\ufeffcoco, dog\nsky", b="dog, cat")
    workspace = folder.open()
    kohya = call(workspace, "lint_trainer", {"trainer": "kohya"})
    assert kohya.data["samples"][0]["caption"] == "\\ufeffcoco, dog"
    assert kohya.data["samples"][1] == {
        "image": "b.png",
        "caption": "dog, cat",
        "others": 0,
        "repeats": 1,
        "tokens": 3,
        "note": "",
    }
    assert "a.png: \\ufeffcoco, dog  (4 tokens)  [1 more line, ignored; a byte-order" in kohya.text
    other = call(workspace, "lint_trainer", {"trainer": "ai-toolkit", "where": "name:b.png"})
    assert [one["caption"] for one in other.data["samples"]] == ["dog,  cat"]
    assert workspace.files == 0


def test_repeats_are_counted(folder: Any) -> None:
    folder.write({"10_a/x.png": "", "10_a/x.txt": "dog", "3_b/y.png": "", "3_b/y.txt": "cat"})
    outcome = call(folder.open(), "lint_trainer", {})
    assert outcome.data["trainer"] == "kohya"
    assert outcome.data["effective"] == 13
    first, second = outcome.text.splitlines()[:2]
    assert first == "kohya's sd-scripts reads 2 images, 13 an epoch with repeats."
    assert second.startswith("(the folder 10_a; tokens estimated; `tagsmith models pull")


@pytest.mark.parametrize(
    ("sign", "trainer"),
    [
        ("5_coco/b.png", "kohya"),
        ("a_te_outputs.npz", "kohya"),
        ("a_flux_te.npz", "kohya"),
        ("metadata.jsonl", "diffusers"),
        ("a-masklabel.png", "onetrainer"),
        ("_latent_cache/a.safetensors", "ai-toolkit"),
        (".aitk_size.json", "ai-toolkit"),
    ],
)
def test_the_trainer_is_inferred_where_it_is_evident(folder: Any, sign: str, trainer: str) -> None:
    workspace = folder.samples(a="dog").write({sign: "{}"}).open()
    assert call(workspace, "lint_trainer", {}).data["trainer"] == trainer


@pytest.mark.parametrize("signs", [[], ["5_x/b.png", "metadata.jsonl"], ["2girls.png"]])
def test_it_is_asked_for_where_it_is_not(folder: Any, signs: list[str]) -> None:
    workspace = folder.samples(a="dog").write(dict.fromkeys(signs, "{}")).open()
    with pytest.raises(UsageError, match="Say trainer=kohya"):
        call(workspace, "lint_trainer", {})


def test_what_stops_training_comes_first(folder: Any) -> None:
    folder.write({"1_x/a.png": "", "1_x/a.txt": "", "1_x/b.png": "", "1_x/b.txt": "\ufeffdog"})
    folder.write({"1_x/b_te_outputs.npz": "", "1_x/c.png": "", "1_x/c.txt": "x\ny"})
    outcome = call(folder.open(), "lint_trainer", {})
    assert [row["row"] for row in outcome.data["rows"]][:2] == ["empty", "bom"]
    assert outcome.data["rows"][0]["stops"]
    assert "training would stop with an error" in outcome.text.splitlines()[0]


@pytest.mark.parametrize(
    ("tags", "row"),
    [(38, ""), (39, "over-75-tokens"), (113, "over-75-tokens"), (114, "over-225-tokens")],
)
def test_long_captions_are_counted_in_tokens(folder: Any, tags: int, row: str) -> None:
    caption = ", ".join(["dog"] * tags)
    folder.write({"1_x/a.png": "", "1_x/a.txt": caption})
    rows = {one["row"] for one in call(folder.open(), "lint_trainer", {}).data["rows"]}
    assert rows & {"over-75-tokens", "over-225-tokens"} == ({row} if row else set())


def test_hostile_names_and_captions_stay_on_their_line(folder: Any) -> None:
    folder.write({"1_x/a\n\x1b[31m.png": "", "1_x/a\n\x1b[31m.txt": "\x1b]52;c;x\x07 [/]\u202e"})
    text = call(folder.open(), "lint_trainer", {}).text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_column_of_another_name_is_told_and_read(folder: Any) -> None:
    folder.write({"a.png": "", "metadata.jsonl": '{"file_name": "a.png", "\\u001b[31m": "dog"}'})
    outcome = call(folder.open(), "lint_trainer", {})
    assert outcome.data["samples"][0]["caption"] == "dog"
    assert "metadata.jsonl: give --caption_column \\x1b[31m, not text." in outcome.text
    assert "\x1b" not in outcome.text


def test_no_image_is_opened(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    workspace = folder.write({"1_x/a.png": "", "1_x/a.txt": "dog"}).open()
    opened: list[str] = []
    real = os.open

    def noting(path: Any, *rest: Any, **named: Any) -> int:
        opened.append(os.fsdecode(path))
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", noting)
    for trainer in ("kohya", "onetrainer", "ai-toolkit", "diffusers"):
        call(workspace, "lint_trainer", {"trainer": trainer})
    assert not any(path.endswith(".png") for path in opened)
