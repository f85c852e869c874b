"""What a captioner is: a model that says what a picture shows, wherever that model runs.

Those that run on this machine are made from model specs; the one behind a model server is made by
whoever knows servers, and handed to the workspace (``Workspace.captioners``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tagsmith.tools.errors import TagsmithError
from tagsmith.tools.watch import Watch

Style = Literal["sentence", "detailed", "tags"]
# What an image worker makes of a file's bytes, and what it is given beside them.
Job = tuple[Callable[[bytes, Any], Any], Any]


class UnusableError(TagsmithError):
    """A captioner's answer for one image is no caption; ``reason`` says why, in a few words."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"No usable caption: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted of every image.

    ``trigger`` is a name to be worked in, ``words`` are more words for a prompt, ``seed`` stands
    for another answer to the same question. Captioners ignore what they have no use for, and
    leave it out of ``Captioner.digest``.
    """

    style: Style = "sentence"
    trigger: str = ""
    max_words: int | None = None
    words: str = ""
    seed: int = 0


class Captioner(Protocol):
    """A model that writes captions; one image at a time.

    Stored captions belong to ``who``, the model that wrote them, and to ``digest(request)``.
    ``who`` is None where only ``open`` finds out; it then begins with ``family``.
    """

    name: str
    family: str
    styles: tuple[Style, ...]
    takes_words: bool

    @property
    def who(self) -> str | None:
        """Return the model's identity, without asking anybody."""

    @property
    def note(self) -> str:
        """Return a sentence about what it runs on, "" where there is nothing to tell."""

    @property
    def job(self) -> Job:
        """Return what the image workers make of a file for ``caption``."""

    def digest(self, request: Request) -> str:
        """Return what stands for everything in a request that changes an answer."""

    def open(self, watch: Watch) -> None:
        """Get ready: find, load and check the model; does nothing where that was done.

        Raises ModelError, or another TagsmithError where the model cannot be used.
        """

    def caption(self, image: Any, request: Request, watch: Watch) -> str:
        """Return the caption of what ``job`` made of an image: one line, cleaned.

        Raises UnusableError where this image got no caption, StoppedError once ``watch`` says so,
        and another TagsmithError where no image will get one.
        """

    def close(self) -> None:
        """Free the memory, or close the connection; ``open`` comes first where it is used again."""


Captioners = dict[str, Callable[[], Captioner]]


def digest_of(*parts: object) -> str:
    """Return 16 hex digits that stand for some values."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
