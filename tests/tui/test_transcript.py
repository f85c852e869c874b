"""A conversation of any length: few widgets, all of it still to be read, calls that open."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tagsmith.agent.context import Fill
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Event, Said, ToolStarted
from tagsmith.agent.session import Session
from tagsmith.agent.session_files import read
from tagsmith.agent.session_records import Answer, Header, Ran, Words, encode
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.widgets import answer as answers
from tagsmith.tui.widgets.messages import ToolLine
from tagsmith.tui.widgets.past import Earlier, Page
from tagsmith.tui.widgets.plan_card import PlanCard
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import StateLine
from tagsmith.tui.widgets.transcript import MAX_WIDGETS, Transcript

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
TURNS = 240


def shown(app: TagsmithApp) -> str:
    return "\n".join(
        "".join(segment.text for segment in strip)
        for strip in app.screen._compositor.render_strips()
    )


def transcript(app: TagsmithApp) -> Transcript:
    return app.screen.query_one(Transcript)


def widgets(app: TagsmithApp) -> int:
    return len(list(app.screen.walk_children()))


async def to_the_top(app: TagsmithApp, pilot: Pilot[int], idle: Idle) -> None:
    """Scroll up until there is nothing earlier."""
    transcript(app).more()
    await idle(pilot)
    for _ in range(60):
        if not app.screen.query(Earlier):
            break
        transcript(app).scroll_to(y=0, animate=False)
        await pilot.pause()
        assert widgets(app) <= 200
    transcript(app).scroll_to(y=0, animate=False)
    await pilot.pause()


async def test_turns_that_left_the_screen_come_back_when_one_scrolls_up(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        for number in range(120):
            transcript(app).user(f"order {number}")
            transcript(app).say(f"done {number}")
        await pilot.pause()
        assert widgets(app) <= MAX_WIDGETS + 20
        assert app.screen.query_one(Earlier)
        await to_the_top(app, pilot, idle)
        assert len(app.screen.query(Page)) >= 2
        screen = shown(app)
        assert "› order 0" in screen  # noqa: RUF001 - the sign in front of what the user says
        assert "  done 0" in screen
        transcript(app).user("a new one")
        await pilot.pause()
        assert not app.screen.query(Page)
        assert "a new one" in shown(app)


async def test_what_is_read_stays_where_it_is_when_earlier_turns_come(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        for number in range(200):
            transcript(app).user(f"order {number}")
        await pilot.pause()
        transcript(app).scroll_to(y=3, animate=False)
        await pilot.pause()
        read = re.findall(r"order \d+", shown(app))
        await pilot.press("pageup")
        await idle(pilot)
        assert len(app.screen.query(Page)) == 1
        assert read[0] in shown(app)


@pytest.fixture
def long_session(tmp_path: Path, pets: Path) -> Path:
    """The file of a session of ``TURNS`` turns, each with a call and an answer in Markdown."""
    path = tmp_path / "20261121-093000-ab12.jsonl"
    lines = [encode(Header(dataset=str(pets), started="2026-11-21T09:30:00Z"))]
    for turn in range(1, TURNS + 1):
        lines += [
            encode(Words(turn=turn, text=f"order {turn}")),
            encode(Ran(tool="find_images", arguments={"where": "dog"}, text="24 images", files=0)),
            encode(Answer(text=f"There are **24** in turn {turn}.\n\n- one\n- two\n")),
        ]
    path.write_bytes(b"".join(lines))
    return path


async def test_a_long_session_opens_at_once_and_all_of_it_can_be_read(
    long_session: Path, pets: Path, idle: Idle, engine: object
) -> None:
    saved = read(long_session)
    session = Session.resume(saved)
    talk = Conversation(Workspace.open(pets), engine, session=session, earlier=saved)  # type: ignore[arg-type]
    app = TagsmithApp(talk)
    start = time.process_time()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert time.process_time() - start < 3
        assert widgets(app) < 100
        assert f"order {TURNS}" in shown(app)
        assert "earlier turns" in str(app.screen.query_one(Earlier).content)
        await to_the_top(app, pilot, idle)
        screen = shown(app)
        assert "order 1" in screen
        assert "There are" in screen
        assert "find_images" in screen
        found = sum(page.turns for page in app.screen.query(Page))
        assert found + len(app.screen.query(".-user")) == TURNS
    talk.close()


async def test_a_session_file_that_is_gone_is_told_and_not_in_the_way(
    long_session: Path, pets: Path, idle: Idle, engine: object
) -> None:
    saved = read(long_session)
    talk = Conversation(Workspace.open(pets), engine, earlier=saved)  # type: ignore[arg-type]
    app = TagsmithApp(talk)
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        long_session.unlink()
        transcript(app).more()
        await idle(pilot)
        assert "cannot be read" in shown(app)


async def test_one_call_opens_on_a_click_and_on_enter(make_app: MakeApp, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 40)) as pilot:
        await idle(pilot)
        app.screen.submit("quita watermark y pon el trigger coco en los perros")  # type: ignore[attr-defined]
        await idle(pilot)
        await pilot.press("escape")
        first, second = app.screen.query(ToolLine)
        await pilot.click(first)
        assert (first.opened, second.opened) == (True, False)
        assert "Remove watermark from 18 captions" in shown(app)
        assert app.screen.query_one(Prompt).has_focus
        await pilot.press("shift+tab", "enter")
        assert second.has_focus
        assert second.opened
        assert "open or close" in shown(app).splitlines()[-1]
        await pilot.press("up", "enter")
        assert not first.opened
        await pilot.press("a", "l")
        assert app.screen.query_one(Prompt).text == "al"
        assert app.screen.query_one(Prompt).has_focus


async def test_words_typed_at_once_after_an_answer_become_a_message(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 40)) as pilot:
        await idle(pilot)
        app.screen.submit("small")  # type: ignore[attr-defined]
        await idle(pilot)
        card = app.screen.query_one(PlanCard)
        card._born = card._clock()
        assert card.has_focus
        for key in [*"art", "space", *"now", "enter"]:
            character = {"enter": "\r", "space": " "}.get(key, key)
            app.post_message(events.Key(key, character))
        await idle(pilot)
        await idle(pilot)
        assert "You said: art now" in shown(app)
        assert app.screen.query_one(Prompt).text == ""
        assert app.screen.pending is not None  # type: ignore[attr-defined]


class Model:
    """Answers in Markdown, as a model does that has been loaded."""

    name = "server"
    fill = Fill("qwen3-8b", 6_900, 8_192)

    def respond(self, text: str, workspace: Workspace) -> list[Event]:
        return [Said("Two **bold"), Said(" words** in `long"), Said(" hair`.\n\n- o"), Said("ne\n")]


class Closing(list[Event]):
    def close(self) -> None:
        """What a generator has."""


async def test_a_models_answer_is_markdown_and_its_context_is_told(
    pets: Path, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model()
    respond = model.respond
    monkeypatch.setattr(model, "respond", lambda *words: Closing(respond(*words)))
    app = TagsmithApp(Conversation(Workspace.open(pets), model))  # type: ignore[arg-type]
    async with app.run_test(size=(120, 24)) as pilot:
        await idle(pilot)
        assert "qwen3-8b · ! 6.9k of 8.2k tokens, 84 %" in shown(app).splitlines()[0]
        app.screen.submit("hello")  # type: ignore[attr-defined]
        await idle(pilot)
        screen = shown(app)
        assert "  Two bold words in `long hair`." in screen
        assert "  • one" in screen
        await pilot.resize_terminal(60, 24)
        await pilot.pause()
        assert "context 84 %" in shown(app).splitlines()[0]


async def test_two_thousand_tokens_cost_little(make_app: MakeApp, idle: Idle) -> None:
    """Half a second of this takes Textual's own Markdown widget eight seconds."""
    app = make_app()
    piece = "The tag `watermark` stands in **31** captions.\n\n- one\n- two\n\n"
    source = piece * (8_000 // len(piece))
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        transcript(app).markdown = True
        before = widgets(app)
        start = time.process_time()
        for place in range(0, len(source), 4):
            transcript(app).say(source[place : place + 4])
            if place % 200 == 0:
                app.screen.query_one(answers.Answer).flush()
        transcript(app).end_answer()
        await pilot.pause()
        assert time.process_time() - start < 1
        assert widgets(app) == before + 1


async def test_nothing_ticks_while_nothing_runs_and_the_time_has_a_fixed_place(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        foot = app.screen.query_one(StateLine)
        assert foot._ticker is None
        foot.start("thinking")
        foot.waiting = 2
        widths = set()
        for seconds in (0, 9, 59, 61, 599):
            foot._since = time.monotonic() - seconds
            foot.change("thinking")
            widths.add(foot.left.plain.index(" · 2 waiting"))
        assert len(widths) == 1
        foot.rest()
        assert foot._ticker is None


async def test_a_message_can_be_written_in_the_users_editor(
    make_app: MakeApp, idle: Idle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nprintf " and\\nlowres\\n" >> "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("VISUAL", "")
    monkeypatch.setenv("EDITOR", str(script))
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        prompt = app.screen.query_one(Prompt)
        prompt.put("remove hat")
        await pilot.press("ctrl+g")
        assert "cannot be lent" in shown(app)
        monkeypatch.setattr(app._driver, "suspend_application_mode", lambda: None, raising=False)
        monkeypatch.setattr(app._driver, "resume_application_mode", lambda: None, raising=False)
        monkeypatch.setattr(type(app._driver), "can_suspend", True)
        await pilot.press("ctrl+g")
        assert prompt.text == "remove hat and\nlowres"
        monkeypatch.setenv("EDITOR", "")
        await pilot.press("ctrl+g")
        assert "No editor is set" in shown(app)


async def test_the_palette_finds_commands_and_tools_by_a_few_letters(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(80, 40)) as pilot:
        await idle(pilot)
        await pilot.press("ctrl+p")
        await idle(pilot)
        screen = shown(app)
        assert "/history" in screen
        assert "Change theme" not in screen
        await pilot.press(*"/pru")
        for _ in range(40):
            await pilot.pause(0.05)
            if "/history" not in (screen := shown(app)):
                break
        assert "/prune_tags" in screen
        await pilot.press("enter")
        await idle(pilot)
        if not isinstance(app.screen, ChatScreen):
            await pilot.press("enter")
            await idle(pilot)
        assert isinstance(app.screen, ChatScreen)
        assert app.screen.query_one(Prompt).text == "/prune_tags "
        assert app.screen.query_one(Prompt).has_focus


async def test_mentions_are_offered_while_one_types_and_names_much_like_it_too(
    make_app: MakeApp, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(120, 24)) as pilot:
        await idle(pilot)
        prompt = app.screen.query_one(Prompt)
        prompt.put("remove @")
        await pilot.press(*"lon")
        assert '"long hair" 12' in shown(app).splitlines()[-1]
        await pilot.press("tab")
        assert prompt.text == 'remove "long hair"'
        prompt.put("show @igm_003")
        await idle(pilot)
        assert "img_003" in shown(app).splitlines()[-1]
        await pilot.press("tab")
        assert prompt.text.startswith('show name:"img_003')


async def test_what_was_sent_in_an_earlier_session_comes_back(
    make_app: MakeApp, idle: Idle
) -> None:
    for number in range(2):
        app = make_app()
        async with app.run_test(size=(80, 24)) as pilot:
            await idle(pilot)
            prompt = app.screen.query_one(Prompt)
            if number:
                await pilot.press("h", "up")
                assert prompt.text == "hello\nthere"
                await pilot.press("up")
                assert prompt.text == "hello\nthere"
                break
            for text in ("hello\nthere", "other"):
                prompt.put(text)
                await pilot.press("enter")
                await idle(pilot)


async def test_a_call_that_was_refused_does_not_seem_to_run(
    make_app: Callable[..., TagsmithApp], idle: Idle, engine: Any
) -> None:
    call = Call("prune_tags", {"tags": ["shirt"]})
    engine.turns = {"go": [ToolStarted(call), Asked("No caption has it.")]}
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        chat: Any = app.screen
        chat.submit("go")
        await idle(pilot)
        line = chat.query_one(ToolLine)
        assert "shirt" in line.render().plain
        assert "…" not in line.render().plain
