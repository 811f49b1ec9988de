"""Arrows that go round boxes: the cheapest way on a lattice, one arrow after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush

__all__ = ["PITCH", "Rect", "Route", "Router"]

PITCH = 8.0
"""Between two lines of the lattice, in points."""

BEND, CROSSING, BESIDE, JOINING, OVER = 3.0, 5.0, 1.5, 6.0, 200.0
"""What a turn, crossing another arrow, grazing a box, joining an arrow to the same box, and covering another cost, in
steps of the lattice."""
OFF_CENTRE = 0.02
"""Cost of leaving or reaching a box one step off the middle of its side; it grows as the square."""

Cell = tuple[int, int]
Step = tuple[int, int]
STEPS: tuple[Step, ...] = ((1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle of the sheet, in points."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one arrow."""

    points: tuple[tuple[float, float], ...]
    """Corners, from the edge of the box it leaves to its end, in points."""
    joins: bool
    """True when it ends on an earlier arrow to the same box: no head of its own."""
    covers: bool
    """True when it had to run along another arrow."""


@dataclass
class Router:
    """Finds ways in one sheet.

    Parameters
    ----------
    width, height
        Of the part where arrows may go, in points.
    top
        Its upper limit.
    """

    width: float
    height: float
    top: float = 0.0
    _closed: set[Cell] = field(default_factory=set)
    _grazing: set[Cell] = field(default_factory=set)
    _used: dict[Cell, set[tuple[int, bool | None]]] = field(default_factory=dict)
    """Cell -> (arrow, whether it runs across there; None where it turns)."""
    _trunks: dict[str, dict[Cell, int]] = field(default_factory=dict)
    """Target -> cells of the arrows that lead to it."""
    _routes: int = 0

    def close(self, rect: Rect) -> None:
        """Let no arrow through a rectangle."""
        left, right, top, bottom = _cells(rect)
        self._closed |= {(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)}
        self._grazing |= set(_around(rect))

    def route(self, start: Rect, sides: str, end: Rect, target: str, end_sides: str = "TBLR") -> Route | None:
        """Find the way from one box to another, and keep it.

        Parameters
        ----------
        start
            The box it leaves, by one of `sides`: letters among ``T``, ``B``, ``L``, ``R``.
        end
            The box it reaches, by one of `end_sides`.
        target
            Name of the box it reaches: arrows to the same one may join.

        Returns
        -------
        Route or None
            None when there is no way.
        """
        trunk = self._trunks.get(target, {})
        goals = {
            cell: (outward, cost)
            for cell, (outward, cost) in _around(end).items()
            if _side(outward) in end_sides and self._free(cell)
        }
        if not goals and not trunk:
            return None
        left, right = min(x for x, _ in (*goals, *trunk)), max(x for x, _ in (*goals, *trunk))
        top, bottom = min(y for _, y in (*goals, *trunk)), max(y for _, y in (*goals, *trunk))

        def ahead(cell: Cell) -> float:
            """Steps that are still to be made, at the least."""
            return max(left - cell[0], cell[0] - right, 0) + max(top - cell[1], cell[1] - bottom, 0)

        costs: dict[tuple[Cell, Step], float] = {}
        came: dict[tuple[Cell, Step], tuple[Cell, Step] | None] = {}
        heap: list[tuple[float, int, float, Cell, Step]] = []
        order = 0
        for cell, (outward, off) in _around(start).items():
            if _side(outward) in sides and self._free(cell):
                cost = off + self._toll(cell, outward, outward, trunk)
                costs[cell, outward] = cost
                came[cell, outward] = None
                heappush(heap, (cost + ahead(cell), order, cost, cell, outward))
                order += 1
        done: set[tuple[Cell, Step]] = set()
        best: tuple[float, tuple[Cell, Step], bool] | None = None
        while heap:
            least, _, cost, cell, heading = heappop(heap)
            if best is not None and least >= best[0]:
                break
            if (cell, heading) in done:
                continue
            done.add((cell, heading))
            if cell in goals:
                outward, off = goals[cell]
                inward = (-outward[0], -outward[1])
                turn = 0.0 if heading == inward else BEND if heading != outward else None
                if turn is not None and (best is None or cost + off + turn < best[0]):
                    best = (cost + off + turn, (cell, heading), False)
            if cell in trunk and (best is None or cost + JOINING < best[0]):
                best = (cost + JOINING, (cell, heading), True)
            for step in STEPS:
                if step == (-heading[0], -heading[1]):
                    continue
                beyond = (cell[0] + step[0], cell[1] + step[1])
                if not self._free(beyond):
                    continue
                more = 1.0 + (BEND if step != heading else 0.0)
                if step != heading:
                    more += self._corner(cell, trunk)
                more += self._toll(beyond, step, heading, trunk)
                if cost + more < costs.get((beyond, step), float("inf")):
                    costs[beyond, step] = cost + more
                    came[beyond, step] = (cell, heading)
                    heappush(heap, (cost + more + ahead(beyond), order, cost + more, beyond, step))
                    order += 1
        if best is None:
            return None
        return self._keep(best, came, goals, target)

    def _keep(
        self,
        best: tuple[float, tuple[Cell, Step], bool],
        came: dict[tuple[Cell, Step], tuple[Cell, Step] | None],
        goals: dict[Cell, tuple[Step, float]],
        target: str,
    ) -> Route:
        total, last, joins = best
        way: list[tuple[Cell, Step]] = []
        at: tuple[Cell, Step] | None = last
        while at is not None:
            way.append(at)
            at = came[at]
        way.reverse()
        cells = [cell for cell, _ in way]
        first = way[0]
        cells.insert(0, (first[0][0] - first[1][0], first[0][1] - first[1][1]))
        if not joins:
            outward = goals[cells[-1]][0]
            cells.append((cells[-1][0] - outward[0], cells[-1][1] - outward[1]))
        self._routes += 1
        trunk = self._trunks.setdefault(target, {})
        for before, cell, after in zip(cells, cells[1:], cells[2:], strict=False):
            across = (before[1] == cell[1], cell[1] == after[1])
            runs = across[0] if across[0] == across[1] else None
            self._used.setdefault(cell, set()).add((self._routes, runs))
            trunk[cell] = self._routes
        return Route(tuple(_corners([self._point(cell) for cell in cells])), joins, total >= OVER)

    def _free(self, cell: Cell) -> bool:
        inside = 0 < cell[0] * PITCH < self.width and self.top < cell[1] * PITCH < self.height
        return inside and cell not in self._closed

    def _toll(self, cell: Cell, step: Step, heading: Step, trunk: dict[Cell, int]) -> float:
        cost = BESIDE if cell in self._grazing else 0.0
        across = step[1] == 0
        for route, runs in self._used.get(cell, ()):
            if trunk.get(cell) == route:
                continue
            cost += CROSSING if runs is not None and runs != across else OVER
        return cost

    def _corner(self, cell: Cell, trunk: dict[Cell, int]) -> float:
        """Cost of a turn where another arrow passes: one could not tell which goes where."""
        return OVER if any(trunk.get(cell) != route for route, _ in self._used.get(cell, ())) else 0.0

    def _point(self, cell: Cell) -> tuple[float, float]:
        return cell[0] * PITCH, cell[1] * PITCH


