"""The lines at the edges of a screen: what stays where there is little room."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tagsmith.tui.widgets.edge import KeyLine, fitted
from tagsmith.tui.widgets.state_line import StateLine

LEGEND = [("enter", "open"), ("w", "review"), ("esc", "back")]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (33, " enter open   w review   esc back"),
        (32, " enter open   esc back"),
        (21, " esc back"),
        (3, " esc back"),
    ],
)
def test_the_last_key_of_a_legend_stays(width: int, shown: str) -> None:
    assert fitted(LEGEND, width).plain == shown


class Lines(App[None]):
    def compose(self) -> ComposeResult:
        yield KeyLine(LEGEND)
        yield StateLine()


async def test_keys_make_room_for_the_state() -> None:
    async with Lines().run_test(size=(50, 4)) as pilot:
        foot = pilot.app.query_one(StateLine)
        foot.pending = 3
        foot.show_keys(LEGEND)
        assert foot.render().plain.split("  ") == [
            " 3 files pending · nothing written yet",
            " esc back ",
        ]
        foot.styles.width = 64
        await pilot.pause()
        assert "nothing written yet" in foot.render().plain
        assert foot.render().plain.endswith("enter open   esc back ")
        assert pilot.app.query_one(KeyLine).render().plain == " enter open   w review   esc back"
