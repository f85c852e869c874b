"""The chat, driven by keys: what is said, staged, decided, and what then stands on disk."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot

from tagsmith.agent.conversation import Conversation, Progress
from tagsmith.agent.events import Asked, Event, Failed, Said
from tagsmith.tools.journal import Applied
from tagsmith.tools.plan import Plan, Totals
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.help import HelpScreen
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.widgets.plan_card import HOLD, PlanCard
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.transcript import MAX_WIDGETS, Earlier, ToolLine, Transcript

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
ORDER = "quita watermark y pon el trigger coco en los perros"


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


def shown(app: TagsmithApp) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


async def say(app: TagsmithApp, pilot: Pilot[int], text: str, idle: Idle) -> None:
    chat(app).query_one(Prompt).put(text)
    chat(app).query_one(Prompt).focus()
    await pilot.press("enter")
    await idle(pilot)


async def test_an_order_is_answered_staged_and_shown_on_a_card(
    make_app: MakeApp, idle: Idle, pets: Path
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, ORDER, idle)
        card = app.screen.query_one(PlanCard)
        assert card.plan.totals.files == 36
        assert card.has_focus
        screen = shown(app)
        assert "Two steps are staged: `watermark` goes from 18 captions, and `coco`" in screen
        assert "18 files" in screen
        assert "36 files would change" in screen
        assert "nothing written yet" in screen
        assert [one.call.tool for one in app.screen.query(ToolLine)] == [
            "prune_tags",
            "add_trigger",
        ]
    assert (pets / "img_0001.txt").read_text() == "dog, solo, brown fur, watermark, grass"


async def test_a_small_plan_is_applied_with_a_twice_and_undone_with_a_command(
    make_app: MakeApp, idle: Idle, pets: Path, no_grace: None
) -> None:
    before = (pets / "img_0006.txt").read_bytes()
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        await pilot.press("a")
        assert (pets / "img_0006.txt").read_bytes() == before
        await pilot.press("a")
        await idle(pilot)
        assert (pets / "img_0006.txt").read_text() == "monkey, outdoors, watermark"
        assert "applied 1 file" in shown(app)
        assert app.screen.query_one(Prompt).has_focus
        await say(app, pilot, "/undo", idle)
        assert (pets / "img_0006.txt").read_text() == "monkey, outdoors, watermark"
        await pilot.press("a", "enter")
        await idle(pilot)
    assert (pets / "img_0006.txt").read_bytes() == before


async def test_a_large_plan_is_counted_before_it_is_applied(
    make_app: MakeApp, idle: Idle, pets: Path, no_grace: None
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, ORDER, idle)
        await pilot.press("a")
        await pilot.pause(HOLD + 0.1)
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("enter")
        assert isinstance(app.screen, ReviewScreen)
        await pilot.press("3", "6", "enter")
        await idle(pilot)
    assert (pets / "img_0001.txt").read_text() == "coco, dog, solo, brown fur, grass"


async def test_a_rejected_plan_is_gone(
    make_app: MakeApp, idle: Idle, pets: Path, no_grace: None
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        await pilot.press("r", "r")
        await idle(pilot)
        assert chat(app).pending is None
        assert "rejected" in shown(app)
        assert chat(app).conversation.workspace.staged == []


async def test_the_reason_for_a_rejection_is_said_to_the_engine(
    make_app: MakeApp, idle: Idle, no_grace: None
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        await pilot.press("t")
        await pilot.pause(HOLD + 0.1)
        assert "why" in shown(app)
        await pilot.press(*"wrong", "enter")
        await idle(pilot)
        assert chat(app).pending is None
        assert "You said: wrong" in shown(app)


async def test_an_order_typed_or_pasted_on_the_card_goes_to_the_line(
    make_app: MakeApp, idle: Idle, no_grace: None
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, ORDER, idle)
        assert chat(app).query_one(PlanCard).has_focus
        await pilot.press("r", "e", "m")
        assert chat(app).pending is not None
        assert chat(app).query_one(Prompt).text == "rem"
        chat(app).query_one(Prompt).clear()
        chat(app).query_one(PlanCard).focus().post_message(events.Paste("remove lowres"))
        await pilot.pause()
        assert chat(app).query_one(Prompt).text == "remove lowres"
        assert chat(app).pending is not None


async def test_keys_typed_ahead_decide_nothing_and_land_on_the_line(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        card = app.screen.query_one(PlanCard)
        card._born = card._clock()
        await pilot.press("enter")
        assert isinstance(app.screen, ChatScreen)
        card._born = card._clock()
        await pilot.press("a")
        assert chat(app).pending is not None
        assert app.screen.query_one(Prompt).text == "a"


@pytest.mark.parametrize("words", ["add trigger", "remove hat", "also lowres"])
async def test_words_typed_on_the_card_become_a_message(
    make_app: MakeApp, idle: Idle, no_grace: None, words: str
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        await pilot.press(*words[:3])
        assert app.screen.query_one(Prompt).text == words[:3]
        assert chat(app).pending is not None


async def test_a_card_does_not_take_the_focus_from_a_line_with_words(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        chat(app).query_one(Prompt).put("x")
        chat(app).submit("small")
        await idle(pilot)
        assert app.screen.query_one(Prompt).has_focus
        await pilot.press("escape")
        assert app.screen.query_one(PlanCard).has_focus
        await pilot.press("escape")
        assert app.screen.query_one(Prompt).has_focus


async def test_a_card_does_not_move_what_the_user_reads(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 20)) as pilot:
        for number in range(8):
            await say(app, pilot, f"talk {number}", idle)
        await pilot.press("pageup")
        transcript = app.screen.query_one(Transcript)
        place = transcript.scroll_y
        transcript.show_plan(Plan("ab12cd34", "", (), (), Totals(files=1)), 10)
        await pilot.pause()
        assert transcript.scroll_y == place


async def test_slash_commands_call_tools(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, '/prune_tags watermark --where "dog"', idle)
        assert chat(app).pending is not None
        assert chat(app).pending.totals.files == 6
        await say(app, pilot, "/prune_tags watermrk", idle)
        assert "watermark" in shown(app).split("watermrk")[-1]
        await say(app, pilot, "/nonsense", idle)
        assert "no tool named 'nonsense'" in shown(app)
        assert chat(app).pending.totals.files == 6


async def test_questions_and_failures_are_shown(
    make_app: MakeApp, idle: Idle, engine: object
) -> None:
    turns = {
        "huh": [Asked("Which tag do you mean?", ("remove hat", "remove hats"))],
        "fail": [Failed("The tag is unknown.", "Try another.")],
    }
    engine.turns = turns  # type: ignore[attr-defined]
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "huh", idle)
        assert "? Which tag do you mean?" in shown(app)
        await pilot.press("tab")
        assert app.screen.query_one(Prompt).text == "remove hat"
        await say(app, pilot, "fail", idle)
        assert "! The tag is unknown." in shown(app)
        assert "Try another." in shown(app)


async def test_a_mistake_of_the_engine_does_not_end_the_chat(
    make_app: MakeApp, idle: Idle, engine: object
) -> None:
    def explode(text: str, workspace: Workspace) -> Iterator[Event]:
        yield Said("so far")
        raise RuntimeError("[/] boom")

    engine.respond = explode  # type: ignore[attr-defined]
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        chat(app).submit("go")
        await pilot.pause(0.2)
        assert "RuntimeError): [/] boom" in shown(app)
        assert chat(app).busy == ""
        del engine.respond  # type: ignore[attr-defined]
        await say(app, pilot, "hello", idle)
        assert "You said: hello" in shown(app)


async def test_escape_stops_a_turn_and_what_was_sent_meanwhile_follows(
    make_app: MakeApp, idle: Idle, engine: object
) -> None:
    go_on = threading.Event()

    def slowly(text: str, workspace: Workspace) -> Iterator[Event]:
        yield Said(f"first {text}. ")
        go_on.wait(5)
        yield Said(f"second {text}. ")
        yield Said(f"third {text}. ")

    engine.respond = slowly  # type: ignore[attr-defined]
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await idle(pilot)
        chat(app).submit("one")
        await pilot.pause(0.1)
        chat(app).query_one(Prompt).put("two")
        await pilot.press("enter")
        assert "1 waiting" in shown(app)
        await pilot.press("escape")
        assert "stopping" in shown(app)
        go_on.set()
        await idle(pilot)
        await idle(pilot)
        screen = shown(app)
        assert "third one" not in screen
        assert "Stopped. Nothing was written." in screen
        assert "third two" in screen


async def test_history_completion_and_several_lines_on_the_prompt(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app(suggestion="remove watermark from all")
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        prompt = app.screen.query_one(Prompt)
        await pilot.press("tab")
        assert prompt.text == "remove watermark from all"
        await pilot.press("ctrl+c")
        assert prompt.text == ""
        await say(app, pilot, "hello", idle)
        await pilot.press("h", "up")
        assert prompt.text == "hello"
        await pilot.press("down", "backspace", "b", "up")
        assert prompt.text == "b"
        await pilot.press("ctrl+j", "c")
        assert prompt.text == "b\nc"
        prompt.put("remove waterm")
        await pilot.press("tab")
        assert prompt.text == "remove watermark"
        prompt.put("/p")
        await pilot.pause()
        assert "prune_tags" in shown(app).splitlines()[-1]
        await pilot.press("tab")
        assert prompt.text.startswith("/p")


async def test_help_lists_keys_and_commands(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(100, 180)) as pilot:
        await idle(pilot)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.pause()
        text = shown(app)
        for wanted in ("ctrl+c", "/apply", "/prune_tags <tags>", "Keep or drop the file"):
            assert wanted in text
        await pilot.press("escape")
        assert isinstance(app.screen, ChatScreen)


async def test_ctrl_c_quits_only_when_pressed_twice(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        await pilot.press("ctrl+c")
        assert app.is_running
        assert not app._exit
        await pilot.press("ctrl+c")
        assert app._exit


async def test_a_long_conversation_keeps_few_widgets(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        transcript = app.screen.query_one(Transcript)
        for number in range(300):
            transcript.user(f"order {number}")
            transcript.say("done")
            transcript.end_answer()
        await pilot.pause()
        assert len(transcript.messages.children) <= MAX_WIDGETS + 1
        earlier = transcript.query_one(Earlier)
        assert transcript.past.turns > 150
        assert "earlier turns" in str(earlier.content)
        assert "order 299" in shown(app)


async def test_a_conflict_is_told_and_writes_nothing(
    make_app: MakeApp, idle: Idle, pets: Path, no_grace: None
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        (pets / "img_0006.txt").write_text("edited by hand meanwhile")
        await pilot.press("a", "a")
        await idle(pilot)
        assert "!" in shown(app)
        assert "applied 1 file" not in shown(app)
    assert (pets / "img_0006.txt").read_text() == "edited by hand meanwhile"


async def test_quitting_while_a_plan_is_applied_waits_for_it(
    make_app: MakeApp, idle: Idle, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    apply = Conversation.apply

    def slowly(self: Conversation, approved: str, progress: Progress) -> Applied:
        progress(1, 2)
        go_on.wait(5)
        return apply(self, approved, progress)

    monkeypatch.setattr(Conversation, "apply", slowly)
    app = make_app()
    async with app.run_test(size=(80, 30)) as pilot:
        await say(app, pilot, "small", idle)
        chat(app).submit("/apply")
        await pilot.pause(0.05)
        assert "applying 1 of 2" in shown(app)
        await pilot.press("ctrl+q", "escape")
        assert not app._exit
        go_on.set()
        await idle(pilot)
        assert app._exit
    assert "hat" not in (pets / "img_0006.txt").read_text()
