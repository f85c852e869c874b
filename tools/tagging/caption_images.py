"""caption_images: sentences or tags from a model that looks, staged like every other edit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tagsmith.tools.editing import NewTag
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.workspace import Workspace

Advanced = Field(json_schema_extra={"advanced": True})


def _one_line(text: str) -> str:
    if any(not char.isprintable() for char in text):
        raise ValueError("it is one line of printable text")
    return text


class CaptionImages(Arguments):
    """Arguments of caption_images."""

    model: str = Field(
        default="server",
        description="server (a vision model there), florence-2 or blip (on this machine)",
    )
    where: Where = None
    style: Literal["sentence", "detailed", "tags"] = Field(
        default="sentence", description="one sentence, a paragraph, or tags"
    )
    mode: Literal["append", "fill", "overwrite"] = Field(
        default="append",
        description="beside the text there is, only where there is no sentence, or in its place",
    )

    place: Annotated[Literal["after", "before"], Advanced] = Field(
        default="after", description="on which side of the text there is"
    )
    file: Annotated[Literal[".txt", ".caption"] | None, Advanced] = Field(
        default=None, description="write to the file with this ending beside the image"
    )
    trigger: Annotated[NewTag | None, Advanced] = Field(
        default=None, description="a trigger word that every caption must have"
    )
    max_words: Annotated[int | None, Advanced] = Field(
        default=None, ge=3, le=300, description="at most so many words (tags, for tags)"
    )
    words: Annotated[
        Annotated[str, StringConstraints(max_length=500), AfterValidator(_one_line)] | None,
        Advanced,
    ] = Field(default=None, description="server: more for the prompt, such as what to look at")
    unknown: Annotated[Literal["keep", "drop"], Advanced] = Field(
        default="keep", description="tags that neither captions nor taggers here know"
    )
    seed: Annotated[int, Advanced] = Field(
        default=0, ge=0, le=1_000_000, description="another number asks for other captions"
    )


@tool(CaptionImages)
def caption_images(workspace: Workspace, args: CaptionImages) -> Outcome:
    """Caption images with a model that looks at them. What it answers is kept, so asking again
    costs nothing. Tags and other text that stand there stay, except by mode=overwrite.
    """
    from tagsmith.tools.vision.captioners.run import run

    return run(workspace, args)
