"""The review's parts without its screen, and a caption in the user's own editor."""

from __future__ import annotations

import os
import stat
from collections.abc import Awaitable, Callable, Generator
from contextlib import nullcontext
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Event
from tagsmith.tools.errors import UsageError
from tagsmith.tools.plan import Change, Kind, Plan, Step
from tagsmith.tools.refusals import TagChange
from tagsmith.tools.selection import Outside
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.changes import TagFiles, group, tally
from tagsmith.tui.plain import editing
from tagsmith.tui.plain.review import Pending, tell_plan
from tagsmith.tui.screens import review_detail
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.review_state import Reviewed, find_marked
from tagsmith.tui.text import hidden, plain
from tagsmith.tui.widgets.diff import chips, detail
from tagsmith.tui.widgets.edge import EdgeLine
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.plan_rows import PlanRows, categories
from tagsmith.tui.widgets.tag_rows import TagRows

MakeApp = Callable[..., TagsmithApp]
Idle = Callable[[Pilot[int]], Awaitable[None]]


def edit(path: str, before: str, after: str, *steps: int) -> Change:
    name = os.path.splitext(path)[0] + ".png"
    return Change(Kind.EDIT, path, before.encode(), after.encode(), sample=name, steps=steps)


@pytest.fixture
def plan() -> Plan:
    return Plan.of(
        "",
        (),
        [
            edit("a.txt", "dog, x", "coco, dog", 1, 2),
            edit("b.txt", "cat, x", "cat", 1),
            edit("c.txt", "dog, cat", "cat, dog", 3),
            Change(Kind.MOVE, "d.png", to="e/d.png", sample="d.png", steps=(4,)),
            Change(Kind.MOVE, "d.txt", to="e/d.txt", sample="d.png", steps=(4,)),
        ],
    )


@pytest.fixture
def reviewed(plan: Plan, pets: Path) -> Reviewed:
    return Reviewed(Workspace.open(pets), plan, plan.totals)


def test_prose_is_compared_by_its_words() -> None:
    before = "A dog sits on the grass and looks at the red ball."
    shown = chips(edit("a.txt", before, before.replace("red ball", "ball"))).plain
    assert shown.endswith(f"looks at the {chr(0x2212)}red ball.")
    assert "," not in shown


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("dog, cat\r\ntab\t", 0),
        ("a\u202eb", 1),
        ("\u200b\u200d\U000e0041", 3),
        ("\u2764\ufe0f", 0),
        ("a\x1b[31m", 1),
        ("\u2066x\u2069", 2),
    ],
)
def test_characters_that_hide_are_counted(text: str, number: int) -> None:
    assert hidden(text) == number


def test_hidden_characters_are_told_of_the_text_and_of_the_name() -> None:
    one = Change(Kind.EDIT, "a\u202e.txt", b"dog", "d\u200bog".encode(), sample="a.png")
    told = detail(one).plain
    assert "? 1 hidden character in the new text" in told
    assert "? 1 hidden character in the name" in told
    assert " ? " in PlanRows(group([one]), lambda _: False).row(0, 40).plain


def test_the_categories_are_all_told(plan: Plan) -> None:
    gone = Change(Kind.TRASH, "z.png", sample="z.png")
    new = Change(Kind.CREATE, "y.txt", None, b"dog", sample="y.png")
    told = categories(Plan.of("", (), [*plan.changes, gone, new]).totals).plain
    assert told == f"{chr(0x2212)}2 +2 · 3 edits · 1 new · 2 moved · 1 to trash"


def test_what_is_kept_is_counted_as_files_are_dropped(reviewed: Reviewed, plan: Plan) -> None:
    first = reviewed.groups[0]
    reviewed.set(first, keep=False)
    reviewed.set(first, keep=False)
    assert (reviewed.accepted, reviewed.kept.files, reviewed.kept.tags_removed) == (3, 4, 1)
    assert not reviewed.set_all(keep=True)
    assert reviewed.kept == plan.totals
    reviewed.filter("x", {"b.png", "d.png"})
    assert reviewed.set_all(keep=False)
    assert reviewed.accepted == 2
    assert [reviewed.is_dropped(one) for one in reviewed.groups] == [False, True, False, True]


def test_a_filter_and_a_group_limit_together(reviewed: Reviewed) -> None:
    reviewed.narrow(["a.png", "b.png"])
    reviewed.filter("cat", frozenset({"b.png", "c.png"}))
    assert [reviewed.groups.samples[row] for row in reviewed.shown] == ["b.png"]
    assert reviewed.hidden == 3
    reviewed.narrow(None)
    assert reviewed.next(0, back=False) == 1
    assert reviewed.next(1, back=False) == 0
    assert reviewed.next(0, back=True) == 1


def test_next_without_a_filter_goes_to_what_is_marked(pets: Path) -> None:
    changes = [edit(f"{one}.txt", "x", f"{one}\u200b" if one in "bd" else one) for one in "abcd"]
    state = Reviewed(
        Workspace.open(pets), Plan.of("", (), changes), Plan.of("", (), changes).totals
    )
    assert state.next(0, back=False) is None
    state.marked = find_marked(Workspace.open(pets), state.groups)
    assert state.marked.rows == [1, 3]
    assert [state.next(at, back=False) for at in (0, 1, 3)] == [1, 3, 1]
    assert [state.next(at, back=True) for at in (0, 2, 3)] == [3, 1, 1]


