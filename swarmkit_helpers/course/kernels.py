"""Jupyter kernels for the runner: while one section runs, the next one's kernel starts and imports its libraries."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

__all__ = ["Kernels"]

# Modules are imported and fonts read; the notebook's own names stay untouched.
WARM_UP = """\
def _():
    import importlib, io
    for name in ("swarmkit_helpers", "docker", "pandas", "matplotlib.backends.backend_agg"):
        importlib.import_module(name)
    from matplotlib.figure import Figure
    figure = Figure()
    figure.text(0.5, 0.5, "fonts")
    figure.savefig(io.BytesIO())
_()
del _
"""
START_S = 60


class Kernels:
    """Gives each section a kernel of its own, one of them always ready in advance, the first from the start.

    Used as a context: on its end, no kernel of its is left.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._sockets = TemporaryDirectory(prefix="swarmlab-")
        self._numbers = count()
        self._threads = ThreadPoolExecutor(max_workers=3)
        self._spare: Future[AsyncKernelManager] | None = None

    def __enter__(self) -> Kernels:
        self._spare = self._threads.submit(self._start)
        return self

    def __exit__(self, *error: object) -> None:
        if self._spare is not None:
            with suppress(Exception):
                self.end(self._spare.result())
        self._threads.shutdown(wait=True)
        self._sockets.cleanup()

    def take(self, *, another: bool) -> AsyncKernelManager:
        """A kernel that is ready; with `another`, the next one is started meanwhile."""
        spare = self._spare or self._threads.submit(self._start)
        kernel = spare.result()
        self._spare = self._threads.submit(self._start) if another else None
        return kernel

    def end(self, kernel: AsyncKernelManager) -> None:
        """Stop a kernel, without waiting for it."""
        self._threads.submit(lambda: asyncio.run(_stop(kernel)))

    def _start(self) -> AsyncKernelManager:
        address = Path(self._sockets.name) / f"kernel{next(self._numbers)}"
        return asyncio.run(_ready_kernel(self.directory, address))


async def _ready_kernel(directory: Path, address: Path) -> AsyncKernelManager:
    from jupyter_client.manager import AsyncKernelManager

    # Unix sockets, named after that address: nothing listens on a port, not even of the loopback.
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(address))
    await kernel.start_kernel(cwd=str(directory))
    client = kernel.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=START_S)
        await client.execute_interactive(WARM_UP, silent=True, store_history=False, timeout=START_S)
    except BaseException:
        await kernel.shutdown_kernel(now=True)
        raise
    finally:
        client.stop_channels()
    return kernel


async def _stop(kernel: AsyncKernelManager) -> None:
    await kernel.shutdown_kernel(now=True)
