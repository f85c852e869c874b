"""The answer of audit_dataset, and the findings that the other tools of the audit are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools.audit import listing, naming
from tagsmith.tools.audit.evidence import Evidence, Settings
from tagsmith.tools.audit.registry import checks
from tagsmith.tools.audit.run import ALL, Audit, audit
from tagsmith.tools.toolbox import Outcome

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding
    from tagsmith.tools.auditing.audit_dataset import AuditDataset
    from tagsmith.tools.workspace import Workspace

MOST_ROWS = 100


def answer(workspace: Workspace, wishes: AuditDataset) -> Outcome:
    """Return everything in a screen, one check with its evidence, or one finding whole."""
    evidence = Evidence(workspace, settings(wishes))
    if wishes.check != ALL and wishes.check not in checks():
        return _one_finding(workspace, evidence, wishes.check)
    found = audit(evidence, wishes.check, slow=wishes.slow)
    naming.remember(workspace, found.findings)
    text = listing.overview(found) if wishes.check == ALL else listing.one_check(found)
    images = len(evidence.samples)
    return Outcome(
        text,
        {
            "rows": listing.rows(found.findings[:MOST_ROWS], images),
            "findings": len(found.findings),
            "dismissed": len(found.hidden),
            "notes": found.notes,
            "checks": list(found.checks),
            "images": images,
        },
    )


def settings(wishes: AuditDataset) -> Settings:
    """Return what the user told the audit."""
    return Settings(
        trainer=wishes.trainer or "",
        triggers=tuple(wishes.trigger or ()),
        negative=wishes.negative,
        keep_tokens=wishes.keep_tokens,
        resolution=wishes.resolution,
        absorbed=wishes.share,
        rare=wishes.rare,
    )


def _one_finding(workspace: Workspace, evidence: Evidence, name: str) -> Outcome:
    found = findings_for(workspace, evidence, [name])
    text = "\n\n".join(listing.whole(one) for one in found)
    rows = listing.rows(found, len(evidence.samples))
    return Outcome(text, {"rows": rows, "findings": len(found)})


def findings_for(
    workspace: Workspace, evidence: Evidence, names: list[str], check: str = ""
) -> list[Finding]:
    """Return the findings of some names: ids run their own check, others the quick ones.

    ``check`` narrows them to one check. Raises UsageError where a name means none.
    """
    wanted = naming.expected(workspace, names)
    prefixes = {one.partition(":")[0] for one in wanted}
    if check:
        prefixes = {check}
    if prefixes <= checks().keys():
        found = [one for name in sorted(prefixes) for one in _everything(audit(evidence, name))]
    else:
        found = _everything(audit(evidence))
    return naming.resolve(workspace, wanted, found)


def pinned(workspace: Workspace, names: list[str], check: str = "") -> list[str]:
    """Return names with the ids of findings in place of numbers, which another list will change.

    Raises UsageError for a number that means none.
    """
    wanted = naming.expected(workspace, names)
    if not any(one.isascii() and one.isdigit() for one in wanted):
        return wanted
    return [one.id for one in findings_for(workspace, Evidence(workspace), wanted, check)]


def _everything(found: Audit) -> list[Finding]:
    return [*found.findings, *found.hidden]
