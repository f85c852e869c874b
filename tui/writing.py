"""A message written in the user's own editor, which has the terminal meanwhile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from tagsmith.tools.errors import UsageError
from tagsmith.tui.guard import lent
from tagsmith.tui.language import say
from tagsmith.tui.plain.editing import edit, editor

if TYPE_CHECKING:
    from textual.app import App


async def write(app: App[Any], text: str) -> str:
    """Return a text as the user left it in an editor.

    Raises UsageError where there is no editor, it fails, or the terminal cannot be lent.
    """
    command = editor()
    if not command:
        raise UsageError(
            say("No editor is set."), say("Set EDITOR in the environment, such as EDITOR=nano.")
        )
    try:
        with app.suspend(), lent(sys.__stderr__):
            return edit(text, command)
    except SuspendNotSupported as error:
        raise UsageError(say("This terminal cannot be lent to an editor.")) from error
