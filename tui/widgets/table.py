"""A table in text: columns as wide as they need, cells wrapped where the screen has less."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from tagsmith.tui.widgets.palette import MUTED

GAP = 2
NARROWEST = 6  # cells of a column; where not even that is left, each row becomes a list


def table(
    heads: Sequence[Content], body: Sequence[Sequence[Content]]
) -> Callable[[int], list[Content]]:
    """Return what draws a table at a width."""
    count = max([len(heads), *map(len, body)], default=0)
    padded = [[*row, *[Content()] * (count - len(row))] for row in (heads, *body)]

    def draw(width: int) -> list[Content]:
        if count * (NARROWEST + GAP) - GAP > width:
            return _stacked(padded, width)
        return _columns(padded, _shares(padded, width - GAP * (count - 1)))

    return draw


def _shares(rows: Sequence[Sequence[Content]], room: int) -> list[int]:
    """Return the columns' widths: what they need, the widest cut to what there is room for."""
    wanted = [max(cell.cell_length for cell in column) for column in zip(*rows, strict=True)]
    widths = [0] * len(wanted)
    left, open_columns = room, sorted(range(len(wanted)), key=lambda at: wanted[at])
    for number, at in enumerate(open_columns):
        widths[at] = max(1, min(wanted[at], left // (len(open_columns) - number)))
        left -= widths[at]
    return widths


def _columns(rows: Sequence[Sequence[Content]], widths: Sequence[int]) -> list[Content]:
    lines: list[Content] = []
    for number, row in enumerate(rows):
        cells = [
            (cell.stylize("bold") if number == 0 else cell).wrap(width)
            for cell, width in zip(row, widths, strict=True)
        ]
        for at in range(max(map(len, cells))):
            parts = [
                (cell[at] if at < len(cell) else Content()).pad_right(
                    max(0, width - (cell[at].cell_length if at < len(cell) else 0))
                )
                for cell, width in zip(cells, widths, strict=True)
            ]
            lines.append(Content(" " * GAP).join(parts))
        if number == 0:
            rules = [Content.styled("─" * width, MUTED) for width in widths]
            lines.append(Content(" " * GAP).join(rules))
    return lines


def _stacked(rows: Sequence[Sequence[Content]], width: int) -> list[Content]:
    """Return a table too wide for the screen as rows of ``head: cell``."""
    heads, *body = rows
    lines: list[Content] = []
    for row in body:
        for head, cell in zip(heads, row, strict=True):
            lines += (head.stylize("bold") + Content.styled(": ", MUTED) + cell).wrap(width)
        lines.append(Content())
    return lines[:-1] or [one for head in heads for one in head.wrap(width)]
