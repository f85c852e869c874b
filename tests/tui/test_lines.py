"""The list: as fast with 100,000 rows as with ten, and right at its edges."""

from __future__ import annotations

from collections import Counter

from textual.app import App, ComposeResult
from textual.content import Content

from tagsmith.tui.widgets.lines import LineList

HEIGHT = 20


class CountingRows:
    def __init__(self, count: int) -> None:
        self.count = count
        self.drawn: Counter[int] = Counter()

    def row(self, index: int, width: int) -> Content:
        self.drawn[index] += 1
        return Content(f"row {index}")


class ListApp(App[None]):
    def __init__(self, rows: CountingRows) -> None:
        super().__init__()
        self.rows = rows
        self.chosen: list[int] = []

    def compose(self) -> ComposeResult:
        yield LineList(self.rows)

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        self.chosen.append(message.index)


async def test_a_hundred_thousand_rows_draw_only_those_in_sight() -> None:
    rows = CountingRows(100_000)
    app = ListApp(rows)
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await pilot.pause()
        assert set(rows.drawn) == set(range(HEIGHT))
        rows.drawn.clear()
        await pilot.press("end")
        await pilot.pause()
        assert app.query_one(LineList).cursor == 99_999
        assert rows.drawn.keys() <= {0, *range(100_000 - HEIGHT, 100_000)}
        assert sum(rows.drawn.values()) <= 3 * HEIGHT


async def test_moving_the_cursor_draws_two_rows_again() -> None:
    rows = CountingRows(1000)
    async with ListApp(rows).run_test(size=(40, HEIGHT)) as pilot:
        await pilot.pause()
        rows.drawn.clear()
        await pilot.press("down")
        await pilot.pause()
        assert set(rows.drawn) == {0, 1}


async def test_keys() -> None:
    rows = CountingRows(100)
    app = ListApp(rows)
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        lines = app.query_one(LineList)
        places = []
        for key in ("j", "j", "k", "pagedown", "pageup", "G", "down", "g", "up", "enter"):
            await pilot.press(key)
            places.append(lines.cursor)
        assert places == [1, 2, 1, 20, 1, 99, 99, 0, 0, 0]
        assert app.chosen == [0]


async def test_a_click_moves_and_a_double_click_chooses() -> None:
    app = ListApp(CountingRows(100))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        lines = app.query_one(LineList)
        await pilot.click(lines, offset=(3, 5))
        assert lines.cursor == 5
        assert app.chosen == []
        await pilot.click(lines, offset=(3, 7), times=2)
        assert app.chosen == [7]


async def test_an_empty_list_is_quiet() -> None:
    app = ListApp(CountingRows(0))
    async with app.run_test(size=(40, HEIGHT)) as pilot:
        await pilot.press("down", "end", "enter")
        assert app.chosen == []
