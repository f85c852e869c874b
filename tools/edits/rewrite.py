"""set_caption: the whole text of one caption, as a person wrote it."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from tagsmith.tools.caption import BOM, NEWLINE, why_not_editable
from tagsmith.tools.dataset import Sample
from tagsmith.tools.editing import Tally, stage_caption
from tagsmith.tools.errors import UsageError
from tagsmith.tools.overlay import empties
from tagsmith.tools.paths import display, escape
from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


class SetCaption(Arguments):
    """Arguments of set_caption."""

    model_config = ConfigDict(str_strip_whitespace=False)

    image: str = Field(min_length=1, description="the image's path, or its name if no other has it")
    text: str = Field(description="the whole new caption")


@tool(SetCaption)
def set_caption(workspace: Workspace, args: SetCaption) -> Outcome:
    """Replace the whole caption of one image by a text, or create it. Line ends, byte-order mark
    and final newline stay as the file has them; images that share the caption are named.
    """
    sample = _find(workspace, args.image)
    path = workspace.caption_target(sample)
    before = workspace.content(path)
    if before is None and sample.caption_path is not None:
        why = workspace.dataset.skipped.get(path, "it cannot be read")
        raise UsageError(f"The caption {display(path)} cannot be edited: {why}.")
    try:
        after = _written(args.text, before)
        reason = why_not_editable(after)
    except UnicodeEncodeError as error:
        reason = f"UTF-8 has no way to write its character {error.start}"
    if reason:
        raise UsageError(f"This text cannot be a caption: {reason}.")
    tally = Tally(selected=1)
    if stage_caption(workspace, sample, path, before, after, tally):
        tally.emptied = int(empties(before, after))
    shown = display(sample.image)
    if tally.idle:
        return tally.outcome(f"Nothing to change: that is the caption of {shown} already.")
    verb = "Rewrite" if tally.changed else "Write"
    others = _sharing(workspace, sample)
    outcome = tally.outcome(f"{verb} the caption of {shown}", shared=len(others))
    if not others or tally.refused:
        return outcome
    told = f"{count(len(others), 'other image shares', 'other images share')} it: {listing(others)}"
    return Outcome(f"{outcome.text}\n{told}.", outcome.data)


def _find(workspace: Workspace, wanted: str) -> Sample:
    """Return the one image that is meant: by its path, else by its name, else without suffix.

    The path as plans write it, percent-escaped, comes first: it is never that of two.
    Raises UsageError where there is none, or more than one.
    """
    samples = workspace.samples
    for called in (
        lambda one: (escape(one.image),),
        lambda one: (one.image, display(one.image)),
        lambda one: (one.name, display(one.name)),
        lambda one: (one.stem, display(one.stem)),
    ):
        found = [one for one in samples if wanted in called(one)]
        if len(found) == 1:
            return found[0]
        if found:
            paths = listing([display(one.image) for one in found], 3)
            raise UsageError(
                f"{display(wanted)} names {count(len(found), 'image')}: {paths}.",
                "Give the path from the dataset's folder.",
            )
    raise UsageError(f"There is no image called {display(wanted)}.", "See find_images.")


def _written(text: str, before: bytes | None) -> bytes:
    """Return the bytes of a text, in the manner of the file that it replaces."""
    text = text.removeprefix("\ufeff")
    if before is None:
        return text.encode()
    old = before.removeprefix(BOM).decode()
    ends = NEWLINE.findall(old)
    if ends:
        text = NEWLINE.sub(lambda _: ends[0], text)
    body = text.rstrip("\r\n")
    final = ends[-1] if NEWLINE.split(old)[-1] == "" and ends else ""
    return (BOM if before.startswith(BOM) else b"") + (body + final).encode()


def _sharing(workspace: Workspace, sample: Sample) -> list[str]:
    """Return the other images of the same stem, whose caption is the same file."""
    return [
        display(one.image)
        for one in workspace.samples
        if (one.folder, one.stem) == (sample.folder, sample.stem) and one.image != sample.image
    ]
