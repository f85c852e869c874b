"""A screen that counts tags behind what it shows: how often, where, beside what, how sure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from tagsmith.tools.errors import DatasetError, StoppedError, UnknownTagError
from tagsmith.tools.tag_profile import Keys, Profile, beside, profile
from tagsmith.tools.tags import Vocabulary
from tagsmith.tui.screens.staging import StagingScreen
from tagsmith.tui.screens.tags_shown import Known

if TYPE_CHECKING:
    from tagsmith.agent.conversation import Conversation
    from tagsmith.tools.dataset import Sample
    from tagsmith.tui.jobs import Snapshot

Found = TypeVar("Found")
Alive = Callable[[], bool]


class CountingScreen(StagingScreen):
    """Counts the tags of the images that ``where`` chooses, one thing after the other.

    The counts of the chat are there at once. ``counted`` and ``learned`` show what is new.
    """

    def __init__(self, conversation: Conversation, snapshot: Snapshot) -> None:
        super().__init__(conversation, snapshot)
        self.where = ""
        self.images = snapshot.images
        self.known = Known(snapshot.vocabulary)
        self.marks: dict[str, None] = {}
        self._counting = 0
        self._comparing = 0
        self._alone = Lock()

    def counted(self) -> None:
        """Show other tags, or other counts of them."""

    def learned(self) -> None:
        """Show what is known beside the counts."""

    def on_unmount(self) -> None:
        """Stop counting: nobody is there to be told any more."""
        self.stop_counting()

    def stop_counting(self) -> None:
        """Let the threads end at the next caption; what they find is dropped."""
        self._counting += 1
        self._comparing += 1

    def in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work`` once no other work runs: staging changes what counting reads."""

        def alone() -> Any:
            with self._alone:
                return work()

        super().in_thread(alone, then)

    def _samples(self) -> list[Sample]:
        """Return the images that count; none where the last tag named by the query is gone."""
        try:
            return self.conversation.workspace.select(self.where or None)
        except UnknownTagError:
            return []

    def _captions(self) -> Iterator[Keys]:
        keys = self.conversation.workspace.keys
        return (keys(sample) for sample in self._samples())

    def _find(
        self, alive: Alive, work: Callable[[], Found | None], then: Callable[[Found], None]
    ) -> None:
        """Do work in a thread, and ``then``, if anybody still waits for it and it found anything.

        Scores that cannot be used are no scores.
        """

        def unless_stopped() -> Found | None:
            try:
                return work() if alive() else None
            except (StoppedError, DatasetError):
                return None

        def if_found(found: Found | None) -> None:
            if found is not None and alive():
                then(found)

        self.in_thread(unless_stopped, if_found)

    def count(self, *, fresh: bool = True) -> None:
        """Count everything again; without ``fresh``, how often each tag stands is known."""
        self._counting += 1
        turn = self._counting

        def alive() -> bool:
            return turn == self._counting

        def work() -> tuple[Vocabulary, int]:
            samples = self._samples()
            return self.conversation.workspace.vocabulary(samples), len(samples)

        def then(found: tuple[Vocabulary, int]) -> None:
            vocabulary, self.images = found
            for gone in self.marks.keys() - vocabulary.counts.keys():
                del self.marks[gone]
            self.known = Known(vocabulary, scores=self.known.scores)
            self.counted()
            self.compare()
            self._profile(alive)

        if fresh:
            self._find(alive, work, then)
        else:
            self.counted()
            self._profile(alive)

    def _profile(self, alive: Alive) -> None:
        known = self.known.vocabulary.counts

        def work() -> Profile:
            return profile(self._captions(), known, alive)

        def then(found: Profile) -> None:
            self.known = replace(self.known, profile=found)
            self.learned()
            self._means(alive)

        self._find(alive, work, then)

    def _means(self, alive: Alive) -> None:
        """Read the stored scores, if any tagger ever ran here."""

        def work() -> dict[str, float] | None:
            from tagsmith.tools.vision import scores_file

            workspace = self.conversation.workspace
            if scores_file.find(workspace.root) is None:
                return None
            from tagsmith.tools.vision.tag_means import tag_means

            return tag_means(workspace, self._samples(), alive)

        def then(found: dict[str, float]) -> None:
            self.known = replace(self.known, scores=found)
            self.learned()

        self._find(alive, work, then)

    def compare(self) -> None:
        """Count what stands beside the marked tags."""
        self._comparing += 1
        turn, marked = self._comparing, tuple(self.marks)
        self.known = replace(self.known, marked=marked, together=None)
        self.learned()

        def alive() -> bool:
            return turn == self._comparing

        def work() -> tuple[int, Counter[str]]:
            return beside(self._captions(), marked, alive)

        def then(found: tuple[int, Counter[str]]) -> None:
            self.known = replace(self.known, together=found[0], beside=found[1])
            self.learned()

        if marked:
            self._find(alive, work, then)
