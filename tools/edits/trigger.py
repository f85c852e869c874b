"""add_trigger: put a tag at its place, once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagsmith.tools.editing import NewTag, Prose, create_captions, edit_captions, nowhere
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})


class AddTrigger(Arguments):
    """Arguments of add_trigger."""

    trigger: NewTag = Field(description="the tag, written as it shall stand")
    position: Literal["first", "last"] = "first"
    where: Where = None
    after: Annotated[str | None, Advanced] = Field(
        default=None, description="put it behind this tag instead, where that stands"
    )
    prose: Prose = False


@tool(AddTrigger, core=True)
def add_trigger(workspace: Workspace, args: AddTrigger) -> Outcome:
    """Add a trigger or any other tag, or move it there where it stands elsewhere; twice is once.
    Images without a caption get one.
    """
    samples = workspace.select(args.where)
    if args.after is not None and args.after not in workspace.vocabulary():
        raise workspace.vocabulary().unknown([args.after])
    tally = edit_captions(
        workspace,
        samples,
        lambda caption: caption.put(args.trigger, args.position, args.after),
        prose=args.prose,
    )
    if args.after is None:
        create_captions(workspace, samples, args.trigger, tally)
    where = f"after {args.after}" if args.after else args.position
    if tally.idle:
        if args.after is not None and args.after not in workspace.vocabulary(samples):
            return nowhere([args.after], workspace, samples, tally)
        return tally.outcome(f"Nothing to change: {args.trigger} stands {where} already.")
    files = count(tally.changed + tally.created, "caption")
    return tally.outcome(f"Put {args.trigger} {where} in {files}")
