"""replace_tags: whole tags, in place."""

from __future__ import annotations

from pydantic import Field

from tagsmith.tools.editing import NewTag, Prose, edit_captions, known_tags, nowhere
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import Arguments, Outcome, TagList, Tags, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


class ReplaceTags(Arguments):
    """Arguments of replace_tags."""

    old: Tags = Field(description="tags to replace; wildcards allowed")
    new: TagList[NewTag] = Field(description="what stands there instead")
    where: Where = None
    prose: Prose = False


@tool(ReplaceTags, core=True)
def replace_tags(workspace: Workspace, args: ReplaceTags) -> Outcome:
    """Replace whole tags where they stand. Equal lengths replace pairwise; one new tag merges all
    the old ones at the first one's place; one old tag expands to all the new ones.
    """
    pairs = _pairs(args.old, args.new)
    samples = workspace.select(args.where)
    found, here = known_tags(workspace, samples, args.old, prose=args.prose)
    new_for = {one: new for tag, new in pairs for one in found[tag]}
    tally = edit_captions(
        workspace,
        samples,
        lambda caption: caption.replace(new_for),
        having=new_for,
        prose=args.prose,
    )
    if not (tally.changed or tally.prose):
        if any(here.values()):
            return tally.outcome("Nothing to change: the tags are spelt like that already.")
        return nowhere(args.old, workspace, samples, tally)
    summary = (
        f"Replace {listing(args.old)} by {listing(args.new)} in {count(tally.changed, 'caption')}"
    )
    return tally.outcome(summary, old=args.old, new=args.new)


def _pairs(old: list[str], new: list[str]) -> list[tuple[str, list[str]]]:
    """Pair old and new tags by the rule of the description. Raises UsageError."""
    if len(old) == 1:
        return [(old[0], new)]
    if len(new) == 1:
        return [(tag, new) for tag in old]
    if len(old) == len(new):
        return [(tag, [one]) for tag, one in zip(old, new, strict=True)]
    raise UsageError(
        f"{len(old)} old tags cannot be replaced by {len(new)} new ones.",
        "Give as many new tags as old ones, or one of either.",
    )
