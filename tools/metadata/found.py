"""What a reader finds in a file, in the same words whatever program wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

# How a program's prompts mark emphasis (prompts.py).
Syntax = Literal["brackets", "novelai", "invokeai"]


@dataclass(frozen=True, slots=True)
class Found:
    """One source's view of a picture; what it does not say is empty.

    ``prompt`` and ``negative`` are verbatim, ``keywords`` are tags that somebody gave,
    ``description`` is a text about the picture. ``note`` says why a prompt that must be there is
    not: the user should look.
    """

    source: str
    prompt: str = ""
    negative: str = ""
    syntax: Syntax = "brackets"
    settings: Mapping[str, str] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    description: str = ""
    camera: str = ""
    year: str = ""
    place: tuple[str, ...] = ()
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether it says nothing that could go into a caption, or be told."""
        said = (self.prompt, self.keywords, self.description, self.camera, self.year, self.place)
        return not (any(said) or self.note)
