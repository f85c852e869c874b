"""One run of import_metadata: read files, make tags, stage captions, count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tagsmith.tools.errors import UsageError
from tagsmith.tools.metadata import import_report
from tagsmith.tools.metadata.bounded import MetadataError, printable
from tagsmith.tools.metadata.files import Beneath
from tagsmith.tools.metadata.found import Found
from tagsmith.tools.metadata.photo import of_packet
from tagsmith.tools.metadata.prompts import MAX_TAG, has_choice, to_prose, to_tags
from tagsmith.tools.metadata.quality import is_quality
from tagsmith.tools.metadata.readers import PROMPT_SOURCES, SOURCES
from tagsmith.tools.metadata.remembered import Remembered
from tagsmith.tools.metadata.sidecars import OF_PHOTOS, read_packet, sidecars
from tagsmith.tools.tags import key, matcher, unique
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision.format import writable
from tagsmith.tools.vision.staging import Stager, writer_of
from tagsmith.tools.watch import Step
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.tagging.import_metadata import ImportMetadata

_TELL_EVERY = 50
# Trainers cut captions there (tools/line.py); no prompt means that.
_SEPARATORS = re.compile(r"\s*(?:\|\|\||;;;)")


@dataclass(slots=True)
class Counts:
    """What a run met: images by source, what was left out and why, files to look at.

    ``facts`` are those that nobody asked for.
    """

    sources: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    unclear: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    nothing: list[str] = field(default_factory=list)


def run(workspace: Workspace, args: ImportMetadata) -> Outcome:
    """Import the metadata of the selected images; see ``import_metadata``."""
    if args.include and args.form == "prose":
        raise UsageError("Facts become tags, not prose.", "Leave out include, or form=prose.")
    stager = Stager(workspace, args.mode, args.keep_first, args.prose)
    groups = stager.groups(workspace.select(args.where))
    counts = Counts()
    importer = _Importer(workspace, args, counts)
    paths = {one: workspace.on_disk(one) for group in groups.values() for one in group}
    done = 0
    with Beneath(workspace.root) as files:
        beside = importer.beside(files, paths.values())
        for group in groups.values():
            found: list[Found] = []
            for sample in group:
                workspace.watch.check()
                path = paths[sample]
                found += importer.read(files, path, beside.get(path, ()))
                done += 1
                if done % _TELL_EVERY == 0:
                    workspace.watch.tell(Step("Reading metadata", done, len(paths)))
            if args.form == "prose":
                stager.put_prose(group[0], importer.prose(found))
            else:
                stager.put_tags(group[0], importer.tags(found))
    return import_report.outcome(args, stager, counts)


class _Importer:
    """Reads files and turns what they say into captions."""

    def __init__(self, workspace: Workspace, args: ImportMetadata, counts: Counts) -> None:
        self._args = args
        self._counts = counts
        self._sources = frozenset(args.sources or SOURCES)
        self._remembered = Remembered.of(workspace)
        self._include = frozenset(args.include or ())
        self._writer = writer_of(workspace)
        self._excluded: list[Callable[[str], bool]] = [matcher(one) for one in args.exclude or ()]

    def read(self, files: Beneath, path: str, beside: Sequence[str]) -> list[Found]:
        """Read one file, and the XMP beside it, and count what they are.

        What cannot be read is an answer too.
        """
        counts = self._counts
        found: list[Found] = []
        try:
            reading = self._remembered.read(files, path, self._sources)
            found += reading.found
            if reading.notes:
                counts.damaged[path] = reading.notes[0]
        except MetadataError as error:
            counts.damaged[path] = error.reason
        for packet in beside[:1]:
            try:
                found.append(of_packet(read_packet(files, packet)))
            except MetadataError as error:
                counts.damaged[packet] = error.reason
        found = [one for one in found if not one.empty]
        counts.sources.update({one.source for one in found})
        for one in found:
            if one.note:
                counts.unclear[path] = one.note
        if not (found or path in counts.damaged):
            counts.nothing.append(path)
        return found

    def beside(self, files: Beneath, paths: Iterable[str]) -> dict[str, list[str]]:
        """Return the files of XMP beside images, where XMP is wanted."""
        return sidecars(files, paths, OF_PHOTOS) if "xmp" in self._sources else {}

    def tags(self, found: Iterable[Found]) -> list[str]:
        """Return the tags of one caption, in the dataset's own style."""
        tags: list[str] = []
        for one in found:
            tags += self._chosen(self._prompt_tags(one))
            tags += self._chosen(self._keywords(one))
            tags += self._chosen(self._facts(one))
            self._counts.left_out["descriptions"] += bool(one.description)
        return unique(written for tag in tags for written in self._writer.tags(tag, "general"))

    def _prompt_tags(self, found: Found) -> list[str]:
        cleaned = to_tags(found.prompt, found.syntax)
        left_out = self._counts.left_out
        left_out["sentences"] += bool(cleaned.sentences)
        left_out["choices"] += cleaned.choices
        left_out["long"] += cleaned.long
        if self._args.quality:
            return list(cleaned.tags)
        return [tag for tag in cleaned.tags if not self._drop(tag, is_quality(tag))]

    def _keywords(self, found: Found) -> list[str]:
        tags = [
            " ".join(printable(word).split()) for one in found.keywords for word in one.split(",")
        ]
        self._counts.left_out["long"] += sum(len(tag) > MAX_TAG for tag in tags)
        return [tag for tag in tags if tag and len(tag) <= MAX_TAG]

    def _chosen(self, tags: Iterable[str]) -> list[str]:
        chosen = []
        for tag in tags:
            tag_key = key(tag)
            if not self._drop(tag, any(test(tag_key) for test in self._excluded)):
                chosen.append(tag)
                self._counts.left_out["unwritable"] += not writable(tag)
        return chosen

    def _drop(self, tag: str, drop: bool) -> bool:
        self._counts.dropped[key(tag)] += drop
        return drop

    def _facts(self, found: Found) -> list[str]:
        """Return the tags of what the user asked for beside prompts and keywords."""
        there = {
            "camera": [found.camera] if found.camera else [],
            "date": [f"year {found.year}"] if found.year else [],
            "place": list(found.place),
        }
        for name, facts in there.items():
            self._counts.facts[name] += bool(facts) and name not in self._include
        facts = [fact for name, facts in there.items() if name in self._include for fact in facts]
        if "ai-generated" in self._include and found.source in PROMPT_SOURCES:
            facts.append("ai-generated")
        return [" ".join(printable(fact.replace(",", " ")).split())[:MAX_TAG] for fact in facts]

    def prose(self, found: Iterable[Found]) -> str:
        """Return the text of one caption: the prompt, or else the first description."""
        texts = []
        for one in found:
            self._counts.left_out["choices"] += has_choice(one.prompt, one.syntax)
            texts.append(to_prose(one.prompt, one.syntax))
            texts.append(" ".join(printable(one.description).split()))
        return _SEPARATORS.sub(",", next((text for text in texts if text), ""))
