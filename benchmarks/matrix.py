"""Time the ping matrix of 12 containers beside a loop of `docker exec`, pair by pair, in one run.

As root, from the checkout: .venv/bin/python benchmarks/matrix.py [ROUNDS]
"""

from __future__ import annotations

import platform
import shutil
import statistics
import subprocess
import sys
import time

from swarmkit_helpers.actions.containers import run_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.matrix import PingMatrix, ping_matrix

NAME = "mesure"
NETWORK = "mesure-net"
CONTAINERS = 12
DOCKER = shutil.which("docker") or "docker"


def populate(lab: Lab) -> None:
    """Run 12 containers on one overlay, four on each node."""
    create_network(lab, NETWORK, attachable=True)
    for number in range(CONTAINERS):
        run_container(lab, f"c{number}", node=list(lab.nodes)[number % len(lab.nodes)], network=NETWORK)


def matrix(lab: Lab) -> tuple[float, PingMatrix]:
    """Seconds that the project's matrix takes, its snapshot included."""
    begun = time.perf_counter()
    found = ping_matrix(lab, networks=[NETWORK])
    return time.perf_counter() - begun, found


def typed(lab: Lab, pairs: PingMatrix) -> tuple[float, int]:
    """Seconds that the docker command takes for the same pairs, one after the other; and how many answered."""
    begun = time.perf_counter()
    answered = 0
    for pair in pairs.pairs:
        host = lab.node(pairs.nodes[pair.source]).docker_host
        argv = [DOCKER, "--host", host, "exec", pair.source, "ping", "-c", "1", "-W", "1", str(pair.address)]
        answered += subprocess.run(argv, capture_output=True).returncode == 0
    return time.perf_counter() - begun, answered


def shown(values: list[float]) -> str:
    """Median, with the extremes."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure and print a table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    lab = local.up(NAME)
    try:
        populate(lab)
        mine, theirs, rtts = [], [], []
        for _ in range(rounds):
            seconds, found = matrix(lab)
            assert found.count("answered") == CONTAINERS * (CONTAINERS - 1), str(found)
            mine.append(seconds)
            rtts += [pair.rtt_ms for pair in found.pairs if pair.rtt_ms is not None]
            seconds, answered = typed(lab, found)
            assert answered == CONTAINERS * (CONTAINERS - 1)
            theirs.append(seconds)
    finally:
        local.down(NAME)
    print(
        f"{platform.system()} {platform.release()}, {rounds} rounds, {CONTAINERS} containers, {len(found.pairs)} pairs"
    )
    print("| measure | median (min to max) |\n|---|---|")
    print(f"| `sk.ping_matrix`, s | {shown(mine)} |")
    print(f"| a loop of `docker exec`, s | {shown(theirs)} |")
    print(f"| ratio, round by round | {shown([m / t for m, t in zip(mine, theirs, strict=True)])} |")
    print(f"| round trip in the matrix, ms | {shown(rtts)} |")


if __name__ == "__main__":
    main()
