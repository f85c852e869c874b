"""The rows of the settings screen: settings, models of the server, vision models, in sections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from textual.content import Content

from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import spread
from tagsmith.tui.widgets.palette import ACCENT, MUTED

if TYPE_CHECKING:
    from tagsmith.agent.config import Origin
    from tagsmith.agent.server.listings import ModelInfo
    from tagsmith.tui.commands.models import Listed
    from tagsmith.tui.settings_work import Read, Server

NAME_WIDTH = 24
_USER = re.compile(r"//[^/@]*@")


class Kind(Enum):
    """What a row is."""

    HEAD = 1
    SETTING = 2
    NOTE = 3
    SERVER_MODEL = 4
    VISION_MODEL = 5


@dataclass(frozen=True, slots=True)
class Item:
    """A row: what it is, its name, and what stands behind it."""

    kind: Kind
    name: str
    origin: Origin | None = None
    model: ModelInfo | None = None
    vision: Listed | None = None
    used: bool = False
    cuts: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the screen knows by now; what is None is still being asked for."""

    read: Read
    server: Server | None = None
    vision: Sequence[Listed] | None = None
    tried: str = ""


def items(known: Known) -> list[Item]:
    """Return all rows."""
    from tagsmith.agent.settings import SECTIONS, section_of

    rows: list[Item] = []
    for section in SECTIONS:
        rows.append(Item(Kind.HEAD, section))
        rows += [
            Item(Kind.SETTING, name, origin)
            for name, origin in known.read.origins.items()
            if section_of(name) == section
        ]
        if section == "server":
            rows.append(Item(Kind.NOTE, f"{say('API key')}: {known.read.key}"))
            rows += _server(known)
        elif section == "vision models":
            rows += _vision(known)
    return rows


def _server(known: Known) -> list[Item]:
    from tagsmith.tui import server_report

    server = known.server
    if server is None:
        return [Item(Kind.NOTE, say("asking the server …"))]
    if server.info is None:
        return [Item(Kind.NOTE, one) for one in server.trouble]
    rows = [Item(Kind.NOTE, f"{server_report.server_name(server.info)}:")]
    rows += [
        Item(Kind.SERVER_MODEL, one.id, model=one, used=one.id == server.used)
        for one in server.info.models
    ]
    rows += [Item(Kind.NOTE, note) for note in server.info.notes]
    return [*rows, *([Item(Kind.NOTE, known.tried)] if known.tried else [])]


def _vision(known: Known) -> list[Item]:
    if known.vision is None:
        return [Item(Kind.NOTE, say("looking for models …"))]
    origin = known.read.origins["thresholds"]
    return [
        Item(Kind.VISION_MODEL, one.name, vision=one, used=one.default, cuts=cuts_of(one, origin))
        for one in known.vision
    ]


def cuts_of(model: Listed, origin: Origin) -> str:
    """Return the thresholds that the user set for a model, as they are typed."""
    own = [str(one) for one in origin.value]
    found = [
        one.removeprefix(model.name).removeprefix(":").removeprefix("=")
        for one in own
        if one.startswith((f"{model.name}=", f"{model.name}:"))
    ]
    return ", ".join(found)


def shown_value(name: str, value: Any) -> str:
    """Return a value in words; what is in front of a proxy's @ is a password."""
    if value is None or value in ("", []):
        return "-"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "proxy":
        return _USER.sub("//…@", str(value))
    return f"{value:g}" if isinstance(value, float) else str(value)


class SettingRows:
    """Draws the rows."""

    def __init__(self, rows: Sequence[Item]) -> None:
        self.rows = rows

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.rows)

    def row(self, index: int, width: int) -> Content:
        """Return one row."""
        item = self.rows[index]
        if item.kind is Kind.HEAD:
            return line(f" {section_word(item.name)}", f"{ACCENT} bold")
        if item.kind is Kind.NOTE:
            return line(f"   {item.name}", MUTED)
        if item.model is not None:
            return _model_row(item, item.model, width)
        if item.vision is not None:
            return _vision_row(item, item.vision, width)
        return _setting_row(item, width)


def _setting_row(item: Item, width: int) -> Content:
    if item.origin is None:
        raise ValueError(f"{item.name} is no setting")
    name = line(item.name.ljust(NAME_WIDTH))
    value = line(shown_value(item.name, item.origin.value), "bold")
    source = line(f"{source_word(item.origin.source.value)} ", MUTED)
    return spread(Content.assemble("   ", name, value), source, width)


def _model_row(item: Item, model: ModelInfo, width: int) -> Content:
    from tagsmith.tui import server_report

    mark = "*" if item.used else " "
    words = [server_report.context(model)]
    words.append(say("loaded") if model.loaded else say("not loaded"))
    words += [say("tools")] if model.tools else []
    words += [say("pictures")] if model.vision else []
    if model.size:
        words.append(f"{model.size / 1e9:.1f} GB")
    left = Content.assemble((f" {mark} ", ACCENT), line(server_report.shown(model.id)))
    return spread(left, line(f"{' · '.join(words)} ", MUTED), width)


def _vision_row(item: Item, model: Listed, width: int) -> Content:
    from tagsmith.tui.offers import in_words

    mark = "*" if item.used else "✓" if model.installed else " "
    left = Content.assemble((f" {mark} ", ACCENT), line(model.name.ljust(NAME_WIDTH)))
    if item.cuts:
        left = Content.assemble(left, line(f"{item.cuts}  ", "bold"))
    size = in_words(model.size) if model.role != "built in" else ""
    return spread(left, line(f"{size}  {model.state} ", MUTED), width)


def section_word(section: str) -> str:
    """Return the name of a section."""
    return {
        "server": say("Model server"),
        "engines": say("Engine"),
        "vision models": say("Vision models"),
        "interface": say("Interface"),
        "dataset": say("Dataset"),
    }[section]


def source_word(source: str) -> str:
    """Return where a value comes from."""
    return {
        "default": say("default"),
        "file": say("file"),
        "environment": say("environment"),
        "command line": say("command line"),
    }[source]
