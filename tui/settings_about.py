"""What the settings screen says of a row, and how values are written to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from tagsmith.tools.errors import UsageError
from tagsmith.tui.language import say
from tagsmith.tui.screens.settings_rows import Item, Kind, section_word, shown_value, source_word
from tagsmith.tui.text import line
from tagsmith.tui.widgets.palette import MUTED

if TYPE_CHECKING:
    from tagsmith.agent.server.listings import ModelInfo
    from tagsmith.agent.server.trial import Trial
    from tagsmith.tui.commands.models import Listed


def place() -> str:
    """Return the path of the settings' file."""
    from tagsmith.agent import config

    return str(config.folder() / config.FILE)


def about(item: Item) -> list[Content]:
    """Return what is to be known of a row."""
    if item.model is not None:
        return _of_model(item.model)
    if item.vision is not None:
        return _of_vision(item.vision)
    if item.kind is Kind.SETTING:
        return _of_setting(item)
    if item.kind is Kind.HEAD:
        return [line(section_word(item.name), "bold")]
    return [line(item.name)]


def _of_setting(item: Item) -> list[Content]:
    from tagsmith.agent.settings import Settings, choices

    field, origin = Settings.model_fields[item.name], item.origin
    lines = [line(item.name, "bold"), line(say(field.description or ""))]
    if known := choices(item.name):
        words = ", ".join(shown_value(item.name, one) for one in known)
        lines.append(line(say("one of: {values}", values=words), MUTED))
    if origin is not None:
        # Which file it is stands above.
        spot = origin.place.removeprefix(f"{place()}, ")
        where = f" ({spot})" if spot else ""
        source = source_word(origin.source.value)
        lines.append(line(say("from: {source}{where}", source=source, where=where), MUTED))
    default = shown_value(item.name, field.get_default(call_default_factory=True))
    lines.append(line(say("default: {value}", value=default), MUTED))
    return lines


def _of_model(model: ModelInfo) -> list[Content]:
    from tagsmith.tui import server_report

    facts = (
        (say("loaded"), model.loaded),
        (say("trained for tools"), model.tools),
        (say("sees pictures"), model.vision),
    )
    words = {None: say("unknown"), True: say("yes"), False: say("no")}
    tokens = say("context in tokens: {context}", context=server_report.context(model))
    return [
        line(server_report.shown(model.id), "bold"),
        line(tokens),
        *(line(f"{name}: {words[fact]}") for name, fact in facts),
        line(say("enter lets it answer, t makes a test call"), MUTED),
    ]


def _of_vision(model: Listed) -> list[Content]:
    lines = [line(model.name, "bold"), line(f"{model.title} · {model.license}".rstrip(" ·"))]
    lines.append(line(model.state, MUTED))
    if model.role != "built in":
        lines.append(line(say("p downloads it, x deletes its files"), MUTED))
    if model.problem:
        lines.append(Content.assemble(("! ", "$text-error bold"), line(model.problem)))
    if model.role == "tagger":
        lines.append(line(say("thresholds: {cuts}", cuts=_spec_cuts(model.name))))
        lines.append(line(say("enter sets your own, as 0.4 or general=0.4, character=0.9"), MUTED))
    return lines


def _spec_cuts(name: str) -> str:
    from tagsmith.tools.vision.spec import find_spec

    return ", ".join(f"{one} {cut:g}" for one, cut in find_spec(name).thresholds.items())


def typed(name: str, value: Any) -> str:
    """Return a value as it would be typed; what may hold a password is typed anew."""
    if value is None or name == "proxy":
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def value(name: str, text: str) -> Any:
    """Return what was typed as the setting's kind; None, for its default, where it is nothing.

    Raises UsageError where a number was wanted.
    """
    from tagsmith.agent.settings import Settings

    if not text:
        return None
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(default, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, float) or name == "context_length":
        number = float if isinstance(default, float) else int
        try:
            return number(text.replace(",", ""))
        except ValueError:
            raise UsageError(say("{name} is a number.", name=name), say("Type digits.")) from None
    return text


def told(trial: Trial) -> str:
    """Return what came of a test call."""
    from tagsmith.tui.server_report import shown

    times = say(
        "{model} answers: the first words after {first} s, all after {seconds} s",
        model=shown(trial.model),
        first=f"{trial.first:.1f}",
        seconds=f"{trial.seconds:.1f}",
    )
    if trial.calls_tools:
        return f"✓ {times}; {say('it calls tools')}"
    said = f': "{trial.said}"' if trial.said else ""
    return f"! {times}; {say('it did not call the tool')}{said}"
