"""fix_trainer: stages what makes a folder ready for one trainer, and says what is left to you."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tagsmith.tools.editing import NewTag
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import Arguments, Outcome, TagList, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})
Trainer = Literal["kohya", "onetrainer", "ai-toolkit", "diffusers"]
FixName = Literal[
    "names", "extension", "bom", "blank", "lines", "empty", "trigger", "caches", "metadata"
]


class FixTrainer(Arguments):
    """Arguments of fix_trainer."""

    trainer: Trainer
    fixes: TagList[FixName] | None = Field(
        default=None, description="which fixes; default all that lose and decide nothing"
    )
    trigger: NewTag | None = Field(
        default=None, description="the trigger, moved to the front where it stands elsewhere"
    )
    where: Where = None
    empty: Annotated[Literal["trash", "trigger", "class"] | None, Advanced] = Field(
        default=None,
        description="empty captions: to the trash, or filled with the trigger or class token",
    )
    extension: Annotated[Literal[".txt", ".caption"] | None, Advanced] = Field(
        default=None, description="the extension that captions shall have; default most common"
    )
    keep_tokens: Annotated[int | None, Advanced] = Field(
        default=None, ge=0, description="how many first tags the trainer keeps in place"
    )

    @model_validator(mode="after")
    def _has_a_trigger(self) -> FixTrainer:
        wants = "trigger" in (self.fixes or ()) or self.empty == "trigger"
        if wants and self.trigger is None:
            raise ValueError("say which trigger")
        return self


@tool(FixTrainer)
def fix_trainer(workspace: Workspace, args: FixTrainer) -> Outcome:
    """Make the dataset ready for a trainer: byte-order marks, empty captions, extensions, stale
    caches, metadata.jsonl for diffusers. Says what is left to you; lint_trainer looks only.
    """
    from tagsmith.tools.audit.trainers.answers import mended
    from tagsmith.tools.audit.trainers.mending import SAFE, offered
    from tagsmith.tools.audit.trainers.reading import Options
    from tagsmith.tools.audit.trainers.staging import Mender

    chosen = tuple(args.fixes) if args.fixes else SAFE[args.trainer]
    if unknown := [fix for fix in chosen if fix not in offered(args.trainer)]:
        raise UsageError(
            f"There is no fix {unknown[0]!r} for {args.trainer}.",
            f"Fixes: {', '.join(offered(args.trainer))}.",
        )
    trigger = args.trigger or ""
    mender = Mender(
        workspace,
        args.trainer,
        [workspace.on_disk(sample) for sample in workspace.select(args.where)],
        Options(
            extension=args.extension or "",
            keep_tokens=args.keep_tokens,
            triggers=(trigger,) if trigger else (),
        ),
        trigger,
        args.empty or ("trigger" if trigger else "trash"),
        anew="metadata" in (args.fixes or ()),
        everything=not args.where,
    )
    return mended(mender, chosen, mender.run(chosen))
