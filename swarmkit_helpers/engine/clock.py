"""Time: what takes seconds in an engine takes less here, if asked to."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

__all__ = ["ZERO_TIME", "Clock", "rfc3339"]

ZERO_TIME = "0001-01-01T00:00:00Z"
"""What the engine gives for a time that has not come."""


class Clock:
    """Dates are the machine's own; only waits are shorter.

    Parameters
    ----------
    speed
        How many seconds of an engine go into one second: 1 for an engine's own pace.
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed

    def now(self) -> str:
        """The date, as the engine writes it: ``2026-11-25T15:00:00.123456789Z``."""
        return rfc3339(time.time_ns())

    def time(self) -> float:
        """Seconds of an engine since some moment; only differences count."""
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for seconds of an engine."""
        await asyncio.sleep(max(0.0, seconds) / self.speed)


def rfc3339(nanoseconds: int) -> str:
    """Write a date, in nanoseconds since 1970, as Go does: without the zeros that end its fraction."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}{fraction}Z"
