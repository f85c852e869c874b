"""The plots of a report: SVG drawn by matplotlib, which only this module imports.

Text in them is data: no mathematics is parsed from it (a tag may hold ``$``), and what cannot be
drawn is shown as an escape.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tagsmith.tools.paths import display

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tagsmith.tools.report.numbers import Histogram, Matrix, TagRow

INK, FAINT, BAR, WARN = "#22262e", "#8a909c", "#b8772a", "#a4332a"
LABEL_CHARACTERS = 28
# What fits side by side below a histogram.
LABELS_CHARACTERS = 76
ROW_INCHES = 0.22

# matplotlib types its settings by a list of all their names.
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tagsmith",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}

Draw = Callable[["Axes"], None]


def bars(rows: Sequence[TagRow]) -> str:
    """Draw tags with the share of images that have them, most frequent on top."""

    def draw(axes: Axes) -> None:
        places = range(len(rows))
        axes.barh(places, [row.percent for row in rows], color=BAR, height=0.72)
        axes.set_yticks(places, [_label(row.tag) for row in rows])
        axes.invert_yaxis()
        axes.set_xlabel("% of images")
        axes.set_xlim(0, 100)
        axes.margins(y=0.01)

    return _svg(draw, 6.4, 1.0 + ROW_INCHES * len(rows))


def histogram(found: Histogram, label: str, limits: Sequence[tuple[int, str]] = ()) -> str:
    """Draw counts by bin; ``limits`` are bins with what is said of everything from there on."""

    def draw(axes: Axes) -> None:
        places = range(len(found.bins))
        axes.bar(places, found.counts, color=BAR, width=0.86)
        widest = max(map(len, found.bins), default=1)
        every = -(-len(found.bins) * (widest + 2) // LABELS_CHARACTERS)
        axes.set_xticks(list(places)[::every], [_label(name) for name in found.bins][::every])
        axes.set_xlabel(label)
        axes.set_ylabel("images")
        for place, said in limits:
            axes.axvline(place - 0.5, color=WARN, linestyle="--", linewidth=1)
            axes.annotate(said, (place - 0.4, max(found.counts, default=1)), color=WARN, fontsize=8)

    return _svg(draw, 6.4, 2.8)


def ranks(counts: Sequence[int]) -> str:
    """Draw how many images the most frequent, second, third ... tag has, on logarithmic scales."""

    def draw(axes: Axes) -> None:
        axes.plot(range(1, len(counts) + 1), counts, color=BAR, linewidth=2)
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            # The usual labels are mathematics, which is switched off.
            axis.set_major_formatter(lambda value, _: f"{value:,g}")
            axis.set_minor_formatter(lambda *_: "")
        axes.set_xlabel("rank of the tag")
        axes.set_ylabel("images")

    return _svg(draw, 6.4, 2.8)


def heat(matrix: Matrix, label: str) -> str:
    """Draw shares from 0 (white) to 1 (dark), each with its per cent."""
    height = 1.4 + ROW_INCHES * len(matrix.rows)
    width = max(4.4, 2.4 + 0.36 * len(matrix.columns))

    def draw(axes: Axes) -> None:
        axes.imshow(matrix.values, cmap="YlOrBr", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(
            range(len(matrix.columns)), [_label(one) for one in matrix.columns], rotation=90
        )
        axes.set_yticks(range(len(matrix.rows)), [_label(one) for one in matrix.rows])
        axes.set_title(label, fontsize=9, loc="left")
        for row, values in enumerate(matrix.values):
            for column, value in enumerate(values):
                if value >= 0.005:
                    ink = "white" if value > 0.6 else INK
                    text = f"{100 * value:.0f}"
                    axes.text(column, row, text, ha="center", va="center", color=ink, fontsize=6.5)

    return _svg(draw, width, height)


def scatter(points: Sequence[tuple[int, int, int]]) -> str:
    """Draw image sizes: a dot for each (width, height), larger where there are more images."""

    def draw(axes: Axes) -> None:
        widths, heights, images = zip(*points, strict=True) if points else ((), (), ())
        areas = [8 + 90 * (number / max(images)) ** 0.5 for number in images]
        axes.scatter(widths, heights, s=areas, color=BAR, alpha=0.6, edgecolors="none")
        top = 1.08 * max((*widths, *heights), default=1)
        axes.plot([0, top], [0, top], color=FAINT, linewidth=0.8, linestyle=":")
        axes.set_xlim(0, top)
        axes.set_ylim(0, top)
        axes.set_aspect("equal")
        axes.set_xlabel("width, pixels")
        axes.set_ylabel("height, pixels")

    return _svg(draw, 4.6, 4.4)


def _label(tag: str) -> str:
    shown = display(tag)
    return shown if len(shown) <= LABEL_CHARACTERS else f"{shown[: LABEL_CHARACTERS - 1]}…"


def _svg(draw: Draw, width: float, height: float) -> str:
    """Return a figure of this many inches as a whole SVG file without a date in it."""
    with _styled():
        from matplotlib.figure import Figure

        figure: Figure = Figure(figsize=(width, height), layout="tight")
        draw(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
        return out.getvalue()


@contextmanager
def _styled() -> Iterator[None]:
    """Draw in our style; glyphs that the measuring font lacks are the reader's font's matter."""
    import matplotlib

    with warnings.catch_warnings(), matplotlib.rc_context(_STYLE):
        warnings.simplefilter("ignore", UserWarning)
        yield
