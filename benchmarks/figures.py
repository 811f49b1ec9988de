"""Time the figures, and two tables, of generated swarms of 10, 30 and 100 nodes, in one run; no engine is needed.

From the checkout: .venv/bin/python -m benchmarks.figures [ROUNDS]
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from swarmkit_helpers.show import figures, tables
from swarmkit_helpers.topology.model import Topology
from tests.show.fleets import ailing, fleet

SIZES = ((10, 200), (30, 600), (100, 2000))
"""Nodes and containers: ten times as many from the first to the last."""
NETWORKS = 4

Made = tuple[Topology, Topology]
MAPS: dict[str, Callable[[Made], Any]] = {
    "draw_swarm": lambda made: figures.draw_swarm(made[0]),
    "draw_subnets": lambda made: figures.draw_subnets(made[0]),
    "draw_before_after": lambda made: figures.draw_before_after(*made),
    "draw_peers": lambda made: figures.draw_peers(made[0]),
}
TABLES: dict[str, Callable[[Made], Any]] = {
    "endpoints_table": lambda made: tables.endpoints_table(made[0]),
    "compare": lambda made: tables.compare(*made),
}


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    result = act()
    return time.perf_counter() - begun, result


def measured(make: Callable[[Made], Any], made: Made, rounds: int) -> dict[str, float]:
    """Median seconds of each part: to draw, and to make the picture of it."""
    spent: dict[str, list[float]] = {}
    for _ in range(rounds):
        seconds, result = timed(lambda: make(made))
        spent.setdefault("", []).append(seconds)
        if hasattr(result, "to_png"):
            seconds, _ = timed(result.to_png)
            spent.setdefault(" .to_png", []).append(seconds)
    return {part: statistics.median(seconds) for part, seconds in spent.items()}


def main() -> None:
    """Measure and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    fleets = [(healthy, ailing(healthy)) for healthy in (fleet(*size, NETWORKS) for size in SIZES)]
    # The first figure of a session reads the fonts.
    measured(MAPS["draw_swarm"], fleets[0], 1)
    print(f"{platform.system()}, Python {platform.python_version()}, {rounds} rounds, {NETWORKS} networks and ingress")
    print("| seconds, median | " + " | ".join(f"{nodes} nodes, {held} containers" for nodes, held in SIZES) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    for name, make in (MAPS | TABLES).items():
        found = [measured(make, made, rounds) for made in fleets]
        for part in found[0]:
            times = [spent[part] for spent in found]
            cells = [f"{seconds:.2f} (× {seconds / times[0]:.1f})" for seconds in times]
            print(f"| `{name}{part}` | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
