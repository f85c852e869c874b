"""Keys: each goes where it belongs, from the environment or the keyring, and is never shown."""

from __future__ import annotations

import sys
import types

import pytest

from tagsmith.agent.keys import api_key
from tagsmith.tools.errors import UsageError

LOCAL = "http://localhost:1234/v1"
OPENAI = "https://api.openai.com/v1"
BOTH = {"TAGSMITH_API_KEY": "ours", "OPENAI_API_KEY": "theirs"}


@pytest.mark.parametrize(
    ("url", "environ", "key"),
    [
        (LOCAL, {}, None),
        (LOCAL, BOTH, "ours"),
        (OPENAI, BOTH, "ours"),
        (OPENAI, {"OPENAI_API_KEY": " theirs\n"}, "theirs"),
        (LOCAL, {"OPENAI_API_KEY": "theirs"}, None),
        ("https://openrouter.ai/api/v1", {"OPENAI_API_KEY": "theirs"}, None),
        ("https://api.openai.com.evil.example/v1", {"OPENAI_API_KEY": "theirs"}, None),
        ("https://notopenai.com/v1", {"OPENAI_API_KEY": "theirs"}, None),
        ("http://api.openai.com/v1", {"OPENAI_API_KEY": "theirs"}, None),
        (LOCAL, {"TAGSMITH_API_KEY": "  "}, None),
    ],
)
def test_a_key_goes_where_it_belongs(url: str, environ: dict[str, str], key: str | None) -> None:
    found = api_key(url, environ)
    assert (found and found.get_secret_value()) == key
    assert found is None or key not in repr(found)


@pytest.mark.parametrize("value", ["can\nary", "can ary", "canary\x00x", "canarý"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(UsageError, match="TAGSMITH_API_KEY") as caught:
        api_key(LOCAL, {"TAGSMITH_API_KEY": value})
    assert "can" not in str(caught.value).replace("cannot", "")


class KeyringError(Exception):
    """What the keyring raises."""


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A keyring that holds what the test puts in."""
    held: dict[str, str] = {}

    def get_password(service: str, name: str) -> str | None:
        assert service == "tagsmith"
        if name == "https://locked.example":
            raise KeyringError("canary")
        return held.get(name)

    errors = types.SimpleNamespace(KeyringError=KeyringError)
    module = types.SimpleNamespace(get_password=get_password, errors=errors)
    monkeypatch.setitem(sys.modules, "keyring", module)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)  # type: ignore[arg-type]
    return held


def test_the_keyring_is_asked_only_where_it_is_set(keyring: dict[str, str]) -> None:
    keyring["https://models.example"] = "kept"
    url = "https://models.example/v1"
    assert api_key(url, {}) is None
    found = api_key(url, {}, keyring=True)
    assert found is not None
    assert found.get_secret_value() == "kept"
    assert api_key("https://other.example/v1", {}, keyring=True) is None


def test_a_locked_keyring_is_told(keyring: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="Unlock it") as caught:
        api_key("https://locked.example/v1", {}, keyring=True)
    assert "canary" not in str(caught.value)


def test_a_missing_keyring_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match="Install it"):
        api_key(LOCAL, {}, keyring=True)
