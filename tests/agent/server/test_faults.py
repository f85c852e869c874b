"""Every fault is told in one line with a next step; refusals are read in each server's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tagsmith.agent.server import faults
from tagsmith.agent.server.endpoint import Endpoint
from tagsmith.agent.server.faults import EndpointError, Fault, Kind, explain
from tagsmith.agent.server.refusals import pause, refusal
from tagsmith.agent.server.words import LONGEST, one_line, redact, server_words

KEY = SecretStr("sk-canary-0123456789")
ENDPOINT = Endpoint("http://localhost:1234/v1", model="qwen", key=KEY)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_told_with_a_next_step(kind: Kind) -> None:
    fault = Fault(kind, "the server's {words}", status=418, seconds=30, tokens=5000, context=4096)
    error = explain(fault, ENDPOINT, ["a", "b"])
    assert type(error) is not EndpointError
    for text in (error.message, error.hint):
        assert text
        assert text.endswith((".", '"'))
        assert "\n" not in text
    assert error.fault is fault
    assert KEY.get_secret_value() not in str(error)


def test_the_table_has_every_kind() -> None:
    assert set(faults.ROWS) == set(Kind)


def test_a_message_names_the_address_and_the_words() -> None:
    error = explain(Fault(Kind.REJECTED, "No {braces} please.", status=400), ENDPOINT)
    assert error.message == (
        "The server at http://localhost:1234/v1 does not take the request (HTTP 400): "
        '"No {braces} please".'
    )


def test_models_are_offered_but_not_all_of_many() -> None:
    error = explain(Fault(Kind.MODEL), ENDPOINT, [f"m{number}" for number in range(12)])
    assert "It has: m0, m1," in error.hint
    assert "m7 and 4 more. " in error.hint
    assert "m8" not in error.hint


def test_without_a_key_it_says_that_one_is_wanted() -> None:
    bare = Endpoint(ENDPOINT.base_url)
    assert "without an API key" in explain(Fault(Kind.KEY, status=401), bare).message
    assert "refuses the API key" in explain(Fault(Kind.KEY, status=401), ENDPOINT).message


OVERFLOWS: list[tuple[int, str, int | None, int | None]] = [
    (
        400,
        "Trying to keep the first 5112 tokens when context the overflows. However, the model is "
        "loaded with context length of only 4096 tokens, which is not enough.",
        5112,
        4096,
    ),
    (0, "Context size has been exceeded.", None, None),
    (
        400,
        "The number of tokens to keep from the initial prompt is greater than the context length.",
        None,
        None,
    ),
    (
        400,
        '{"error":{"code":400,"message":"the request exceeds the available context size. try '
        'increasing the context size","type":"exceed_context_size_error","n_prompt_tokens":5000,'
        '"n_ctx":4096}}',
        5000,
        4096,
    ),
    (500, "request (5000 tokens) exceeds the available context size (4096 tokens)", 5000, 4096),
    (400, "Requested tokens (4500) exceed context window of 4096", 4500, 4096),
    (
        400,
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens "
        "(4000 in the messages, 1000 in the completion).",
        5000,
        4096,
    ),
    (400, '{"error": {"code": "context_length_exceeded", "message": "too long"}}', None, None),
    (
        400,
        "The decoder prompt (length 9) is longer than the maximum model length of 8.",
        None,
        None,
    ),
]


@pytest.mark.parametrize(("status", "body", "tokens", "context"), OVERFLOWS)
def test_an_overflow_is_known_in_every_shape(
    status: int, body: str, tokens: int | None, context: int | None
) -> None:
    fault = refusal(status, body, server_words(body))
    assert fault.kind is Kind.OVERFLOW
    assert (fault.tokens, fault.context) == (tokens, context)


REFUSALS = [
    (400, "Invalid tool_choice type: 'object'. Supported string values: none", Kind.REJECTED),
    (400, "registry.ollama.ai/library/x does not support tools", Kind.REJECTED),
    (400, "image exceeds the maximum size", Kind.REJECTED),
    (404, 'model "qwen" not found, try pulling it first', Kind.MODEL),
    (404, "The model `qwen` does not exist.", Kind.MODEL),
    (400, "No models loaded. Please load a model in the developer page", Kind.MODEL),
    (404, "File Not Found", Kind.NOT_FOUND),
    (405, "Method Not Allowed", Kind.NOT_FOUND),
    (401, "model not found", Kind.KEY),
    (503, "Loading model", Kind.LOADING),
    (503, "try later", Kind.BUSY),
    (500, "error parsing tool call: raw='{'", Kind.BAD_CALL),
    (500, "Failed to parse tool call arguments as JSON", Kind.BAD_CALL),
    (500, "out of memory", Kind.FAILED),
    (302, "", Kind.REDIRECT),
    (0, "Model unloaded.", Kind.CRASHED),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_a_refusal_is_read(status: int, body: str, kind: Kind) -> None:
    assert refusal(status, body, "").kind is kind


WORDS = [
    ({"error": "a string"}, "a string"),
    ({"error": {"message": "in an object", "type": "x"}}, "in an object"),
    ({"error": {"message": {"error": "nested"}}}, "nested"),
    ({"message": "at the top"}, "at the top"),
    ({"detail": [{"msg": "one"}, {"msg": "two"}]}, "one; two"),
    ({"error": {"code": 7}}, "7"),
    ({"error": None, "detail": "later"}, "later"),
    (b'{"error": "bytes"}', "bytes"),
    (b"\xff\xfe", "\ufffd\ufffd"),
    ("  plain \n\x1b[31m text ", "plain [31m text"),
    ("<!DOCTYPE html><title>Log\nin</title>", "a web page: Log in"),
    ("<html></html>", "a web page"),
    ("", ""),
    ({}, ""),
    (None, ""),
    ([], ""),
]


@pytest.mark.parametrize(("body", "words"), WORDS)
def test_the_words_of_any_body(body: Any, words: str) -> None:
    assert server_words(body) == words


@given(st.text(), st.text(alphabet="abcXYZ019_-", min_size=8, max_size=30), st.text())
def test_a_key_is_never_left_in_words(before: str, key: str, after: str) -> None:
    """Wherever it stands: also where shortening would cut it in half."""
    body = {"error": {"message": f"{'x' * (LONGEST - 10)} {before}{key}{after}"}}
    words = server_words(body, SecretStr(key))
    assert key not in words
    assert key[:6] not in words.removesuffix("...")[LONGEST - 12 :] or key[:6] in before + after


@pytest.mark.parametrize("half", ["sk-abc***********wxyz", "gsk_abcdefgh", "Bearer abc.def"])
def test_what_looks_like_a_key_is_hidden_too(half: str) -> None:
    assert "abc" not in redact(f"Incorrect key: {half}.")


@given(st.text())
def test_one_line_is_one_short_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= LONGEST
    assert line.isprintable()
    assert len(line.splitlines()) <= 1


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("nan", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after(header: str, seconds: float) -> None:
    assert pause(header, NOW) == seconds


@pytest.mark.parametrize(
    ("fault", "attempt", "wait"),
    [
        (Fault(Kind.BUSY, seconds=7), 1, 7),
        (Fault(Kind.BUSY, seconds=61), 1, None),
        (Fault(Kind.FAILED), 1, 0.5),
        (Fault(Kind.FAILED), 2, 1.0),
        (Fault(Kind.FAILED), 3, None),
        (Fault(Kind.LOADING), 30, 1.0),
        (Fault(Kind.BAD_CALL), 1, None),
        (Fault(Kind.OVERFLOW), 1, None),
        (Fault(Kind.REJECTED), 1, None),
        (Fault(Kind.DROPPED), 1, None),
    ],
)
def test_what_is_sent_again(fault: Fault, attempt: int, wait: float | None) -> None:
    assert faults.retry_after(fault, attempt, ENDPOINT) == wait
