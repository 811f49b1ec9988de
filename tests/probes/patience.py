"""Waiting for what engines tell, and counting what is held open meanwhile."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path

from swarmkit_helpers.lab.cluster import Lab

WAIT_S = 30.0


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def sockets(lab: Lab) -> int:
    """Sockets that this process has open, but for those that the engines' clients keep for their next requests.

    Those that nobody holds any more are closed first: left to themselves, they would close in the midst of a count.
    """
    for node in lab.nodes.values():
        node.api.close()
    gc.collect()
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found += str(entry.readlink()).startswith("socket:")
        except FileNotFoundError:
            continue  # that of the listing itself
    return found
