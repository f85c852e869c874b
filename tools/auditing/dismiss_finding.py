"""dismiss_finding and list_dismissed: findings that do not count, remembered with the dataset."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, Outcome, Tags, tool
from tagsmith.tools.workspace import Workspace


class DismissFinding(Arguments):
    """Arguments of dismiss_finding."""

    findings: Tags = Field(description="findings of audit_dataset, by number or id")
    reason: str = Field(default="", max_length=500, description="why, to be read later")
    restore: bool = Field(default=False, description="let them count again")


@tool(DismissFinding)
def dismiss_finding(workspace: Workspace, args: DismissFinding) -> Outcome:
    """Dismiss findings for good: later audits leave them out. Changes no caption."""
    from tagsmith.tools.audit import dismissing

    if args.restore:
        return dismissing.restore(workspace, args.findings)
    return dismissing.dismiss(workspace, args.findings, args.reason)


class ListDismissed(Arguments):
    """Arguments of list_dismissed."""

    limit: int = Field(default=30, ge=1, description="rows to show")


@tool(ListDismissed)
def list_dismissed(workspace: Workspace, args: ListDismissed) -> Outcome:
    """List the findings that were dismissed, with the reasons given. Changes nothing."""
    from tagsmith.tools.audit import dismissing

    return dismissing.told(workspace, args.limit)
