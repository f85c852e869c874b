"""fix_findings: stage the fixes of findings."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, Outcome, Tags, tool
from tagsmith.tools.workspace import Workspace


class FixFindings(Arguments):
    """Arguments of fix_findings."""

    findings: Tags = Field(description="findings of audit_dataset, by number or id")
    choice: int = Field(default=1, ge=1, description="which of its fixes, where it has several")

    def pinned(self, workspace: Workspace) -> FixFindings:
        """Return them with ids for numbers."""
        from tagsmith.tools.audit.asking import pinned

        return self.model_copy(update={"findings": pinned(workspace, self.findings)})


@tool(FixFindings)
def fix_findings(workspace: Workspace, args: FixFindings) -> Outcome:
    """Stage the fix of each finding that is named, as audit_dataset shows it."""
    from tagsmith.tools.audit.fixing import fix

    return fix(workspace, args.findings, args.choice)
