"""mark_negative: a tag of your own on what must not be learnt."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.editing import NewTag
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.workspace import Workspace


class MarkNegative(Arguments):
    """Arguments of mark_negative."""

    tag: NewTag = Field(description="your negative tag, as it shall stand")
    where: Where = None


@tool(MarkNegative)
def mark_negative(workspace: Workspace, args: MarkNegative) -> Outcome:
    """Put your negative tag last on images that must not be learnt from as they are: those of the
    query, else those whose tags name watermarks, text or flaws.
    """
    from tagsmith.tools.audit.negatives import mark

    return mark(workspace, args.tag, args.where)
