"""Where the model server is, and how long to wait for it.

An address comes from the user's own settings or command line, never from a dataset or a model.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from tagsmith.tools.errors import UsageError

EXAMPLE = "Write it like http://localhost:1234/v1."
CHAT_PATH = "/chat/completions"
# Names and addresses under which clouds serve the credentials of a machine.
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
METADATA_ADDRESSES = frozenset({"100.100.100.200", "168.63.129.16", "fd00:ec2::254"})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds (reasons: docs/servers.md).

    ``first_token`` counts from the request on, so that it includes the loading of a model. ``wait``
    is the longest pause that a busy server can ask for; ``backoff`` is the first pause after a
    failure of the server, which doubles.
    """

    connect: float = 5.0
    first_token: float = 120.0
    between_tokens: float = 30.0
    turn: float = 600.0
    wait: float = 60.0
    backoff: float = 0.5


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model server: ``base_url`` as ``normalise`` returns it, a model, a key, and limits.

    ``context_length`` is the user's own figure, in tokens, and wins over what the server says.
    """

    base_url: str
    model: str = ""
    key: SecretStr | None = None
    limits: Limits = Limits()
    context_length: int | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def origin(self) -> str:
        """Return scheme, host and port: all that requests may go to."""
        return origin(self.base_url)

    @property
    def path(self) -> str:
        """Return what comes after the origin: ``/v1``."""
        return self.base_url.removeprefix(self.origin)

    @property
    def local(self) -> bool:
        """Whether the server runs on this machine."""
        return is_local(self.base_url)


def normalise(text: str) -> str:
    """Return the base URL that people mean: ``localhost:1234`` is ``http://localhost:1234/v1``.

    Raises UsageError for what is no http address, and for one that holds a name and password.
    """
    text = text.strip()
    if "@" in text:
        raise _unusable("it holds a user name or a password", shown="")
    if "://" not in text:
        text = f"{_scheme(text)}://{text}"
    parts = _split(text)
    if parts.scheme not in ("http", "https"):
        raise _unusable("it starts with neither http:// nor https://", text)
    host = parts.hostname or ""
    if not re.fullmatch(r"[\w.:%-]+", host) or (":" in host and _address(host) is None):
        raise _unusable("it names no host", text)
    if parts.query or parts.fragment:
        raise _unusable("it has a ? or # part", text)
    path = parts.path.rstrip("/").removesuffix(CHAT_PATH).rstrip("/")
    return f"{parts.scheme}://{parts.netloc.lower()}{path or '/v1'}"


def origin(url: str) -> str:
    """Return ``scheme://host:port`` of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_local(url: str) -> bool:
    """Whether a URL leads to this machine, as far as its text tells: no name is looked up."""
    host = _host(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and (address.is_loopback or address.is_unspecified)


def is_internal(url: str) -> bool:
    """Whether a URL is link-local or a cloud's metadata service, where no model is served.

    Such an address is used only where the user typed it (specs of server-side request forgery).
    """
    host = _host(url)
    address = _address(host)
    if address is None:
        return host in METADATA_NAMES
    return address.is_link_local or str(address) in METADATA_ADDRESSES


def _unusable(why: str, shown: str) -> UsageError:
    name = f"server address {shown!r}" if shown else "server address"
    return UsageError(f"The {name} cannot be used: {why}.", EXAMPLE)


def _scheme(text: str) -> str:
    """Return the scheme of an address without one: http at home, https on the internet."""
    host = _host(f"http://{text}")
    at_home = "." not in host or host.endswith(".local") or _address(host) is not None
    return "http" if at_home else "https"


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise _unusable(str(error).rstrip(".").lower(), url) from error
    return parts


def _host(url: str) -> str:
    return (_split(url).hostname or "").rstrip(".")


def _address(host: str) -> Address | None:
    """Return the address that a host spells: ``127.1`` and ``0x7f000001`` are some, too."""
    try:
        address: Address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
