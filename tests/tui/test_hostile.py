"""Hundreds of hostile texts in everything that the chat shows: nothing steers, nothing clicks."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_shown import (
    NUMBERED,
    assert_all_shown,
    chunks,
    clean,
    every_row,
    numbers,
    screen,
    seen,
)
from hostile_texts import TEXTS
from textual import events
from textual.content import Content
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from tagsmith.agent.context import Fill
from tagsmith.agent.conversation import Conversation
from tagsmith.agent.events import Asked, Call, Failed, Noted, Said, ToolFinished, ToolStarted
from tagsmith.agent.session_entries import Entry, Prompted
from tagsmith.tools.dataset import Problem
from tagsmith.tools.errors import ModelError
from tagsmith.tools.pairing import Issue
from tagsmith.tools.plan import Change, Kind
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.watch import Step
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.background import Job, State
from tagsmith.tui.changes import Group
from tagsmith.tui.command_palette import Command
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.jobs import JobsScreen
from tagsmith.tui.text import plain
from tagsmith.tui.widgets.completion import Completion
from tagsmith.tui.widgets.diff import detail, signs
from tagsmith.tui.widgets.lines import LineList
from tagsmith.tui.widgets.messages import ToolLine
from tagsmith.tui.widgets.outcomes import headline, progress, who_answers
from tagsmith.tui.widgets.past import Page
from tagsmith.tui.widgets.plan_rows import sample_row
from tagsmith.tui.widgets.prompt import Prompt
from tagsmith.tui.widgets.state_line import StateLine
from tagsmith.tui.widgets.transcript import Transcript
from tagsmith.tui.widgets.waiting import Waiting
from tagsmith.tui.widgets.welcome import opening, welcome

Idle = Callable[[Pilot[int]], Awaitable[None]]
Make = Callable[..., TagsmithApp]
SIZE = (100, 40)


def chat_of(app: TagsmithApp) -> Any:
    assert isinstance(app.screen, ChatScreen)
    return app.screen


def test_there_are_enough_of_them() -> None:
    assert len(set(TEXTS)) >= 200


async def test_every_kind_of_message(make_app: Make, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        transcript = chat_of(app).query_one(Transcript)
        kinds: dict[str, int] = {}
        for chunk in chunks(NUMBERED):
            call = Call(chunk, {chunk: [chunk], "where": chunk})
            transcript.user(chunk)
            for event in (
                *(Said(chunk), Asked(chunk, (chunk,)), Failed(chunk, chunk), Noted(chunk)),
                *(ToolStarted(call), ToolFinished(call, Outcome(chunk, {}, 3, chunk))),
            ):
                transcript.show_event(event)
            transcript.warn(chunk)
            transcript.report(chunk)
        transcript.toggle_details()
        await pilot.pause()
        shown = ""
        for widget in transcript.messages.children:
            text = seen(widget)
            shown += text
            for mark in (f"#{number} " for number in range(0, len(NUMBERED), 24)):
                kinds[mark] = kinds.get(mark, 0) + (mark in text)
        assert_all_shown(shown)
        assert min(kinds.values()) >= 7


async def test_calls_and_markdown_one_by_one(make_app: Make, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        transcript = chat_of(app).query_one(Transcript)
        transcript.markdown = True
        transcript.tool_started(Call("list", {}))
        transcript.say("words")
        answer = transcript._answer
        tool = transcript.query(ToolLine).last()
        await pilot.pause()
        answer.styles.height = 12
        await pilot.pause()
        shown = ""
        for text in NUMBERED:
            tool.call = Call(text[:30], {"where": text})
            tool.finish(Outcome(text, {}, 1, text))
            shown += seen(tool)
        assert_all_shown(shown)
        for text in TEXTS:
            answer.text, answer._drawn, answer._document = "", 0, type(answer._document)()
            answer.append(text)
            answer.flush()
            seen(answer)


async def test_earlier_turns(make_app: Make, idle: Idle) -> None:
    def turns() -> Iterator[Entry]:
        for number, chunk in enumerate(chunks(NUMBERED), start=1):
            yield Prompted(chunk, number)
            yield ToolFinished(Call(chunk, {"where": chunk}), Outcome(chunk))
            yield Said(chunk)
            yield Failed(chunk, chunk)

    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        transcript = chat_of(app).query_one(Transcript)
        transcript.recall_past(list(turns()))
        for _ in range(8):
            transcript.more()
        await pilot.pause()
        assert_all_shown("".join(map(seen, transcript.query(Page))))


async def test_the_lines_around_the_talk(make_app: Make, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        chat = chat_of(app)
        head, foot, waiting = chat._head, chat.query_one(StateLine), chat.query_one(Waiting)
        waiting.add("x")
        foot.start("x")
        await pilot.pause()
        shown: dict[str, str] = dict.fromkeys(("head", "engine", "foot", "waiting"), "")
        for text in NUMBERED:
            head.left = headline(dataclasses.replace(chat._snapshot, name=text))
            shown["head"] += seen(head)
            for right in (who_answers(text, None, 90), who_answers("", Fill(text, 1, 9), 90)):
                head.left, head.right = Content(), right
                seen(head)
            head.right = who_answers(text[:16], None, 90)
            shown["engine"] += seen(head)
            foot.change(progress(Step(text[:50], 1, 2, "images")))
            shown["foot"] += seen(foot)
            waiting.take()
            waiting.add(text)
            shown["waiting"] += seen(waiting)
        for one in shown.values():
            assert_all_shown(one)


async def test_the_prompt_and_what_it_offers(
    make_app: Make, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        chat = chat_of(app)
        prompt, foot = chat.query_one(Prompt), chat.query_one(StateLine)
        shown = [""] * 3
        for text in NUMBERED:
            prompt.put(text[:80])
            prompt.move_cursor((0, 0))
            shown[0] += seen(prompt)
            prompt.clear()
            prompt.propose(text)
            shown[1] += seen(prompt)
        offered: list[Content | None] = []
        with monkeypatch.context() as patched:
            patched.setattr(prompt, "post_message", lambda one: offered.append(one.content))
            for text in NUMBERED:
                prompt._offers, prompt._offer = [Completion(0, text, text)], 0
                prompt._show()
        for content in offered:
            assert content is not None
            foot.offer(content)
            shown[2] += seen(foot)
        for one in shown:
            assert_all_shown(one)
        for chunk in chunks(TEXTS, 60):
            prompt.post_message(events.Paste(chunk))
            await pilot.pause()
            screen(app)


async def test_notices_jobs_and_the_palette(make_app: Make, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=(80, 60), notifications=True) as pilot:
        await idle(pilot)
        chat = chat_of(app)
        for chunk in chunks(NUMBERED, 12):
            app.notify(chunk, title=chunk, timeout=60)
        jobs = []
        for number, text in enumerate(NUMBERED):
            job = Job(text, lambda _: None, text, state=[*State][number % len(State)])
            job.step, job.trouble = Step(text, 1, 2, text), ModelError(text, text)
            jobs.append(job)
        chat.background.jobs += jobs
        chat.panel.front(Step(NUMBERED[40], 1, 2, NUMBERED[41]), Content())
        await pilot.pause()
        await pilot.pause(0.05)
        # A notice that is higher than the screen is cut.
        assert len(numbers("".join(map(seen, app.screen.query(Toast))))) >= 250
        assert "#40 " in seen(chat.panel)
        app.clear_notifications()
        app.push_screen(JobsScreen(chat.background))
        await pilot.pause()
        screen(app)
        assert_all_shown(every_row(app.screen.query_one(LineList)))
        assert_all_shown("".join(clean(one) for job in jobs for one in app.screen._about(job)))
        chat.background.jobs.clear()
        app.pop_screen()
        texts = {text: text for text in NUMBERED[::6]}
        chat._snapshot = dataclasses.replace(chat._snapshot, tools=texts)
        app.action_command_palette()
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert "#60 " in screen(app)
        assert_all_shown("".join(clean(Command(one, one, print).shown(80)) for one in NUMBERED))


async def test_commands_that_are_none(make_app: Make, idle: Idle) -> None:
    app = make_app()
    async with app.run_test(size=SIZE) as pilot:
        await idle(pilot)
        chat = chat_of(app)
        for text in TEXTS[::3]:
            chat.submit(f"/{text.lstrip()}")
            chat.submit(f"/theme {text}")
            if chat.busy:
                await idle(pilot)
        await idle(pilot)
        for widget in chat.query_one(Transcript).messages.children:
            seen(widget)


def test_a_dataset_is_welcomed(pets: Path) -> None:
    from tagsmith.tui import jobs

    conversation = Conversation(Workspace.open(pets), None)  # type: ignore[arg-type]
    found = jobs.snapshot(conversation)
    for text in NUMBERED:
        told = str(Problem(Issue.SKIPPED, text, text))
        shown = clean(welcome(dataclasses.replace(found, problems=(told,))))
        assert text[: text.index(" ")] in shown
        assert text[: text.index(" ")] in clean(opening(text))


def test_a_change_of_hostile_files_is_drawn_harmless() -> None:
    for text in TEXTS:
        data = text.encode("utf-8", "replace")
        for change in (
            Change(Kind.EDIT, text, b"dog", data + b", dog", notes=(text,), yours=True),
            Change(Kind.EDIT, text, data, None, seen=b"x"),
            Change(Kind.CREATE, text, None, data),
            Change(Kind.MOVE, text, to=text),
            Change(Kind.TRASH, text),
            Change(Kind.EDIT, text, b"\xff\xfe" + data, data),
        ):
            whole = detail(change)
            row = sample_row(Group(text, (change,)), 80)
            for content in (whole, row, signs([change])):
                assert plain(content.plain) == content.plain
                clean(content)
            assert "\n" not in row.plain
            assert row.cell_length <= 80
