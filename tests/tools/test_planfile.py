"""Plan files: what is saved comes back, and nothing else is believed."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagsmith.tools import content, planfile
from tagsmith.tools.errors import DatasetError, ForeignPlanError, UsageError
from tagsmith.tools.plan import Change, Kind, Plan, Step

SEEN = content.digest(b"picture")
STEPS = (Step(1, "prune_tags", {"tags": ["dog"]}, "Remove dog from 2 captions"),)
CHANGES = (
    Change(Kind.EDIT, "a.txt", b"dog, cat", b"cat", sample="a.png", steps=(1,)),
    Change(Kind.CREATE, "b.txt", after="caf\u00e9".encode(), sample="b.png", yours=True),
    Change(Kind.MOVE, "sub/c\udcff%.png", to="_isolated/x/sub/c\udcff%.png", seen=SEEN),
    Change(Kind.MOVE, "d.txt", b"one", b"two", to="_isolated/x/d.txt", seen=content.digest(b"one")),
    Change(Kind.TRASH, "e.png", seen=SEEN, sample="e.png"),
    Change(Kind.EDIT, "f.txt", "猫".encode("cp932"), "猫".encode(), mtime_ns=-5),
)
PLAN = Plan.of("Everything", STEPS, CHANGES)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "plan.jsonl"
    planfile.save(PLAN, str(tmp_path / "pets"), str(path))
    return path


def load(path: Path) -> Plan:
    return planfile.load(str(path)).plan


Forge = Callable[..., Path]


@pytest.fixture
def forge(saved: Path) -> Forge:
    """Write the plan file with other fields, and the digest that then belongs to it."""

    def write(change: dict[str, Any] | None = None, *, number: int = 0, **header: Any) -> Path:
        lines = [json.loads(line) for line in saved.read_text().splitlines()]
        lines[0] |= header
        lines[number + 1] |= change or {}
        lines[number + 1] = {name: one for name, one in lines[number + 1].items() if one != "-"}
        body = b"".join(json.dumps(line).encode() + b"\n" for line in lines[:-1])
        end = {"changes": len(lines) - 2, "digest": blake2b(body, digest_size=32).hexdigest()}
        saved.write_bytes(body + json.dumps(end, separators=(",", ":")).encode() + b"\n")
        return saved

    return write


def test_what_is_saved_comes_back(saved: Path) -> None:
    found = planfile.load(str(saved))
    assert found.plan == PLAN
    assert found.dataset == "pets"


def test_what_no_plan_file_can_hold_is_refused_in_words(tmp_path: Path) -> None:
    large = Plan.of("x", STEPS, [Change(Kind.CREATE, "a.txt", after=b"x" * (3 << 20))])
    with pytest.raises(UsageError, match="cannot be saved in a file: after: String should have"):
        planfile.save(large, str(tmp_path / "pets"), str(tmp_path / "plan"))
    assert not list(tmp_path.iterdir())


def test_the_file_is_lines_of_json_without_a_path_of_this_machine(
    saved: Path, tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    assert lines[0]["format"] == "tagsmith-plan"
    assert lines[1]["before"] == "dog, cat"
    assert lines[-2]["path"] == "sub/c%FF%25.png"
    assert b64encode("猫".encode("cp932")).decode() in saved.read_text()
    assert str(tmp_path) not in saved.read_text()
    assert lines[-1]["changes"] == len(CHANGES)


def test_stamps_stay_in_this_process(tmp_path: Path) -> None:
    plan = Plan.of("x", (), [Change(Kind.EDIT, "a.txt", b"a", b"b", stamp=b"s" * 40)])
    planfile.save(plan, str(tmp_path), str(tmp_path / "p"))
    assert load(tmp_path / "p").changes[0].stamp is None


def test_notes_are_made_anew(saved: Path) -> None:
    plan = Plan.of("x", (), [Change(Kind.EDIT, "a.txt", b"dog", b"", notes=("all is well",))])
    planfile.save(plan, ".", str(saved))
    assert "empty" in load(saved).changes[0].notes[0]


names = st.lists(
    st.binary(min_size=1, max_size=6).filter(
        lambda name: not set(name) & {0, 47} and not name.startswith(b".")
    ),
    min_size=1,
    max_size=3,
).map(lambda parts: os.fsdecode(b"/".join(parts)) + ".txt")


@given(
    st.dictionaries(names, st.tuples(st.binary(), st.text().filter(lambda text: "\0" not in text))),
    st.text(),
)
@settings(deadline=None)
def test_any_plan_comes_back(
    tmp_path_factory: pytest.TempPathFactory, edits: dict[str, tuple[bytes, str]], title: str
) -> None:
    changes = [
        Change(Kind.EDIT, path, before, after.encode("utf-8", "replace"))
        for path, (before, after) in edits.items()
    ]
    plan = Plan.of(title.encode("utf-8", "replace").decode(), (), changes)
    target = tmp_path_factory.getbasetemp() / "any-plan.jsonl"
    planfile.save(plan, str(target.parent), str(target))
    found = load(target)
    assert found.id == plan.id
    assert [(one.path, one.before, one.after) for one in found.changes] == [
        (one.path, one.before, one.after) for one in plan.changes
    ]


# Saving


def test_an_older_plan_file_is_replaced_and_nothing_is_left_beside_it(
    saved: Path, tmp_path: Path
) -> None:
    other = Plan.of("other", (), CHANGES[:1])
    planfile.save(other, str(tmp_path), str(saved))
    assert load(saved) == other
    assert os.listdir(tmp_path) == ["plan.jsonl"]


@pytest.mark.parametrize("name", ["a.txt", "notes.md", "empty"])
def test_a_file_that_is_no_plan_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"" if name == "empty" else b"dog, cat")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UsageError, match="is no plan file"):
        planfile.save(PLAN, str(tmp_path), str(tmp_path / name))
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("name", ["b.txt", "_isolated/x/d.txt", ".tagsmith/plan"])
def test_a_path_that_the_plan_names_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    with pytest.raises(UsageError, match="belongs to the plan"):
        planfile.save(PLAN, str(tmp_path), str(tmp_path / name))
    assert not (tmp_path / name).exists()


def test_an_empty_file_elsewhere_is_filled(tmp_path: Path) -> None:
    made = tmp_path / "from-mktemp"
    made.touch()
    planfile.save(PLAN, str(tmp_path / "pets"), str(made))
    assert load(made) == PLAN


def test_a_folder_or_a_place_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        planfile.save(PLAN, str(tmp_path), str(tmp_path))
    with pytest.raises(DatasetError, match="No such file"):
        planfile.save(PLAN, str(tmp_path), str(tmp_path / "no" / "plan"))


def test_a_full_disk_leaves_the_older_plan(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DatasetError, match="No space left"):
        planfile.save(Plan.of("x", (), CHANGES[:1]), str(tmp_path), str(saved))
    assert load(saved) == PLAN
    assert os.listdir(tmp_path) == ["plan.jsonl"]


# Files that are no whole plan


def test_a_plan_cut_anywhere_is_refused(saved: Path) -> None:
    data = saved.read_bytes()
    for size in range(len(data) - 1, 0, -7):
        saved.write_bytes(data[:size])
        wanted = "is cut off" if size >= 25 else "is cut off|is not a plan"
        with pytest.raises(ForeignPlanError, match=wanted):
            load(saved)


@given(st.integers(0, 10_000), st.integers(1, 255))
@settings(deadline=None)
def test_no_byte_can_be_changed(
    tmp_path_factory: pytest.TempPathFactory, place: int, bits: int
) -> None:
    target = tmp_path_factory.getbasetemp() / "changed.jsonl"
    target.unlink(missing_ok=True)
    planfile.save(PLAN, str(target.parent), str(target))
    data = target.read_bytes()
    place %= len(data)
    changed = data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :]
    target.write_bytes(changed)
    with pytest.raises(ForeignPlanError):
        load(target)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"dog, cat", "is not a plan file"),
        (b"{}\n", "is not a plan file"),
        (b'{"format": "other"}\n', "is not a plan file"),
        (b"[1]\n", "is not a plan file"),
        (b"{" * 100_000 + b"\n", "is not a plan file"),
        (b'{"a":' * 100_000 + b"\n", "is not a plan file"),
        (b"\x7fELF\x02\x01\x00", "is not a plan file"),
        (b'{"format":"tagsmith-plan"\xff}\n', "is not a plan file"),
        (b'{"format":"tagsmith-plan","version":2,"more":1}\n', "by a newer Tagsmith .format 2"),
        (b'{"format":"tagsmith-plan","version":1}\n', "line 1: dataset: Field required"),
        (b'{"format":"tagsmith-plan","version":"1"}\n', "line 1: version"),
    ],
)
def test_other_files_are_told_apart(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ForeignPlanError, match=message):
        load(tmp_path / "x")


def test_no_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no plan file"):
        load(tmp_path / "x")
    with pytest.raises(UsageError, match="is a folder"):
        load(tmp_path)


def test_a_plan_that_goes_on_is_refused(saved: Path) -> None:
    saved.write_bytes(saved.read_bytes() + b"{}\n")
    with pytest.raises(ForeignPlanError, match="goes on behind its end"):
        load(saved)


def test_a_line_without_an_end_is_not_read_whole(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planfile, "MAX_LINE", 300)
    saved.write_bytes(saved.read_bytes().replace(b"dog, cat", b"dog" * 200))
    with pytest.raises(ForeignPlanError, match="longer than any change"):
        load(saved)


# Files that somebody made up: their digest is right


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": "../a.txt"}, "does not stay inside"),
        ({"path": "/etc/a.txt"}, "does not stay inside"),
        ({"path": "a%00.txt"}, "does not stay inside"),
        ({"path": "a%2Ftxt.txt"}, "not written as Tagsmith writes it"),
        ({"path": "%61.txt"}, "not written as Tagsmith writes it"),
        ({"path": "caf%C3%A9.txt"}, "not written as Tagsmith writes it"),
        ({"path": "100%.txt"}, "starts no escape"),
        ({"path": ""}, "path: String should have at least 1"),
        ({"path": 1}, "path: Input should be a valid string"),
        ({"path": ".git/config.txt"}, "a hidden file"),
        ({"path": ".tagsmith/lock.txt"}, "a hidden file"),
        ({"sample": "../a.png"}, "does not stay inside"),
        ({"path": "train.py"}, "is not a caption"),
        ({"path": "a.png"}, "is not a caption"),
        ({"to": "b.txt"}, "only a move"),
        ({"before": "-"}, "does not say what it does"),
        ({"after": "-"}, "does not say what it does"),
        ({"seen": "0" * 32}, "does not say what it does"),
        ({"seen": "xyz"}, "seen: String should match"),
        ({"after": "dog\0"}, "is no caption: binary"),
        ({"after_base64": "/w=="}, "after is no caption"),
        ({"after": "-", "after_base64": "/w=="}, "is no caption: not UTF-8"),
        ({"after": "-", "after_base64": "?"}, "is no base64"),
        ({"after": "x" * ((1 << 20) + 1)}, "after is no caption"),
        ({"after": "x" * ((1 << 21) + 1)}, "after: String should have at most"),
        ({"kind": "unlink"}, "kind: Input should be"),
        ({"kind": "create"}, "does not say what it does"),
        ({"kind": "trash"}, "does not say what it does"),
        ({"kind": "move"}, "only a move, and every move"),
        ({"mtime_ns": 2**70}, "mtime_ns: Input should be"),
        ({"steps": "1"}, "steps: Input should be"),
        ({"chmod": 511}, "chmod: Extra inputs"),
    ],
)
def test_a_change_that_no_tool_would_plan_is_refused(
    forge: Forge, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ForeignPlanError, match=message):
        load(forge(change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"path": ".tagsmith/trash/0001-abcdef01/0", "to": "d.txt"}, "a hidden file"),
        ({"to": ".tagsmith/d.txt"}, "a hidden file"),
        ({"to": "../d.txt"}, "does not stay inside"),
        ({"to": "d.py"}, "changes its suffix"),
        ({"seen": "-", "before": "-", "after": "-"}, "does not say what it does"),
    ],
)
def test_a_move_that_no_tool_would_plan_is_refused(
    forge: Forge, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ForeignPlanError, match=message):
        load(forge(change, number=2))


def test_only_an_undo_brings_files_out_of_the_trash(tmp_path: Path) -> None:
    back = Change(Kind.MOVE, ".tagsmith/trash/0001-abcdef01/0", to="e.png", seen=SEEN)
    path = tmp_path / "p"
    planfile.save(Plan.of("x", (), [back], undoes=("0001-abcdef01",)), str(tmp_path), str(path))
    assert load(path).changes == (back,)
    assert load(path).undoes == ("0001-abcdef01",)
    planfile.save(Plan.of("x", (), [back]), str(tmp_path), str(path))
    with pytest.raises(ForeignPlanError, match="a hidden file"):
        load(path)


def test_another_content_under_the_same_id_is_refused(forge: Forge) -> None:
    with pytest.raises(ForeignPlanError, match="was changed after it was saved"):
        load(forge({"after": "cat, watermark"}))


def test_a_journal_entry_that_is_a_path_is_refused(forge: Forge) -> None:
    with pytest.raises(ForeignPlanError, match="undoes"):
        load(forge(undoes=["../../etc"]))
