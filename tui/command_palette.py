"""The palette of ctrl+p: keys, commands and tools, found by a few of their letters.

All of it is in the registry of actions and in the tools themselves; Textual's own commands are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tagsmith.tui.actions import ACTIONS, Scope, slash_commands
from tagsmith.tui.language import say
from tagsmith.tui.text import line
from tagsmith.tui.widgets.edge import key_words
from tagsmith.tui.widgets.palette import ACCENT, MUTED

if TYPE_CHECKING:
    from tagsmith.tui.app import TagsmithApp

NAME_WIDTH = 24
MARGIN = 6  # cells beside a row: the list's own and its scroll bar


@dataclass(frozen=True, slots=True)
class Command:
    """Something to run: its name as it is typed or pressed, and what it does."""

    name: str
    about: str
    run: Callable[[], object]

    def shown(self, width: int) -> Content:
        """Return the command on one line of so many cells."""
        name = line(self.name, ACCENT)
        about = line(self.about, f"{MUTED} not bold")
        whole = name.pad_right(max(2, NAME_WIDTH - name.cell_length)) + about
        return whole.truncate(width, ellipsis=True)


class Commands(Provider):
    """What can be done where the palette was opened."""

    async def discover(self) -> Hits:
        """Offer everything before anything is typed."""
        for one in self._commands():
            yield DiscoveryHit(one.shown(self._width), one.run, text=one.name)

    async def search(self, query: str) -> Hits:
        """Offer what has the letters, the best match first."""
        matcher = self.matcher(query)
        for one in self._commands():
            score = max(matcher.match(one.name), 0.8 * matcher.match(one.about))
            if score > 0:
                yield Hit(score, one.shown(self._width), one.run, text=one.name)

    @property
    def _width(self) -> int:
        return self.app.size.width - MARGIN

    def _commands(self) -> Iterator[Command]:
        app: TagsmithApp = self.app  # type: ignore[assignment]  # the only app that has this
        own = slash_commands()
        for name, about in own.items():
            run = app.command_runner(f"/{name}")
            yield Command(f"/{name}", say(about), run)
        for tool, about in app.tool_summaries().items():
            if tool not in own:
                yield Command(f"/{tool}", say(about), app.command_runner(f"/{tool} ", send=False))
        yield from self._keys()

    def _keys(self) -> Iterator[Command]:
        """Yield the actions that have a key on the screen below."""
        working = {one.binding.action for one in self.screen.active_bindings.values()}
        for action in ACTIONS:
            if action.scope is not Scope.LIST and action.name in working and not action.slash:
                run = partial(self.screen.run_action, action.name)
                yield Command(key_words(action.label or action.keys), say(action.help), run)
