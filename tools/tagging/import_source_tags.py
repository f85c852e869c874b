"""import_source_tags: the tags that a picture has where it was downloaded from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagsmith.tools.editing import Prose
from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, TagList, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})
Category = Literal[
    "general", "character", "copyright", "species", "artist", "meta", "lore", "unsorted"
]
# Artists are left out: their names would teach a model to copy them by name, and no picture shows
# them. Meta and lore tags speak of the file and of stories, not of what is to be seen.
DEFAULT: tuple[Category, ...] = ("general", "character", "copyright", "species", "unsorted")


class ImportSourceTags(Arguments):
    """Arguments of import_source_tags."""

    where: Where = None
    mode: Literal["append", "fill", "overwrite"] = Field(
        default="append",
        description="behind the tags there are, only where there are none, or in their place",
    )
    categories: TagList[Category] | None = Field(
        default=None,
        description="general, character, copyright, species, unsorted (these by default), artist, "
        "meta, lore",
    )

    exclude: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="tags or wildcards that are never added"
    )
    keep_first: Annotated[int, Advanced] = Field(
        default=0, ge=0, description="overwrite: the first n tags stay"
    )
    prose: Prose = False


@tool(ImportSourceTags)
def import_source_tags(workspace: Workspace, args: ImportSourceTags) -> Outcome:
    """Take tags from the JSON files that downloaders leave beside images. Knows those of
    gallery-dl, Danbooru, e621, Gelbooru and moebooru, and lists of tags called x.jpg.txt.
    """
    from tagsmith.tools.metadata.sourcing import run

    return run(workspace, args)
