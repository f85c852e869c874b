"""The images under the trigger buttons: what each caption is, and what the presses make of it.

Nothing is staged and nothing read from the disk here: the presses lie over the captions of the
workspace, and each costs the work of one caption. Two images of one stem share their caption and
so their triggers; the first of them stands for both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tagsmith.tools import content
from tagsmith.tools.dataset import Sample
from tagsmith.tools.errors import UsageError
from tagsmith.tools.reading import KeyReader, Needles
from tagsmith.tools.tags import key
from tagsmith.tools.trigger_progress import Deed
from tagsmith.tools.triggers import Marks, Position, TriggerSet, caption_keys, held, marked_bytes
from tagsmith.tools.workspace import Workspace

IN_SENTENCES = "written in sentences"


class Show(StrEnum):
    """Which images the keys go to."""

    ALL = "all"
    UNASSIGNED = "unassigned"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Look:
    """One image: its caption before and after the presses (None: no file), and what to know.

    ``held`` has a bit for each button whose trigger stands there. ``refusal`` says why no trigger
    can be put or removed, ``sharing`` names the other images that have the same caption.
    """

    sample: Sample
    before: bytes | None
    after: bytes | None
    held: int
    refusal: str = ""
    sentences: bool = False
    sharing: tuple[str, ...] = ()


class Board:
    """The images of a workspace and the presses on them, for one set of buttons.

    ``counts`` has for each button in how many images its trigger stands, ``assigned`` counts the
    images with any of them.
    """

    def __init__(
        self,
        workspace: Workspace,
        chosen: TriggerSet,
        marks: Mapping[str, Marks],
        skipped: Iterable[str] = (),
        *,
        prose: bool = False,
    ) -> None:
        self.workspace = workspace
        self.samples = list(workspace.samples)
        self.names = [workspace.on_disk(sample) for sample in self.samples]
        self.index = {name: number for number, name in enumerate(self.names)}
        self._owners, self._mates = _share(workspace, self.samples)
        self._reader = KeyReader()
        self.marks: dict[str, dict[str, bool]] = {}
        for image, of_image in marks.items():
            self.marks[self._owner_of(image)] = dict(of_image)
        self.skipped = {self._owner_of(image) for image in skipped}
        self.use(chosen, prose=prose)

    def _owner_of(self, image: str) -> str:
        number = self.index.get(image)
        return image if number is None else self.names[self._owners[number]]

    def use(self, chosen: TriggerSet, *, prose: bool) -> None:
        """Count again for other buttons, another position, or with sentences as tag lists."""
        self.position: Position = chosen.position
        self.prose = prose
        self.triggers = chosen.triggers
        self._keys = [key(tag) for tag in chosen.triggers]
        self._needles = Needles(self._keys)
        self.held = [0] * len(self.samples)
        self.counts = [0] * len(self._keys)
        self.assigned = 0
        for number, owner in enumerate(self._owners):
            if now := self._count(number) if owner == number else self.held[owner]:
                self._set(number, now)

    def _count(self, number: int) -> int:
        data = self._after(number)
        if data is None or not self._keys or self._needles.absent(data):
            return 0
        if self.prose:
            return held(caption_keys(data, prose=True), self._keys)
        return held(set(self._reader.keys(data)), self._keys)

    def _set(self, number: int, now: int) -> None:
        before = self.held[number]
        self.held[number] = now
        self.assigned += bool(now) - bool(before)
        for bit in range(len(self.counts)):
            self.counts[bit] += (now >> bit & 1) - (before >> bit & 1)

    def _before(self, number: int) -> bytes | None:
        return self.workspace.content(self.workspace.caption_target(self.samples[number]))

    def _after(self, number: int) -> bytes | None:
        before = self._before(number)
        marks = self._changing(number, before)
        if not marks or self._unreadable(number):
            return before
        return marked_bytes(before, marks, self.position, prose=self.prose)

    def _changing(self, number: int, before: bytes | None) -> Marks:
        """Return the presses that the caption does not have yet: where it has, others placed it."""
        marks = self.marks.get(self.names[self._owners[number]])
        if not marks:
            return {}
        keys = caption_keys(before, prose=self.prose)
        return {tag: stands for tag, stands in marks.items() if (key(tag) in keys) != stands}

    def _unreadable(self, number: int) -> str:
        sample = self.samples[number]
        path = sample.caption_path
        if path is None or self.workspace.content(path) is not None:
            return ""
        return self.workspace.dataset.skipped.get(path, "cannot be read")

    # What the screen asks

    def look(self, number: int) -> Look:
        """Return what there is to know of an image."""
        before, after = self._before(number), self._after(number)
        sentences = self._in_sentences(before)
        return Look(
            self.samples[number],
            before,
            after,
            self.held[number],
            self._refusal(number, before, sentences=sentences),
            sentences,
            tuple(
                self.samples[mate].name
                for mate in self._mates.get(self._owners[number], ())
                if mate != number
            ),
        )

    @staticmethod
    def _in_sentences(data: bytes | None) -> bool:
        """Tell whether no trigger could be put without taking sentences as tags."""
        return data is not None and data == marked_bytes(data, {"\ufffc": True}, "first")

    def _refusal(self, number: int, before: bytes | None, *, sentences: bool) -> str:
        if unreadable := self._unreadable(number):
            return unreadable
        if sentences and not self.prose:
            return IN_SENTENCES
        if before is None:
            return self.workspace.blocked(self.workspace.caption_target(self.samples[number]))
        return ""

    def shows(self, number: int, show: Show) -> bool:
        """Tell whether an image is among those shown."""
        if show is Show.ALL:
            return True
        skipped = self.is_skipped(number)
        return skipped if show is Show.SKIPPED else not (skipped or self.held[number])

    def is_skipped(self, number: int) -> bool:
        """Tell whether an image was skipped and got no press since."""
        return self.names[self._owners[number]] in self.skipped

    @property
    def skips(self) -> int:
        """How many images were skipped."""
        found = (self.index[image] for image in self.skipped if image in self.index)
        return sum(len(self._mates.get(number, (number,))) for number in found)

    def step(self, number: int, by: int, show: Show) -> int | None:
        """Return the next image that is shown, forwards or backwards; None where none is left."""
        number += by
        while 0 <= number < len(self.samples):
            if self.shows(number, show):
                return number
            number += by
        return None

    # What the keys do

    def toggle(self, number: int, button: int) -> Deed:
        """Put a button's trigger on an image, or take it off. Raises UsageError with the reason."""
        look = self.look(number)
        if look.refusal:
            raise UsageError(look.refusal)
        owner = self.names[self._owners[number]]
        path = caption_on_disk(self.workspace, look.sample)
        deed = Deed(
            owner,
            self.triggers[button],
            not look.held >> button & 1,
            digest_of(self.workspace.dataset.captions.get(path)),
        )
        marks = self.marks.setdefault(owner, {})
        marks.pop(deed.trigger, None)
        marks[deed.trigger] = deed.on
        self.skipped.discard(owner)
        self._recount(number)
        return deed

    def skip(self, number: int) -> Deed:
        """Leave an image for later."""
        owner = self.names[self._owners[number]]
        self.skipped.add(owner)
        return Deed(owner)

    def restore(self, image: str, marks: Marks, *, skipped: bool) -> int | None:
        """Give an image the presses it had before; returns its number, None where it is gone."""
        if marks:
            self.marks[image] = dict(marks)
        else:
            self.marks.pop(image, None)
        (self.skipped.add if skipped else self.skipped.discard)(image)
        number = self.index.get(image)
        if number is not None:
            self._recount(number)
        return number

    def _recount(self, number: int) -> None:
        owner = self._owners[number]
        now = self._count(owner)
        for mate in self._mates.get(owner, (owner,)):
            self._set(mate, now)

    def staged(self) -> dict[str, Marks]:
        """Return the presses that would change a caption now, by image."""
        found: dict[str, Marks] = {}
        for image in self.marks:
            number = self.index.get(image)
            if number is not None and self._after(number) != self._before(number):
                found[image] = self._changing(number, self._before(number))
        return found


def digest_of(data: bytes | None) -> str:
    """Return the digest of a caption in hexadecimal digits; empty where there is none."""
    return "" if data is None else content.digest(data).hex()


def caption_on_disk(workspace: Workspace, sample: Sample) -> str:
    """Return where a sample's caption lies, or would lie, on disk, whatever move is staged."""
    image, target = workspace.on_disk(sample), workspace.caption_target(sample)
    if image == sample.image:
        return target
    suffix = "." + target.rpartition(".")[2]
    return image.rpartition(".")[0] + suffix


def _share(
    workspace: Workspace, samples: list[Sample]
) -> tuple[list[int], dict[int, tuple[int, ...]]]:
    """Return for each sample the first one with the same caption, and the groups of several."""
    first: dict[str, int] = {}
    owners: list[int] = []
    groups: dict[int, list[int]] = defaultdict(list)
    for number, sample in enumerate(samples):
        owner = number
        if sample.shared:
            owner = first.setdefault(workspace.caption_target(sample), number)
            groups[owner].append(number)
        owners.append(owner)
    return owners, {owner: tuple(found) for owner, found in groups.items() if len(found) > 1}
