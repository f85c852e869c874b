"""Settings: which source wins, what a wrong one says, and that no dataset has a say."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from tagsmith.agent import config
from tagsmith.agent.config import Settings, load, save
from tagsmith.tools.errors import Exit, UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "config.toml"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_anything_it_is_lm_studio_here(path: Path) -> None:
    settings = load(environ={}, path=path)
    assert settings == Settings()
    assert settings.base_url == "http://localhost:1234/v1"
    endpoint = settings.endpoint({})
    assert endpoint.key is None
    assert endpoint.local
    limits = endpoint.limits
    assert (limits.connect, limits.first_token, limits.between_tokens) == (5.0, 120.0, 30.0)


def test_the_later_source_wins(path: Path) -> None:
    write(path, 'model = "file"\nbase_url = "localhost:1"\nturn_timeout = 7\n')
    environ = {"TAGSMITH_MODEL": "variable", "TAGSMITH_BASE_URL": "localhost:2"}
    settings = load({"model": "option", "base_url": None}, environ, path)
    assert settings.model == "option"
    assert settings.base_url == "http://localhost:2/v1"
    assert settings.turn_timeout == 7.0


def test_variables_are_read_as_what_they_mean(path: Path) -> None:
    environ = {
        "TAGSMITH_CONTEXT_LENGTH": "8192",
        "TAGSMITH_KEYRING": "yes",
        "TAGSMITH_FIRST_TOKEN_TIMEOUT": "0.5",
        "TAGSMITH_MODEL": "  ",
        "TAGSMITH_UNKNOWN": "x",
    }
    settings = load(environ=environ, path=path)
    assert settings.context_length == 8192
    assert settings.keyring
    assert settings.first_token_timeout == 0.5
    assert settings.model == ""


WRONG = [
    ('engine = "offline"\nmodel = 5\n', ("line 2", "model")),
    ("context_length = 3\n", ("line 1", "context_length", "512")),
    ('\nengine = "cloud"\n', ("line 2", "'auto', 'server' or 'offline'")),
    ('base_ulr = "x"\n', ("line 1", "no setting 'base_ulr'", "base_url")),
    ("qqqq = 1\n", ("line 1", "The settings are: engine, base_url")),
    ('api_key = "sk-canary-1234567890"\n', ("line 1", "TAGSMITH_API_KEY")),
    ("[server]\nx = 1\n", ("no setting 'server'",)),
    ('base_url = "http://me:hunter2@h/v1"\n', ("line 1", "password", "http://localhost:1234/v1")),
    ('proxy = "socks5://me:hunter2@h"\n', ("line 1", "proxy")),
    ("turn_timeout = 0\n", ("line 1", "greater than 0")),
    ("model = \n", ("not valid TOML", "line 1", "one a line")),
    ("connect_timeout = nan\n", ("line 1",)),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_file_names_the_line_and_the_remedy(
    text: str, says: tuple[str, ...], path: Path
) -> None:
    write(path, text)
    with pytest.raises(UsageError) as caught:
        load(environ={}, path=path)
    told = str(caught.value)
    assert str(path) in told
    assert caught.value.hint
    assert caught.value.exit is Exit.USAGE
    for words in says:
        assert words in told
    for secret in ("hunter2", "canary"):
        assert secret not in told


def test_a_wrong_variable_or_option_is_named(path: Path) -> None:
    with pytest.raises(UsageError, match="TAGSMITH_CONTEXT_LENGTH: context_length cannot be 'x'"):
        load(environ={"TAGSMITH_CONTEXT_LENGTH": "x"}, path=path)
    with pytest.raises(UsageError, match=r"^--base-url: The server address"):
        load({"base_url": "ftp://x"}, {}, path)


def test_a_file_that_cannot_be_read_is_told(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be read"):
        load(environ={}, path=path)
    write(path.parent / "latin.toml", "")
    (path.parent / "latin.toml").write_bytes(b'model = "\xe9"')
    with pytest.raises(UsageError, match="not UTF-8"):
        load(environ={}, path=path.parent / "latin.toml")


def test_internal_addresses_only_where_they_are_typed(path: Path) -> None:
    internal = "http://169.254.169.254/v1"
    write(path, f'base_url = "{internal}"\n')
    with pytest.raises(UsageError, match="--base-url"):
        load(environ={}, path=path)
    with pytest.raises(UsageError, match="--base-url"):
        load(environ={"TAGSMITH_BASE_URL": "http://0xa9fea9fe"}, path=path)
    assert load({"base_url": internal}, {}, path).base_url == internal


def test_nothing_is_read_from_a_dataset_or_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    evil = 'base_url = "http://evil.example/v1"\n'
    for name in ("config.toml", "tagsmith.toml", ".tagsmith/config.toml", "pyproject.toml"):
        write(tmp_path / "set" / name, evil)
    write(tmp_path / "set" / ".env", "TAGSMITH_BASE_URL=http://evil.example/v1\n")
    monkeypatch.chdir(tmp_path / "set")
    opened: list[str] = []
    real = Path.read_bytes

    def read_bytes(self: Path) -> bytes:
        opened.append(str(self))
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    assert load(environ={}, path=path) == Settings()
    assert opened == [str(path)]


def test_the_file_is_in_the_users_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere/me")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere/me/settings")
    assert config.folder().parts[-1] == "tagsmith"
    assert str(config.folder()).startswith("/nowhere/me")


def test_saving_keeps_comments_and_is_private(path: Path) -> None:
    write(path, '# mine\nmodel = "old" # which\nengine = "auto"\n')
    os.chmod(path, 0o644)
    assert save({"model": 'new "one" 夏', "turn_timeout": 60, "keyring": True}, path) == path
    assert path.read_text() == (
        '# mine\nmodel = "new \\"one\\" 夏" # which\nengine = "auto"\n'
        "turn_timeout = 60\nkeyring = true\n"
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = load(environ={}, path=path)
    assert (settings.model, settings.turn_timeout, settings.keyring) == ('new "one" 夏', 60.0, True)
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]


def test_saving_makes_the_folder_private(path: Path) -> None:
    save({"model": "x"}, path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text() == 'model = "x"\n'


@pytest.mark.parametrize(
    "changes", [{"model": 3}, {"api_key": "sk-canary-12345"}, {"base_url": "ftp://x"}, {"x": 1}]
)
def test_what_cannot_be_used_is_not_saved(changes: dict[str, Any], path: Path) -> None:
    write(path, 'model = "old"\n')
    with pytest.raises(UsageError):
        save(changes, path)
    assert path.read_text() == 'model = "old"\n'


def test_a_layout_that_is_too_clever_is_left_alone(path: Path) -> None:
    text = 'model.name = "x"\n'
    write(path, text)
    with pytest.raises(UsageError, match="cannot be changed here"):
        save({"model": "new"}, path)
    assert path.read_text() == text


def test_settings_show_no_secret() -> None:
    assert "hunter2" not in repr(Settings(proxy="http://me:hunter2@proxy:1"))
