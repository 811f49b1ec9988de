"""A sheet to draw on, measured in typographic points from its top left corner.

Texts are measured before they are drawn, so that a drawing lays itself out by what it says. One CSS pixel is
0.75 point: 9 points, the smallest text used, is 12 pixels on the page.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin
from typing import Any, Literal

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PolyCollection
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, FancyArrowPatch, FancyBboxPatch, Polygon

from .figure import Figure, Place
from .french import NBSP, typeset
from .palette import INK, PAPER, RULE, SOFT, SOLID, LineStyle

__all__ = ["BODY", "HEAD", "MARGIN", "TITLE", "Canvas", "Sample", "as_many", "fit", "text_width", "wrap"]

TITLE, HEAD, BODY = 13.0, 10.5, 9.0
"""Sizes of text, in points."""
LINE = 13.0
"""From one line of body text to the next, in points."""
MARGIN = 14.0
POINTS_PER_INCH = 72.0


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample of a legend's entry."""

    draw: Callable[[Canvas, float, float], None]
    """Draws it from x on, its middle at y."""
    width: float = 26.0
    """In points."""


@lru_cache(maxsize=1)
def _renderer() -> RendererAgg:
    # 8 times finer than the sheet, for hinting rounds widths to whole pixels.
    return RendererAgg(8, 8, 8 * POINTS_PER_INCH)  # type: ignore[no-untyped-call]


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float = BODY, bold: bool = False, mono: bool = False) -> float:
    """Width of a line of text, in points."""
    font = FontProperties(family="monospace" if mono else "sans-serif", size=size, weight="bold" if bold else "normal")
    measured = _renderer().get_text_width_height_descent(text, font, False)  # type: ignore[no-untyped-call]
    return float(measured[0]) / 8


def fit(text: str, width: float, size: float = BODY, bold: bool = False, mono: bool = False) -> str:
    """Shorten a text in its middle until it holds in `width` points: names tell most by their ends."""
    if text_width(text, size, bold, mono) <= width:
        return text

    def shortened(kept: int) -> str:
        head = (kept + 1) // 2
        return f"{text[:head]}…{text[len(text) - (kept - head) :]}" if kept > head else f"{text[:head]}…"

    # Fewer characters are never wider: the most that hold are found by halving.
    kept = bisect_left(range(1, len(text)), True, key=lambda n: text_width(shortened(n), size, bold, mono) > width)
    return shortened(kept) if kept else "…"


