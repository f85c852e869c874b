"""isolate_images, restore_images, delete_images: whole sample groups, moved and never unlinked."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tagsmith.tools.dataset import Sample, join, scan, walk
from tagsmith.tools.errors import UsageError
from tagsmith.tools.overlay import is_image
from tagsmith.tools.pairing import IMAGE_SUFFIXES, ending
from tagsmith.tools.paths import ISOLATED_FOLDER, collision_key, display
from tagsmith.tools.toolbox import Arguments, Outcome, tool
from tagsmith.tools.wording import count, listing
from tagsmith.tools.workspace import TAKEN, Workspace

# Names of devices, which Windows lets no file have, with or without a suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def _check_name(name: str) -> str:
    """Refuse what is not one plain folder name on every system."""
    forbidden = set('/\\:*?"<>|')
    if not name or name.startswith((".", " ")) or name.endswith((".", " ")):
        raise ValueError("give a plain name that neither begins nor ends with a dot")
    if len(name.encode()) > 200:
        raise ValueError("give a shorter name: files have at most 255 bytes, suffix included")
    if _DEVICES.fullmatch(name):
        raise ValueError(f"{name!r} names a device on Windows")
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

    def leave(self, sample: Sample, reason: str) -> None:
        self.left.append(f"{display(sample.image)} ({reason})")

    def count(self, paths: list[str]) -> None:
        self.samples += sum(map(is_image, paths))
        self.files += len(paths)

    def outcome(self, summary: str) -> Outcome:
        lines = [f"{summary} ({count(self.files, 'file')})"]
        if not (self.files or self.left):
            lines = ["Nothing to move: no image matches."]
        if self.left:
            lines.append(f"Left alone: {listing(self.left)}.")
        return Outcome(
            "\n".join(lines),
            {"images": self.samples, "files": self.files, "left_alone": len(self.left)},
        )


class _Stems:
    """The stems that stand in folders that groups move to, so that no two groups become one."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._taken: dict[str, set[str]] = {}

    def take(self, folder: str, stem: str) -> bool:
        """Take a stem for a group; False where images or captions there have it."""
        if folder not in self._taken:
            kinds = IMAGE_SUFFIXES.union(self._workspace.dataset.suffixes)
            parts = map(os.path.splitext, self._workspace.names(folder))
            self._taken[folder] = {
                collision_key(one) for one, suffix in parts if suffix.lower() in kinds
            }
        wanted = collision_key(stem)
        free = wanted not in self._taken[folder]
        self._taken[folder].add(wanted)
        return free


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
    moved, stems = _Moved(), _Stems(workspace)
    for sample, files in _whole_groups(workspace, samples, moved):
        moves = [(path, join(target, path)) for path in files]
        if stems.take(f"{target}/{sample.folder}".rstrip("/"), sample.stem):
            _move(workspace, sample, moves, moved)
        else:
            moved.leave(sample, TAKEN)
    return moved.outcome(f"Move {count(moved.samples, 'image')} to {target}")


class DeleteImages(Arguments):
    """Arguments of delete_images."""

    where: Required


@tool(DeleteImages, core=True)
def delete_images(workspace: Workspace, args: DeleteImages) -> Outcome:
    """Move images with all their files to the trash, from where undo brings them back."""
    samples = workspace.select(args.where)
    moved = _Moved()
    for sample, files in _whole_groups(workspace, samples, moved, split=True):
        for path in files:
            workspace.trash(path, sample)
        moved.count(files)
    return moved.outcome(f"Move {count(moved.samples, 'image')} to the trash")


class RestoreImages(Arguments):
    """Arguments of restore_images."""

    name: Name | None = Field(default=None, description="the name given to isolate_images")


