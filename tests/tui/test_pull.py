"""Models from the chat: asked for first, downloaded behind it, gone on with after a stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from hub_case import COMMIT, NAME, REPO, Case, open_case
from textual.pilot import Pilot

from tagsmith.tools.vision import hub as client
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.consent import ConsentScreen

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    with open_case(tmp_path / "home", monkeypatch) as found:
        found.write_spec()
        yield found


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


def shown(app: TagsmithApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def asked(app: TagsmithApp, pilot: Pilot[int], idle: Idle) -> str:
    """Ask for the model; what the question shows."""
    await idle(pilot)
    chat(app).submit(f"/pull {NAME}")
    await idle(pilot)
    assert isinstance(app.screen, ConsentScreen), shown(app)
    return shown(app)


async def test_nothing_is_downloaded_before_a_yes(
    make_app: MakeApp, case: Case, idle: Idle
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        text = await asked(app, pilot, idle)
        assert "Tiny tagger, MIT" in text
        assert f"{case.hub.endpoint}/{REPO} at {COMMIT[:12]}" in text
        assert "model.onnx (3 MB)" in text
        assert "Download 3 MB?" in text
        await pilot.press("n")
        await idle(pilot)
        assert "Nothing was downloaded." in shown(app)
        assert case.whole() == set()
        await asked(app, pilot, idle)
        await pilot.press("y")
        await idle(pilot)
        assert f"{NAME} is ready: 2 of 2 files match" in shown(app)
        assert (case.snapshot / "model.onnx").is_file()
        chat(app).submit(f"/pull {NAME}")
        await idle(pilot)
        assert f"{NAME} is here already" in shown(app)


async def test_a_paused_download_goes_on_where_it_was(
    make_app: MakeApp, case: Case, idle: Idle, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    async with app.run_test(size=(100, 30)) as pilot:
        await asked(app, pilot, idle)
        fetch = client.Hub.fetch

        def slowly(self: client.Hub, *args: object) -> None:
            jobs = chat(app).background
            pilot.app.call_from_thread(jobs.pause, jobs.jobs[-1])
            fetch(self, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(client.Hub, "fetch", slowly)
        await pilot.press("enter")
        await idle(pilot)
        (_, job) = chat(app).background.jobs
        assert job.state.value == "paused"
        assert case.whole() == set()
        monkeypatch.setattr(client.Hub, "fetch", fetch)
        chat(app).background.resume(job)
        await idle(pilot)
        assert job.state.value == "done"
        assert (case.snapshot / "model.onnx").is_file()


async def test_what_cannot_be_pulled_is_told(make_app: MakeApp, case: Case, idle: Idle) -> None:
    assert case.whole() == set()
    app = make_app()
    async with app.run_test(size=(100, 40)) as pilot:
        await idle(pilot)
        for words, says in (
            ("pixels", "is built in"),
            ("nonsense", "nonsense"),
            ("", "Which model?"),
        ):
            chat(app).submit(f"/pull {words}")
            await idle(pilot)
            assert says in shown(app)
