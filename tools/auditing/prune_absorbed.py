"""prune_absorbed: bind a trigger to the traits that it always comes with."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, Where, tool
from tagsmith.tools.workspace import Workspace


class PruneAbsorbed(Arguments):
    """Arguments of prune_absorbed."""

    trigger: str = Field(min_length=1, description="the trigger whose images are meant")
    groups: OptionalTags = Field(
        default=None,
        description="hair, eyes, body, clothes, accessories, ...; default hair, eyes, body",
    )
    tags: OptionalTags = Field(default=None, description="just these tags instead")
    where: Where = None
    share: float = Field(
        default=0.8,
        gt=0,
        le=1,
        description="from this share of the trigger's images",
        json_schema_extra={"advanced": True},
    )


@tool(PruneAbsorbed)
def prune_absorbed(workspace: Workspace, args: PruneAbsorbed) -> Outcome:
    """Remove the traits that nearly all images of a trigger have, so that the trigger takes them
    on. Only from images with the trigger; audit_dataset absorbed shows them first.
    """
    from tagsmith.tools.audit import pruning

    return pruning.prune_absorbed(
        workspace,
        args.trigger,
        groups=args.groups,
        tags=args.tags,
        share=args.share,
        where=args.where,
    )