@tool(RestoreImages)
def restore_images(workspace: Workspace, args: RestoreImages) -> Outcome:
    """Bring isolated images back to where they were; those whose place is taken stay."""
    top = os.path.join(workspace.root, ISOLATED_FOLDER)
    known = isolated_names(top)
    names = [args.name] if args.name else known
    moved, stems = _Moved(), _Stems(workspace)
    if not known:
        raise UsageError("Nothing is isolated.", "isolate_images sets images apart.")
    for name in names:
        if name not in known:
            raise UsageError(f"Nothing is isolated as {name!r}.", f"There is: {listing(known)}.")
        home = f"{ISOLATED_FOLDER}/{name}"
        isolated = scan(workspace.root, workspace.dataset.suffixes, start=home)
        workspace.learn(isolated)
        for sample, files in _whole_groups(workspace, isolated.samples, moved):
            moves = [(path, path.removeprefix(home + "/")) for path in files]
            if stems.take(sample.folder.removeprefix(home).removeprefix("/"), sample.stem):
                _move(workspace, sample, moves, moved)
            else:
                moved.leave(sample, TAKEN)
    return moved.outcome(f"Bring back {count(moved.samples, 'image')}")


def isolated_names(top: str) -> list[str]:
    """Return the names under which images are isolated in ``top``; links are not followed."""
    if os.path.islink(top):
        return []
    try:
        with os.scandir(top) as found:
            folders = [one.name for one in found if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(name for name in folders if not name.startswith("."))


def _whole_groups(
    workspace: Workspace, samples: Iterable[Sample], moved: _Moved, *, split: bool = False
) -> Iterable[tuple[Sample, list[str]]]:
    """Yield each group once with its files as they are named now.

    Where only some of the images of one stem are chosen, the group stays, because a caption cannot
    be in two places; with ``split`` the chosen images go and the caption stays with the others.
    A group with a file that cannot be moved stays as well.
    """
    by_folder = list(walk(samples))
    files = {
        folder: workspace.group_files(folder, {sample.stem for sample in chosen})
        for folder, chosen in by_folder
    }
    everyone: dict[tuple[str, str], set[str]] = {}
    for sample in workspace.samples:
        if sample.folder in files and sample.stem in files[sample.folder]:
            everyone.setdefault((sample.folder, sample.stem), set()).add(sample.image)
    for folder, chosen in by_folder:
        names = {sample.image for sample in chosen}
        done: set[str] = set()
        for sample in chosen:
            group = files[folder][sample.stem]
            if not everyone.get((folder, sample.stem), names) <= names:
                if not split:
                    moved.leave(sample, "shares its caption")
                    continue
                group = [sample.image]
            elif sample.stem in done:
                continue
            done.add(sample.stem)
            if trouble := next(filter(None, map(workspace.trouble, group)), ""):
                moved.leave(sample, trouble)
            else:
                yield sample, group


def _move(
    workspace: Workspace, sample: Sample, moves: list[tuple[str, str]], moved: _Moved
) -> None:
    """Stage a whole group's moves, or none of them where one is impossible."""
    if reason := next(filter(None, (workspace.blocked(to) for _, to in moves)), ""):
        moved.leave(sample, reason)
        return
    for path, to in moves:
        workspace.move(path, to, sample)
    moved.count([path for path, _ in moves])


def _number(workspace: Workspace, samples: list[Sample], name: str) -> _Moved:
    """Stage new names ``NAME 1``, ``NAME 2`` for whole groups, each in its own folder."""
    moved, stems = _Moved(), _Stems(workspace)
    numbers = itertools.count(1)
    for sample, files in _whole_groups(workspace, samples, moved):
        stem = next(
            stem
            for stem in (f"{name} {number}" for number in numbers)
            if stems.take(sample.folder, stem)
        )
        _move(
            workspace, sample, [(path, _renamed(path, sample.stem, stem)) for path in files], moved
        )
    return moved


def _renamed(path: str, stem: str, new: str) -> str:
    folder, _, file = path.rpartition("/")
    return join(folder, new + ending(file, stem))
