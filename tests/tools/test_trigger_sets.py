"""The file of the sets, the progress beside it, and the rules for Tagsmith's own small files."""

from __future__ import annotations

import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.tools import state_files, trigger_progress, trigger_sets
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.trigger_progress import Deed, ProgressLog
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet

FILE = f".tagsmith/{trigger_sets.FILE}"
PROGRESS = f".tagsmith/{trigger_progress.FILE}"

names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20).map(str.strip)
tags = st.sampled_from(["coco", "a (b)", 'say "hi"', "back\\slash", "{a, b|c}", "ü", "#1", "[x]"])
sets = st.builds(
    TriggerSet,
    names.filter(bool),
    st.lists(tags, unique=True, max_size=8).map(tuple),
    st.sampled_from(["first", "last"]),
)


@given(st.lists(sets, max_size=4, unique_by=lambda one: one.name.casefold()), st.data())
def test_sets_come_back_as_they_were_written(tmp_path_factory, found, data) -> None:
    root = str(tmp_path_factory.mktemp("sets"))
    current = data.draw(st.sampled_from([one.name for one in found] or [""]))
    kept = TriggerSets(tuple(found), current)
    trigger_sets.save(root, kept)
    assert trigger_sets.load(root) == kept


def test_the_file_is_readable_by_people_and_by_its_owner_alone(folder) -> None:
    trigger_sets.save(str(folder.root), TriggerSets((TriggerSet("pets", ("coco", "rex")),), "pets"))
    text = (folder.root / FILE).read_text()
    assert 'name = "pets"\nposition = "first"\ntriggers = [\n    "coco",\n    "rex",\n]\n' in text
    assert stat.S_IMODE(os.stat(folder.path(FILE)).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(folder.path(".tagsmith")).st_mode) == 0o700
    assert os.listdir(folder.path(".tagsmith")) == [trigger_sets.FILE]


@pytest.mark.parametrize(
    "text",
    [
        "this is no toml",
        "\x00\xff",
        "sets = 1",
        "set = 3",
        "[[set]]\nname = 5",
        '[[set]]\nname = "a"\ntriggers = "coco"',
        '[[set]]\nname = "a"\ntriggers = ["a, b"]',
        '[[set]]\nname = "a"\ntriggers = ["x\\u0007"]',
        '[[set]]\nname = "a"\nposition = "middle"',
        '[[set]]\nname = "a"\n[[set]]\nname = "A"',
        '[[set]]\nname = "a"\ntriggers = ["b", "B"]',
        '[[set]]\nname = ""',
        f'[[set]]\nname = "a"\ntriggers = {json.dumps([str(n) for n in range(11)])}',
        'current = 1\n[[set]]\nname = "a"',
    ],
)
def test_a_damaged_file_is_an_error_and_stays(folder, text) -> None:
    folder.write({FILE: text})
    with pytest.raises(DatasetError, match=r"triggers.toml cannot be used: .*left as it is"):
        trigger_sets.load(str(folder.root))
    assert (folder.root / FILE).read_text() == text


def test_a_set_in_use_that_is_not_there_is_the_first_one(folder) -> None:
    folder.write({FILE: 'current = "gone\\u007f"\n[[set]]\nname = "a"\n[[set]]\nname = "b"\n'})
    assert trigger_sets.load(str(folder.root)).current == "a"


def test_sets_are_kept_apart_by_their_names() -> None:
    both = TriggerSets().added(TriggerSet("a", ("x",))).added(TriggerSet(" b "))
    assert [one.name for one in both.sets] == ["a", "b"]
    assert both.current == "b"
    with pytest.raises(UsageError, match="already"):
        both.added(TriggerSet("A"))
    with pytest.raises(UsageError, match="already"):
        both.changed("b", TriggerSet("a"))
    renamed = both.changed("b", TriggerSet("c", ("y",)))
    assert (renamed.current, renamed.chosen) == ("c", TriggerSet("c", ("y",)))
    assert renamed.without("c").chosen == TriggerSet("a", ("x",))


