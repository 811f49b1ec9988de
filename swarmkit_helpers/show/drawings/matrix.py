"""The matrix of pings: who asks in rows, who is asked in columns, with the round-trip times."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..canvas import LINE, MARGIN, Canvas, Sample, fit, text_width
from ..figure import Figure
from ..french import NBSP, count, listing, milliseconds, notes, titled, typeset
from ..legend import box_sample
from ..palette import INK, PAPER, RULE, SCALE, SHADE, SOFT, VERMILION, YELLOW

if TYPE_CHECKING:
    from ...probes.matrix import Pair, PingMatrix

__all__ = ["Grid", "Speed", "draw"]


@dataclass(frozen=True)
class Speed:
    """A class of round-trip times, and how it is shown."""

    up_to_ms: float
    tint: str
    ink: str
    size: float
    """Width of the mark where there is no room for numbers, in points."""
    meaning: str


SPEEDS = (
    Speed(0.2, *SCALE[0], 3.0, "0,2 ms au plus"),
    Speed(1.0, *SCALE[1], 5.0, "1 ms au plus"),
    Speed(10.0, *SCALE[2], 7.0, "10 ms au plus"),
    Speed(float("inf"), *SCALE[3], 9.0, "plus de 10 ms"),
)
FAILED, LEAKED = "#F7D9C9", "#FBF3A6"
MOST_NUMBERS = 16
"""Containers up to which each cell has its number."""
NAME = 130.0
"""Widest name, in points."""
SHEET, PAGE = 560.0, 720.0
"""Least width, and the width that a notebook's page shows at full size, in points."""
FEW = 6
"""Pairs that the alternative text names one by one."""


@dataclass(frozen=True)
class Grid:
    """Where the cells are."""

    left: float
    top: float
    width: float
    height: float

    def corner(self, row: int, column: int) -> tuple[float, float]:
        """Upper left corner of a cell."""
        return self.left + column * self.width, self.top + row * self.height


def draw(matrix: PingMatrix) -> Figure:
    """See `show.figures.draw_matrix`."""
    known = matrix.topology
    names = matrix.names
    numbers = len(names) <= MOST_NUMBERS
    labels = min(max((text_width(name) for name in names), default=0.0), NAME)
    nodes = min(max((text_width(node, bold=True) for node in matrix.nodes.values()), default=0.0), NAME)
    left = MARGIN + nodes + 14 + labels + 8
    least, most, height = (26.0, 40.0, 22.0) if numbers else (13.5, 17.0, 17.0)
    width = min(most, max(least, (PAGE - left - MARGIN) / max(len(names), 1)))
    height = height if numbers else width
    canvas = Canvas(max(SHEET, left + width * len(names) + MARGIN))
    y = canvas.title(titled("Qui répond à qui", known), notes(known), _subtitle(matrix))
    if len(names) < 2:
        said = typeset("Moins de deux conteneurs : aucune paire à mesurer.")
        canvas.text(MARGIN, y + 10, said, italic=True)
        return canvas.finish(y + 30, said)
    upright = not all(text_width(name) <= width - 4 for name in names)
    head = labels + 8 if upright else LINE + 4
    canvas.text(left - 8, y + head - 8, typeset("qui demande ↓"), italic=True, color=SOFT, align="right")
    grid = Grid(left, y + head, width, height)
    for place, name in enumerate(names):
        middle = left + width * (place + 0.5)
        if upright:
            canvas.text(middle, grid.top - 5, fit(name, labels), upright=True)
        else:
            canvas.text(middle, grid.top - 8, name, align="center")
    pairs = {(pair.source, pair.target): pair for pair in matrix.pairs}
    for row, source in enumerate(names):
        middle = grid.top + height * (row + 0.5)
        canvas.text(left - 8, middle, fit(source, labels), align="right")
        for column, target in enumerate(names):
            if row == column:
                canvas.box(*grid.corner(row, column), width, height, face=RULE, edge=PAPER, radius=0)
            else:
                _cell(canvas, *grid.corner(row, column), grid, pairs[source, target], numbers)
    _nodes(canvas, grid, matrix, MARGIN)
    y = canvas.legend(grid.top + height * len(names) + 12, list(_legend(matrix, numbers)))
    return canvas.finish(y + 4, _alt(matrix))


def _subtitle(matrix: PingMatrix) -> str:
    where = f" de {listing(matrix.networks, 4)}" if matrix.networks else ""
    unit = " en millisecondes" if len(matrix.names) <= MOST_NUMBERS else ""
    return (
        f"Un ping d'un paquet entre chaque paire de conteneurs{where}, tous en même temps. "
        f"En ligne, qui demande ; en colonne, qui répond ; dans la case, l'aller-retour{unit}."
    )


