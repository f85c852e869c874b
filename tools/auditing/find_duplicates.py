"""find_duplicates: the same picture more than once, and which copy is best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from tagsmith.tools.paths import display
from tagsmith.tools.toolbox import Arguments, Outcome, Where, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace

if TYPE_CHECKING:
    from tagsmith.tools.vision.duplicates import Duplicates, Group

# Of the whole answer; a program that wants all of them raises limit.
_LINES = 20


class FindDuplicates(Arguments):
    """Arguments of find_duplicates."""

    where: Where = None
    distance: int = Field(
        default=12, ge=0, le=15, description="bits of 64 in which similar hashes may differ"
    )
    limit: int = Field(default=_LINES, ge=1, le=1000, description="groups to show")


@tool(FindDuplicates)
def find_duplicates(workspace: Workspace, args: FindDuplicates) -> Outcome:
    """Find images that are there more than once: identical files, identical pixels, similar
    pictures, mirror images. Names the best of each group. Changes nothing; delete_images removes.
    """
    from tagsmith.tools.vision.duplicates import find

    found = find(workspace, workspace.select(args.where), args.distance)
    lines = [_heading(found), *map(_line, found.groups[: args.limit])]
    if len(found.groups) > args.limit:
        lines.append(f"and {count(len(found.groups) - args.limit, 'more group')}")
    if found.bad:
        bad = [f"{display(image)} ({reason})" for image, reason in found.bad]
        lines.append(f"Cannot be read: {listing(bad)}.")
    return Outcome("\n".join(lines), _data(found, args.limit))


def _heading(found: Duplicates) -> str:
    if not found.groups:
        return f"No duplicates among {count(found.images, 'image')}."
    spare = sum(len(group.others) for group in found.groups)
    groups, images = count(len(found.groups), "group"), count(found.images, "image")
    return f"{groups} of duplicates among {images}: {spare:,} could go."


def _line(group: Group) -> str:
    others = listing([display(image) for image in group.others], 4)
    return f"{group.kind}: keep {display(group.keep)} ({group.reason}); also {others}"


def _data(found: Duplicates, limit: int) -> dict[str, Any]:
    return {
        "groups": [
            {
                "kind": group.kind.value,
                "keep": display(group.keep),
                "reason": group.reason,
                "images": [display(image) for image in group.images],
            }
            for group in found.groups[:limit]
        ],
        "totals": {
            "images": found.images,
            "groups": len(found.groups),
            "spare": sum(len(group.others) for group in found.groups),
            "unreadable": len(found.bad),
        },
    }
