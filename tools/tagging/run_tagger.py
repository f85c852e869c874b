"""run_tagger: tags from a vision model, staged like every other edit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from tagsmith.tools.editing import Prose
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})
_ARROW = "=>"
_CATEGORIES = ("general", "character", "copyright", "artist", "meta", "rating", "species")


class RunTagger(Arguments):
    """Arguments of run_tagger."""

    model: str | None = Field(default=None, description="tagger, or several: a, b")
    where: Where = None
    mode: Literal["append", "fill", "overwrite"] = Field(
        default="append",
        description="behind the tags there are, only where there are none, or in their place",
    )
    threshold: float | None = Field(default=None, ge=0.05, le=1, description="least score: 0.35")

    thresholds: Annotated[OptionalTags, Advanced] = Field(
        default=None,
        description="by category: general=0.4 character=0.9 artist=0.6; above 1 is off",
    )
    mcut: Annotated[bool, Advanced] = Field(
        default=False, description="find the threshold of each image at its widest gap of scores"
    )
    character: Annotated[bool | None, Advanced] = Field(
        default=None, description="names of characters (on)"
    )
    rating: Annotated[bool | None, Advanced] = Field(
        default=None, description="the best rating (off)"
    )
    meta: Annotated[bool | None, Advanced] = Field(
        default=None, description="meta tags such as highres (off; on for pixels)"
    )
    keep: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="tags or wildcards that need a score of 0.05 only"
    )
    exclude: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="tags or wildcards that are never added"
    )
    only: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="add no tags but these; wildcards allowed"
    )
    rename: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="write tags otherwise: 1girl=>woman"
    )
    underscores: Annotated[Literal["dataset", "spaces", "underscores"], Advanced] = Field(
        default="dataset", description="how tags are written"
    )
    parentheses: Annotated[Literal["dataset", "bare", "escaped"], Advanced] = Field(
        default="dataset", description="how brackets are written"
    )
    order: Annotated[Literal["score", "label"] | None, Advanced] = Field(
        default=None, description="highest score first, or as the model lists them"
    )
    max_tags: Annotated[int | None, Advanced] = Field(
        default=None, ge=1, description="at most so many an image"
    )
    split_characters: Annotated[bool, Advanced] = Field(
        default=False, description="saber (fate) becomes saber, fate"
    )
    keep_first: Annotated[int, Advanced] = Field(
        default=0, ge=0, description="overwrite: the first n tags stay"
    )
    vote: Annotated[Literal["union", "intersection", "at_least", "mean"], Advanced] = Field(
        default="union", description="what several taggers must do to a tag: all votes count alike"
    )
    votes: Annotated[int, Advanced] = Field(
        default=2, ge=1, description="how many must agree by at_least"
    )
    prose: Prose = False

    @field_validator("thresholds")
    @classmethod
    def _check_thresholds(cls, value: list[str] | None) -> list[str] | None:
        for item in value or []:
            category, equals, number = item.partition("=")
            if not equals or category.strip() not in _CATEGORIES or not _is_number(number):
                raise ValueError(f"{item!r} is not CATEGORY=NUMBER ({', '.join(_CATEGORIES)})")
        return value

    @field_validator("rename")
    @classmethod
    def _check_rename(cls, value: list[str] | None) -> list[str] | None:
        from tagsmith.tools.vision.format import writable

        for item in value or []:
            old, arrow, new = item.partition(_ARROW)
            if not (arrow and old.strip() and writable(new.strip())):
                raise ValueError(f"{item!r} is not OLD{_ARROW}NEW, each one tag")
        return value

    def by_category(self) -> dict[str, float]:
        """The thresholds by category."""
        parts = (item.partition("=") for item in self.thresholds or [])
        return {category.strip(): float(number) for category, _, number in parts}

    def renamed(self) -> dict[str, str]:
        """The map of ``rename``: keys to tags."""
        parts = (item.partition(_ARROW) for item in self.rename or [])
        return {key(old): new.strip() for old, _, new in parts}


def _is_number(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


@tool(RunTagger, core=True)
def run_tagger(workspace: Workspace, args: RunTagger) -> Outcome:
    """Tag images with a vision model. Its scores are kept, so running it again with another
    threshold or other lists of tags costs nothing. Without a model: the best one installed, or
    pixels, which needs none.
    """
    from tagsmith.tools.vision.tag_run import run

    return run(workspace, args)
