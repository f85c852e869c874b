"""The interface in Spanish: on the real app, from the start and changed while it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static

from tagsmith.tools.errors import Exit
from tagsmith.tools.watch import Step
from tagsmith.tui import demo, language, recorded, steps
from tagsmith.tui.actions import ACTIONS
from tagsmith.tui.app import TagsmithApp
from tagsmith.tui.commands import chat as chat_command
from tagsmith.tui.commands.console import Console
from tagsmith.tui.screens.chat import ChatScreen
from tagsmith.tui.screens.help import help_rows
from tagsmith.tui.screens.review import ReviewScreen
from tagsmith.tui.screens.settings import SettingsScreen
from tagsmith.tui.widgets.lines import LineList

Idle = Callable[[Pilot[int]], Awaitable[None]]
MakeApp = Callable[..., TagsmithApp]
ORDER = "quita watermark y pon el trigger coco en los perros"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings file, which is not there, and no setting of the machine's."""
    for name in [name for name in os.environ if name.startswith(("TAGSMITH_", "HF_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    path = tmp_path / "config" / "tagsmith" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def shown(app: App[Any]) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def chat(app: TagsmithApp) -> ChatScreen:
    return next(one for one in app.screen_stack if isinstance(one, ChatScreen))


async def test_the_chat_the_card_and_the_review(make_app: MakeApp, idle: Idle) -> None:
    language.use("es")
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        assert "pets · 48 imágenes · 48 captions" in shown(app)
        assert "Di qué cambiar. No se escribe nada hasta que lo apliques." in shown(app)
        assert "/ comandos   @ imágenes y tags   ? ayuda" in shown(app)
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert "Buscar comandos…" in shown(app)
        await pilot.press("escape")
        chat(app).submit(ORDER)
        await idle(pilot)
        assert "cambiarían 36 archivos" in shown(app)
        assert "enter revisar   a aplicar   r rechazar   t rechazar y explicar" in shown(app)
        assert "36 archivos pendientes · nada escrito aún" in shown(app)
        chat(app).review()
        await idle(pilot)
        assert isinstance(app.screen, ReviewScreen)
        assert " Revisión · 36 archivos · 2 pasos" in shown(app)
        assert "36 de 36 aceptados" in shown(app)
        keys = shown(app).splitlines()[-1]
        assert keys.startswith(" espacio sí/no   x pasos")
        assert "w aplicar   esc atrás" in keys
        await pilot.press("w")
        await idle(pilot)
        assert "¿Aplicar 36 archivos?" in shown(app)


def test_the_help_has_no_english_of_its_own() -> None:
    listed = {action.help for action in ACTIONS if action.label}
    assert listed <= {row.text.plain for row in help_rows()}
    language.use("es")
    told = {row.text.plain for row in help_rows()}
    assert {"En todas partes", "Mostrar esta ayuda"} <= told
    assert not listed & told


async def test_the_setting_holds_at_once_on_the_screen_and_in_the_chat_behind_it(
    make_app: MakeApp, idle: Idle, config: Path
) -> None:
    config.write_text('engine = "offline"\nlanguage = "en"\n')
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        await idle(pilot)
        chat(app).submit(ORDER)
        await idle(pilot)
        assert "36 files would change" in shown(app)
        chat(app).submit("/settings")
        await idle(pilot)
        screen = app.screen
        assert isinstance(screen, SettingsScreen)
        assert screen._known is not None
        names = list(screen._known.read.origins)
        assert "API key: none" in shown(app)
        await pilot.press("home")
        rows = screen.query_one(LineList)
        while screen.item is None or screen.item.name != "language":
            rows.cursor += 1
        assert "language" in names
        await pilot.press("enter")
        await idle(pilot)
        assert language.chosen() == "es"
        assert shown(app).startswith(" Ajustes")
        assert "enter cambiar   d por defecto" in shown(app)
        assert "Guardado." in str(screen.query_one("#told", Static).content)
        await pilot.press("home")
        await idle(pilot)
        assert "Servidor de modelos" in shown(app)
        assert "Clave de API: ninguna" in shown(app)
        await pilot.press("escape")
        await idle(pilot)
        assert "48 imágenes" in shown(app)
        assert "cambiarían 36 archivos" in shown(app)
        assert "a aplicar   r rechazar" in shown(app)


@pytest.mark.parametrize(
    ("setting", "environ", "code"),
    [
        ("", {"LANGUAGE": "es"}, "es"),
        ('language = "es"', {"LANGUAGE": "en"}, "es"),
        ('language = "en"', {"LANGUAGE": "es"}, "en"),
        ('language = "en"', {"TAGSMITH_LANGUAGE": "es", "LANGUAGE": "en"}, "es"),
    ],
)
@pytest.mark.parametrize("opens", ["chat", "plain", "demo"])
def test_the_chat_starts_in_the_language_that_is_set_or_else_of_the_locale(
    pets: Path,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    opens: str,
    setting: str,
    environ: dict[str, str],
    code: str,
) -> None:
    config.write_text(setting)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    spoken: list[str] = []

    def opened(*_: object) -> Exit:
        spoken.append(language.chosen())
        return Exit.DONE

    monkeypatch.setattr(chat_command, "_open_app", opened)
    monkeypatch.setattr(chat_command, "_open_plain", opened)
    monkeypatch.setattr(demo, "_in_the_app", lambda: (None, opened()))
    if opens == "demo":
        demo.run_demo(headless=False)
    else:
        chat_command.run([str(pets), *(["--plain"] if opens == "plain" else [])], Console())
    assert spoken == [code]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step("Tagging", 1, 9), "Poniendo tags"),
        (Step("Downloading joytag", 1, 9, "bytes"), "Descargando joytag"),
        (Step("Frobbing {x}", 1, 9), "Frobbing {x}"),
    ],
)
def test_what_tools_do_for_long_is_told_in_spanish(step: Step, said: str) -> None:
    assert steps.verb(step) == step.verb
    language.use("es")
    assert steps.verb(step) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("1 file", "1 archivo"), ("1,234 files", "1,234 archivos"), ("", ""), ("x files", "x files")],
)
def test_how_many_files_a_session_records_is_told_in_spanish(text: str, said: str) -> None:
    assert recorded.files(text) == text
    language.use("es")
    assert recorded.files(text) == said


@pytest.mark.parametrize(
    ("pace", "said"),
    [
        ("1.6 a second, 4 min left", "1.6 por segundo, quedan 4 min"),
        ("2.5 s each, 2 h 05 min left", "2.5 s cada una, quedan 2 h 05 min"),
        ("1.6 a second", "1.6 por segundo"),
        ("", ""),
        ("as it is", "as it is"),
    ],
)
def test_the_pace_of_the_work_is_told_in_spanish(pace: str, said: str) -> None:
    step = Step("Tagging", 1, 9, pace=pace)
    assert steps.pace(step) == pace
    language.use("es")
    assert steps.pace(step) == said