def wrap(text: str, width: float, size: float = BODY, bold: bool = False, mono: bool = False) -> list[str]:
    """Break a text into lines of at most `width` points, between words, never at a no-break space."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold, mono) <= width:
            lines[-1] = longer
        else:
            lines.append(fit(word, width, size, bold, mono))
    return lines


def as_many(items: Sequence[str], width: float) -> str:
    """As many items as there is room for, then how many are left."""
    for kept in range(len(items), 0, -1):
        left = len(items) - kept
        said = ", ".join(items[:kept]) + (f" et {left}{NBSP}autre{'s' if left > 1 else ''}" if left else "")
        if text_width(said) <= width:
            return said
    return fit(items[0], width) if items else ""


def _dashes(line: LineStyle, weight: float) -> Any:
    """A line style as matplotlib takes it: it counts dashes in line widths, here they are in points."""
    return (0, tuple(length / weight for length in line)) if line else "solid"


class Canvas:
    """One figure being drawn. `width` is that of the sheet in points; its height is given at the end."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.figure = Figure(figsize=(width / POINTS_PER_INCH, 1), facecolor=PAPER)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()
        self.cues: set[str] = set()
        """Names of what was drawn that the legend is to explain."""
        self._places: list[tuple[Literal["node", "network"], str, float, float, float, float]] = []

    def place(
        self, kind: Literal["node", "network"], name: str, x: float, y: float, width: float, height: float
    ) -> None:
        """Note where a node or a network is drawn, in points: the figure tells it in shares of the sheet."""
        self._places.append((kind, name, x, y, width, height))

    def finish(self, height: float, alt: str) -> Figure:
        """Cut the sheet at `height` points, give it its alternative text, and return it."""
        height = max(height, 1.0)
        self.figure.set_size_inches(self.width / POINTS_PER_INCH, height / POINTS_PER_INCH)
        self.axes.set_xlim(0, self.width)
        self.axes.set_ylim(height, 0)
        self.figure.places = tuple(
            Place(kind, name, x / self.width, y / height, w / self.width, h / height)
            for kind, name, x, y, w, h in self._places
        )
        self.figure.alt = typeset(" ".join(alt.split(" ")))
        return self.figure

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = BODY,
        *,
        bold: bool = False,
        italic: bool = False,
        mono: bool = False,
        color: str = INK,
        align: str = "left",
        upright: bool = False,
    ) -> None:
        """Write one line whose middle height is at y; `upright`: from y upwards, its middle at x."""
        self.axes.text(
            x + (size * 0.36 if upright else 0),
            y + (0 if upright else size * 0.36),
            text.replace("$", r"\$"),
            fontsize=size,
            family="monospace" if mono else "sans-serif",
            weight="bold" if bold else "normal",
            style="italic" if italic else "normal",
            color=color,
            ha="right" if upright else align,
            va="bottom" if upright else "baseline",
            rotation=90 if upright else 0,
            zorder=5,
        )

    def lines(self, x: float, y: float, texts: Iterable[str], step: float = LINE, **options: Any) -> float:
        """Write lines one below the other from y on; returns the y that follows."""
        for text in texts:
            self.text(x, y, text, **options)
            y += step
        return y

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        face: str = PAPER,
        edge: str = RULE,
        line: LineStyle = SOLID,
        weight: float = 1.0,
        hatch: str | None = None,
        radius: float = 3.0,
        zorder: float = 1,
    ) -> None:
        """Draw a rectangle with rounded corners."""
        radius = min(radius, width / 2, height / 2)
        self.axes.add_patch(
            FancyBboxPatch(
                (x + radius, y + radius),
                width - 2 * radius,
                height - 2 * radius,
                boxstyle=f"round,pad={radius},rounding_size={radius}",
                facecolor=face,
                edgecolor=edge,
                linestyle=_dashes(line, weight),
                linewidth=weight,
                hatch=hatch,
                zorder=zorder,
            )
        )

    def mosaic(self, tiles: Iterable[tuple[float, float, float, float, str]], edge: str = PAPER) -> None:
        """Draw many plain rectangles at once, each as (x, y, width, height, colour): a thousand boxes would be slow."""
        drawn = list(tiles)
        self.axes.add_collection(
            PolyCollection(
                [[(x, y), (x + w, y), (x + w, y + h), (x, y + h)] for x, y, w, h, _ in drawn],
                facecolors=[face for *_, face in drawn],
                edgecolors=edge,
                linewidths=1.0,
                zorder=1,
            ),
            autolim=False,
        )

    def polygon(self, points: Sequence[tuple[float, float]], face: str, edge: str = "none") -> None:
        """Draw a filled shape."""
        self.axes.add_patch(Polygon(list(points), closed=True, facecolor=face, edgecolor=edge, zorder=1))

    def cylinder(self, x: float, y: float, width: float, height: float, *, face: str, edge: str) -> None:
        """Draw the usual sign of what keeps data, its middle at (x, y)."""
        flat = width * 0.45
        left, top = x - width / 2, y - height / 2
        body = [(left, top + flat / 2), (left, top + height - flat / 2)]
        body += [
            (x - width / 2 * cos(angle), top + height - flat / 2 + flat / 2 * sin(angle))
            for angle in (pi * n / 12 for n in range(13))
        ]
        body.append((left + width, top + flat / 2))
        self.axes.add_patch(Polygon(body, closed=True, facecolor=face, edgecolor=edge, linewidth=1.0, zorder=4))
        lid = Ellipse((x, top + flat / 2), width, flat, facecolor=face, edgecolor=edge, linewidth=1.0, zorder=4)
        self.axes.add_patch(lid)

    def line(
        self,
        points: Sequence[tuple[float, float]],
        *,
        color: str = INK,
        line: LineStyle = SOLID,
        weight: float = 1.0,
        zorder: float = 2,
    ) -> None:
        """Draw a broken line."""
        xs, ys = zip(*points, strict=True)
        self.axes.add_line(
            Line2D(
                xs,
                ys,
                color=color,
                linestyle=_dashes(line, weight),
                linewidth=weight,
                solid_capstyle="butt",
                dash_capstyle="butt",
                zorder=zorder,
            )
        )

    def marker(
        self,
        x: float,
        y: float,
        shape: str,
        *,
        face: str = INK,
        edge: str = INK,
        size: float = 7.0,
        weight: float = 1.2,
    ) -> None:
        """Draw one matplotlib marker, `size` points wide."""
        self.axes.add_line(
            Line2D(
                [x],
                [y],
                linestyle="none",
                marker=shape,
                markersize=size,
                markerfacecolor=face,
                markeredgecolor=edge,
                markeredgewidth=weight,
                zorder=4,
            )
        )

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        *,
        color: str = INK,
        weight: float = 1.6,
        line: LineStyle = SOLID,
        both: bool = False,
    ) -> None:
        """Draw a straight arrow."""
        self.axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle="<|-|>" if both else "-|>",
                mutation_scale=10,
                color=color,
                linewidth=weight,
                linestyle=_dashes(line, weight),
                shrinkA=0,
                shrinkB=0,
                zorder=3,
            )
        )

    def title(self, title: str, notes: Sequence[str] = (), subtitle: str = "") -> float:
        """Write the title, what it shows, and what the reader must know; returns the y below."""
        inner = self.width - 2 * MARGIN
        y = MARGIN + TITLE / 2
        for line in wrap(typeset(title), inner, TITLE, bold=True):
            self.text(MARGIN, y, line, TITLE, bold=True)
            y += TITLE + 4
        for line in wrap(typeset(subtitle), inner) if subtitle else []:
            self.text(MARGIN, y, line, color=SOFT)
            y += LINE
        for note in notes:
            for line in wrap(f"⚠ {note}", inner, bold=True):
                self.text(MARGIN, y, line, bold=True)
                y += LINE
        return y + 5

    def legend(self, y: float, entries: Sequence[tuple[Sample, str]]) -> float:
        """Draw samples with their meaning, in rows; returns the y below."""
        x, y = MARGIN, y + LINE / 2
        for sample, meaning in entries:
            indent = sample.width + 6
            shown = fit(typeset(meaning), self.width - 2 * MARGIN - indent)
            needed = indent + text_width(shown)
            if x > MARGIN and x + needed > self.width - MARGIN:
                x, y = MARGIN, y + LINE + 4
            sample.draw(self, x, y)
            self.text(x + indent, y, shown)
            x += needed + 20
        return y + LINE / 2 + 8
