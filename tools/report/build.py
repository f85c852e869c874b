"""Making a report: what is asked for is gathered once, and what could not be had is told."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tagsmith.tools import saving
from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.run import audit
from tagsmith.tools.audit.tokens import token_counter
from tagsmith.tools.errors import DatasetError, UsageError
from tagsmith.tools.paths import STATE_FOLDER, display
from tagsmith.tools.report import counting, page, pictures
from tagsmith.tools.report.numbers import Applied, Found, Group, Report, Shown

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding
    from tagsmith.tools.journal import Entry
    from tagsmith.tools.vision.duplicates import Group as Duplicate
    from tagsmith.tools.workspace import Workspace

SUFFIXES = (".html", ".htm")
GROUPS_SHOWN = 24
GROUP_IMAGES = 6


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a report is to hold. ``sample`` images are picked by ``seed`` for the contact sheet."""

    settings: Settings = field(default_factory=Settings)
    pictures: bool = True
    sample: int = 24
    seed: int = 1


def build(workspace: Workspace, history: Sequence[Entry], wishes: Wishes) -> Report:
    """Gather everything. Raises StoppedError where the workspace's watch says to stop."""
    evidence = Evidence(workspace, wishes.settings)
    tokens = token_counter(evidence.watch)
    found = audit(evidence, slow=wishes.pictures)
    triggers = [one.trigger for one in evidence.concepts if one.trigger]
    report = Report(
        overview=counting.overview(evidence, os.path.basename(workspace.root) or workspace.root),
        frequencies=counting.frequencies(evidence),
        ranks=counting.ranks(evidence),
        together=counting.together(evidence),
        traits=counting.traits(evidence, triggers),
        tags_per_caption=counting.tags_per_caption(evidence),
        tokens=counting.tokens(evidence, tokens.count),
        tokens_by=tokens.how,
        findings=tuple(map(_finding, found.findings)),
        history=tuple(map(_entry, history)),
        left_out=tuple(found.notes),
    )
    if not wishes.pictures:
        return replace(report, left_out=(*found.notes, "The images were not opened, as was asked."))
    return _with_pictures(report, evidence, wishes)


def _with_pictures(report: Report, evidence: Evidence, wishes: Wishes) -> Report:
    groups = evidence.duplicates.groups
    listed = [(group, (group.keep, *group.others)) for group in groups[:GROUPS_SHOWN]]
    everything = (1 << len(evidence.samples)) - 1
    numbers = counting.sampled(everything, wishes.sample, wishes.seed)
    sheet = [evidence.samples[number].image for number in numbers]
    alike = (image for _, images in listed for image in images[:GROUP_IMAGES])
    shown = {one.name: one for one in pictures.shown(evidence, [*dict.fromkeys((*sheet, *alike))])}
    return replace(
        report,
        sizes=pictures.sizes(evidence),
        duplicates=tuple(_group(group, images, shown) for group, images in listed),
        duplicate_groups=len(groups),
        sheet=tuple(shown[image] for image in sheet),
    )


def _group(group: Duplicate, images: Sequence[str], shown: Mapping[str, Shown]) -> Group:
    small = tuple(shown[image] for image in images[:GROUP_IMAGES])
    return Group(group.kind, group.reason, small, len(images) - len(small))


def check_target(path: str, workspace: Workspace) -> None:
    """Refuse a file that a report would spoil, or that would be taken for a caption.

    Raises UsageError, or DatasetError where it cannot be looked at.
    """
    target = os.path.abspath(path)
    if not target.lower().endswith(SUFFIXES):
        raise UsageError(f"{display(path)} is no HTML file.", "Give -o a name that ends in .html.")
    inside = os.path.relpath(os.path.realpath(target), workspace.root).split(os.sep)
    if inside[0] == STATE_FOLDER:
        raise UsageError(f"{display(path)} lies among Tagsmith's own files.", "Give another -o.")
    try:
        if not _may_replace(target):
            raise UsageError(f"{display(path)} exists and is no report.", "Give another -o.")
    except OSError as error:
        raise _unwritable(path, error) from error


def write(report: Report, path: str, workspace: Workspace) -> None:
    """Write the page, whole or not at all, over an earlier report if there is one.

    Raises UsageError where another file stands there, DatasetError where it cannot be written.
    """
    check_target(path, workspace)
    try:
        saving.replace(os.path.abspath(path), (piece.encode() for piece in page.page(report)))
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> DatasetError:
    return DatasetError(
        f"The report cannot be written to {display(path)}: {error.strerror or error}.",
        "Give another -o.",
    )


def _may_replace(target: str) -> bool:
    if not os.path.lexists(target):
        return True
    if not os.path.isfile(target):
        return False
    with open(target, "rb") as file:
        return file.read(len(page.BEGINNING)) == page.BEGINNING.encode()


def _finding(one: Finding) -> Found:
    return Found(
        one.id,
        one.title,
        one.why,
        one.images,
        one.confidence,
        one.evidence,
        one.samples,
        tuple(fix.says for fix in one.fixes),
    )


def _entry(one: Entry) -> Applied:
    when = one.time.astimezone().strftime("%Y-%m-%d %H:%M")
    return Applied(one.id, when, one.title, one.origin, one.state, one.totals.files)