def test_a_plan_is_counted_by_tag_and_by_step(plan: Plan) -> None:
    texts = [(one.sample, one.before, one.after) for one in plan.changes if one.after is not None]
    found = tally(texts, plan)
    assert [(one.change, one.samples, one.first) for one in found.tags] == [
        (TagChange("x", added=False), ("a.png", "b.png"), False),
        (TagChange("coco", added=True), ("a.png",), True),
    ]
    assert found.others == ("c.png", "d.png")
    assert found.steps == {
        1: ("a.png", "b.png"), 2: ("a.png",), 3: ("c.png",), 4: ("d.png",)
    }  # fmt: skip


def test_what_lies_outside_is_named(plan: Plan) -> None:
    steps = [Step(1, "prune_tags", {"tags": ["x"], "where": "name:a.png"}, "Remove x")]
    one = group(plan.changes)[0]
    told = review_detail.of_file(one, steps, [Outside(1, ("a.jpg", "a.webp", "b", "c"))]).plain
    assert "○ outside name:a.png: step 1 reaches a.jpg, a.webp, b and 1 more too" in told
    rows = PlanRows(group(plan.changes), lambda _: False, outside={"a.png"})
    assert "○" in rows.row(0, 40).plain
    assert "○" not in rows.row(1, 40).plain


def test_hostile_tags_and_names_are_harmless_in_groups(hostile: str) -> None:
    files = TagFiles(TagChange(hostile, added=True), (hostile,), first=True)
    row = TagRows([files], 0, ()).row(0, 60)
    shown = review_detail.of_tag(files, False, lambda _: None, 60, 20)
    for content in (row, shown):
        assert plain(content.plain) == content.plain
        assert "@click" not in str([span.style for span in content.spans])
    assert "\n" not in row.plain
    assert row.cell_length <= 60


# The user's own editor


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Make an editor of a line of shell, ``$1`` being the file; keep temporary files apart."""
    place = tmp_path / "temporary files"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))

    def make(line: str) -> Path:
        path = tmp_path / "my editor"
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("VISUAL", f"'{path}' --wait")
        return place

    return make


def test_the_file_for_the_editor_is_private_and_gone_afterwards(
    script: Callable[[str], Path], tmp_path: Path
) -> None:
    place = script(f'stat -c %a "$2" > \'{tmp_path}/mode\'; printf cat > "$2"')
    assert editing.edit("dog", editing.editor()) == "cat"
    assert (tmp_path / "mode").read_text() == "600\n"
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('printf lost > "$2"; exit 3', "ended with status 3"),
        ("printf 'caf\\351' > \"$2\"", "no UTF-8 text"),
    ],
)
def test_what_an_editor_left_is_kept_where_it_cannot_be_taken(
    script: Callable[[str], Path], line: str, told: str
) -> None:
    place = script(line)
    with pytest.raises(UsageError, match=told) as raised:
        editing.edit("dog", editing.editor())
    [folder] = place.iterdir()
    kept = folder / "caption.txt"
    assert str(kept) in raised.value.hint
    assert kept.read_bytes() in (b"lost", b"caf\xe9")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_the_caption_in_the_users_editor(
    make_app: MakeApp,
    idle: Idle,
    script: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 24)) as pilot:
        await idle(pilot)
        chat = app.screen
        assert isinstance(chat, ChatScreen)
        chat.submit("small")
        await idle(pilot)
        chat.review()
        await idle(pilot)
        before = str(app.screen.query_one("#diff", Static).content)
        for line, told in (
            ("exit 0", "cannot be handed to an editor"),
            ("true", "Nothing was changed"),
            (': > "$2"', "left no text"),
            ("exit 1", "status 1"),
            ("printf 'a\\0b' > \"$2\"", "cannot be a caption: binary"),
        ):
            place = script(line)
            if line != "exit 0":
                monkeypatch.setattr(app, "suspend", nullcontext)
            diff, foot = await _press_e(pilot)
            assert told in foot
            assert diff == before
        assert len(list(place.iterdir())) == 1
        monkeypatch.setenv("VISUAL", "/none/such")
        assert "cannot be run" in (await _press_e(pilot))[1]
        monkeypatch.delenv("VISUAL")
        monkeypatch.delenv("EDITOR", raising=False)
        assert "No editor is set" in (await _press_e(pilot))[1]
        script('printf "mine" > "$2"')
        diff, _ = await _press_e(pilot)
        assert "after\nmine" in diff
        assert "[~]" in app.screen.query_one("#files", LineList).render_line(0).text
        assert chat.conversation.workspace.edited == {"img_0006.txt": b"mine"}


async def _press_e(pilot: Pilot[int]) -> tuple[str, str]:
    """Press E; return what is shown of the file, and the last line."""
    await pilot.press("E")
    screen = pilot.app.screen
    diff = str(screen.query_one("#diff", Static).content)
    return diff, screen.query_one("#foot", EdgeLine).left.plain


class Heard:
    """A voice that is written down."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def tell(self, text: str) -> None:
        self.lines.append(text)

    def row(self, pieces: list[tuple[str, str]]) -> None:
        self.lines.append("".join(text for text, _ in pieces))


def test_the_plain_review_tells_what_is_rejected(pets: Path) -> None:
    conversation = Conversation(Workspace.open(pets), Silent())
    conversation.call("prune_tags", {"tags": ["watermark"]})
    conversation.call("add_trigger", {"trigger": "coco"})
    conversation.workspace.refuse(TagChange("coco", added=True))
    heard = Heard()
    tell_plan(Pending.of(conversation), heard)  # type: ignore[arg-type]
    assert "Rejected in every file: + coco" in heard.lines
    assert "By kind: 24 captions edited." in heard.lines


class Silent:
    """An engine that says nothing."""

    name = "offline"

    def respond(self, text: str, workspace: Workspace) -> Generator[Event, None, None]:
        yield from ()
