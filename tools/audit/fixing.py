"""Staging the fixes of findings: the very calls that the findings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagsmith.tools import toolbox
from tagsmith.tools.audit.asking import findings_for
from tagsmith.tools.audit.evidence import Evidence
from tagsmith.tools.errors import UnknownTagError
from tagsmith.tools.toolbox import Outcome
from tagsmith.tools.wording import count

if TYPE_CHECKING:
    from tagsmith.tools.audit.finding import Finding, Fix
    from tagsmith.tools.workspace import Workspace

READING = "reads"


def fix(workspace: Workspace, names: list[str], choice: int) -> Outcome:
    """Stage one fix of each finding that is named, in order.

    Raises UsageError where a name means none; what has no such fix is told.
    """
    findings = findings_for(workspace, Evidence(workspace), names)
    lines, done = [], []
    for finding in findings:
        chosen = _chosen(finding, choice)
        if chosen is None:
            lines.append(f"{finding.id}: {_no_fix(finding, choice)}")
            continue
        said = _call(workspace, chosen)
        lines.append(f"{finding.id}: {said}")
        done.append(finding.id)
    head = f"Fix {count(len(done), 'finding')}"
    if not done:
        head = "Nothing to fix by itself."
    return Outcome("\n".join([head, *lines]), {"fixed": done, "found": len(findings)})


def _chosen(finding: Finding, choice: int) -> Fix | None:
    if choice > len(finding.fixes):
        return None
    chosen = finding.fixes[choice - 1]
    return None if toolbox.find(chosen.tool).family == READING else chosen


def _no_fix(finding: Finding, choice: int) -> str:
    if not finding.fixes:
        return "no tool can mend this; see its evidence"
    if choice > len(finding.fixes):
        return f"it has only {count(len(finding.fixes), 'fix', 'fixes')}"
    return f"look at the images first: {finding.fixes[choice - 1].says}"


def _call(workspace: Workspace, fix: Fix) -> str:
    tool = toolbox.find(fix.tool)
    try:
        outcome = tool.function(workspace, toolbox.validate(tool, fix.arguments))
    except UnknownTagError:
        return "nothing is left to do"
    return outcome.text.split("\n", 1)[0]
