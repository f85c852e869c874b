"""set_triggers: what the trigger buttons stage, each image with its own triggers, in one step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from tagsmith.tools.dataset import Sample
from tagsmith.tools.editing import NewTag, Prose, Tally, stage_caption
from tagsmith.tools.errors import UsageError
from tagsmith.tools.overlay import empties
from tagsmith.tools.paths import display, escape
from tagsmith.tools.tags import key
from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.triggers import Marks, Position, marked_bytes
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


def _from_json(value: Any) -> Any:
    """Accept the map written as JSON, as a command line gives it."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError('a map in JSON is needed, such as {"a.png": ["coco"]}') from error


ByImage = Annotated[dict[str, list[NewTag]], BeforeValidator(_from_json)]


class SetTriggers(Arguments):
    """Arguments of set_triggers. Images are named by their path on disk, escaped as in plans."""

    # A name may begin or end with a space.
    model_config = ConfigDict(str_strip_whitespace=False)

    put: ByImage = Field(
        default_factory=dict, description='the triggers that images get: {"a.png": ["coco"]}'
    )
    remove: ByImage = Field(
        default_factory=dict, description='the triggers that images lose: {"b.png": ["coco"]}'
    )
    position: Position = Field(default="first", description="where a trigger is put")
    name: str = Field(
        default="", description="name of the set", json_schema_extra={"advanced": True}
    )
    prose: Prose = False


@tool(SetTriggers)
def set_triggers(workspace: Workspace, args: SetTriggers) -> Outcome:
    """Put triggers on some images and take them off others, each image with its own list: what the
    trigger buttons do. Images without a caption get one.
    """
    marks = _marks(args)
    known = {escape(workspace.on_disk(sample)): sample for sample in workspace.samples}
    gone = [image for image in marks if image not in known]
    if not marks or len(gone) == len(marks):
        raise UsageError(
            f"None of the images is there: {listing([_shown(one) for one in gone], 3)}."
            if gone
            else "No image is named.",
            'Name images by their path: {"folder/a.png": ["coco"]}.',
        )
    tally, put = Tally(), Counter[str]()
    for image in (one for one in marks if one in known):
        _mark(workspace, known[image], marks[image], args, tally)
        put.update(tag for tag, stands in marks[image].items() if stands)
    lines = [_summary(args.name, put, tally)]
    if gone:
        lines.append(
            f"{count(len(gone), 'image')} not there: {listing(list(map(_shown, gone)), 3)}."
        )
    return tally.outcome("\n".join(lines), triggers=dict(put), gone=len(gone))


def _marks(args: SetTriggers) -> dict[str, dict[str, bool]]:
    """Return what happens to each image; a trigger may not be both put and removed."""
    marks: dict[str, dict[str, bool]] = {}
    for found, stands in ((args.remove, False), (args.put, True)):
        for image, triggers in found.items():
            of_image = marks.setdefault(image, {})
            removed = {key(one) for one, stays in of_image.items() if not stays}
            for trigger in triggers:
                if stands and key(trigger) in removed:
                    raise UsageError(f"{trigger!r} is both put on {_shown(image)} and removed.")
                of_image[trigger] = stands
    return {image: of_image for image, of_image in marks.items() if of_image}


def _mark(
    workspace: Workspace, sample: Sample, marks: Marks, args: SetTriggers, tally: Tally
) -> None:
    tally.selected += 1
    path = workspace.caption_target(sample)
    before = workspace.content(path)
    if before is None and sample.caption_path is not None:
        tally.refuse(path, workspace.dataset.skipped.get(path, "cannot be read"))
        return
    after = marked_bytes(before, marks, args.position, prose=args.prose)
    if after is None or after == before:
        asked = marked_bytes(before, marks, args.position, prose=True)
        tally.prose += before is not None and not args.prose and asked != before
    elif stage_caption(workspace, sample, path, before, after, tally):
        tally.emptied += before is not None and empties(before, after)


def _summary(name: str, put: Counter[str], tally: Tally) -> str:
    done = tally.changed + tally.created
    if not done:
        return "Nothing to change: the triggers stand as they shall."
    shown = listing([f"{tag} {number:,}" for tag, number in put.most_common()], 4)
    of_set = f" of {name}" if name else ""
    return f"Triggers{of_set}: {count(done, 'caption')}" + (f" ({shown})" if shown else "")


def _shown(image: str) -> str:
    return display(image)


def arguments(
    marks: Mapping[str, Marks], position: Position, name: str, *, prose: bool
) -> dict[str, object]:
    """Return the arguments that do this; images by their paths on disk, not escaped."""

    def chosen(stands: bool) -> dict[str, Sequence[str]]:
        found = {
            escape(image): [tag for tag, wanted in of_image.items() if wanted is stands]
            for image, of_image in marks.items()
        }
        return {image: tags for image, tags in found.items() if tags}

    return {
        "put": chosen(True),
        "remove": chosen(False),
        "position": position,
        "name": name,
        "prose": prose,
    }
