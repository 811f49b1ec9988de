"""Time the course's first lab beside the same steps typed with the docker command line, in one run.

Each figure is taken on a fresh lab; they are taken in turn, and their ratios round by round. As root, from the
checkout: .venv/bin/python benchmarks/lab1.py [PAIRS]
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from swarmkit_helpers.course.sections import SECTIONS
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.images import ensure_cache

NAME = "mesure"
STARTS = 5
SCRIPT = Path(__file__).with_name("lab1.sh")
LAB1 = [identity for identity in SECTIONS if identity < "20"]


def up_and_down() -> tuple[float, float]:
    """Seconds from nothing to a swarm with its images, and back to nothing."""
    begun = time.perf_counter()
    local.up(NAME)
    ready = time.perf_counter()
    local.down(NAME)
    return ready - begun, time.perf_counter() - ready


def typed() -> float:
    """Seconds that the script of docker commands takes on a fresh lab."""
    lab = local.up(NAME)
    directory = Path(lab.manager.docker_host.removeprefix("unix://")).parents[1]
    try:
        begun = time.perf_counter()
        subprocess.run([SCRIPT, directory], check=True, capture_output=True)
        return time.perf_counter() - begun
    finally:
        local.down(NAME)


def course(out: Path, jobs: int = 1) -> float:
    """Seconds that `swarmlab run` takes on a fresh lab, kernels, checks, figures, exports and all.

    With two jobs, the start of the second lab and the removal of it are in the time.
    """
    local.up(NAME)
    try:
        begun = time.perf_counter()
        argv = [sys.executable, "-m", "swarmkit_helpers.cli", "run", *LAB1, "--name", NAME, "--out", out]
        subprocess.run([*argv, "--jobs", str(jobs)], check=True, capture_output=True)
        return time.perf_counter() - begun
    finally:
        local.down(NAME)


def shown(values: list[float]) -> str:
    """Median, with the extremes when there are several values."""
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure and print a table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    ensure_cache()
    starts = [up_and_down() for _ in range(STARTS)]
    typed_s, course_s, shared_s = [], [], []
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(pairs):
            typed_s.append(typed())
            course_s.append(course(Path(directory)))
            shared_s.append(course(Path(directory), jobs=2))
        totals = json.loads((Path(directory) / "report.json").read_text("utf-8"))["totals"]
    ratios = [mine / theirs for mine, theirs in zip(course_s, typed_s, strict=True)]
    shared_ratios = [mine / theirs for mine, theirs in zip(shared_s, typed_s, strict=True)]
    print(
        f"{platform.system()} {platform.release()}, {pairs} pairs, {totals['cells']} cells, {totals['checks']} checks"
    )
    print("| measure | median (min to max) |\n|---|---|")
    print(f"| lab up, s | {shown([up for up, _ in starts])} |")
    print(f"| lab down, s | {shown([down for _, down in starts])} |")
    print(f"| lab 1 typed with the docker command, s | {shown(typed_s)} |")
    print(f"| lab 1 by `swarmlab run`, s | {shown(course_s)} |")
    print(f"| ratio to the typed steps, pair by pair | {shown(ratios)} |")
    print(f"| lab 1 by `swarmlab run --jobs 2`, s | {shown(shared_s)} |")
    print(f"| ratio to the typed steps, pair by pair | {shown(shared_ratios)} |")


if __name__ == "__main__":
    main()
