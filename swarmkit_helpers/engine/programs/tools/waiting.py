"""Waits that a signal ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from ..system import System

__all__ = ["Interruption"]

Result = TypeVar("Result")


class Interruption:
    """Has signals end a program's waits instead of the program.

    Parameters
    ----------
    system
        Of the program.
    signals
        ``SIGINT``.
    """

    def __init__(self, system: System, *signals: str) -> None:
        self._system = system
        self._event = asyncio.Event()
        self.signal = ""
        for name in signals:
            system.handlers[name] = lambda name=name: self._set(name)  # type: ignore[misc]

    def _set(self, name: str) -> None:
        self.signal = self.signal or name
        self._event.set()

    def __bool__(self) -> bool:
        return self._event.is_set()

    async def sleep(self, seconds: float) -> None:
        """Wait that long, or until a signal comes."""
        await self.first(self._system.world.clock.sleep(seconds))

    async def first(self, awaited: Awaitable[Result]) -> Result | None:
        """The result of what is awaited; None when a signal came first."""
        task = asyncio.ensure_future(awaited)
        stop = asyncio.ensure_future(self._event.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            if not task.done():
                task.cancel()
        await asyncio.wait({task})
        return None if task.cancelled() else task.result()

    async def wait(self) -> None:
        """Wait for a signal."""
        await self._event.wait()
