"""The trigger buttons at work on a dataset: its sets, its images, and the progress that is kept.

What is pressed is kept at once (tools/trigger_progress.py) and staged only on leaving, as one call
of set_triggers. Coming back withdraws that step, so that there is one step however often one does.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from tagsmith.tools import trigger_sets
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import unescape
from tagsmith.tools.trigger_board import Board, caption_on_disk, digest_of
from tagsmith.tools.trigger_progress import Deed, ProgressLog
from tagsmith.tools.trigger_sets import TriggerSets
from tagsmith.tools.triggers import TriggerSet, marked_bytes
from tagsmith.tools.workspace import Staged, Workspace

TOOL = "set_triggers"


@dataclass(slots=True)
class Desk:
    """One set of buttons in use.

    ``overtaken`` counts captions that were edited since a press: the edit stands, the press is
    forgotten.
    """

    workspace: Workspace
    sets: TriggerSets
    chosen: TriggerSet
    log: ProgressLog
    board: Board
    prose: bool = False
    overtaken: int = 0

    @property
    def place(self) -> int:
        """The image at which the set was left, the first one where it is new or gone."""
        return self.board.index.get(self.log.of(self.chosen.name).place, 0)

    def press(self, number: int, button: int) -> Deed:
        """Toggle a trigger of an image and keep that. Raises UsageError with the reason."""
        deed = self.board.toggle(number, button)
        self.log.do(self.chosen.name, deed)
        return deed

    def skip(self, number: int) -> bool:
        """Leave an image for later, and keep that; not one that has a trigger already."""
        if self.board.held[number]:
            return False
        self.log.do(self.chosen.name, self.board.skip(number))
        return True

    def undo(self) -> tuple[Deed, int | None] | None:
        """Take the last press or skip back; returns it and its image's number, None for none."""
        deed = self.log.undo(self.chosen.name)
        if deed is None:
            return None
        progress = self.log.of(self.chosen.name)
        marks = progress.marks().get(deed.image, {})
        return deed, self.board.restore(deed.image, marks, skipped=deed.image in progress.skipped())

    def stop_at(self, number: int) -> None:
        """Keep where the user is."""
        self.log.stop_at(self.chosen.name, self.board.names[number])

    def turn(self) -> None:
        """Put triggers at the other end from now on, those of all presses. Raises DatasetError."""
        chosen = replace(
            self.chosen, position="last" if self.chosen.position == "first" else "first"
        )
        sets = self.sets.changed(self.chosen.name, chosen)
        trigger_sets.save(self.workspace.root, sets)
        self.sets, self.chosen = sets, chosen
        self.board.use(chosen, prose=self.prose)

    def take_sentences(self, prose: bool) -> None:
        """Say whether captions in sentences are edited too, cut at their commas."""
        self.prose = prose
        self.board.use(self.chosen, prose=prose)

    def restart(self) -> None:
        """Forget what was pressed and skipped with this set and is not applied."""
        self.log.restart(self.chosen.name)
        self.board = _board(self.workspace, self.chosen, self.log, prose=self.prose)

    def arguments(self) -> dict[str, object] | None:
        """Return the call of set_triggers that stages the presses, None where none changes a thing.

        Images are named by their paths on disk.
        """
        marks = self.board.staged()
        if not marks:
            return None
        from tagsmith.tools.edits.set_triggers import arguments

        return arguments(marks, self.chosen.position, self.chosen.name, prose=self.prose)


def open_desk(
    workspace: Workspace, wanted: str = "", log: ProgressLog | None = None, *, prose: bool = False
) -> Desk | TriggerSets:
    """Open the wanted set of buttons, or the one used last; the sets alone where there is none.

    Withdraws the step that this set staged, if nothing was staged after it. Raises DatasetError
    where a file of the buttons is damaged, UsageError for a set that there is not.
    """
    sets = trigger_sets.load(workspace.root)
    chosen = _choose(sets, wanted)
    if chosen is None or not chosen.triggers:
        return sets
    if sets.current != chosen.name:
        sets = sets.using(chosen.name)
        trigger_sets.save(workspace.root, sets)
    log = log or ProgressLog.open(workspace.root)
    prose |= _withdraw(workspace, chosen.name, log)
    overtaken = _settle(workspace, chosen, log, prose=prose)
    board = _board(workspace, chosen, log, prose=prose)
    return Desk(workspace, sets, chosen, log, board, prose, overtaken)


def _choose(sets: TriggerSets, wanted: str) -> TriggerSet | None:
    if not wanted or not sets.sets:
        return sets.chosen
    found = sets.named(wanted)
    if found is None:
        names = ", ".join(one.name for one in sets.sets)
        raise UsageError(f"There is no set of buttons called {wanted!r}.", f"There are: {names}.")
    return found


def _board(workspace: Workspace, chosen: TriggerSet, log: ProgressLog, *, prose: bool) -> Board:
    progress = log.of(chosen.name)
    return Board(workspace, chosen, progress.marks(), progress.skipped(), prose=prose)


def _withdraw(workspace: Workspace, name: str, log: ProgressLog) -> bool:
    """Take back the set's step if it is the last one; whether it took sentences as tag lists.

    What the step does and the progress does not tell, because its file was lost, is kept first.
    """
    last = workspace.staged[-1] if workspace.staged else None
    if last is None or last.step.tool != TOOL or last.step.arguments.get("name") != name:
        return False
    known = log.of(name).marks()
    lost = {one: marks for one, marks in _staged_marks(last).items() if one not in known}
    for image, data in _on_disk(workspace, lost).items():
        for trigger, stands in lost[image].items():
            log.do(name, Deed(image, trigger, stands, digest_of(data)))
    workspace.forget_step(last.step.number)
    return bool(last.step.arguments.get("prose"))


def _staged_marks(staged: Staged) -> dict[str, dict[str, bool]]:
    marks: dict[str, dict[str, bool]] = {}
    for name, stands in (("remove", False), ("put", True)):
        for image, triggers in staged.step.arguments.get(name, {}).items():
            marks.setdefault(unescape(image), {}).update(dict.fromkeys(triggers, stands))
    return marks


def _settle(workspace: Workspace, chosen: TriggerSet, log: ProgressLog, *, prose: bool) -> int:
    """Forget the presses on captions that were written since, by a plan or by hand.

    Returns how many of those captions are not as the presses would have them.
    """
    progress = log.of(chosen.name)
    marks, seen = progress.marks(), progress.seen()
    now = _on_disk(workspace, seen)
    settled = [image for image, data in now.items() if digest_of(data) != seen[image]]
    log.settle(chosen.name, settled)
    return sum(
        marked_bytes(now[image], marks[image], chosen.position, prose=prose) != now[image]
        for image in settled
    )


def _on_disk(workspace: Workspace, images: Collection[str]) -> dict[str, bytes | None]:
    """Return the captions of some images as they were read from the disk, those that are there."""
    captions = workspace.dataset.captions
    found = {}
    for sample in workspace.samples if images else ():
        image = workspace.on_disk(sample)
        if image in images:
            found[image] = captions.get(caption_on_disk(workspace, sample))
    return found
