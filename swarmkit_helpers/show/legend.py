"""Samples for legends: each shows one line, shape or word as the drawing uses it."""

from __future__ import annotations

from .canvas import Canvas, Sample, text_width
from .palette import INK, SOFT, SOLID, LineStyle, NetworkStyle

__all__ = ["box_sample", "line_sample", "mark_sample", "shape_sample", "word_sample"]


def line_sample(style: NetworkStyle, weight: float = 3) -> Sample:
    """A network's line."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.line([(x, y), (x + 26, y)], color=style.color, line=style.line, weight=weight)

    return Sample(draw)


def shape_sample(shape: str, face: str = SOFT, edge: str = SOFT) -> Sample:
    """One marker."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.marker(x + 5, y, shape, face=face, edge=edge)

    return Sample(draw, 10)


def mark_sample(mark: str, face: str) -> Sample:
    """A container's marker with a sign beside it."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.marker(x + 5, y, "o", face=face, edge=INK)
        canvas.text(x + 14, y, mark, bold=True)

    return Sample(draw, 22)


def word_sample(word: str) -> Sample:
    """A word as the drawing writes it."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.text(x, y, word, italic=True, color=SOFT)

    return Sample(draw, text_width(word) + 2)


def box_sample(face: str, edge: str, hatch: str | None = None, line: LineStyle = SOLID) -> Sample:
    """A small box."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 5, 26, 10, face=face, edge=edge, hatch=hatch, line=line, radius=1)

    return Sample(draw)
