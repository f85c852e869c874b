"""Each row of docs/trainers.md: a real folder, and what the trainer reads from it."""

from __future__ import annotations

import io
import os
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainer_cases import CASES, DOCUMENT, Case, document

from tagsmith.tools.audit.trainers.all import TRAINERS
from tagsmith.tools.audit.trainers.kohya import repeats
from tagsmith.tools.audit.trainers.listing import files_of
from tagsmith.tools.audit.trainers.reading import (
    Files,
    Lint,
    Options,
    Row,
    stem_of,
    suffix_of,
)
from tagsmith.tools.errors import StoppedError
from tagsmith.tools.watch import Watch

LONG_AGO = (1_000_000_000, 1_000_000_000)


def options_of(case: Case) -> Options:
    given = {
        name: tuple(one) if isinstance(one, list) else one for name, one in case.options.items()
    }
    return Options(**given)


def lint_of(folder: Any, case: Case) -> Lint:
    folder.write(case.contents)
    for name in case.older:
        os.utime(folder.path(name), LONG_AGO)
    return TRAINERS[case.trainer](files_of(folder.open()), options_of(case))


def found_by(lint: Lint) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for notice in lint.notices:
        found[notice.row].append(notice.path)
    return {row: sorted(paths) for row, paths in found.items()}


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.trainer}-{case.row}-{n}" for n, case in enumerate(CASES)]
)
def test_the_folder_of_a_row_is_read_as_the_table_says(folder: Any, case: Case) -> None:
    lint = lint_of(folder, case)
    told = {reading.image: reading for reading in lint.readings}
    wanted = {**case.reads, **dict.fromkeys(case.stops)}
    assert {image: reading.caption for image, reading in told.items()} == wanted
    found = found_by(lint)
    if case.row != "repeats":
        found.pop("repeats", None)
    assert found == {row: sorted(paths) for row, paths in case.notices.items()}
    for image, others in case.others.items():
        assert list(told[image].others) == others
    for image, number in case.repeats.items():
        assert told[image].repeats == number
    assert len(lint.readings) == len(told)


@pytest.mark.parametrize("case", [case for case in CASES if case.stops])
def test_where_an_image_has_no_caption_at_all_training_stops(folder: Any, case: Case) -> None:
    lint = lint_of(folder, case)
    assert lint.stops.intersection(notice.row for notice in lint.notices)


def test_every_row_is_in_the_table_but_those_that_count_tokens() -> None:
    assert {case.row for case in CASES} == set(Row) - {Row.OVER_75, Row.OVER_225}


def test_the_document_has_the_table_of_these_cases() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "run python tests/fakes/trainer_cases.py"
    )


def test_a_note_says_what_is_remarkable(folder: Any) -> None:
    folder.write(
        {"1_x/a.png": "", "1_x/a.txt": "\ufeffdog\ncat", "1_x/b.png": "", "1_x/b.txt": "d"}
    )
    first, second = TRAINERS["kohya"](files_of(folder.open()), Options()).readings
    assert first.note == "1 more line, ignored; a byte-order mark is part of the first tag"
    assert second.note == ""


@pytest.mark.parametrize(
    ("folder_name", "number"),
    [("10_coco", 10), ("10", 10), ("1_a_b", 1), ("0_x", None), ("-2_x", None), ("coco", None)],
)
def test_repeats_are_kohya_s(folder_name: str, number: int | None) -> None:
    assert repeats(folder_name) == number


def test_without_numbered_folders_kohya_needs_a_config(folder: Any) -> None:
    lint = TRAINERS["kohya"](files_of(folder.samples(a="dog").open()), Options())
    assert [reading.caption for reading in lint.readings] == ["dog"]
    assert "--train_data_dir finds nothing" in lint.layout[0]
    assert "Give --caption_extension .txt" in lint.layout[1]


