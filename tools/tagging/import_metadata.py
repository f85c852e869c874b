"""import_metadata: what image files say of themselves becomes tags, or a caption in prose."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tagsmith.tools.editing import Prose
from tagsmith.tools.toolbox import Arguments, OptionalTags, Outcome, TagList, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})
Source = Literal[
    "a1111",
    "swarmui",
    "easydiffusion",
    "invokeai",
    "novelai",
    "comfyui",
    "fooocus",
    "drawthings",
    "midjourney",
    "xmp",
    "iptc",
    "exif",
]
Extra = Literal["camera", "date", "place", "ai-generated"]


class ImportMetadata(Arguments):
    """Arguments of import_metadata."""

    where: Where = None
    mode: Literal["append", "fill", "overwrite"] = Field(
        default="append",
        description="behind the tags there are, only where there are none, or in their place",
    )
    form: Literal["tags", "prose"] = Field(
        default="tags", description="cut prompts into tags, or keep them as sentences"
    )
    include: TagList[Extra] | None = Field(
        default=None, description="facts as tags too: camera, date, place, ai-generated"
    )

    sources: Annotated[TagList[Source] | None, Advanced] = Field(
        default=None, description="whose metadata to read: a1111, comfyui, xmp, ...; default all"
    )
    exclude: Annotated[OptionalTags, Advanced] = Field(
        default=None, description="tags or wildcards that are never added"
    )
    quality: Annotated[bool, Advanced] = Field(
        default=False, description="keep words like masterpiece, best quality, score_9"
    )
    keep_first: Annotated[int, Advanced] = Field(
        default=0, ge=0, description="overwrite: the first n tags stay"
    )
    prose: Prose = False


@tool(ImportMetadata)
def import_metadata(workspace: Workspace, args: ImportMetadata) -> Outcome:
    """Take tags from the metadata inside image files. Reads the prompts of image generators (A1111,
    ComfyUI, NovelAI and others) and the keywords of photo programs.
    """
    from tagsmith.tools.metadata.importing import run

    return run(workspace, args)
