"""One run of import_source_tags: find sidecars, choose categories, stage captions, count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tagsmith.tools.metadata.booru import Sourced
from tagsmith.tools.metadata.bounded import MetadataError
from tagsmith.tools.metadata.files import Beneath
from tagsmith.tools.metadata.sidecars import OF_SOURCES, read_sidecar, sidecars
from tagsmith.tools.paths import display
from tagsmith.tools.tagging.import_source_tags import DEFAULT
from tagsmith.tools.tags import key, matcher, unique
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.vision.staging import Stager, most_line, writer_of
from tagsmith.tools.watch import Step
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.tagging.import_source_tags import ImportSourceTags

_TELL_EVERY = 50
_TOP = 8
_SHOWN = 3
_MOST_ROWS = 50


@dataclass(slots=True)
class Counts:
    """Sidecars by form, tags by category taken and left, sidecars that cannot be read."""

    forms: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, str] = field(default_factory=dict)
    nothing: list[str] = field(default_factory=list)
    unsorted: int = 0


def run(workspace: Workspace, args: ImportSourceTags) -> Outcome:
    """Import the source tags of the selected images; see ``import_source_tags``."""
    stager = Stager(workspace, args.mode, args.keep_first, args.prose)
    groups = stager.groups(workspace.select(args.where))
    counts = Counts()
    chooser = _Chooser(workspace, args, counts)
    paths = {one: workspace.on_disk(one) for group in groups.values() for one in group}
    with Beneath(workspace.root) as files:
        beside = sidecars(files, paths.values(), OF_SOURCES)
        for done, group in enumerate(groups.values()):
            workspace.watch.check()
            if done % _TELL_EVERY == 0:
                workspace.watch.tell(Step("Reading sidecars", done, len(groups), "captions"))
            tags: list[str] = []
            for sample in group:
                image = paths[sample]
                if not beside[image]:
                    counts.nothing.append(image)
                found = _first(files, beside[image], counts)
                tags += chooser.tags(found) if found else []
            stager.put_tags(group[0], unique(tags))
    return _outcome(args, stager, counts)


def _first(files: Beneath, paths: Sequence[str], counts: Counts) -> Sourced | None:
    """Return what the first sidecar that can be read says."""
    for path in paths:
        try:
            found = read_sidecar(files, path)
        except MetadataError as error:
            counts.damaged[path] = error.reason
            continue
        counts.forms[found.form] += 1
        counts.unsorted += "unsorted" in found.tags
        return found
    return None


class _Chooser:
    """Chooses tags by category and writes them in the dataset's own style."""

    def __init__(self, workspace: Workspace, args: ImportSourceTags, counts: Counts) -> None:
        self._counts = counts
        self._categories = frozenset(args.categories or DEFAULT)
        self._writer = writer_of(workspace)
        self._excluded: list[Callable[[str], bool]] = [matcher(one) for one in args.exclude or ()]

    def tags(self, found: Sourced) -> list[str]:
        """Return the tags of one sidecar."""
        chosen: list[str] = []
        for category, tags in found.tags.items():
            if category not in self._categories:
                self._counts.left[category] += len(tags)
                continue
            kept = self._kept(tags)
            self._counts.taken[category] += len(kept)
            chosen += [written for tag in kept for written in self._writer.tags(tag, category)]
        return chosen

    def _kept(self, tags: Iterable[str]) -> list[str]:
        kept = []
        for tag in tags:
            tag_key = key(tag)
            if any(test(tag_key) for test in self._excluded):
                self._counts.dropped[tag_key] += 1
            else:
                kept.append(tag)
        return kept


def _outcome(args: ImportSourceTags, stager: Stager, counts: Counts) -> Outcome:
    answer = stager.tally.outcome(_summary(args, stager, counts))
    lines = [answer.text, *_lines(stager, counts)]
    rows = list(counts.damaged.items())[:_MOST_ROWS]
    data: dict[str, Any] = {
        "forms": dict(counts.forms),
        "categories": dict(counts.taken),
        "categories_left_out": dict(counts.left),
        "tags_added": stager.added.total(),
        "top": [{"tag": tag, "captions": number} for tag, number in stager.top(_TOP)],
        "replaced": stager.replaced,
        "dropped": dict(counts.dropped.most_common(_MOST_ROWS)),
        "damaged": [{"file": display(path), "reason": reason} for path, reason in rows],
        "without": [display(path) for path in counts.nothing[:_MOST_ROWS]],
    }
    return Outcome("\n".join(lines), {**answer.data, **data})


def _summary(args: ImportSourceTags, stager: Stager, counts: Counts) -> str:
    changed = stager.tally.changed + stager.tally.created
    if not changed:
        if args.mode == "fill" and not (counts.nothing or counts.forms or counts.damaged):
            return "Nothing to change: every selected image has a caption."
        if not counts.forms:
            return "Nothing to change: no selected image has a sidecar with tags."
        return "Nothing to change: the sidecars hold no tag that is not there."
    captions = count(changed, "caption")
    if args.mode == "overwrite":
        return f"Overwrite {captions} with the tags of the source"
    return f"Add {count(stager.added.total(), 'tag')} of the source to {captions}"


def _lines(stager: Stager, counts: Counts) -> list[str]:
    lines = []
    if counts.forms:
        lines.append(f"Sidecars by form: {_numbers(counts.forms)}.")
    if stager.replaced:
        lines.append(f"{count(stager.replaced, 'tag')} would be replaced.")
    lines += most_line(stager.top(_TOP))
    if counts.left:
        lines.append(f"Categories left out: {_numbers(counts.left)} (categories=... adds them).")
    if counts.dropped:
        lines.append(f"Left out: {_numbers(counts.dropped)}.")
    if counts.unsorted and counts.taken["unsorted"]:
        lines.append(
            f"{count(counts.unsorted, 'sidecar')} without categories: names of artists may be "
            "among these tags."
        )
    if counts.damaged:
        shown = [f"{display(path)} ({reason})" for path, reason in counts.damaged.items()]
        files = count(len(counts.damaged), "sidecar")
        lines.append(f"{files} cannot be read: {listing(shown, _SHOWN)}.")
    if counts.nothing:
        names = listing([display(path) for path in counts.nothing], _SHOWN)
        lines.append(f"No sidecar for {count(len(counts.nothing), 'image')}: {names}.")
    return lines


def _numbers(counter: Counter[str]) -> str:
    return listing([f"{name} {number:,}" for name, number in counter.most_common()], _TOP)
