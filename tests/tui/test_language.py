"""The languages of the interface: every text has its words, and the right language is chosen."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from tagsmith import tools, tui
from tagsmith.agent import config_start
from tagsmith.agent.settings import Settings
from tagsmith.tools import toolbox
from tagsmith.tools.errors import UsageError
from tagsmith.tools.vision.installed import Place
from tagsmith.tui import language, server_report
from tagsmith.tui.actions import ACTIONS, Scope, legend, slash_commands
from tagsmith.tui.language import many, of_locale, say, use
from tagsmith.tui.plain import commands as plain_commands
from tagsmith.tui.plain import decisions, turns
from tagsmith.tui.screens import work
from tagsmith.tui.text import is_clean
from tagsmith.tui.widgets.edge import KEY_NAMES, fitted

TUI, TOOLS = (Path(str(one.__file__)).parent for one in (tui, tools))
SPANISH = language.catalogue("es")
NARROW = 80


def sources(folder: Path) -> Iterator[Path]:
    return (one for one in sorted(folder.rglob("*.py")) if one != TUI / "language.py")


def calls(path: Path, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions, or of the object's own methods, that have one of the names."""
    for name in names:
        yield from calls_of(path).get(name, ())


@cache
def calls_of(path: Path) -> Mapping[str, list[ast.Call]]:
    """Return a module's calls by the name of what is called, ``self.`` left out."""
    found: dict[str, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            found.setdefault(dotted(node.func), []).append(node)
    return found


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".removeprefix("self.")
    return node.id if isinstance(node, ast.Name) else ""


def strings(value: object) -> Iterator[str]:
    """Yield the texts in a constant: of a mapping, those of its values."""
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from strings(tuple(value.values()))
    elif isinstance(value, Iterable):
        for one in value:
            yield from strings(one)


# What is said


def _action_words() -> Iterator[str]:
    return (one.word for one in ACTIONS)


def _action_helps() -> Iterator[str]:
    return (one.help for one in ACTIONS)


def _command_helps() -> Iterator[str]:
    yield from slash_commands().values()
    yield from _summaries()


def _summaries() -> Iterator[str]:
    return (one.summary for one in toolbox.tools().values())


def _busy_words() -> Iterator[str]:
    """Yield what the state line shows while something runs."""
    for path in sources(TUI / "screens"):
        for call in calls(path, "_run", "_start", "_foot.change"):
            yield from (str(one.value) for one in call.args[:1] if isinstance(one, ast.Constant))
    yield from _verbs()


def _verbs() -> Iterator[str]:
    """Yield what is being done in the steps that tools and screens tell of."""
    for path in (*sources(TOOLS), TUI / "jobs.py", TUI / "plain/decisions.py"):
        for call in calls(path, "Step"):
            yield from leading(call.args[0])
    for path in sources(TOOLS / "vision"):
        for call in calls(path, "Job"):
            yield from leading(call.args[3])


def _units() -> Iterator[str]:
    """Yield what is counted in those steps."""
    yield "images"
    for path in (*sources(TOOLS), TUI / "plain/decisions.py"):
        for call in calls(path, "Step"):
            named = [one.value for one in call.keywords if one.arg == "unit"]
            for unit in (*call.args[3:4], *named):
                yield from leading(unit)


def leading(node: ast.expr) -> Iterator[str]:
    """Yield a literal, or the first words of one with values in it."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    if isinstance(node, ast.Constant):
        yield str(node.value).strip()


# What stands in a call of ``say`` that is neither a literal nor a constant of the module.
DYNAMIC: Mapping[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("actions.py", "action.word"): _action_words,
    ("command_palette.py", "about"): _command_helps,
    ("command_palette.py", "action.help"): _action_helps,
    ("commands/history.py", "entry.state"): lambda: ("applied", "undone"),
    ("commands/models.py", "self.place or ''"): lambda: Place,
    ("plain/commands.py", "self.words"): lambda: [one.words for one in plain_commands.COMMANDS],
    ("plain/decisions.py", "one.help"): lambda: [one.help for one in plain_commands.COMMANDS],
    ("plain/decisions.py", "tool.summary"): _summaries,
    ("plain/work.py", "ends_first"): lambda: (turns.READING, decisions.WRITING),
    ("screens/help.py", "does"): _command_helps,
    ("screens/help.py", "tool.summary"): _summaries,
    ("screens/help.py", "action.help"): _action_helps,
    ("screens/help.py", "scope.value"): lambda: Scope,
    ("screens/history.py", "entry.state"): lambda: ("applied", "undone"),
    ("screens/work.py", "word"): lambda: [
        word for name, shown in vars(work).items() if name.endswith("_KEYS") for _, word in shown
    ],
    ("server_report.py", "word"): lambda: server_report.HEAD,
    ("server_report.py", "one"): lambda: server_report.CAUSES,
    ("settings_about.py", "field.description or ''"): lambda: [
        one.description or "" for one in Settings.model_fields.values()
    ],
    ("steps.py", "step.verb"): _verbs,
    ("steps.py", "first"): _verbs,
    ("steps.py", "step.unit"): _units,
    ("widgets/completion.py", "commands[name]"): _command_helps,
    ("widgets/edge.py", "one"): lambda: KEY_NAMES,
    ("widgets/plan_card.py", "self._asking"): lambda: ("apply", "reject"),
    ("widgets/state_line.py", "self._doing"): _busy_words,
}


def said_in(path: Path) -> Iterator[str]:
    """Yield every text that a module may say."""
    where = path.relative_to(TUI).as_posix()
    for call in calls(path, "say", "many"):
        for node in call.args[:1] if ast.unparse(call.func) == "say" else call.args[1:3]:
            base = node.value if isinstance(node, ast.Subscript) else node
            if isinstance(node, ast.Constant):
                yield str(node.value)
            elif (where, ast.unparse(node)) in DYNAMIC:
                yield from map(str, DYNAMIC[where, ast.unparse(node)]())
            else:
                assert isinstance(base, ast.Name), f"{where}:{node.lineno} {ast.unparse(node)}"
                yield from strings(getattr(module_of(where), base.id))


def module_of(where: str) -> object:
    dotted = where.removesuffix(".py").replace("/", ".")
    return importlib.import_module(f"tagsmith.tui.{dotted}")


@pytest.fixture(scope="module")
def said() -> frozenset[str]:
    return frozenset(text for path in sources(TUI) for text in said_in(path) if text)


def test_every_text_of_the_interface_has_its_spanish(said: frozenset[str]) -> None:
    assert not sorted(said - SPANISH.keys())


def test_the_catalogue_has_nothing_that_is_not_said(said: frozenset[str]) -> None:
    assert len(said) > 500
    assert not sorted(SPANISH.keys() - said)


# How it is said


def placeholders(text: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", language.languages()[1:])
def test_translations_fill_in_the_same_values(code: str) -> None:
    for english, other in language.catalogue(code).items():
        assert placeholders(other) == placeholders(english), english


@pytest.mark.parametrize("code", language.languages()[1:])
def test_translations_are_one_clean_line_that_ends_as_the_english_one(code: str) -> None:
    for english, other in language.catalogue(code).items():
        assert other.strip(), english
        assert is_clean(other), english
        assert ("[" in other) == ("[" in english), english
        around = [(text[: len(text) - len(text.lstrip())], len(text) - len(text.rstrip()))
                  for text in (english, other)]  # fmt: skip
        assert around[0] == around[1], english
        ends = [text.rstrip()[-1] in ".:?…" and text.rstrip()[-1] for text in (english, other)]
        assert ends[0] == ends[1], english


@pytest.mark.parametrize("scope", [one for one in Scope if legend(one)])
def test_a_narrow_screen_has_room_for_as_many_keys_or_one_less(scope: Scope) -> None:
    english = shown_keys(scope)
    use("es")
    spanish = shown_keys(scope)
    whole = len(english) == len(legend(scope))
    assert len(spanish) >= len(english) - (not whole)
    assert spanish[-1].split()[0] == english[-1].split()[0]


def shown_keys(scope: Scope) -> list[str]:
    """Return the keys of a legend that 80 columns show, with their words."""
    return fitted(legend(scope), NARROW).plain.strip().split("   ")


# Which language


def test_a_text_is_said_in_the_language_in_use() -> None:
    assert say("nothing written yet") == "nothing written yet"
    use("es")
    assert language.chosen() == "es"
    assert say("nothing written yet") == "nada escrito aún"
    assert many(1, "{n} image", "{n} images") == "1 imagen"
    assert many(1200, "{n} image", "{n} images") == "1,200 imágenes"


def test_what_stands_in_no_catalogue_is_said_as_it_is_and_values_are_no_templates() -> None:
    use("es")
    assert say("no such text {here}") == "no such text {here}"
    assert say("Opening {name} …", name="{name}") == "Abriendo {name} …"


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(UsageError, match="no interface in 'xx'") as refused:
        use("xx")
    assert refused.value.hint == "There are: en, es."
    assert language.chosen() == "en"


def test_the_setting_knows_the_languages_that_there_are() -> None:
    assert config_start.KNOWN["language"] == ("", *language.languages())
    assert Settings.model_validate({"language": "es"}).language == "es"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({}, "en"),
        ({"LANG": "es_ES.UTF-8"}, "es"),
        ({"LANG": "es_AR.UTF-8"}, "es"),
        ({"LANG": "es"}, "es"),
        ({"LANG": "ES@euro"}, "es"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "est"}, "en"),
        ({"LC_ALL": "es_MX.UTF-8", "LANG": "en_US.UTF-8"}, "es"),
        ({"LC_MESSAGES": "es_ES.UTF-8", "LANG": "en_US.UTF-8"}, "es"),
        ({"LC_ALL": "", "LANG": "es_ES.UTF-8"}, "es"),
        ({"LC_ALL": "C", "LANG": "es_ES.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANGUAGE": "es:en", "LANG": "en_US.UTF-8"}, "es"),
        ({"LANGUAGE": "en:es", "LANG": "es_ES.UTF-8"}, "en"),
        ({"LANGUAGE": "de:es_MX:en", "LANG": "de_DE.UTF-8"}, "es"),
        ({"LANGUAGE": "", "LANG": "es_ES.UTF-8"}, "es"),
        ({"LANGUAGE": "es", "LC_ALL": "C"}, "en"),
    ],
)
def test_without_a_setting_the_locale_decides(environ: dict[str, str], code: str) -> None:
    assert of_locale(environ) == code


def test_use_without_a_code_goes_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "es_ES.UTF-8")
    monkeypatch.setenv("LANGUAGE", "")
    use("")
    assert language.chosen() == "es"
    use("en")
    assert language.chosen() == "en"
