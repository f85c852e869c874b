"""The store of scores: what it keeps, for which content, and what two processes see of it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools.vision.labels import Labels
from tagsmith.tools.vision.scores import Scores, StoredModel
from tagsmith.tools.vision.sparse import FLOOR, pack, pick, unpack

ID = ("one", "a" * 40, "contract")
NAMES = ("long_hair", "dog", "hat")
LABELS = Labels(NAMES, ("general",) * 3)
CONTENT = bytes(range(16))


def register(scores: Scores, labels: Labels = LABELS, name: str = "one") -> StoredModel:
    return scores.register((name, *ID[1:]), labels)


def test_every_probability_from_the_floor_on_is_kept_exactly(tmp_path: Path) -> None:
    scores = Scores.open(str(tmp_path))
    model = register(scores)
    scores.put(model, [(CONTENT, [0.35, 0.049, 0.05])])
    scores.close()
    assert Scores.open(str(tmp_path)).get(CONTENT) == {ID: {"long_hair": 0.35, "hat": 0.05}}


@given(st.lists(st.floats(0, 1), max_size=40))
def test_packing_loses_nothing_above_the_floor(values: list[float]) -> None:
    row = unpack(pack(values), len(values))
    kept = [i for i, value in enumerate(values) if np.float32(value) >= np.float32(FLOOR)]
    assert row.labels.tolist() == kept
    assert row.scores.tolist() == pytest.approx([values[i] for i in kept], abs=1e-7)
    for label, value in enumerate(values):
        expected = value if label in kept else 0.0
        assert pick([pack(values), b"", pack(values)], label).tolist() == pytest.approx(
            [expected, 0.0, expected], abs=1e-7
        )


@pytest.mark.parametrize("wrong", [[0.1, 0.2], [0.1, float("nan"), 0.2], [0, 1.5, 0], [0, 0, -0.1]])
def test_what_is_no_probability_is_refused_and_nothing_of_its_batch_is_kept(
    tmp_path: Path, wrong: list[float]
) -> None:
    scores = Scores.open(str(tmp_path))
    model = register(scores)
    with pytest.raises(ValueError, match="score"):
        scores.put(model, [(CONTENT, [0.5, 0.5, 0.5]), (b"x" * 16, wrong)])
    assert scores.get(CONTENT) == {}


def test_a_model_of_another_revision_or_contract_is_another_model(tmp_path: Path) -> None:
    scores = Scores.open(str(tmp_path))
    scores.put(register(scores), [(CONTENT, [0.9, 0, 0])])
    other = scores.register(("one", "b" * 40, "contract"), LABELS)
    assert scores.have(other, [CONTENT]) == set()
    assert [model.id[1][0] for model in scores.models()] == ["b", "a"]
    again = register(scores)
    assert scores.have(again, [CONTENT]) == {CONTENT}
    assert [model.id[1][0] for model in scores.models()] == ["a", "b"]


def test_other_names_drop_the_scores_and_other_thresholds_do_not(tmp_path: Path) -> None:
    scores = Scores.open(str(tmp_path))
    scores.put(register(scores), [(CONTENT, [0.9, 0, 0])])
    tuned = register(scores, Labels(NAMES, ("general",) * 3, (0.1, None, 0.3)))
    assert scores.have(tuned, [CONTENT]) == {CONTENT}
    assert scores.models()[0].labels.thresholds == (0.1, None, 0.3)
    renamed = register(scores, Labels(("a", "b", "c"), ("general",) * 3))
    assert scores.have(renamed, [CONTENT]) == set()


def test_labels_come_back_as_they_were(tmp_path: Path) -> None:
    labels = Labels(
        ("a", "ü, \n", "c"),
        ("general", "rating", "character"),
        (None, 0.5, 1.0),
        {"general": 0.3},
        {2: ("fate", "x")},
    )
    scores = Scores.open(str(tmp_path))
    register(scores, labels)
    scores.close()
    assert Scores.open(str(tmp_path)).models()[0].labels == labels


def seen(scores: Scores, path: str, content: bytes = CONTENT) -> None:
    scores.remember([(path, os.stat(os.path.join(scores.root, path)), content)])


def test_an_image_is_known_by_its_stamp_until_it_changes(tmp_path: Path) -> None:
    image = tmp_path / "a.png"
    image.write_bytes(b"one")
    scores = Scores.open(str(tmp_path))
    assert scores.contents(["a.png", "gone.png"]) == {}
    seen(scores, "a.png")
    assert scores.contents(["a.png"]) == {"a.png": CONTENT}
    assert scores.content("a.png") == CONTENT
    image.write_bytes(b"other")
    assert scores.contents(["a.png"]) == {}
    assert scores.content("a.png") is None


def test_a_stamp_too_young_to_prove_anything_dies_with_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"one")
    scores = Scores.open(str(tmp_path))
    seen(scores, "a.png")
    assert scores.contents(["a.png"]) == {"a.png": CONTENT}
    assert Scores.open(str(tmp_path)).contents(["a.png"]) == {}
    later = os.stat(tmp_path / "a.png").st_ctime_ns + 3_000_000_000
    monkeypatch.setattr("tagsmith.tools.vision.scores.time.time_ns", lambda: later)
    seen(scores, "a.png")
    assert Scores.open(str(tmp_path)).contents(["a.png"]) == {"a.png": CONTENT}


def test_a_name_that_is_not_utf8_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    (tmp_path / name).write_bytes(b"one")
    monkeypatch.setattr("tagsmith.tools.vision.scores.time.time_ns", lambda: 1 << 62)
    seen(Scores.open(str(tmp_path)), name)
    assert Scores.open(str(tmp_path)).contents([name]) == {name: CONTENT}


def test_looking_creates_nothing_and_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    scores = Scores.open(str(tmp_path))
    notes = scores.notes
    looks = [scores.models(), scores.get(CONTENT), scores.contents(["a"]), notes.decisions()]
    assert not any([*looks, notes.answers([CONTENT]), notes.origins([CONTENT])])
    assert os.listdir(tmp_path) == []
    register(scores)
    mode = (
        os.stat(tmp_path / ".tagsmith").st_mode,
        os.stat(tmp_path / ".tagsmith/scores.db").st_mode,
    )
    assert [stat.S_IMODE(one) for one in mode] == [0o700, 0o600]


def test_more_contents_than_sqlite_takes_at_once(tmp_path: Path) -> None:
    scores = Scores.open(str(tmp_path))
    model = register(scores)
    contents = [number.to_bytes(16, "big") for number in range(2500)]
    scores.put(model, ((content, [0.5, 0, 0]) for content in contents))
    assert scores.have(model, contents) == set(contents)
    assert {content for content, _ in scores.rows(model, contents)} == set(contents)
    assert {content for content, _ in scores.rows(model, contents[7:9])} == set(contents[7:9])


def test_two_processes_and_several_threads_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from tagsmith.tools.vision.scores import Scores\n"
        "from tagsmith.tools.vision.labels import Labels\n"
        "scores = Scores.open(sys.argv[1])\n"
        "model = scores.register((sys.argv[2], '', ''), Labels(('a',), ('general',)))\n"
        "for i in range(60): scores.put(model, [(i.to_bytes(16, 'big'), [0.5])])\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("p", "q")
    ]
    scores = Scores.open(str(tmp_path))
    model = register(scores)

    def write(first: int) -> None:
        for number in range(first, first + 30):
            scores.put(model, [(number.to_bytes(16, "big"), [0.5, 0, 0])])

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [process.wait() for process in running] == [0, 0]
    contents = [number.to_bytes(16, "big") for number in range(60)]
    counts = {one.name: len(scores.have(one, contents)) for one in scores.models()}
    assert counts == {"one": 60, "p": 60, "q": 60}


def test_another_process_is_seen(tmp_path: Path) -> None:
    ours, theirs = Scores.open(str(tmp_path)), Scores.open(str(tmp_path))
    before = ours.version()
    theirs.put(register(theirs), [(CONTENT, [0.9, 0, 0])])
    assert [model.name for model in ours.models()] == ["one"]
    middle = ours.version()
    assert middle != before
    register(theirs, name="two")
    assert ours.version() != middle


def test_decisions_answers_and_origins_are_kept_and_taken_back(tmp_path: Path) -> None:
    notes = Scores.open(str(tmp_path)).notes
    notes.decide({"hat": ("Hat", True), "dog": ("dog", False)})
    notes.answer([(CONTENT, "cat", True), (CONTENT, "dog", False)])
    notes.set_origins({CONTENT: {"a": "one", "b": "two"}, b"x" * 16: {"c": "one"}})
    again = Scores.open(str(tmp_path)).notes
    assert again.decisions() == {"dog": ("dog", False), "hat": ("Hat", True)}
    assert again.answers([CONTENT]) == {CONTENT: {"cat": True, "dog": False}}
    assert again.origins([CONTENT]) == {CONTENT: {"a": "one", "b": "two"}}
    again.set_origins({CONTENT: {}})
    assert again.origins([CONTENT, b"x" * 16]) == {b"x" * 16: {"c": "one"}}
    again.decide({"hat": ("hat", None)})
    again.answer([(CONTENT, "cat", None)])
    assert again.decisions() == {"dog": ("dog", False)}
    assert again.answers([CONTENT]) == {CONTENT: {"dog": False}}