def _cell(canvas: Canvas, x: float, y: float, grid: Grid, pair: Pair, numbers: bool) -> None:
    width, height = grid.width, grid.height
    middle = (x + width / 2, y + height / 2)
    if pair.outcome == "answered":
        speed = _speed(pair.rtt_ms)
        canvas.box(x, y, width, height, face=speed.tint, edge=PAPER, radius=0)
        if numbers:
            canvas.text(*middle, _number(pair.rtt_ms), color=speed.ink, align="center")
        else:
            canvas.marker(*middle, "o", face=speed.ink, edge=speed.ink, size=speed.size)
    elif pair.outcome == "apart":
        canvas.box(x, y, width, height, face=SHADE, edge=RULE, hatch="///", radius=0, weight=0.5)
    elif pair.outcome == "failed":
        canvas.box(x, y, width, height, face=FAILED, edge=PAPER, radius=0)
        canvas.marker(*middle, "X", face=VERMILION, edge=INK, size=9, weight=0.8)
    elif pair.outcome == "leaked":
        canvas.box(x, y, width, height, face=LEAKED, edge=PAPER, radius=0)
        canvas.marker(*middle, "^", face=YELLOW, edge=INK, size=9)
    else:
        canvas.box(x, y, width, height, face=PAPER, edge=RULE, radius=0, weight=0.8)
        canvas.line([(middle[0] - 4, middle[1]), (middle[0] + 4, middle[1])], color=SOFT, weight=1.2)


def _speed(rtt_ms: float | None) -> Speed:
    return next(speed for speed in SPEEDS if (rtt_ms or 0.0) <= speed.up_to_ms)


def _number(rtt_ms: float | None) -> str:
    return "✔" if rtt_ms is None else milliseconds(rtt_ms).removesuffix(f"{NBSP}ms")


def _nodes(canvas: Canvas, grid: Grid, matrix: PingMatrix, left: float) -> None:
    """The nodes' names, and a line between two nodes."""
    size = len(matrix.names)
    before = None
    for place, name in enumerate(matrix.names):
        node = matrix.nodes[name]
        if node == before:
            continue
        before = node
        x, y = grid.corner(place, place)
        canvas.text(left, y + grid.height / 2, fit(node, NAME, bold=True), bold=True)
        if place:
            canvas.line([(left, y), (grid.left + size * grid.width, y)], color=INK, weight=1.4, zorder=4)
            canvas.line([(x, grid.top), (x, grid.top + size * grid.height)], color=INK, weight=1.4, zorder=4)


def _legend(matrix: PingMatrix, numbers: bool) -> Iterator[tuple[Sample, str]]:
    answered = [_speed(pair.rtt_ms) for pair in matrix.pairs if pair.outcome == "answered"]
    for speed in SPEEDS:
        if speed in answered:
            yield _sample(speed, numbers), speed.meaning
    others = (
        ("failed", Sample(_failed), "sans réponse, malgré un réseau commun"),
        ("apart", box_sample(SHADE, RULE, "///"), "sans réponse, comme prévu : aucun réseau commun"),
        ("leaked", Sample(_leaked), "une réponse, sans réseau commun"),
        ("not_run", Sample(_not_run), "non fait"),
    )
    for outcome, sample, meaning in others:
        if any(pair.outcome == outcome for pair in matrix.pairs):
            yield sample, meaning
    yield box_sample(RULE, RULE), "le conteneur lui-même"
    if len(set(matrix.nodes.values())) > 1:
        yield Sample(lambda canvas, x, y: canvas.line([(x, y), (x + 26, y)], weight=1.4)), "d'un nœud à l'autre"


def _sample(speed: Speed, numbers: bool) -> Sample:
    def sample(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 6, 26, 12, face=speed.tint, edge=RULE, radius=0, weight=0.6)
        if not numbers:
            canvas.marker(x + 13, y, "o", face=speed.ink, edge=speed.ink, size=speed.size)

    return Sample(sample)


def _failed(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y - 6, 26, 12, face=FAILED, edge=RULE, radius=0, weight=0.6)
    canvas.marker(x + 13, y, "X", face=VERMILION, edge=INK, size=9, weight=0.8)


def _leaked(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y - 6, 26, 12, face=LEAKED, edge=RULE, radius=0, weight=0.6)
    canvas.marker(x + 13, y, "^", face=YELLOW, edge=INK, size=9)


def _not_run(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y - 6, 26, 12, face=PAPER, edge=RULE, radius=0, weight=0.8)
    canvas.line([(x + 9, y), (x + 17, y)], color=SOFT, weight=1.2)


def _alt(matrix: PingMatrix) -> str:
    said = [
        f"Matrice des pings entre {count(len(matrix.names), 'conteneur')} de "
        f"{count(len(set(matrix.nodes.values())), 'nœud')} : {count(len(matrix.pairs), 'paire', none='aucune')}."
    ]
    rtts = [pair.rtt_ms for pair in matrix.pairs if pair.outcome == "answered" and pair.rtt_ms is not None]
    if rtts:
        said.append(
            f"{count(len(rtts), 'réponse')}, en {milliseconds(statistics.median(rtts))} pour la médiane "
            f"(de {milliseconds(min(rtts))} à {milliseconds(max(rtts))})."
        )
    for outcome, words in (
        ("failed", "sans réponse malgré un réseau commun"),
        ("apart", "sans réponse comme prévu, aucun réseau commun"),
        ("leaked", "avec une réponse sans réseau commun"),
        ("not_run", "non faites"),
    ):
        pairs = [pair for pair in matrix.pairs if pair.outcome == outcome]
        if pairs:
            named = _named(pairs) if outcome != "apart" or len(pairs) <= FEW else ""
            said.append(f"{count(len(pairs), 'paire')} {words}{named}.")
    return " ".join([*said, *notes(matrix.topology)])


def _named(pairs: Sequence[Pair]) -> str:
    return f" : {listing([f'{pair.source} vers {pair.target}' for pair in pairs], FEW)}"