def _cells(rect: Rect) -> tuple[int, int, int, int]:
    return (
        round(rect.left / PITCH),
        round(rect.right / PITCH),
        round(rect.top / PITCH),
        round(rect.bottom / PITCH),
    )


def _around(rect: Rect) -> dict[Cell, tuple[Step, float]]:
    """Cells just outside a rectangle: the way out of it there, and how far from the middle of the side."""
    left, right, top, bottom = _cells(rect)
    across, down = (left + right) / 2, (top + bottom) / 2
    found: dict[Cell, tuple[Step, float]] = {}
    for x in range(left + 1, right):
        found[x, top - 1] = ((0, -1), OFF_CENTRE * (x - across) ** 2)
        found[x, bottom + 1] = ((0, 1), OFF_CENTRE * (x - across) ** 2)
    for y in range(top + 1, bottom):
        found[left - 1, y] = ((-1, 0), OFF_CENTRE * (y - down) ** 2)
        found[right + 1, y] = ((1, 0), OFF_CENTRE * (y - down) ** 2)
    return found


def _side(outward: Step) -> str:
    return {(0, -1): "T", (0, 1): "B", (-1, 0): "L", (1, 0): "R"}[outward]


def _corners(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without the points in the middle of straight parts."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept[-1] = point
        else:
            kept.append(point)
    return kept
