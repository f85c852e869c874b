"""Tags that a file says of itself go into its caption: append, fill or overwrite, and are counted.

The edits of a caption are those of the vision taggers (tools/vision/tag_edits.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tagsmith.tools.caption import MAX_BYTES, Caption
from tagsmith.tools.dataset import Sample
from tagsmith.tools.editing import Tally
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

    def put_tags(self, sample: Sample, tags: Sequence[str]) -> None:
        """Stage a caption with these tags, written as they shall stand."""
        if not tags:
            return
        if sample.caption_path is None:
            self._create(sample, ", ".join(unique(tags)), unique(tags))
            return
        caption = self._caption(sample, sample.caption_path)
        if caption is None:
            return
        if self.mode != "overwrite":
            edited = tag_edits.append(caption, tags)
        elif caption.prose:
            edited = None
        else:
            edited = tag_edits.overwrite(caption, tags, self.keep_first)
        self._stage(sample, sample.caption_path, caption, edited)

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
        self._stage(sample, sample.caption_path, caption, edited)

    def _caption(self, sample: Sample, path: str) -> Caption | None:
        data = self.workspace.caption_bytes(sample)
        if data is None:
            reason = self.workspace.dataset.skipped.get(path, "cannot be read")
            self.tally.refuse(path, reason)
            return None
        caption = Caption.parse(data)
        return caption.as_tags() if self.prose else caption

    def _create(self, sample: Sample, text: str, tags: Sequence[str]) -> None:
        target = self.workspace.caption_target(sample)
        data = text.encode()
        reason = _too_large(data) or self.workspace.blocked(target)
        if reason:
            self.tally.refuse(target, reason)
            return
        self.workspace.write(target, data, sample)
        self.tally.created += 1
        self._count(tags)

    def _stage(
        self, sample: Sample, path: str, before: Caption, edited: tag_edits.Edited | None
    ) -> None:
        if edited is None:
            self.tally.prose += 1
        elif edited.data == before.to_bytes():
            return
        elif reason := _too_large(edited.data):
            self.tally.refuse(path, reason)
        else:
            self.workspace.write(path, edited.data, sample)
            self.tally.changed += 1
            self.replaced += len(edited.removed)
            self._count(edited.added)

    def _count(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self.added[key(tag)] += 1
            self.spelt.setdefault(key(tag), tag)


def writer_of(workspace: Workspace) -> Writer:
    """Return what writes tags as the dataset's own captions are written."""
    return Writer(style_of(workspace.vocabulary()))


def _too_large(data: bytes) -> str:
    return f"it would be larger than {MAX_BYTES >> 20} MiB" if len(data) > MAX_BYTES else ""
