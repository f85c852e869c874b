"""The key of a model server: from the environment or the keyring, never from a file.

A key goes only where it belongs: OPENAI_API_KEY to OpenAI, TAGSMITH_API_KEY to the address in the
settings, a key of the keyring to the origin that it is kept for.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pydantic import SecretStr

from tagsmith.agent.server.endpoint import origin
from tagsmith.tools.errors import UsageError

VARIABLE = "TAGSMITH_API_KEY"
OPENAI_VARIABLE = "OPENAI_API_KEY"
SERVICE = "tagsmith"


def api_key(
    base_url: str, environ: Mapping[str, str], *, keyring: bool = False
) -> SecretStr | None:
    """Return the key for a server, if there is one.

    Raises UsageError for a key that cannot be sent, and for a keyring that cannot be read; neither
    message holds the key.
    """
    if value := environ.get(VARIABLE, "").strip():
        return _sendable(value, f"the variable {VARIABLE}")
    if _is_openai(base_url) and (value := environ.get(OPENAI_VARIABLE, "").strip()):
        return _sendable(value, f"the variable {OPENAI_VARIABLE}")
    if keyring and (value := _from_keyring(origin(base_url))):
        return _sendable(value, "the keyring")
    return None


def _is_openai(base_url: str) -> bool:
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host == "openai.com" or host.endswith(".openai.com"))


def _sendable(value: str, place: str) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", value):
        raise UsageError(
            f"The API key in {place} has spaces or signs that no key has.", "Copy it again."
        )
    return SecretStr(value)


def _from_keyring(name: str) -> str:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise UsageError(
            "The settings ask for a key from the keyring, but the package keyring is missing.",
            f"Install it, or set {VARIABLE}.",
        ) from error
    errors = importlib.import_module("keyring.errors")
    try:
        return (keyring.get_password(SERVICE, name) or "").strip()
    except errors.KeyringError as error:
        raise UsageError(
            f"The keyring did not give a key for {name}.", f"Unlock it, or set {VARIABLE}."
        ) from error
