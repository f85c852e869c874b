"""isolate_images, restore_images, delete_images: whole sample groups, moved and never unlinked."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagsmith.tools.dataset import Sample, join, scan, walk
from tagsmith.tools.errors import UsageError
from tagsmith.tools.paths import ISOLATED_FOLDER, display
from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import Workspace


def _check_name(name: str) -> str:
    """Refuse what is not one plain folder name on every system."""
    forbidden = set('/\\:*?"<>|')
    if not name or name.startswith((".", " ")) or name.endswith((".", " ")) or len(name) > 100:
        raise ValueError("give a plain name of 1 to 100 characters that begins with no dot")
    if any(char in forbidden or not char.isprintable() for char in name):
        raise ValueError(f"a name cannot hold {' '.join(sorted(forbidden))} or control characters")
    return name


Name = Annotated[str, AfterValidator(_check_name)]
Required = Annotated[str, Field(min_length=1, description="query that chooses the images")]


@dataclass(slots=True)
class _Moved:
    samples: int = 0
    files: int = 0
    left: list[str] = field(default_factory=list)

    def outcome(self, summary: str) -> Outcome:
        lines = [f"{summary} ({count(self.files, 'file')})"]
        if self.left:
            lines.append(f"Left alone: {listing(self.left)}.")
        return Outcome(
            "\n".join(lines),
            {"images": self.samples, "files": self.files, "left_alone": len(self.left)},
        )


class IsolateImages(Arguments):
    """Arguments of isolate_images."""

    where: Required
    name: Name = Field(description="name of the folder, or of the numbered files")
    mode: Literal["folder", "rename"] = Field(
        default="folder", description="move to _isolated/NAME, or number the files in place"
    )


@tool(IsolateImages, core=True)
def isolate_images(workspace: Workspace, args: IsolateImages) -> Outcome:
    """Set images apart with all their files: moved to _isolated/NAME, keeping relative paths, or
    numbered in place. Never overwrites; restore_images brings them back.
    """
    samples = workspace.select(args.where)
    if args.mode == "rename":
        moved = _number(workspace, samples, args.name)
        return moved.outcome(f"Rename {count(moved.samples, 'image')} to {args.name} 1, 2, ...")
    target = f"{ISOLATED_FOLDER}/{args.name}"
    moved = _Moved()
    for sample, files in _whole_groups(workspace, samples, moved):
        moves = [(path, join(target, path)) for path in files]
        _move(workspace, sample, moves, moved)
    return moved.outcome(f"Move {count(moved.samples, 'image')} to {target}")


class DeleteImages(Arguments):
    """Arguments of delete_images."""

    where: Required


@tool(DeleteImages, core=True)
def delete_images(workspace: Workspace, args: DeleteImages) -> Outcome:
    """Move images with all their files to the trash, from where undo brings them back."""
    samples = workspace.select(args.where)
    moved = _Moved()
    chosen = {sample.image for sample in samples}
    for sample, files in _whole_groups(workspace, samples, moved, split=True):
        for path in files:
            workspace.trash(path, sample)
        moved.files += len(files)
    moved.samples = len(chosen)
    return moved.outcome(f"Move {count(moved.samples, 'image')} to the trash")


class RestoreImages(Arguments):
    """Arguments of restore_images."""

    name: Name | None = Field(default=None, description="the name given to isolate_images")


@tool(RestoreImages)
def restore_images(workspace: Workspace, args: RestoreImages) -> Outcome:
    """Bring isolated images back to where they were; those whose place is taken stay."""
    top = os.path.join(workspace.root, ISOLATED_FOLDER)
    names = [args.name] if args.name else _names(top)
    moved = _Moved()
    for name in names:
        if not os.path.isdir(os.path.join(top, name)):
            known = listing(_names(top)) or "none"
            raise UsageError(f"Nothing is isolated as {name!r}.", f"There is: {known}.")
        home = f"{ISOLATED_FOLDER}/{name}"
        isolated = scan(workspace.root, workspace.dataset.suffixes, start=home).samples
        for sample, files in _whole_groups(workspace, isolated, moved):
            moves = [(path, path.removeprefix(home + "/")) for path in files]
            _move(workspace, sample, moves, moved)
    return moved.outcome(f"Bring back {count(moved.samples, 'image')}")


def _names(top: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(top) if not name.startswith("."))
    except OSError:
        return []


def _whole_groups(
    workspace: Workspace, samples: Iterable[Sample], moved: _Moved, *, split: bool = False
) -> Iterable[tuple[Sample, list[str]]]:
    """Yield each group once with its files as they are named now.

    Where only some of the images of one stem are chosen, the group stays, because a caption cannot
    be in two places; with ``split`` the chosen images go and the caption stays with the others.
    """
    for folder, chosen in walk(samples):
        stems = {sample.stem for sample in chosen}
        everyone: dict[str, set[str]] = {}
        for sample in workspace.samples:
            if sample.folder == folder and sample.stem in stems:
                everyone.setdefault(sample.stem, set()).add(sample.image)
        files = workspace.group_files(folder, stems)
        done: set[str] = set()
        names = {sample.image for sample in chosen}
        for sample in chosen:
            if everyone.get(sample.stem, names) <= names:
                if sample.stem not in done:
                    done.add(sample.stem)
                    yield sample, files[sample.stem]
            elif split:
                yield sample, [sample.image]
            else:
                moved.left.append(f"{display(sample.image)} (shares its caption)")


def _move(
    workspace: Workspace, sample: Sample, moves: list[tuple[str, str]], moved: _Moved
) -> None:
    """Stage a whole group's moves, or none of them where a target is taken."""
    if any(workspace.exists(to) for _, to in moves):
        moved.left.append(f"{display(sample.image)} (its place is taken)")
        return
    for path, to in moves:
        workspace.move(path, to, sample)
    moved.samples += 1
    moved.files += len(moves)


def _number(workspace: Workspace, samples: list[Sample], name: str) -> _Moved:
    """Stage new names ``NAME 1``, ``NAME 2`` for whole groups, each in its own folder."""
    moved = _Moved()
    number = 0
    for sample, files in _whole_groups(workspace, samples, moved):
        while True:
            number += 1
            stem = f"{name} {number}"
            moves = [(path, _renamed(path, sample.stem, stem)) for path in files]
            if not any(workspace.exists(to) for _, to in moves):
                break
        _move(workspace, sample, moves, moved)
    return moved


def _renamed(path: str, stem: str, new: str) -> str:
    folder, _, file = path.rpartition("/")
    return join(folder, new + file.removeprefix(stem))
