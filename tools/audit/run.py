"""Running checks: what they find, ranked, without what the user has dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tagsmith.tools.audit import dismissed
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.audit.registry import Check, checks, named
from tagsmith.tools.errors import DatasetError, StoppedError, TagsmithError
from tagsmith.tools.watch import Step

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding

ALL = "all"


@dataclass(slots=True)
class Audit:
    """What an audit found: ``findings`` ranked, ``hidden`` those that were dismissed.

    ``notes`` say which checks could not be made, and why.
    """

    evidence: Evidence
    checks: tuple[str, ...]
    findings: list[Finding] = field(default_factory=list)
    hidden: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def audit(evidence: Evidence, name: str = ALL, *, slow: bool = False) -> Audit:
    """Run one check by its name, or all of them; the slow ones only when asked.

    Raises UsageError where there is no such check, and what a check raises that was named; of all
    of them, those that cannot be made are noted. StoppedError once nobody waits any more.
    """
    chosen = _chosen(name, slow=slow)
    found = Audit(evidence, tuple(one.name for one in chosen))
    try:
        ignored = {one.id for one in dismissed.load(evidence.workspace.root)}
    except DatasetError as error:
        ignored = set()
        found.notes.append(str(error))
    for number, one in enumerate(chosen):
        evidence.watch.tell(Step("Checking", number, len(chosen), "checks"))
        evidence.watch.check("Stopped.", "Nothing was changed.")
        try:
            findings = list(one.find(evidence))
        except StoppedError:
            raise
        except TagsmithError as error:
            if name != ALL:
                raise
            found.notes.append(f"{one.name}: {error.message}")
            continue
        for finding in findings:
            (found.hidden if finding.id in ignored else found.findings).append(finding)
    found.findings = ranked(found.findings, len(evidence.samples))
    return found


def _chosen(name: str, *, slow: bool) -> Sequence[Check]:
    if name == ALL:
        return [one for one in checks().values() if slow or not one.slow]
    return [named(name)]


def weight(finding: Finding, images: int) -> float:
    """Return what a finding is worth: harm by confidence by the root of the share of the images.

    The root keeps what concerns a few images, and stops a trainer there, from being buried.
    """
    share = min(1.0, max(finding.images, 1) / max(images, 1))
    return finding.harm * finding.confidence * float(share**0.5)


def ranked(findings: Sequence[Finding], images: int) -> list[Finding]:
    """Return findings in order of their weight; equal ones by id."""
    return sorted(findings, key=lambda one: (-weight(one, images), one.id))
