"""Opening a dataset: what stopped half-way is ended first, and the person is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tagsmith.agent import config
from tagsmith.agent.captioning import equip
from tagsmith.tools.dataset import resolve_root, scan
from tagsmith.tools.errors import LockedError, ReadOnlyError
from tagsmith.tools.paths import STATE_FOLDER
from tagsmith.tools.watch import Watch
from tagsmith.tools.workspace import Workspace
from tagsmith.tui.commands.console import Console


def open_dataset(
    folder: str,
    console: Console,
    *,
    emptied: bool = False,
    server: Mapping[str, Any] | None = None,
    allow_remote: bool = False,
    watch: Watch | None = None,
) -> Workspace:
    """Open a dataset; a plan that was cut short is taken back before anything is read.

    With ``emptied``, a folder that Tagsmith itself emptied of images will do: undo fills it again.
    ``server`` are the command line's settings of the model server, ``allow_remote`` its agreement
    that images may go there.
    ``watch`` is told how many captions are read, and asked whether to stop.
    Raises UsageError for wrong settings, DatasetError where the folder cannot be used,
    JournalError where its journal cannot, StoppedError where it was to stop.
    """
    root = resolve_root(folder)
    known = os.path.lexists(os.path.join(root, STATE_FOLDER))
    if known:
        settle_journal(root, console)
    suffixes = tuple(config.load(server).caption_extensions)
    dataset = scan(root, suffixes, watch=watch)
    usable = dataset.samples or dataset.isolated or (emptied and known)
    # Opened by its folder, a workspace says what is missing.
    workspace = Workspace(dataset) if usable else Workspace.open(root, suffixes)
    equip(workspace, server, allow_remote=allow_remote)
    return workspace


def settle_journal(root: str, console: Console) -> None:
    """End what was cut short, or say why that has to wait."""
    from tagsmith.tools.journal import Journal

    journal = Journal.open(root)
    try:
        if journal.needs_recovery():
            for message in journal.recover().messages:
                console.note(message)
        elif is_held(root):
            console.note("Another Tagsmith is at work in this folder: read-only until it ends.")
    except (LockedError, ReadOnlyError) as error:
        console.note(f"A plan was cut short here and cannot be ended now. {error}")


def is_held(root: str) -> bool:
    """Tell whether another process holds the dataset at this moment."""
    from tagsmith.tools.journal.files import Files
    from tagsmith.tools.journal.lock import is_held as lock_is_held
    from tagsmith.tools.journal.tree import Tree

    with Tree(Files(), root) as tree:
        return lock_is_held(tree)
