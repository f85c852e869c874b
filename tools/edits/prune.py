"""prune_tags: remove every occurrence."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.editing import Prose, edit_captions, known_tags, nowhere
from tagsmith.tools.toolbox import Arguments, Outcome, Tags, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


class PruneTags(Arguments):
    """Arguments of prune_tags."""

    tags: Tags = Field(description="tags to remove; wildcards such as *hair allowed")
    where: Where = None
    prose: Prose = False


@tool(PruneTags, core=True)
def prune_tags(workspace: Workspace, args: PruneTags) -> Outcome:
    """Remove every occurrence of whole tags from captions. Images and other tags stay."""
    samples = workspace.select(args.where)
    found, here = known_tags(workspace, samples, args.tags, prose=args.prose)
    tally = edit_captions(
        workspace,
        samples,
        lambda caption: caption.remove(here.__contains__),
        having=here,
        prose=args.prose,
    )
    if not (tally.changed or tally.prose):
        return nowhere(args.tags, workspace, samples, tally)
    summary = f"Remove {listing(args.tags)} from {count(tally.changed, 'caption')}"
    removed = {tag: sum(here[one] for one in keys) for tag, keys in found.items()}
    return tally.outcome(summary, removed=removed)
