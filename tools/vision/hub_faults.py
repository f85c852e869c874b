"""What goes wrong between us and the hub, in words that say what to do.

Only these words are shown. The library's own hold signed addresses and what servers write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import urlsplit

from tagsmith.tools.errors import ModelError

PAGES = "https://huggingface.co"
TOKENS = f"{PAGES}/settings/tokens"


class Fault(Enum):
    """Kinds of failures that have different remedies."""

    OFFLINE = auto()
    UNREACHABLE = auto()
    UNTRUSTED = auto()
    SLOW = auto()
    CUT = auto()
    RESET = auto()
    PROXY = auto()
    NO_REPO = auto()
    NO_REVISION = auto()
    NO_FILE = auto()
    GATED = auto()
    GATED_FOR_YOU = auto()
    DISABLED = auto()
    BAD_TOKEN = auto()
    BUSY = auto()
    BUSY_HERE = auto()
    REFUSED = auto()
    BROKEN = auto()
    NO_HUB = auto()
    WRONG_SIZE = auto()


class MissingFileError(ModelError):
    """The repository has no such file at this commit."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the hub was asked for; ``token``: one was sent. ``name`` is the model's."""

    name: str
    repo: str
    path: str
    revision: str
    endpoint: str
    token: bool = False

    @property
    def host(self) -> str:
        """The hub's host, as the user knows it."""
        return urlsplit(self.endpoint).netloc

    @property
    def again(self) -> str:
        """The command that tries once more."""
        return f"`tagsmith models pull {self.name}`"


_LATER = "Try {again} later: it goes on with what has come."
_CHECK = "Check HF_ENDPOINT, and what stands between (a proxy, a captive portal)."

# No message asks for a token: what is typed into the chat would reach a model.
_WORDS = {
    Fault.OFFLINE: (
        "{name} is not here, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids to fetch it.",
        "Unset it to download, or put the files into the model's folder by hand.",
    ),
    Fault.UNREACHABLE: (
        "{host} cannot be reached.",
        f"Check the connection, and HF_ENDPOINT if it is set. {_LATER}",
    ),
    Fault.UNTRUSTED: (
        "{host} does not speak TLS, or its certificate cannot be verified.",
        f"Is the clock right? {_CHECK}",
    ),
    Fault.SLOW: ("{host} did not answer in time.", _LATER),
    Fault.CUT: ("The connection to {host} broke off again and again in {path}.", _LATER),
    Fault.RESET: ("The connection to {host} broke off again and again in {path}.", _LATER),
    Fault.PROXY: ("The proxy refuses the connection.", "Check HTTPS_PROXY and HTTP_PROXY."),
    Fault.NO_REPO: (
        "{host} has no repository {repo}, or does not show it to you.",
        "It was renamed or taken down; if it is private, set HF_TOKEN in the environment.",
    ),
    Fault.NO_REVISION: (
        "{repo} has no revision {revision}.",
        "Its history was rewritten; the files of the spec are no longer offered there.",
    ),
    Fault.NO_FILE: (
        "{repo} has no {path} at {revision}.",
        "The repository was changed, or the spec is wrong.",
    ),
    Fault.GATED: (
        "{repo} is gated: its authors want their terms accepted first.",
        f"Accept them at {PAGES}/{{repo}}, make a token that may read at {TOKENS}, set HF_TOKEN to "
        "it in the environment, then {again}.",
    ),
    Fault.GATED_FOR_YOU: (
        "{repo} is gated, and the account of the token that is set may not read it.",
        f"Accept the terms at {PAGES}/{{repo}} with that account, then {{again}}.",
    ),
    Fault.DISABLED: (
        "{repo} was disabled on {host}.",
        "Nothing of it can be downloaded there. Choose another model.",
    ),
    Fault.BAD_TOKEN: (
        "{host} does not accept the token that is set.",
        f"Make a new one at {TOKENS} and set HF_TOKEN to it in the environment.",
    ),
    Fault.BUSY: ("{host} has had too many requests from here.", "Try again in 5 minutes."),
    Fault.BUSY_HERE: ("Another pull is fetching {path} of {name}.", "Wait until it has ended."),
    Fault.REFUSED: ("{host} answered with status {status} for {path}.", _CHECK),
    Fault.BROKEN: ("{host} answered with status {status} for {path}.", _LATER),
    Fault.NO_HUB: ("{host} does not answer like a hub.", _CHECK),
    Fault.WRONG_SIZE: (
        "{path} did not come in the size that {host} told.",
        "What came was dropped. Try {again} again; if that stays so, do not trust this hub.",
    ),
}


def told(fault: Fault, asked: Asked, status: int = 0) -> ModelError:
    """Return the error for the user; ``status`` is that of HTTP where there was one."""
    if fault is Fault.GATED and asked.token:
        fault = Fault.GATED_FOR_YOU
    facts = {
        "name": asked.name,
        "repo": asked.repo,
        "path": asked.path,
        "revision": asked.revision[:12],
        "host": asked.host,
        "again": asked.again,
        "status": status,
    }
    what, remedy = _WORDS[fault]
    kind = MissingFileError if fault is Fault.NO_FILE else ModelError
    return kind(what.format(**facts), remedy.format(**facts))
