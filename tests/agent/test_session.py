"""Sessions: what is kept of a conversation, where, and how it is read after crashes and damage."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from tagsmith.agent import session_files as files
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Event, Failed, Noted, Said, ToolFinished, ToolStarted
from tagsmith.agent.session import Session, session_for
from tagsmith.agent.session_entries import Prompted, Settled
from tagsmith.agent.session_log import Forgetful
from tagsmith.agent.session_records import Answer, Words, encode
from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tools.workspace import Workspace

PRUNE = Call("prune_tags", {"tags": ["hat"]})
KEY = "sk-very-secret-0123456789"


class Engine:
    """Answers with the events given, and runs the calls among them."""

    name = "offline"

    def __init__(self, *events: Event | Call) -> None:
        self.events = events

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        for one in self.events:
            if isinstance(one, Call):
                yield ToolStarted(one)
                yield ToolFinished(one, toolbox.call(workspace, one.tool, one.arguments))
            else:
                yield one


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "tagsmith" / "sessions"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pets"
    folder.mkdir()
    for name, caption in {"a": "dog, hat", "b": "cat, hat", "c": "dog"}.items():
        (folder / f"{name}.png").write_bytes(b"picture")
        (folder / f"{name}.txt").write_text(caption)
    return folder


@pytest.fixture
def talk(root: Path) -> Callable[..., Conversation]:
    def make(*events: Event | Call, keys: tuple[SecretStr, ...] = ()) -> Conversation:
        workspace = Workspace.open(root)
        return Conversation(workspace, Engine(*events), session=session_for(workspace.root, keys))

    return make


def _first(text: str) -> str:
    return text.split("\n", maxsplit=1)[0]


def only(place: Path) -> Path:
    (path,) = files.paths(place)
    return path


def test_a_conversation_is_kept_as_it_was_seen(
    talk: Callable[..., Conversation], place: Path, root: Path
) -> None:
    seen = (Noted("a note"), PRUNE, Said("Two "), Said("files."), Asked("Sure?", ("yes",)))
    conversation = talk(*seen, Failed("No.", "Try again.", 3))
    list(conversation.say("no hats"))
    conversation.call("prune_tags", {"tags": "dog"}, "/prune_tags dog")
    conversation.reject()
    saved = files.read(only(place))
    assert saved.root == str(root)
    kinds = [
        _first(one.outcome.text) if isinstance(one, ToolFinished) else one for one in saved.shown
    ]
    assert kinds == [
        Prompted("no hats", 1),
        Noted("a note"),
        "Remove hat from 2 captions",
        Said("Two files."),
        Asked("Sure?", ("yes",)),
        Failed("No.", "Try again.", 3),
        Prompted("/prune_tags dog", 2),
        "Remove dog from 2 captions",
        Settled("rejected"),
    ]
    assert (saved.before, saved.last_turn, saved.damaged) == (0, 2, 0)


def test_only_the_user_can_read_it_and_it_grows_while_one_talks(
    talk: Callable[..., Conversation], place: Path
) -> None:
    conversation = talk(Said("one"), Said(" two"), Noted("three"))
    events = conversation.say("hello")
    next(events)
    path = only(place)
    assert b"hello" in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    list(events)
    assert b'"one two"' in path.read_bytes()


def test_nothing_said_leaves_no_file(talk: Callable[..., Conversation], place: Path) -> None:
    talk().close()
    assert not place.exists()


def test_a_turn_that_nobody_waits_for_is_kept_as_stopped(
    talk: Callable[..., Conversation], place: Path
) -> None:
    conversation = talk(PRUNE, Said("never seen"))
    events = conversation.say("no hats")
    next(events)
    next(events)
    events.close()
    saved = files.read(only(place))
    assert saved.shown[-1] == Settled("stopped")
    assert saved.plan is not None
    assert saved.plan.files == 2


def test_a_session_is_never_kept_inside_the_dataset(
    monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(root))
    conversation = Conversation(
        Workspace.open(root), Engine(Said("hi")), session=session_for(str(root))
    )
    list(conversation.say("hello"))
    assert isinstance(conversation.session, Forgetful)
    assert not (root / "tagsmith").exists()


def test_a_disk_that_is_full_is_told_once_and_stops_nothing(
    talk: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    conversation = talk(Said("answer"))
    list(conversation.say("one"))
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    told = [one for text in ("two", "three") for one in conversation.say(text)]
    monkeypatch.setattr(os, "write", real)
    notes = [one.text for one in told if isinstance(one, Noted)]
    assert notes == ["This session is not being saved: No space left on device."]
    assert told.count(Said("answer")) == 2
    list(conversation.say("four"))
    assert Prompted("four", 4) in files.read(only(place)).shown


def test_a_session_that_began_on_a_full_disk_is_whole_once_there_is_room(
    talk: Callable[..., Conversation], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    conversation = talk(Said("answer"))
    real = os.write

    def half(descriptor: int, data: bytes) -> int:
        real(descriptor, bytes(data)[:20])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    list(conversation.say("lost"))
    assert conversation.session.id == ""
    monkeypatch.setattr(os, "write", real)
    list(conversation.say("kept"))
    assert files.read(only(place)).shown == (Prompted("kept", 2), Said("answer"))
    assert conversation.session.id == only(place).stem


def test_half_a_line_is_lost_alone(talk: Callable[..., Conversation], place: Path) -> None:
    conversation = talk(Said("answer"))
    list(conversation.say("one"))
    conversation.close()
    path = only(place)
    path.write_bytes(path.read_bytes()[:-9])
    saved = files.read(path)
    assert saved.shown == (Prompted("one", 1),)
    session = Session.resume(saved)
    session.words("two")
    session.close()
    again = files.read(path)
    assert again.shown == (Prompted("one", 1), Prompted("two", 2))
    assert again.damaged == 1


def test_a_session_has_one_writer(talk: Callable[..., Conversation], place: Path) -> None:
    conversation = talk(Said("answer"))
    list(conversation.say("one"))
    saved = files.read(only(place))
    with pytest.raises(UsageError, match="is open in another Tagsmith"):
        Session.resume(saved)
    conversation.close()
    Session.resume(saved).close()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is not a session"),
        (b"not json\n", "is not a session"),
        (b'{"format":"other","version":1}\n', "is not a session"),
        (b'{"format":"tagsmith-session","version":1}\n', "is not a session"),
        (b'{"format":"tagsmith-session","version":2,"new":1}\n', "by a newer Tagsmith"),
        (
            b'{"format":"tagsmith-session","version":1,"dataset":"here","started":""}\n',
            "names no folder",
        ),
        (b"\x80\x04]" + b"[" * 70_000, "is not a session"),
    ],
)
def test_what_is_no_session_is_said_and_left(place: Path, data: bytes, told: str) -> None:
    place.mkdir(parents=True)
    path = place / "20260101-000000-abcd.jsonl"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=told):
        files.read(path)
    assert [told in one.trouble for one in files.summaries(place)] == [True]
    assert path.read_bytes() == data


def header(root: str = "/pets") -> bytes:
    fields = {"format": "tagsmith-session", "version": 1, "dataset": root, "started": "2026"}
    return json.dumps(fields).encode() + b"\n"


GOOD = st.text(max_size=20).map(lambda text: encode(Answer(text=text)))
GARBAGE = st.one_of(
    st.binary(max_size=40).map(lambda one: one.replace(b"\n", b"")),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["kind", "text", "steps", "turn"]), inner, max_size=3)
        ),
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["words", "staging", "memory", "ran"]).map(
        lambda kind: json.dumps({"kind": kind, "text": 5}).encode()
    ),
).map(lambda line: line + b"\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(lines=st.lists(st.tuples(st.booleans(), GOOD, GARBAGE), max_size=30))
def test_garbage_loses_no_good_line(lines: list[tuple[bool, bytes, bytes]], tmp_path: Path) -> None:
    path = tmp_path / "20260101-000000-abcd.jsonl"
    chosen = [good if is_good else garbage for is_good, good, garbage in lines]
    path.write_bytes(header() + b"".join(chosen))
    expected = [json.loads(good)["text"] for is_good, good, _ in lines if is_good]
    found = [one.text for one in files.read(path).shown if isinstance(one, Said)]
    assert found == expected


@settings(max_examples=200)
@given(data=st.binary(max_size=200).map(lambda one: one.replace(b"\0", b"\n")))
@pytest.mark.parametrize("block", [1, 3, 64])
def test_lines_come_from_the_last_to_the_first(block: int, data: bytes) -> None:
    before = files._BLOCK
    files._BLOCK = block
    try:
        found = list(files.backwards(io.BytesIO(data)))
    finally:
        files._BLOCK = before
    assert [line for _, line in reversed(found)] == (data.split(b"\n") if data else [])
    assert all(data[start : start + len(line)] == line for start, line in found)


def test_a_long_session_is_read_from_its_end_only(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir(parents=True)
    path = place / "20260101-000000-abcd.jsonl"
    turns = 30_000
    with path.open("wb") as file:
        file.write(header())
        for number in range(1, turns + 1):
            file.write(encode(Words(turn=number, text=f"words {number}")))
            file.write(encode(Answer(text="a" * 300)))
    read: list[int] = []
    decode = files.decode

    def counted(line: bytes) -> object:
        read.append(len(line))
        return decode(line)

    monkeypatch.setattr(files, "decode", counted)
    saved = files.read(path)
    assert len(saved.shown) == files.SHOWN
    assert saved.shown[0] == Prompted(f"words {turns - files.SHOWN // 2 + 1}", turns - 29)
    assert saved.before == turns - files.SHOWN // 2
    assert saved.last_turn == turns
    assert sum(read) <= files.MOST_BYTES + 1000 < path.stat().st_size


def test_the_oldest_sessions_go_and_other_files_stay(
    talk: Callable[..., Conversation], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.mkdir(parents=True)
    (place / "notes.jsonl").write_text("mine")
    for number in range(files.KEPT + 5):
        path = place / f"20250101-0000{number:02}-abcd.jsonl"
        path.write_bytes(header())
        os.utime(path, (number, number))
    list(talk(Said("hi")).say("hello"))
    kept = [one.stem for one in files.paths(place)]
    assert len(kept) == files.KEPT
    assert kept[-1] == "20250101-000006-abcd"
    assert (place / "notes.jsonl").read_text() == "mine"


def test_sessions_are_found_by_the_beginning_of_their_id(place: Path) -> None:
    place.mkdir(parents=True)
    for name in ("20250101-000000-aaaa", "20250101-000000-aabb"):
        (place / f"{name}.jsonl").write_bytes(header())
    assert files.find(place, "20250101-000000-aab").stem == "20250101-000000-aabb"
    with pytest.raises(UsageError, match="several"):
        files.find(place, "2025")
    for name in ("", "../secret", "nope"):
        with pytest.raises(UsageError, match="There is no session"):
            files.find(place, name)


def test_a_known_key_is_never_written(talk: Callable[..., Conversation], place: Path) -> None:
    half = len(KEY) // 2
    events = [
        Said(f"Your key is {KEY[:half]}"),
        Said(f"{KEY[half:]}!"),
        Noted(f"noted {KEY}"),
        Asked(KEY, (KEY,)),
        Failed(KEY, KEY),
        Call("add_trigger", {"trigger": KEY}),
    ]
    list(talk(*events, keys=(SecretStr(KEY),)).say(f"my key is {KEY}"))
    data = only(place).read_text()
    assert KEY not in data
    assert "Your key is [key]!" in data
    assert data.count("[key]") >= 8


def test_names_that_are_no_utf8_come_back(tmp_path: Path, place: Path) -> None:
    root = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")
    session = Session(root)
    session.words("caf\udce9 \ud800")
    session.close()
    saved = files.read(only(place))
    assert saved.root == root
    assert saved.shown == (Prompted("caf\udce9 \ud800", 1),)
