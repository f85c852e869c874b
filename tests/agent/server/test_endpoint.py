"""Addresses: what people mean, what is on this machine, and what no model is served at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tagsmith.agent.server.endpoint import Endpoint, is_internal, is_local, normalise, origin
from tagsmith.tools.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("http://localhost:1234/v1", "http://localhost:1234/v1"),
        ("http://localhost:1234", "http://localhost:1234/v1"),
        (" http://localhost:1234/v1/ ", "http://localhost:1234/v1"),
        ("localhost:1234", "http://localhost:1234/v1"),
        ("192.168.1.5:8080", "http://192.168.1.5:8080/v1"),
        ("studio.local:1234", "http://studio.local:1234/v1"),
        ("api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1"),
        ("HTTP://LocalHost:1234/V1", "http://localhost:1234/V1"),
        ("http://localhost:1234/v1/chat/completions", "http://localhost:1234/v1"),
        ("http://[::1]:1234", "http://[::1]:1234/v1"),
    ],
)
def test_what_people_type(typed: str, meant: str) -> None:
    assert normalise(typed) == meant
    assert normalise(meant) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "http://",
        "ftp://localhost",
        "file:///etc/passwd",
        "http://localhost:99999/v1",
        "http://localhost:port/v1",
        "http://local host/v1",
        "http://localhost/v1?key=x",
        "http://localhost/v1#x",
        "http://[::g]/v1",
        "http://[::1/v1",
    ],
)
def test_what_is_no_address(typed: str) -> None:
    with pytest.raises(UsageError, match="cannot be used") as caught:
        normalise(typed)
    assert "http://localhost:1234/v1" in caught.value.hint


def test_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError, match="password") as caught:
        normalise("http://me:hunter2@localhost:1234/v1")
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        url = normalise(text)
    except UsageError:
        return
    assert normalise(url) == url
    assert origin(url).startswith(("http://", "https://"))
    assert isinstance(is_local(url) or is_internal(url), bool)


LOCAL = ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0"]
LOCAL_TOO = ["127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]", "[::]"]
ELSEWHERE = [
    "localhost.example.com",
    "192.168.1.5",
    "10.0.0.1",
    "example.com",
    "[fd00::1]",
    "128.1",
]


@pytest.mark.parametrize("host", LOCAL + LOCAL_TOO)
def test_this_machine(host: str) -> None:
    assert is_local(f"http://{host}:1234/v1")


@pytest.mark.parametrize("host", ELSEWHERE)
def test_another_machine(host: str) -> None:
    assert not is_local(f"http://{host}:1234/v1")
    assert not is_internal(f"http://{host}:1234/v1")


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.1.1",
        "2852039166",
        "0xa9fea9fe",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "[fe80::1%25eth0]",
        "[fd00:ec2::254]",
        "metadata.google.internal",
        "metadata.google.internal.",
        "100.100.100.200",
        "168.63.129.16",
    ],
)
def test_internal_addresses(host: str) -> None:
    assert is_internal(f"http://{host}/latest/v1")
    assert not is_local(f"http://{host}/latest/v1")


def test_an_endpoint_shows_no_secret() -> None:
    endpoint = Endpoint(
        "https://models.example/api/v1", key=SecretStr("canary"), proxy="http://a:canary@proxy:1"
    )
    assert "canary" not in repr(endpoint)
    assert (endpoint.origin, endpoint.path) == ("https://models.example", "/api/v1")
    assert not endpoint.local
