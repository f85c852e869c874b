"""consolidate_tags: one tag for what is said in several ways."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, Where, tool
from tagsmith.tools.workspace import Workspace


class ConsolidateTags(Arguments):
    """Arguments of consolidate_tags."""

    groups: OptionalTags = Field(
        default=None,
        description="findings of audit_dataset redundant, by number, id or a tag; default all",
    )
    where: Where = None

    def pinned(self, workspace: Workspace) -> ConsolidateTags:
        """Return them with ids for numbers."""
        from tagsmith.tools.audit.asking import pinned

        if not self.groups:
            return self
        return self.model_copy(update={"groups": pinned(workspace, self.groups, check="redundant")})


@tool(ConsolidateTags)
def consolidate_tags(workspace: Workspace, args: ConsolidateTags) -> Outcome:
    """Consolidate redundant tags: one spelling, one of several synonyms, no general tag beside a
    longer one that says it. Tags keep their places; dismissed findings are left alone.
    """
    from tagsmith.tools.audit.consolidating import consolidate

    return consolidate(workspace, args.groups, args.where)
