"""A sample as a query sees it: what costs something is found out only when a term asks."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from tagsmith.tools.caption import Caption
from tagsmith.tools.images import Header, read_header

if TYPE_CHECKING:
    from tagsmith.tools.dataset import Sample
    from tagsmith.tools.vision.score_query import Answers
    from tagsmith.tools.workspace import Workspace


class View:
    """One sample of a workspace, staged edits included."""

    def __init__(self, workspace: Workspace, sample: Sample) -> None:
        self._workspace = workspace
        self._sample = sample

    @property
    def name(self) -> str:
        """File name of the image."""
        return self._sample.name

    @property
    def folder(self) -> str:
        """Folder of the image, relative to the dataset, empty for its root."""
        return self._sample.folder

    @property
    def captioned(self) -> bool:
        """Whether a caption file stands beside the image."""
        return self._sample.caption is not None

    @cached_property
    def keys(self) -> list[str]:
        """Keys of the caption's tags."""
        return self._workspace.keys(self._sample)

    @cached_property
    def caption(self) -> Caption | None:
        """The parsed caption; None where there is none that can be read."""
        return self._workspace.caption(self._sample)

    @property
    def tags(self) -> list[str]:
        """The caption's tags, verbatim, repeats included."""
        return [] if self.caption is None else self.caption.tags

    @property
    def lines(self) -> int:
        """How many lines the caption has; a final newline opens none."""
        lines = () if self.caption is None else self.caption.lines
        return len(lines) - (1 if lines and not lines[-1].text() else 0)

    @property
    def has_scores(self) -> bool:
        """Whether a tagger's scores are stored for this dataset."""
        return self._answers.any()

    @property
    def _answers(self) -> Answers:
        # Only a query with score: comes here and needs NumPy.
        from tagsmith.tools.vision.score_query import answers

        return answers(self._workspace)

    @cached_property
    def text(self) -> str | None:
        """Text of the caption; None where there is none that can be read."""
        return None if self.caption is None else self.caption.text

    @cached_property
    def header(self) -> Header:
        """The image's header, or why it cannot be read."""
        path = os.path.join(self._workspace.root, self._workspace.on_disk(self._sample))
        return read_header(path)

    def size(self) -> tuple[int, int] | None:
        """Width and height of the image, from its header."""
        return self.header.size

    def score(self, tag: str) -> float | None:
        """Score of a tag, by the tagger that ran last and knows it; None where none saw the image.

        Raises UnknownTagError where no tagger that ran here knows the tag.
        """
        return self._answers.score(self._workspace.on_disk(self._sample), tag, self._workspace)
