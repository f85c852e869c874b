"""lint_trainer: what a trainer would really read from the folder, and what is wrong with that."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tagsmith.tools.auditing.fix_trainer import Trainer
from tagsmith.tools.editing import NewTag
from tagsmith.tools.errors import UsageError
from tagsmith.tools.toolbox import Arguments, Outcome, TagList, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})


class LintTrainer(Arguments):
    """Arguments of lint_trainer."""

    trainer: Trainer | None = Field(default=None, description="default: the one that is evident")
    triggers: TagList[NewTag] | None = Field(
        default=None, description="tags whose place is looked at"
    )
    where: Where = None
    limit: int = Field(default=5, ge=0, description="captions to show")
    extension: Annotated[str, Advanced] = Field(
        default="", description="the extension of captions in the trainer's settings"
    )
    keep_tokens: Annotated[int | None, Advanced] = Field(
        default=None, ge=0, description="how many first tags the trainer keeps in place"
    )
    wildcard: Annotated[bool, Advanced] = Field(
        default=False, description="kohya: enable_wildcard is set"
    )
    subfolders: Annotated[bool | None, Advanced] = Field(
        default=None, description="OneTrainer: Include Subdirectories is set"
    )


@tool(LintTrainer)
def lint_trainer(workspace: Workspace, args: LintTrainer) -> Outcome:
    """Show what kohya, OneTrainer, ai-toolkit or diffusers would really read: which images, each
    caption as the trainer sees it, tokens, repeats, and what goes wrong. Changes nothing.
    """
    from tagsmith.tools.audit.tokens import token_counter
    from tagsmith.tools.audit.trainers.all import Guess, infer
    from tagsmith.tools.audit.trainers.answers import linted
    from tagsmith.tools.audit.trainers.lint import lint
    from tagsmith.tools.audit.trainers.listing import files_of
    from tagsmith.tools.audit.trainers.reading import Options

    files = files_of(workspace)
    guess = Guess(args.trainer, "as you say") if args.trainer else infer(files)
    if not guess.trainer:
        raise UsageError(
            "Nothing in this folder says for which trainer it is.",
            "Say trainer=kohya, onetrainer, ai-toolkit or diffusers.",
        )
    options = Options(
        args.extension, args.wildcard, args.subfolders, args.keep_tokens, tuple(args.triggers or ())
    )
    counter = token_counter(workspace.watch)
    found = lint(files, guess.trainer, options, counter)
    chosen = None
    if args.where:
        chosen = {sample.image for sample in workspace.select(args.where)}
    shown = [one for one in found.readings if chosen is None or one.image in chosen]
    return linted(guess, found, shown[: args.limit], counter)
