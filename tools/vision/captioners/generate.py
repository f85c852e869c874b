"""Images to stored captions: decoded in workers, captioned one by one, kept as they come.

What is stored already is not asked about again. A run that is stopped, or whose model fails, keeps
what it has: the same call goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tagsmith.tools.errors import StoppedError, TagsmithError
from tagsmith.tools.vision.captioners.captioner import Captioner, Request, UnusableError
from tagsmith.tools.vision.captioners.store import Stored
from tagsmith.tools.vision.looking import alone
from tagsmith.tools.vision.noting import Noter
from tagsmith.tools.vision.pace import Pace
from tagsmith.tools.vision.scores import Scores
from tagsmith.tools.vision.workers import BadImage, Result, Workers
from tagsmith.tools.watch import Step, Watch


@dataclass(slots=True)
class Generated:
    """What is known of the images of a run, and how it came to be.

    ``captions`` are by path. ``bad`` are (path, reason) of images that cannot be read, ``unusable``
    of those without a usable caption; ``asked`` counts the images that the model saw now.
    """

    who: str
    captions: dict[str, str] = field(default_factory=dict)
    bad: list[tuple[str, str]] = field(default_factory=list)
    unusable: list[tuple[str, str]] = field(default_factory=list)
    asked: int = 0


def generate(
    captioner: Captioner, request: Request, images: Sequence[str], scores: Scores, watch: Watch
) -> Generated:
    """Return the captions of the images (paths beneath the dataset's root); each is stored.

    Raises StoppedError once the watch says so, and what ``Captioner`` raises where no image can
    get a caption: its hint then says what is kept.
    """
    who = known_as(captioner, request, scores)
    if who is None:
        with alone(watch):
            captioner.open(watch)
        who = captioner.who or ""
    while True:
        run = _Run(captioner, request, scores, watch, Generated(who), images)
        try:
            run.work(run.take_stored())
            return run.made
        except _OtherModelError as other:
            who = other.who
        except StoppedError as error:
            raise run.stopped() from error
        except TagsmithError as error:
            error.hint = run.kept(error.hint)
            raise


def known_as(captioner: Captioner, request: Request, scores: Scores) -> str | None:
    """Return the model whose stored captions count; None where only asking would tell."""
    return captioner.who or scores.captions.last(captioner.family, captioner.digest(request))


def unseen(
    captioner: Captioner, request: Request, images: Sequence[str], scores: Scores
) -> list[str]:
    """Return the images that have no stored answer, as far as is known without asking anybody."""
    who = known_as(captioner, request, scores)
    if who is None:
        return list(images)
    contents = scores.contents(images)
    stored = scores.captions.get(who, captioner.digest(request), {*contents.values()})
    return [path for path in images if contents.get(path) not in stored]


class _OtherModelError(Exception):
    """The captions that are stored are of another model than the one that answers now."""

    def __init__(self, who: str) -> None:
        super().__init__(who)
        self.who = who


class _Run:
    """One run over images: what is known, what is still to be asked."""

    def __init__(
        self,
        captioner: Captioner,
        request: Request,
        scores: Scores,
        watch: Watch,
        made: Generated,
        images: Sequence[str],
    ) -> None:
        self.made = made
        self._captioner = captioner
        self._request = request
        self._asked = captioner.digest(request)
        self._scores = scores
        self._watch = watch
        self._images = images
        self._pace = Pace()
        self._noter = Noter(scores.root)

    def take_stored(self) -> list[str]:
        """Take what the store has; returns the images that it knows nothing of."""
        contents = self._scores.contents(self._images)
        stored = self._scores.captions.get(self.made.who, self._asked, {*contents.values()})
        todo = []
        for path in self._images:
            found = stored.get(contents.get(path, b""))
            if found is None:
                todo.append(path)
            else:
                self._take(path, found)
        return todo

    def work(self, paths: Sequence[str]) -> None:
        """Open these images, ask about each, and keep the answers."""
        if not paths:
            return
        job, argument = self._captioner.job
        self._tell()
        with alone(self._watch), Workers(job, argument, root=self._scores.root) as workers:
            for path, outcome in workers.map(self._noter.noted(paths), self._watch):
                if isinstance(outcome, BadImage):
                    self.made.bad.append((path, outcome.reason))
                else:
                    self._one(path, outcome)
                self._tell()

    def stopped(self) -> StoppedError:
        """Return the error that tells how far the run came."""
        return StoppedError(
            f"Stopped at {self._done:,} of {len(self._images):,} images.",
            "Their captions are kept, nothing was staged: the same call goes on from there.",
        )

    def kept(self, hint: str) -> str:
        """Return the hint of an error, with what is kept."""
        captioned = len(self.made.captions)
        if not captioned:
            return hint
        return (
            f"Nothing was staged. {captioned:,} of {len(self._images):,} images have their caption "
            f"and keep it: the same call goes on from there. {hint}"
        ).rstrip()

    @property
    def _done(self) -> int:
        made = self.made
        return len(made.captions) + len(made.bad) + len(made.unusable)

    def _one(self, path: str, result: Result) -> None:
        status = self._noter.take(path)
        if status is not None:
            self._scores.remember([(path, status, result.content)])
        captions, content = self._scores.captions, result.content
        known = captions.get(self.made.who, self._asked, [content]).get(content)
        if known is None:
            known = self._ask(result)
            captions.put(self.made.who, self._asked, content, known)
            self.made.asked += 1
            self._pace.worked(1)
        self._take(path, known)

    def _ask(self, result: Result) -> Stored:
        """Ask the model, which is only needed for an image that the store does not know."""
        self._captioner.open(self._watch)
        if (who := self._captioner.who or "") != self.made.who:
            raise _OtherModelError(who)
        try:
            text = self._captioner.caption(result.value, self._request, self._watch)
        except UnusableError as error:
            return Stored(reason=error.reason)
        return Stored(text)

    def _take(self, path: str, stored: Stored) -> None:
        if stored.text:
            self.made.captions[path] = stored.text
        else:
            self.made.unusable.append((path, stored.reason))

    def _tell(self) -> None:
        pace = self._pace.told(len(self._images) - self._done)
        self._watch.tell(Step("Captioning", self._done, len(self._images), pace=pace))
