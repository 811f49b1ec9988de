"""Where the services of a stack stand: networks side by side, services one below the other on their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

__all__ = ["Grid", "Spot", "Wish", "place"]

MOST_PERMUTED = 6
"""Networks of which every order is tried."""
TALLEST = 3
"""Services of one network one below the other, from which a second column is worth its width."""
PASSES = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """One service, as far as its place depends on it."""

    name: str
    networks: tuple[str, ...]
    needs: tuple[str, ...]
    """Services it connects to."""
    published: bool


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """The place of one service: a row, and the columns from `first` to `last`."""

    row: int
    first: int
    last: int


@dataclass(frozen=True)
class Grid:
    """All places."""

    networks: tuple[str, ...]
    """From left to right."""
    columns: Mapping[str, range]
    """Network -> its columns."""
    spots: Mapping[str, Spot]

    @property
    def width(self) -> int:
        """In columns."""
        return sum(len(columns) for columns in self.columns.values())

    @property
    def height(self) -> int:
        """In rows."""
        return 1 + max((spot.row for spot in self.spots.values()), default=-1)


def place(wishes: Sequence[Wish], networks: Sequence[str], most_columns: int) -> Grid:
    """Find places that keep arrows short and out of the way of boxes, and published services on top.

    A service on several networks covers all columns from its first network to its last. The search is greedy and always
    gives the same answer for the same stack.
    """
    ordered = _ordered(wishes, networks)
    shares = dict.fromkeys(ordered, 1)
    while sum(shares.values()) < most_columns:
        alone = {name: sum(wish.networks == (name,) for wish in wishes) / shares[name] for name in ordered}
        fullest = max(ordered, key=lambda name: alone[name], default=None)
        if fullest is None or alone[fullest] <= TALLEST:
            break
        shares[fullest] += 1
    return _settled(wishes, _columns(ordered, shares))


def _ordered(wishes: Sequence[Wish], networks: Sequence[str]) -> tuple[str, ...]:
    """Networks in the order in which the fewest services pass over one that is not theirs."""
    if len(networks) > MOST_PERMUTED:
        return tuple(networks)
    home = {wish.name: wish.networks for wish in wishes}
    pairs = [(wish.networks, home[need]) for wish in wishes for need in wish.needs if need in home]

    def cost(order: Sequence[str]) -> tuple[int, int, tuple[int, ...]]:
        at = {name: n for n, name in enumerate(order)}
        passed = sum(max(s) - min(s) + 1 - len(s) for w in wishes if (s := [at[n] for n in w.networks]))
        apart = sum(min(abs(at[a] - at[b]) for a in some for b in others) for some, others in pairs if some and others)
        return passed, apart, tuple(networks.index(name) for name in order)

    return min(permutations(networks), key=cost)


def _columns(networks: Sequence[str], shares: Mapping[str, int]) -> dict[str, range]:
    found, start = {}, 0
    for name in networks:
        found[name] = range(start, start + shares[name])
        start += shares[name]
    return found


def _settled(wishes: Sequence[Wish], columns: Mapping[str, range]) -> Grid:
    """The best places that swapping two services, or moving one, leads to."""
    order = sorted(range(len(wishes)), key=lambda n: (not wishes[n].published, n))
    best = _packed(wishes, order, columns)
    least = _cost(wishes, best)
    for _ in range(PASSES):
        found = False
        for other in _neighbours(order):
            spots = _packed(wishes, other, columns)
            cost = _cost(wishes, spots)
            if cost < least - 1e-9:
                order, best, least, found = other, spots, cost, True
        if not found:
            break
    return Grid(tuple(columns), columns, best)


def _neighbours(order: Sequence[int]) -> Iterable[list[int]]:
    for a in range(len(order)):
        for b in range(a + 1, len(order)):
            swapped = list(order)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield swapped
            moved = list(order)
            moved.insert(b, moved.pop(a))
            yield moved
            moved = list(order)
            moved.insert(a, moved.pop(b))
            yield moved


def _packed(wishes: Sequence[Wish], order: Sequence[int], columns: Mapping[str, range]) -> dict[str, Spot]:
    """Each service, in that order, in the highest row that is free."""
    taken = [0] * len(wishes)
    spots = {}
    for number in order:
        name = wishes[number].name
        spots[name] = min(_highest(taken, first, last) for first, last in _choices(wishes[number], columns))
        taken[spots[name].row] |= _bits(spots[name].first, spots[name].last)
    return spots


def _choices(wish: Wish, columns: Mapping[str, range]) -> list[tuple[int, int]]:
    own = sorted((columns[name] for name in wish.networks), key=lambda some: some.start)
    if len(own) == 1:
        return [(column, column) for column in own[0]]
    # From the last column of the leftmost network to the first of the rightmost.
    return [(own[0][-1], own[-1][0])]


def _highest(taken: Sequence[int], first: int, last: int) -> Spot:
    """The highest row that is free from one column to another; `taken` holds a bit for each column of each row."""
    wanted = _bits(first, last)
    return Spot(next(row for row, bits in enumerate(taken) if not bits & wanted), first, last)


def _bits(first: int, last: int) -> int:
    return (1 << last + 1) - (1 << first)


def _cost(wishes: Sequence[Wish], spots: Mapping[str, Spot]) -> float:
    cost = 3.0 * (1 + max((spot.row for spot in spots.values()), default=0))
    for number, wish in enumerate(wishes):
        spot = spots[wish.name]
        cost += 0.001 * abs(number - spot.row)
        if wish.published:
            # Who comes from outside comes from above.
            cost += spot.row + 5.0 * sum(s.row < spot.row and _share(s, spot) for s in spots.values())
        for need in wish.needs:
            if need in spots:
                cost += _arrow_cost(spot, spots[need], spots.values())
    return cost


def _share(one: Spot, other: Spot) -> bool:
    """True when they have a column in common."""
    return one.first <= other.last and other.first <= one.last


def _arrow_cost(one: Spot, other: Spot, spots: Iterable[Spot]) -> float:
    """Straight and short is best, past other boxes is worst."""
    left, right = max(one.first, other.first), min(one.last, other.last)
    top, bottom = sorted((one.row, other.row))
    if one.row == other.row:
        near, far = sorted((one, other), key=lambda spot: spot.first)
        between = sum(s.row == top and near.last < s.first and s.last < far.first for s in spots)
        return 2.0 + 6.0 * between + (far.first - near.last - 1)
    upwards = 0.5 * (other.row < one.row)
    if left > right:
        return 3.0 + (bottom - top) + (left - right) + upwards
    between = sum(top < s.row < bottom and s.first <= right and left <= s.last for s in spots)
    return 1.0 + 1.5 * (bottom - top - 1) + 3.0 * (between > 0) + between + upwards
