"""How slow this machine is: one factor, measured when a lab starts, by which all of its deadlines are multiplied.

The deadlines of the project are those of a usual machine. Under emulation, or beside others' work, the same things take
many times as long without anything being wrong.
"""

from __future__ import annotations

import subprocess
import time

__all__ = ["factor", "measured"]

STEP = ("dockerd", "--version")
"""A known step: a large program is read, started and ended. An engine does nothing else while it starts."""
USUAL_S = 0.1
"""What it takes on a usual machine, others at work beside it."""
TRIES = 2
LONGEST_S = 60.0
MOST = 30.0
"""A machine that is slower still is not waited for any longer."""


def measured() -> float:
    """The factor of this machine, now; never below 1."""
    return factor(min(_duration_s() for _ in range(TRIES)))


def factor(step_s: float) -> float:
    """The factor of a machine on which the known step takes that long."""
    return round(min(max(step_s / USUAL_S, 1.0), MOST), 1)


def _duration_s() -> float:
    begun = time.monotonic()
    try:
        subprocess.run(STEP, capture_output=True, check=False, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return LONGEST_S
    return time.monotonic() - begun
