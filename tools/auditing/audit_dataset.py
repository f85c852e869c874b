"""audit_dataset: what is wrong with a dataset, with evidence and ready-made fixes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})
Trainer = Literal["kohya", "onetrainer", "ai-toolkit", "diffusers"]


class AuditDataset(Arguments):
    """Arguments of audit_dataset."""

    check: str = Field(
        default="all",
        description="all, a finding's number, or a check: redundant, contradictory, absorbed, "
        "backgrounds, style, triggers, trainer, duplicates, quality, ...",
    )
    trigger: OptionalTags = Field(default=None, description="default inferred")

    trainer: Annotated[Trainer | None, Advanced] = Field(
        default=None, description="who will read it: kohya, onetrainer, ai-toolkit or diffusers"
    )
    negative: Annotated[str, Advanced] = Field(
        default="", description="your tag for what must not be learnt"
    )
    slow: Annotated[bool, Advanced] = Field(
        default=False, description="with all: also the checks that open every image"
    )
    keep_tokens: Annotated[int | None, Advanced] = Field(
        default=None, ge=0, description="kohya's keep_tokens, for the trainer check"
    )
    resolution: Annotated[int, Advanced] = Field(
        default=1024, ge=64, le=8192, description="training resolution, for the quality check"
    )
    share: Annotated[float, Advanced] = Field(
        default=0.8, gt=0, le=1, description="absorbed: from this share of a trigger's images"
    )
    rare: Annotated[int, Advanced] = Field(
        default=3, ge=1, description="rare: below so many images"
    )


@tool(AuditDataset, core=True)
def audit_dataset(workspace: Workspace, args: AuditDataset) -> Outcome:
    """Find what is wrong with the dataset, with evidence and fixes. Changes nothing."""
    from tagsmith.tools.audit.asking import answer

    return answer(workspace, args)
