"""What the managers do while nobody asks: rounds that are started soon, and work that takes time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from ..clock import Clock

__all__ = ["Background", "Round"]


class Background:
    """Work in the loop, all ended together."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.closed = False
        self._running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start work that takes time."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def close(self) -> None:
        """End all of it."""
        self.closed = True
        for task in list(self._running):
            task.cancel()


class Round:
    """Something done once, soon after it was asked for however many times.

    Parameters
    ----------
    delay_s
        How soon, in seconds of an engine.
    """

    def __init__(self, background: Background, work: Callable[[], None], delay_s: float = 0.0) -> None:
        self.background = background
        self.work = work
        self.delay_s = delay_s
        self._asked = False

    def ask(self) -> None:
        """Have it done."""
        if self._asked or self.background.closed:
            return
        self._asked = True
        self.background.spawn(self._wait())

    async def _wait(self) -> None:
        await self.background.clock.sleep(self.delay_s)
        self._asked = False
        self.work()
