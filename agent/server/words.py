"""What a server says when it refuses, as one short line that holds no secret.

Bodies are data from elsewhere: whatever shape they have, the result is plain text.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from pydantic import SecretStr

LONGEST = 300
SHORTEST_KEY = 4
# Keys of hosted services, also where a server echoes one half hidden: "sk-ab***yz".
KEY_LIKE = re.compile(r"\b(?:sk|gsk|hf|xai|nvapi)[-_][\w*.-]{5,}[\w*]")
BEARER = re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)
HTML = re.compile(r"\s*(?:<!doctype html|<html|<head|<body|<\?xml)", re.IGNORECASE)


def server_words(body: Any, secret: SecretStr | None = None) -> str:
    """Return what an error body says: text, bytes, or parsed JSON of any of the known shapes.

    ``{"error": "text"}`` (LM Studio), ``{"error": {"message": ...}}`` (OpenAI, llama.cpp, vLLM),
    ``{"message": ...}``, ``{"detail": ...}`` (FastAPI), plain text, or an HTML page's title.
    """
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if isinstance(body, str):
        return _of_text(body, secret)
    if isinstance(body, dict):
        for name in ("error", "message", "detail", "msg", "type", "code"):
            if found := server_words(body.get(name), secret):
                return found
        return ""
    if isinstance(body, list):
        return "; ".join(found for one in body[:3] if (found := server_words(one, secret)))
    return "" if body is None or isinstance(body, bool) else str(body)


def _of_text(text: str, secret: SecretStr | None) -> str:
    if HTML.match(text):
        title = TITLE.search(text)
        return "a web page" + (f": {one_line(redact(title[1], secret))}" if title else "")
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict | list):
        return server_words(parsed, secret)
    return one_line(redact(text, secret))


def one_line(text: str, longest: int = LONGEST) -> str:
    """Return text without control characters and line breaks, shortened to ``longest``."""
    text = text[: longest * 20]
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    plain = " ".join(plain.split())
    return plain if len(plain) <= longest else plain[: longest - 3].rstrip() + "..."


def redact(text: str, *secrets: SecretStr | None) -> str:
    """Return text without the given secrets, and without anything that looks like a key."""
    for secret in secrets:
        value = secret.get_secret_value() if secret else ""
        if len(value) >= SHORTEST_KEY:
            text = text.replace(value, "[key]")
    return KEY_LIKE.sub("[key]", BEARER.sub(r"\1 [key]", text))
