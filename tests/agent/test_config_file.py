"""Saving settings: only the setting changes, whatever else stands in the file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagsmith.agent import config, config_file, config_start
from tagsmith.agent.config import Settings, load, save
from tagsmith.agent.settings import SECTIONS, choices, section_of
from tagsmith.tools.errors import UsageError

NOWHERE = Path("config.toml")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


KEEP = (
    ("model = '''\nengine = 1\n''' # why\nengine = 'auto'\n", 'model = "new" # why\n'),
    ('# top\r\n  model = "a#b"\t# c\r\n\r\n[later]\r\nmodel = 1', '  model = "new"\t# c\r\n'),
    ("# top\n\n# of the table\n[later]\nmodel = 1\n", 'model = "new"\n'),
    ('caption_extensions = [\n ".a", # "\n]\nmodel="x"', 'model = "new"'),
    ('\ufeffmodel = "x"\nfuture = {a = 1}\n', '\ufeffmodel = "new"\n'),
)


@pytest.mark.parametrize(("before", "line"), KEEP)
def test_every_other_byte_of_the_file_stays(before: str, line: str) -> None:
    after = config_file.changed(NOWHERE, before, {"model": "new"})
    assert line in after
    head, _, tail = after.partition(line)
    assert before.startswith(head)
    assert before.endswith(tail)
    assert config_file.parse(NOWHERE, after)["model"] == "new"


def test_a_setting_that_is_taken_out_has_its_default_again(path: Path) -> None:
    path.write_text('# mine\nmodel = "x" # gone\nengine = "offline"\n')
    save({"model": None, "turn_timeout": None}, path)
    assert path.read_text() == '# mine\nengine = "offline"\n'


@pytest.mark.parametrize(
    "text", ['model = \nengine = "auto"\n', 'model = "x"\nmodel = "y"\n', "turn_timeout = -1\n"]
)
def test_a_file_that_is_broken_is_never_overwritten(text: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(UsageError, match="line"):
        save({"engine": "offline"}, path)
    assert path.read_text() == text


def test_a_key_of_a_newer_tagsmith_is_kept(path: Path) -> None:
    path.write_text('future = "x"\n')
    save({"engine": "offline"}, path)
    assert path.read_text() == 'future = "x"\nengine = "offline"\n'


def test_a_file_that_is_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("# there\n")
    path.symlink_to(real)
    save({"model": "x"}, path)
    assert path.is_symlink()
    assert real.read_text() == '# there\nmodel = "x"\n'


NAMES = ("model", "base_url", "future", '"quoted key"')
VALUES = ('"text # no comment"', "[1, 2,\n  3]", "'''\nmodel = 1\n'''", "{ a = 1 }", "1979-05-27")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), unique_by=lambda one: one[0]
    ),
    TEXT,
    st.sampled_from(("\n", "\r\n")),
    st.booleans(),
)
def test_whatever_stands_there_only_the_setting_changes(
    found: list[tuple[str, str]], value: str, newline: str, table: bool
) -> None:
    text = "".join(f"# about\n{name} = {one} # {name}\n" for name, one in found)
    text += "[table]\nmodel = 2\n" if table else ""
    text = text.replace("\n", newline)
    before = config_file.parse(NOWHERE, text)
    after = config_file.changed(NOWHERE, text, {"model": value})
    assert config_file.parse(NOWHERE, after) == before | {"model": value}
    assert config_file.changed(NOWHERE, after, {"model": value}) == after
    without = config_file.changed(NOWHERE, after, {"model": None})
    assert config_file.parse(NOWHERE, without) == {
        name: one for name, one in before.items() if name != "model"
    }


def test_where_each_value_comes_from(path: Path) -> None:
    path.write_text('# mine\nmodel = "file"\nengine = "server"\n')
    found = config.origins({"base_url": "localhost:9"}, {"TAGSMITH_MODEL": "variable"}, path)
    told = {name: (one.value, one.source.value, one.place) for name, one in found.items()}
    assert told["model"] == ("variable", "environment", "TAGSMITH_MODEL")
    assert told["engine"] == ("server", "file", f"{path}, line 3")
    assert told["base_url"] == ("http://localhost:9/v1", "command line", "--base-url")
    assert told["theme"] == ("auto", "default", "")
    assert set(told) == set(Settings.model_fields)


def test_thresholds_and_endings_are_read_from_a_list_or_a_variable(path: Path) -> None:
    path.write_text('caption_extensions = [".TXT", ".tags", ".txt"]\nthresholds = ["a=0.5"]\n')
    assert load(environ={}, path=path).caption_extensions == [".txt", ".tags"]
    settings = load(environ={"TAGSMITH_THRESHOLDS": "joytag = 0.40, a:character=1"}, path=path)
    assert settings.thresholds == ["joytag=0.4", "a:character=1"]
    assert settings.cuts() == {"joytag": {"general": 0.4}, "a": {"character": 1.0}}


WRONG: tuple[dict[str, Any], ...] = (
    *({"thresholds": [one]} for one in ("x", "a=2", "a=0", "a:pets=0.5", "a=1..2", "a=b=1")),
    {"engine": "cloud"},
    *({"caption_extensions": one} for one in ([".png"], ["txt"], [".t/t"], [])),
)


@pytest.mark.parametrize("changes", WRONG)
def test_wrong_thresholds_and_endings_are_refused(changes: dict[str, Any], path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be"):
        save(changes, path)
    assert not path.exists()


def test_an_address_that_would_be_refused_at_the_next_start_is_not_saved(path: Path) -> None:
    with pytest.raises(UsageError, match="only machines"):
        save({"base_url": "http://169.254.169.254/v1"}, path)
    assert not path.exists()


def test_what_the_interface_needs_first_is_what_the_settings_say(path: Path) -> None:
    assert asdict(config_start.read({}, path)) == {
        name: Settings.model_fields[name].default for name in asdict(config_start.Start())
    }
    for name, known in config_start.KNOWN.items():
        assert known == choices(name)
    path.write_text('theme = "light"\nlanguage = "es"\nanimation = false\nimages = "half"\n')
    environ = {"TAGSMITH_IMAGES": "off"}
    settings, start = load(environ=environ, path=path), config_start.read(environ, path)
    assert asdict(start) == {name: getattr(settings, name) for name in asdict(start)}


@pytest.mark.parametrize("text", ['theme = "pink"\nlanguage = 5\n', "theme = \n", "theme = [1]\n"])
def test_what_is_wrong_is_the_default_before_the_first_frame(text: str, path: Path) -> None:
    path.write_text(text)
    assert config_start.read({}, path) == config_start.Start()


def test_every_setting_has_a_section_and_a_text() -> None:
    for name, field in Settings.model_fields.items():
        assert section_of(name) in SECTIONS
        assert field.description
