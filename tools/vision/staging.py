"""Tags that were found by looking go into captions: append, fill or overwrite, and are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tagsmith.tools.caption import Caption
from tagsmith.tools.dataset import Sample
from tagsmith.tools.editing import Tally, stage_caption
from tagsmith.tools.tags import key, unique
from tagsmith.tools.vision import tag_edits
from tagsmith.tools.vision.format import Writer, style_of
from tagsmith.tools.workspace import Workspace

Mode = Literal["append", "fill", "overwrite"]


@dataclass(slots=True)
class Stager:
    """Stages captions and counts: ``added`` by key, ``spelt`` as written, ``replaced`` tags."""

    workspace: Workspace
    mode: Mode
    keep_first: int = 0
    prose: bool = False
    tally: Tally = field(default_factory=Tally)
    added: Counter[str] = field(default_factory=Counter)
    spelt: dict[str, str] = field(default_factory=dict)
    replaced: int = 0

    def groups(self, samples: Iterable[Sample]) -> dict[str, list[Sample]]:
        """Return the images by the caption that they share or have alone, in their order.

        With ``fill`` only those whose caption is missing or empty.
        """
        found: dict[str, list[Sample]] = {}
        for sample in samples:
            self.tally.selected += 1
            if self.mode != "fill" or self._is_open(sample):
                found.setdefault(self.workspace.caption_target(sample), []).append(sample)
        return found

    def _is_open(self, sample: Sample) -> bool:
        data = self.workspace.caption_bytes(sample)
        return sample.caption_path is None if data is None else tag_edits.is_empty(data)

    def top(self, most: int) -> list[tuple[str, int]]:
        """Return the tags that were added to the most captions, as written, and to how many."""
        return [(self.spelt[tag], number) for tag, number in self.added.most_common(most)]

    def put_tags(self, sample: Sample, tags: Sequence[str]) -> tag_edits.Edited | None:
        """Stage a caption with these tags, written as they shall stand.

        Returns what was done to it, None where it stays as it is.
        """
        if not tags:
            return None
        if sample.caption_path is None:
            return self._create(sample, ", ".join(unique(tags)), unique(tags))
        caption = self._caption(sample, sample.caption_path)
        if caption is None:
            return None
        if self.mode != "overwrite":
            edited = tag_edits.append(caption, tags)
        elif caption.prose:
            edited = None
        else:
            edited = tag_edits.overwrite(caption, tags, self.keep_first)
        return self._stage(sample, sample.caption_path, edited)

    def put_prose(self, sample: Sample, text: str) -> None:
        """Stage a caption with this line of text: behind what stands there, or in its place."""
        if not text:
            return
        if sample.caption_path is None:
            self._create(sample, text, [])
            return
        caption = self._caption(sample, sample.caption_path)
        if caption is None:
            return
        whole = caption.as_tags()
        if self.mode == "overwrite":
            edited = tag_edits.overwrite(whole, [text], self.keep_first)
        elif text in caption.text:
            return
        else:
            edited = tag_edits.Edited(whole.insert(text, "last").to_bytes())
        self._stage(sample, sample.caption_path, edited)

    def _caption(self, sample: Sample, path: str) -> Caption | None:
        data = self.workspace.caption_bytes(sample)
        if data is None:
            reason = self.workspace.dataset.skipped.get(path, "cannot be read")
            self.tally.refuse(path, reason)
            return None
        caption = Caption.parse(data)
        return caption.as_tags() if self.prose else caption

    def _create(self, sample: Sample, text: str, tags: Sequence[str]) -> tag_edits.Edited | None:
        edited = tag_edits.Edited(text.encode(), tuple(tags))
        return self._write(sample, self.workspace.caption_target(sample), None, edited)

    def _stage(
        self, sample: Sample, path: str, edited: tag_edits.Edited | None
    ) -> tag_edits.Edited | None:
        if edited is None:
            self.tally.prose += 1
            return None
        return self._write(sample, path, self.workspace.content(path), edited)

    def _write(
        self, sample: Sample, path: str, before: bytes | None, edited: tag_edits.Edited
    ) -> tag_edits.Edited | None:
        if not stage_caption(self.workspace, sample, path, before, edited.data, self.tally):
            return None
        self.replaced += len(edited.removed)
        for tag in edited.added:
            self.added[key(tag)] += 1
            self.spelt.setdefault(key(tag), tag)
        return edited


def writer_of(workspace: Workspace) -> Writer:
    """Return what writes tags as the dataset's own captions are written."""
    return Writer(style_of(workspace.vocabulary()))


def most_line(top: Sequence[tuple[str, int]]) -> list[str]:
    """Return the line that names the tags added most, none where none was added."""
    return [f"Most: {', '.join(f'{tag} ({number:,})' for tag, number in top)}."] if top else []
