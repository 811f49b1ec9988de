"""Jupyter kernels for the runner: while sections run, the next ones' kernels start and imports its libraries."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

__all__ = ["START_S", "Kernels"]

# Modules are imported and fonts read; the notebook's own names stay untouched.
WARM_UP = """\
def _():
    import importlib, io
    for name in ("docker", "pandas", "matplotlib.backends.backend_agg"):
        importlib.import_module(name)
    course = importlib.import_module("swarmkit_helpers")
    for name in course.__all__:
        getattr(course, name)
    from matplotlib.figure import Figure
    figure = Figure()
    figure.text(0.5, 0.5, "fonts")
    figure.savefig(io.BytesIO())
_()
del _
"""
START_S = 60


class Kernels:
    """Gives each section a kernel of its own, started and warm before it is asked for.

    Used as a context: on its end, no kernel of its is left.

    Parameters
    ----------
    directory
        Where the kernels work.
    total
        How many will be taken.
    ahead
        How many are kept ready: as many as are taken at once.
    start_s
        How long one may take to start, and again to import.
    """

    def __init__(self, directory: Path, *, total: int, ahead: int = 1, start_s: float = START_S) -> None:
        self.directory = directory
        self._start_s = start_s
        self._to_start = total
        self._ahead = ahead
        self._sockets = TemporaryDirectory(prefix="swarmlab-")
        self._numbers = count()
        self._threads = ThreadPoolExecutor(max_workers=2 + ahead)
        self._lock = Lock()
        self._spares: deque[Future[AsyncKernelManager]] = deque()
        self._busy: list[AsyncKernelManager] = []

    def __enter__(self) -> Kernels:
        for _ in range(self._ahead):
            self._start_one()
        return self

    def __exit__(self, *error: object) -> None:
        for spare in self._spares:
            with suppress(Exception):
                self.end(spare.result())
        self._threads.shutdown(wait=True)
        self._sockets.cleanup()

    def take(self) -> AsyncKernelManager:
        """A kernel that is ready; the next one is started meanwhile."""
        with self._lock:
            spare = self._spares.popleft()
        kernel = spare.result()
        with self._lock:
            self._busy.append(kernel)
        self._start_one()
        return kernel

    def end(self, kernel: AsyncKernelManager) -> None:
        """Stop a kernel, without waiting for it."""
        with self._lock, suppress(ValueError):
            self._busy.remove(kernel)
        self._threads.submit(lambda: asyncio.run(_stop(kernel)))

    def kill(self) -> None:
        """Stop all kernels at work: what they run fails at once."""
        with self._lock:
            busy = list(self._busy)
        for kernel in busy:
            asyncio.run(_stop(kernel))

    def _start_one(self) -> None:
        with self._lock:
            if self._to_start:
                self._to_start -= 1
                self._spares.append(self._threads.submit(self._start))

    def _start(self) -> AsyncKernelManager:
        address = Path(self._sockets.name) / f"kernel{next(self._numbers)}"
        return asyncio.run(_ready_kernel(self.directory, address, self._start_s))


async def _ready_kernel(directory: Path, address: Path, start_s: float) -> AsyncKernelManager:
    from jupyter_client.manager import AsyncKernelManager

    # Unix sockets, named after that address: nothing listens on a port, not even of the loopback.
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(address))
    await kernel.start_kernel(cwd=str(directory))
    client = kernel.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=start_s)
        await client.execute_interactive(WARM_UP, silent=True, store_history=False, timeout=start_s)
    except BaseException:
        await kernel.shutdown_kernel(now=True)
        raise
    finally:
        client.stop_channels()
    return kernel


async def _stop(kernel: AsyncKernelManager) -> None:
    await kernel.shutdown_kernel(now=True)
