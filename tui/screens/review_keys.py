"""The last line of the review: which keys are useful where the focus is."""

from __future__ import annotations

from textual.content import Content

from tagsmith.tui.actions import Scope, legend
from tagsmith.tui.language import say
from tagsmith.tui.screens.review_state import Reviewed, View
from tagsmith.tui.widgets.edge import keys

Keys = list[tuple[str, str]]


def shown_keys(focused: str | None, view: View, state: Reviewed) -> Keys:
    """Return the keys for the widget that has the focus, by its id; the most useful first."""
    if focused == "editor":
        words = (say("keep the text"), say("new line"), say("leave"))
        return list(zip(("enter", "ctrl+j", "esc"), words, strict=True))
    if focused == "filter":
        return [("enter", say("filter")), ("esc", say("back"))]
    if focused == "steps":
        words = (say("drop or take back"), say("to the files"), say("back"))
        return list(zip(("x", "tab", "esc"), words, strict=True))
    if view is not View.FILES:
        return _of_groups()
    if state.hidden:
        return _of_some_files(state)
    return legend(Scope.REVIEW)


def _of_groups() -> Keys:
    return [
        ("space", say("keep/drop")),
        ("enter", say("its files")),
        ("g", say("group")),
        ("w", say("apply")),
        ("esc", say("to the files")),
    ]


def _of_some_files(state: Reviewed) -> Keys:
    """Return the keys beside which a filter or the name of a group has room."""
    back = say("to the group") if state.narrowed else say("back")
    return [("space", say("keep/drop")), ("n", say("next")), ("w", say("apply")), ("esc", back)]


def more_keys(room: int) -> Content:
    """Return as many of the keys that no narrow screen tells as so many cells have room for."""
    more = [("t", say("reject, say why")), ("p", say("picture")), ("F1", say("all keys"))]
    while more and keys(more).cell_length + 4 > room:
        more.pop()
    return keys(more) + Content(" " if more else "")
