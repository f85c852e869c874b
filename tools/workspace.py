"""The workspace: a dataset plus the edits staged so far. Nothing here writes to the dataset."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from tagsmith.tools.caption import BOM, Caption, why_not_editable
from tagsmith.tools.dataset import Dataset, Sample, join, scan, uncollected
from tagsmith.tools.errors import DatasetError, TagsmithError, UsageError
from tagsmith.tools.overlay import Differ, Overlay
from tagsmith.tools.pairing import CAPTION_SUFFIXES, groups
from tagsmith.tools.paths import display
from tagsmith.tools.plan import Change, Plan, Step
from tagsmith.tools.query import Query, parse
from tagsmith.tools.reading import KeyReader
from tagsmith.tools.refusals import TagChange
from tagsmith.tools.selection import Outside, outside
from tagsmith.tools.tags import Vocabulary
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.view import View
from tagsmith.tools.watch import Watch
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.vision.captioners.captioner import Captioner

# NAME_MAX of ext4, NTFS and APFS, in bytes of UTF-8.
LONGEST_NAME = 255
TAKEN = "its place is taken"

Run = Callable[["Workspace"], Outcome]


@dataclass(slots=True)
class Staged:
    """A step, how to run it again, whether the user dropped it, and why it now does nothing.

    ``files`` counts the files that it staged when it ran last.
    """

    step: Step
    run: Run
    dropped: bool = False
    failure: str = ""
    files: int = 0


class Workspace:
    """A dataset and what is staged on it.

    Tools read ``samples``, ``caption`` and ``vocabulary`` and call ``write``, ``move`` and
    ``trash`` while ``stage`` runs them; the user's review calls ``drop_step``, ``drop``, ``edit``.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.watch = Watch()
        self.captioners: Mapping[str, Callable[[], Captioner]] = {}
        self._start(dataset)

    def _start(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.root = dataset.root
        self.staged: list[Staged] = []
        self.dropped: set[str] = set()
        self.edited: dict[str, bytes] = {}
        self.edited_after: dict[str, int] = {}
        self.refused: set[TagChange] = set()
        self._overlay = Overlay(dataset)
        self._differ = Differ(dataset)
        self._samples: list[Sample] | None = None
        self._vocabulary: Vocabulary | None = None
        self._reader = KeyReader()

    @classmethod
    def open(
        cls, root: str | os.PathLike[str], suffixes: Iterable[str] = CAPTION_SUFFIXES
    ) -> Workspace:
        """Scan a folder. Raises DatasetError where it is missing, no folder, or has no image."""
        dataset = scan(os.fspath(root), tuple(suffixes))
        if not dataset.samples and not dataset.isolated:
            why = f" ({dataset.problems[0]})" if dataset.problems else ""
            raise DatasetError(
                f"There are no images in {display(dataset.root)}{why}.",
                "Give the folder that holds the images.",
            )
        return cls(dataset)

    def reload(self) -> None:
        """Read the folder again and forget everything staged."""
        self._start(scan(self.root, self.dataset.suffixes))

    # What tools read

    @property
    def samples(self) -> list[Sample]:
        """The samples as they are with the staged moves and creations."""
        if not (self._overlay.moved or self._overlay.created):
            return self.dataset.samples
        if self._samples is None:
            self._samples = self._overlay.samples()
        return self._samples

    def select(self, where: str | Query | None = None) -> list[Sample]:
        """Return the samples that a query matches, all of them without one.

        Raises QueryError where it does not parse, UnknownTagError where it names a tag that no
        caption has.
        """
        if where is None or (isinstance(where, str) and not where.strip()):
            return list(self.samples)
        query = parse(where) if isinstance(where, str) else where
        if query.tags() and (unknown := query.unknown(self.vocabulary())):
            raise self.vocabulary().unknown([named.tag for named in unknown])
        found = [sample for sample in self.samples if query.matches(View(self, sample))]
        self._overlay.choose(found)
        return found

    def content(self, path: str) -> bytes | None:
        """Return a caption's bytes with the staged edits; None where no editable file stands."""
        return self._overlay.read(path)

    def caption_bytes(self, sample: Sample) -> bytes | None:
        """Return the bytes of a sample's caption; None where it has none that can be edited."""
        path = sample.caption_path
        return None if path is None else self._overlay.read(path)

    def caption(self, sample: Sample) -> Caption | None:
        """Return the parsed caption of a sample; None where it has none that can be edited."""
        data = self.caption_bytes(sample)
        return None if data is None else Caption.parse(data)

    def keys(self, sample: Sample) -> list[str]:
        """Return the keys of a sample's tags, the fast way."""
        data = self.caption_bytes(sample)
        return [] if data is None else self._reader.keys(data)

    def caption_target(self, sample: Sample) -> str:
        """Return the path of a sample's caption, or where one would be created."""
        return sample.caption_path or join(sample.folder, sample.stem + self.dataset.suffixes[0])

    def on_disk(self, file: Sample | str) -> str:
        """Return where a file, or a sample's image, lies on disk now, whatever move is staged."""
        path = file if isinstance(file, str) else file.image
        return self._overlay.origins.get(path, path)

    def vocabulary(self, samples: Iterable[Sample] | None = None) -> Vocabulary:
        """Return the tags of all samples, or of some; a shared caption counts for each image."""
        if samples is not None:
            return self._count(samples)
        if self._vocabulary is None:
            self._vocabulary = self._count(self.samples)
        return self._vocabulary

    def _count(self, samples: Iterable[Sample]) -> Vocabulary:
        chosen = list(samples)
        read, keys = self._overlay.read, self._reader.keys
        captions = (read(path) for sample in chosen if (path := sample.caption_path))
        with uncollected():
            counts = Counter(chain.from_iterable(set(keys(data)) for data in captions if data))
        return Vocabulary(counts, self._reader.spellings, len(chosen))

    # What tools stage

    def write(self, path: str, data: bytes, sample: Sample | None = None) -> None:
        """Stage the whole new content of a caption, which is created if it does not exist."""
        self._overlay.write(path, data, sample)

    def move(self, path: str, to: str, sample: Sample | None = None) -> None:
        """Stage a file's move. Raises UsageError where the target is taken or outside the root."""
        self._overlay.move(path, to, sample)

    def trash(self, path: str, sample: Sample | None = None) -> None:
        """Stage a file's move into the journal's trash."""
        self._overlay.trash(path, sample)

    def bring(self, change: Change) -> None:
        """Stage a reverse from the journal as it is given."""
        self._overlay.bring(change)

    def is_pending(self, path: str) -> bool:
        """Tell whether something is staged already for the file that stands on disk at a path."""
        return path in self._overlay.pending()

    def undoes(self, entries: Iterable[str], *, partial: bool = False) -> None:
        """Remember which entries of the journal the staged changes take back, wholly or partly."""
        self._overlay.undoes += tuple(entries)
        self._overlay.partial |= partial

    def group_files(self, folder: str, stems: set[str]) -> dict[str, list[str]]:
        """Return the paths, as they are now, of every file of the samples with these stems."""
        found = groups(self._overlay.names(folder), stems)
        return {stem: [join(folder, name) for name in names] for stem, names in found.items()}

    def trouble(self, path: str) -> str:
        """Return why a file of a group cannot be moved (it is gone, no file), empty if it can."""
        origin = self._overlay.origins.get(path, path)
        try:
            if origin not in self._overlay.created:
                self._differ.digest(origin)
        except DatasetError as error:
            return error.message
        return ""

    def learn(self, found: Dataset) -> None:
        """Take up the captions of files that the scan left out: samples that are brought back."""
        self.dataset.captions.update(found.captions)
        self.dataset.stamps.update(found.stamps)
        self.dataset.skipped.update(found.skipped)

    def blocked(self, path: str) -> str:
        """Return why no new file can stand at this path, empty if one can."""
        if len(os.fsencode(path.rpartition("/")[2])) > LONGEST_NAME:
            return f"its name would be longer than {LONGEST_NAME} bytes"
        return TAKEN if self._overlay.exists(path) else ""

    def names(self, folder: str) -> list[str]:
        """Return the names of what stands in a folder now and is no folder itself, sorted."""
        return self._overlay.names(folder)

    def stage(self, tool: str, arguments: dict[str, Any], run: Run) -> tuple[Outcome, int]:
        """Run a tool; what it stages becomes a step. Returns its outcome and the files it staged.

        A tool that raises leaves nothing staged.
        """
        number = self.staged[-1].step.number + 1 if self.staged else 1
        outcome, files = self._perform(number, run)
        if files:
            step = Step(number, tool, arguments, _summary(outcome))
            self.staged.append(Staged(step, run, files=files))
        return outcome, files

    def _perform(self, number: int, run: Run) -> tuple[Outcome, int]:
        before = self._overlay
        self._overlay = before.copy()
        self._forget_derived()
        try:
            outcome = run(self)
        except BaseException:
            self._overlay = before
            self._forget_derived()
            raise
        files = self._overlay.settle(number)
        if not files:
            self._overlay = before
        self._forget_derived()
        return outcome, files

    def _forget_derived(self) -> None:
        self._samples = self._vocabulary = None

    # What the review does

    @property
    def steps(self) -> list[Step]:
        """The steps that count: staged, not dropped, and not failing without a dropped one."""
        return [one.step for one in self.staged if not (one.dropped or one.failure)]

    def drop_step(self, number: int, *, dropped: bool = True) -> None:
        """Drop a step, or take it back; the others run again as if it had never been there."""
        self._staged(number).dropped = dropped
        self._replay()

    def forget_step(self, number: int) -> None:
        """Remove a step for good."""
        self.staged.remove(self._staged(number))
        before = max(
            (one.step.number for one in self.staged if one.step.number < number), default=0
        )
        for origin, after in self.edited_after.items():
            if after == number:
                self.edited_after[origin] = before
        self._replay()

    def _staged(self, number: int) -> Staged:
        for one in self.staged:
            if one.step.number == number:
                return one
        raise UsageError(f"There is no step {number}.")

    def _replay(self) -> None:
        self._overlay = Overlay(self.dataset)
        self._put_edited(0)
        for one in self.staged:
            one.failure = ""
            if not one.dropped:
                try:
                    outcome, one.files = self._perform(one.step.number, one.run)
                    one.step = replace(one.step, summary=_summary(outcome))
                except TagsmithError as error:
                    one.failure = error.message
            self._put_edited(one.step.number)

    def restore(self, staged: Iterable[Staged], edited: Iterable[tuple[str, int, bytes]]) -> None:
        """Stage steps of an earlier session again, on the files as they are now.

        ``edited`` are captions written by hand: whose, after which step, and what. A step that
        raises stays, with its failure.
        """
        self.staged = list(staged)
        for path, after, data in edited:
            self.edited[path], self.edited_after[path] = data, after
        self._replay()

    def _put_edited(self, step: int) -> None:
        """Write by hand again what the user wrote after a step (0: before the first)."""
        for origin, after in self.edited_after.items():
            if after == step:
                self._overlay.edit(origin, self.edited[origin])
        self._forget_derived()

    def refuse(self, change: TagChange, *, refused: bool = True) -> None:
        """Leave a tag change out of the plan in every file, or take that back."""
        (self.refused.add if refused else self.refused.discard)(change)

    def drop(self, path: str) -> None:
        """Leave a file out of the plan, with every file of its sample."""
        self.dropped.add(self._owner(path))

    def keep(self, path: str) -> None:
        """Take a dropped file back, with every file of its sample."""
        self.dropped.discard(self._owner(path))

    def edit(self, path: str, text: str) -> None:
        """Set the resulting text of a caption by hand; steps staged later build on it.

        ``path`` is where it would stand, or else where it stands on disk. The text stays when
        earlier steps are dropped. Raises UsageError where no such caption is, or where the text
        cannot be one.
        """
        origin = self._overlay.origin(path) or path
        before = self.dataset.captions.get(origin, self._overlay.content.get(origin))
        if before is None:
            raise UsageError(f"{display(path)} is not a caption that can be edited.")
        data = (BOM if before.startswith(BOM) else b"") + text.encode("utf-8", "surrogatepass")
        if reason := why_not_editable(data):
            raise UsageError(f"This text cannot be a caption: {reason}.")
        self.edited[origin] = data
        self.edited_after[origin] = self.staged[-1].step.number if self.staged else 0
        self._overlay.edit(origin, data)
        self._forget_derived()

    def _owner(self, path: str) -> str:
        """Return whose file this is: named as on disk, else as it would be."""
        overlay = self._overlay
        return overlay.owner(path if path in overlay.moved else overlay.origins.get(path, path))

    def clear(self) -> None:
        """Forget everything staged."""
        self._start(self.dataset)

    @property
    def files(self) -> int:
        """Number of files that differ from the disk, without what the user dropped or refused."""
        return self.plan().totals.files if self.refused else len(self._pending(everything=False))

    def state(self) -> str:
        """Return the truth about what is staged, in a line."""
        files = self.files
        return f"staged: {count(files, 'file')}; nothing written yet" if files else "nothing staged"

    def plan(self, title: str = "", *, everything: bool = False) -> Plan:
        """Return the net difference between the workspace and the disk.

        Without ``everything``, what the user dropped is left out; refused tag changes always are.
        """
        overlay, refused = self._overlay, frozenset(self.refused)
        found = (
            self._differ.change(overlay, one, yours=one in self.edited, refused=refused)
            for one in self._pending(everything=everything)
        )
        changes = [change for change in found if change is not None]
        title = title or "; ".join(step.summary for step in self.steps)
        partial = overlay.partial or bool(overlay.undoes and refused)
        return Plan.of(title, self.steps, changes, undoes=overlay.undoes, partial=partial)

    def texts(self) -> Iterator[tuple[str, bytes | None, bytes]]:
        """Yield captions that steps change: whose, before, after; what is refused included."""
        for origin in self._overlay.pending() - self.edited.keys():
            before, after = self._differ.texts(self._overlay, origin)
            if after is not None and self._overlay.moved.get(origin, origin) is not None:
                yield self._overlay.owner(origin), before, after

    def outside(self) -> dict[str, tuple[Outside, ...]]:
        """Return which changes reach images that nothing selected, by the image they belong to."""
        return outside(self._overlay, self.samples, self.steps)

    def _pending(self, *, everything: bool) -> list[str]:
        overlay = self._overlay
        left_out = set() if everything else overlay.left_out(self.dropped)
        return [one for one in overlay.pending() if overlay.owner(one) not in left_out]


def _summary(outcome: Outcome) -> str:
    return outcome.text.split("\n", 1)[0]
