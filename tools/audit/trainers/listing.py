"""The files of a workspace as trainers would find them: staged edits, moves and creations included.

The walk goes where a scan does not (folders that were set aside, caches, hidden folders), because
trainers do; only Tagsmith's own state is left out, which holds no image by its name. Links to
folders are not followed, though trainers may.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

from tagsmith.tools import content
from tagsmith.tools.audit.trainers.reading import Files, suffix_of
from tagsmith.tools.dataset import LOOK_EVERY
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.watch import Step

if TYPE_CHECKING:
    from tagsmith.tools.workspace import Workspace

_MOST_BYTES = 64 << 20
_CAREFULLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def files_of(workspace: Workspace) -> Files:
    """Return the files of a workspace as they would be once everything staged were applied."""
    folders = {sample.folder for sample in workspace.samples}
    for at, below, _ in os.walk(workspace.root):
        below[:] = [one for one in below if not (at == workspace.root and one == STATE_FOLDER)]
        folder = os.path.relpath(at, workspace.root).replace(os.sep, "/")
        folders.add("" if folder == "." else folder)
    names = {folder: tuple(workspace.names(folder)) for folder in sorted(folders)}

    looked = itertools.count(1)

    def read(path: str) -> bytes | None:
        if not (number := next(looked)) % LOOK_EVERY:
            workspace.watch.tell(Step("reading as a trainer", number, 0, "captions"))
            workspace.watch.check("Stopped; nothing was staged.")
        data = workspace.content(path)
        return _read(workspace.root, workspace.on_disk(path)) if data is None else data

    def changed(path: str) -> float:
        home = workspace.on_disk(path)
        edited = workspace.content(path) != workspace.dataset.captions.get(home)
        # A caption under another suffix is another one for a trainer.
        if edited or suffix_of(home) != suffix_of(path):
            return float("inf")
        try:
            return os.lstat(os.path.join(workspace.root, home)).st_mtime_ns
        except OSError:
            return float("inf")

    return Files(names, read, changed)


def _read(root: str, path: str) -> bytes | None:
    """Read an ordinary file of at most 64 MiB; None for anything else.

    A link is followed, as trainers do, where it stays inside the dataset.
    """
    place = os.path.realpath(os.path.join(root, path))
    if os.path.commonpath([place, root]) != root:
        return None
    try:
        descriptor = os.open(place, _CAREFULLY)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not content.is_regular(status) or status.st_size > _MOST_BYTES:
            return None
        return content.read_all(descriptor, status.st_size)
    except OSError:
        return None
    finally:
        os.close(descriptor)
