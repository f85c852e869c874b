"""How far the trigger buttons are: every press, kept as it is made in ``.tagsmith/``.

The file has a line of JSON for each deed and is only ever added to, so that a press costs
microseconds and a crash at most the last line. What a set has done is what its lines say one after
the other; an undo is a line too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tagsmith.tools import state_files
from tagsmith.tools.errors import DatasetError
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.tags import key

FILE = "triggers.progress"
LARGEST = 64 << 20
VERSION = 1
# The file is written anew once it has so many lines more than deeds.
SLACK = 2000

_HEAD = {"tagsmith": "trigger progress", "version": VERSION}


@dataclass(frozen=True, slots=True)
class Deed:
    """A trigger put on an image or taken off it; without a trigger, the image was skipped.

    ``image`` is a path on disk. ``seen`` is the digest of its caption's file in hexadecimal digits,
    empty where there was none.
    """

    image: str
    trigger: str = ""
    on: bool = False
    seen: str = ""


@dataclass(slots=True)
class Progress:
    """What was done with one set: the deeds in their order, and the image it stopped at."""

    deeds: list[Deed] = field(default_factory=list)
    place: str = ""

    def marks(self) -> dict[str, dict[str, bool]]:
        """Return what is to happen to each image; of two presses on one trigger the last counts."""
        found: dict[str, dict[str, bool]] = {}
        for deed in self.deeds:
            if deed.trigger:
                of_image = found.setdefault(deed.image, {})
                of_image.pop(deed.trigger, None)
                of_image[deed.trigger] = deed.on
        return found

    def skipped(self) -> set[str]:
        """Return the images that were skipped and had no press since."""
        last = {deed.image: deed for deed in self.deeds}
        return {image for image, deed in last.items() if not deed.trigger}

    def seen(self) -> dict[str, str]:
        """Return the digest of each pressed image's caption as the first press found it."""
        found: dict[str, str] = {}
        for deed in self.deeds:
            if deed.trigger:
                found.setdefault(deed.image, deed.seen)
        return found


class ProgressLog:
    """The progress of every set of a dataset; ``trouble`` says why it can no longer be kept."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.trouble = ""
        self._sets: dict[str, Progress] = {}
        self._anew = True

    @classmethod
    def open(cls, root: str) -> ProgressLog:
        """Read what is kept. Raises DatasetError where it is damaged; the file stays as it is.

        A last line without its end is what a crash leaves: it is passed over.
        """
        log = cls(root)
        data = state_files.read(root, FILE, LARGEST)
        if data is None:
            return log
        whole, _, torn = data.rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        for number, text in enumerate(lines, start=1):
            try:
                record = json.loads(text)
                log._check_head(record) if number == 1 else log._play(record)
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise DatasetError(
                    f"{STATE_FOLDER}/{FILE} cannot be used: line {number} is damaged.",
                    "It is left as it is: move it away to begin anew.",
                ) from error
        kept = sum(len(one.deeds) for one in log._sets.values())
        log._anew = bool(torn) or not lines or len(lines) > kept + SLACK
        return log

    @staticmethod
    def _check_head(record: Any) -> None:
        if record["tagsmith"] != _HEAD["tagsmith"]:
            raise ValueError(record)
        if record["version"] > VERSION:
            raise DatasetError(
                f"{STATE_FOLDER}/{FILE} is of a newer Tagsmith.", "Use that one, or move it away."
            )

    def of(self, name: str) -> Progress:
        """Return the progress of a set."""
        return self._sets.setdefault(name, Progress())

    def do(self, name: str, deed: Deed) -> None:
        """Keep a press or a skip."""
        record: dict[str, Any] = {"set": name, "image": deed.image}
        if deed.trigger:
            record |= {"trigger": deed.trigger, "on": deed.on, "seen": deed.seen}
        self._keep(record)

    def undo(self, name: str) -> Deed | None:
        """Take the last press or skip back and return it; None where there is none."""
        deeds = self.of(name).deeds
        last = deeds[-1] if deeds else None
        if last is not None:
            self._keep({"set": name, "undo": True})
        return last

    def stop_at(self, name: str, image: str) -> None:
        """Keep where the user is."""
        if self.of(name).place != image:
            self._keep({"set": name, "place": image})

    def settle(self, name: str, images: Iterable[str]) -> None:
        """Forget the presses on images whose captions have been written since."""
        settled = sorted(images)
        if settled:
            self._keep({"set": name, "settled": settled})

    def restart(self, name: str) -> None:
        """Forget all that was done with a set."""
        self._keep({"set": name, "restart": True})

    def rename(self, name: str, to: str) -> None:
        """A set has another name now."""
        if name != to:
            self._keep({"set": name, "rename": to})

    def retag(self, name: str, trigger: str, to: str) -> None:
        """A button of a set has another trigger now: so do the presses on it."""
        self._keep({"set": name, "retag": trigger, "to": to})

    def _keep(self, record: dict[str, Any]) -> None:
        self._play(record)
        try:
            if self._anew:
                state_files.write(self.root, FILE, b"".join(map(_line, self._records())))
                self._anew = False
            else:
                state_files.append(self.root, FILE, _line(record))
            self.trouble = ""
        except DatasetError as error:
            self.trouble = error.message
            self._anew = True

    def _records(self) -> Iterator[dict[str, Any]]:
        yield _HEAD
        for name, progress in self._sets.items():
            for deed in progress.deeds:
                record: dict[str, Any] = {"set": name, "image": deed.image}
                if deed.trigger:
                    record |= {"trigger": deed.trigger, "on": deed.on, "seen": deed.seen}
                yield record
            if progress.place != (progress.deeds[-1].image if progress.deeds else ""):
                yield {"set": name, "place": progress.place}

    def _play(self, record: dict[str, Any]) -> None:
        """Do what a line says. Raises KeyError or TypeError where it is none of ours."""
        name = _string(record["set"])
        progress = self.of(name)
        if "image" in record:
            deed = _deed(record)
            progress.deeds.append(deed)
            progress.place = deed.image
        elif "undo" in record:
            if progress.deeds:
                progress.place = progress.deeds.pop().image
        elif "place" in record:
            progress.place = _string(record["place"])
        elif "settled" in record:
            gone = set(map(_string, record["settled"]))
            progress.deeds = [one for one in progress.deeds if one.image not in gone]
        elif "restart" in record:
            self._sets[name] = Progress()
        elif "rename" in record:
            self._sets[_string(record["rename"])] = self._sets.pop(name)
        else:
            _retag(progress, _string(record["retag"]), _string(record["to"]))


def _deed(record: dict[str, Any]) -> Deed:
    image = _string(record["image"])
    if "trigger" not in record:
        return Deed(image)
    if not isinstance(record["on"], bool):
        raise TypeError(record["on"])
    return Deed(image, _string(record["trigger"]), record["on"], _string(record["seen"]))


def _retag(progress: Progress, trigger: str, to: str) -> None:
    old = key(trigger)
    progress.deeds = [
        Deed(one.image, to, one.on, one.seen) if one.trigger and key(one.trigger) == old else one
        for one in progress.deeds
    ]


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _line(record: dict[str, Any]) -> bytes:
    # ASCII, so that names that are no UTF-8 (lone surrogates) come back as they were.
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
