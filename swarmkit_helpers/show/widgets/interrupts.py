"""The interruption of a kernel that executes no cell, told to the panels whose work goes on.

ipykernel ignores SIGINT between two messages, and puts back what it found after each: the stop button of JupyterLab
would not reach a thread. So as long as a panel works, the kernel's event loop looks whether the signal is ignored, and
then takes it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

__all__ = ["listen"]

EVERY_S = 0.2


@dataclass(frozen=True)
class _Listeners:
    """Takes SIGINT in place of the kernel, and tells all who listen."""

    told: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        for tell in self.told:
            tell()


def listen(interrupt: Callable[[], None], goes_on: Callable[[], bool]) -> None:
    """Call `interrupt` when the kernel is interrupted, as long as `goes_on` says so; outside a kernel, do nothing.

    A cell that is being executed is interrupted in its place, as always.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return

    def look() -> None:
        taken = signal.getsignal(signal.SIGINT)
        if goes_on():
            if taken is signal.SIG_IGN:
                signal.signal(signal.SIGINT, _Listeners([interrupt]))
            elif isinstance(taken, _Listeners) and interrupt not in taken.told:
                taken.told.append(interrupt)
            loop.call_later(EVERY_S, look)
        elif isinstance(taken, _Listeners) and interrupt in taken.told:
            taken.told.remove(interrupt)
            if not taken.told:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    loop.call_soon(look)