@pytest.mark.parametrize("name", [".tagsmith", "file", "pipe", "large"])
def test_what_a_stranger_left_there_is_never_followed(folder, name, tmp_path) -> None:
    root = str(folder.root)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("secret")
    if name == ".tagsmith":
        os.symlink(outside, folder.path(".tagsmith"))
    else:
        os.mkdir(folder.path(".tagsmith"))
        path = folder.path(".tagsmith/f")
        {
            "file": lambda: os.symlink(outside / "f", path),
            "pipe": lambda: os.mkfifo(path),
            "large": lambda: folder.write({".tagsmith/f": "x" * 99}),
        }[name]()
    with pytest.raises(DatasetError):
        state_files.read(root, "f", 10)
    if name == ".tagsmith":
        for writes in (state_files.write, state_files.append):
            with pytest.raises(DatasetError):
                writes(root, "f", b"ours")
    assert (outside / "f").read_text() == "secret"


# Progress


deeds = st.one_of(
    st.builds(Deed, st.sampled_from(["a.png", "b\udcff.png"])),
    st.builds(
        Deed,
        st.sampled_from(["a.png", "b\udcff.png"]),
        st.sampled_from(["coco", "rex"]),
        st.booleans(),
        st.just("ab"),
    ),
)
acts = st.lists(st.one_of(deeds, st.just("undo"), st.just("place"), st.just("settle")), max_size=20)


@given(acts)
def test_progress_comes_back_as_it_was_left(tmp_path_factory, found) -> None:
    root = str(tmp_path_factory.mktemp("progress"))
    log = ProgressLog(root)
    for act in found:
        if isinstance(act, Deed):
            log.do("s", act)
        elif act == "undo":
            log.undo("s")
        elif act == "place":
            log.stop_at("s", "b\udcff.png")
        else:
            log.settle("s", ["a.png"])
        again = ProgressLog.open(root)
        assert again.of("s") == log.of("s")
        assert not log.trouble


def test_a_crash_amid_a_line_loses_that_line_alone(folder) -> None:
    root = str(folder.root)
    log = ProgressLog.open(root)
    log.do("s", Deed("a.png", "coco", True))
    log.do("s", Deed("b.png", "coco", True))
    path = folder.root / PROGRESS
    path.write_bytes(path.read_bytes()[:-5])
    again = ProgressLog.open(root)
    assert [deed.image for deed in again.of("s").deeds] == ["a.png"]
    again.do("s", Deed("c.png"))
    assert [deed.image for deed in ProgressLog.open(root).of("s").deeds] == ["a.png", "c.png"]


@pytest.mark.parametrize(
    "damage",
    [b"nonsense", b"[1]", b'{"set": 3}', b"[" * 9999, b'{"set":"s"}'],
    ids=["text", "list", "number", "deep", "nothing"],
)
def test_damaged_progress_is_an_error_and_stays(folder, damage) -> None:
    ProgressLog.open(str(folder.root)).do("s", Deed("a.png"))
    path = folder.root / PROGRESS
    data = path.read_bytes() + damage + b"\n"
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"line 3 is damaged.*left as it is"):
        ProgressLog.open(str(folder.root))
    assert path.read_bytes() == data


def test_progress_of_a_newer_tagsmith_is_left_alone(folder) -> None:
    folder.write({PROGRESS: '{"tagsmith":"trigger progress","version":2}\n'})
    with pytest.raises(DatasetError, match="newer"):
        ProgressLog.open(str(folder.root))


def test_the_file_does_not_grow_for_ever(folder, monkeypatch) -> None:
    monkeypatch.setattr(trigger_progress, "SLACK", 10)
    root = str(folder.root)
    log = ProgressLog.open(root)
    for number in range(30):
        log.stop_at("s", f"{number}.png")
    log = ProgressLog.open(root)
    log.do("s", Deed("a.png"))
    assert (folder.root / PROGRESS).read_bytes().count(b"\n") == 2


def test_names_of_sets_and_triggers_change_along(folder) -> None:
    log = ProgressLog.open(str(folder.root))
    log.do("s", Deed("a.png", "coco", True))
    log.rename("s", "t")
    log.retag("t", "Coco", "rex")
    again = ProgressLog.open(str(folder.root))
    assert again.of("t").marks() == {"a.png": {"rex": True}}
    again.restart("t")
    assert not again.of("t").deeds


def test_where_nothing_can_be_kept_the_work_goes_on(folder, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise DatasetError("The disk is full.")

    log = ProgressLog.open(str(folder.root))
    monkeypatch.setattr(state_files, "write", fail)
    log.do("s", Deed("a.png", "coco", True))
    assert log.trouble == "The disk is full."
    assert log.of("s").marks() == {"a.png": {"coco": True}}
    monkeypatch.undo()
    log.do("s", Deed("b.png"))
    assert not log.trouble
    assert len(ProgressLog.open(str(folder.root)).of("s").deeds) == 2