@pytest.mark.parametrize("trainer", ["kohya", "onetrainer", "diffusers"])
def test_images_that_were_set_aside_are_not_missed(folder: Any, trainer: str) -> None:
    folder.write({"5_x/a.png": "", "5_x/a.txt": "dog", "_isolated/bad/b.png": ""})
    folder.write({"metadata.jsonl": '{"file_name": "5_x/a.png", "text": "dog"}'})
    lint = TRAINERS[trainer](files_of(folder.open()), Options(".txt", subfolders=False))
    assert not any("_isolated" in notice.path for notice in lint.notices)


def test_nobody_names_a_set_aside_or_hidden_folder_in_a_config(folder: Any) -> None:
    folder.write({"s/a.png": "", "_isolated/bad/b.png": "", ".h/c.png": "", "s/.h/d.png": ""})
    lint = TRAINERS["kohya"](files_of(folder.open()), Options())
    assert [reading.image for reading in lint.readings] == ["s/a.png"]


def test_a_caption_that_is_a_link_is_read_where_it_stays_inside(folder: Any, tmp_path: Any) -> None:
    (tmp_path / "out.txt").write_text("secret")
    folder.write({"1_x/a.png": "", "1_x/b.png": "", "1_x/c.png": "", "1_x/c.txt": "dog"})
    os.symlink("c.txt", folder.path("1_x/a.txt"))
    os.symlink(tmp_path / "out.txt", folder.path("1_x/b.txt"))
    lint = TRAINERS["kohya"](files_of(folder.open()), Options(".txt"))
    assert [reading.caption for reading in lint.readings] == ["dog", None, "dog"]
    assert [n.detail for n in lint.notices if n.row is Row.ENCODING] == ["1_x/b.txt cannot be read"]


def test_a_stop_is_heeded_while_captions_are_read(folder: Any) -> None:
    folder.write({f"1_x/{n}.png": "" for n in range(300)})
    folder.write({f"1_x/{n}.txt": "dog" for n in range(300)})
    workspace = folder.open()
    workspace.watch = Watch(stopped=lambda: True)
    with pytest.raises(StoppedError):
        TRAINERS["kohya"](files_of(workspace), Options())


def test_staged_edits_are_read(folder: Any) -> None:
    workspace = folder.write({"1_x/a.png": "", "1_x/a.txt": "dog", "1_x/b.png": ""}).open()
    workspace.stage("t", {}, _staged)
    lint = TRAINERS["kohya"](files_of(workspace), Options())
    assert [(one.image, one.caption) for one in lint.readings] == [
        ("1_x/b.png", "new"),
        ("1_x/moved.png", "cat"),
    ]


def _staged(workspace: Any) -> Any:
    from tagsmith.tools.toolbox import Outcome

    workspace.write("1_x/a.txt", b"cat")
    workspace.move("1_x/a.png", "1_x/moved.png")
    workspace.move("1_x/a.txt", "1_x/moved.txt")
    workspace.write("1_x/b.txt", b"new")
    return Outcome("done")


@given(st.text(alphabet="ab.", max_size=8))
def test_stem_and_suffix_are_python_s(name: str) -> None:
    assert (stem_of(name), suffix_of(name)) == os.path.splitext(name)


def in_memory(data: bytes) -> Files:
    contents = {"1_x/a.png": b"", "1_x/a.txt": data}
    return Files(
        {"": (), "1_x": ("a.png", "a.txt")}, contents.get, dict.fromkeys(contents, 0.0).__getitem__
    )


@pytest.mark.parametrize("trainer", TRAINERS)
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_read_or_stop_training(trainer: str, data: bytes) -> None:
    lint = TRAINERS[trainer](in_memory(data), Options())
    [reading] = lint.readings
    if reading.caption is None:
        assert lint.stops & {notice.row for notice in lint.notices}
    elif trainer == "kohya":
        lines = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8").readlines()
        assert reading.caption == lines[0].strip()


@given(text=st.text(alphabet=st.characters(exclude_characters="\r\n,[]{}|;", codec="utf-8")))
def test_a_line_without_syntax_reaches_every_trainer_as_it_is(text: str) -> None:
    files = in_memory(text.encode())
    for trainer in ("kohya", "onetrainer", "ai-toolkit"):
        [reading] = TRAINERS[trainer](files, Options()).readings
        assert (reading.caption or "").strip() == text.strip()
