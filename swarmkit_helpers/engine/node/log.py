"""What a container's process 1 wrote, line by line, as the json-file driver keeps it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Line", "Log", "Stream"]

Stream = Literal["stdout", "stderr"]
Line = tuple[int, Stream, bytes]
"""Nanoseconds since 1970, stream, the line with its end."""
MOST_LINES = 100_000
MOST_BYTES = 16 * 2**20
"""The oldest lines go beyond that: one process holds all the logs of a world."""
MOST_IN_LINE = 16_384
"""The engine cuts longer lines."""


@dataclass(eq=False)
class _Reader:
    next: int
    arrived: asyncio.Event


class Log:
    """Lines of one container.

    Parameters
    ----------
    running
        Whether more lines can come: a reader that follows ends when it is False.
    """

    def __init__(self, running: Callable[[], bool] | None = None) -> None:
        self.running = running or (lambda: False)
        self._lines: deque[Line] = deque()
        self._first = 0
        self._bytes = 0
        self._begun: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._readers: list[_Reader] = []
        self._last = 0

    def add(self, stream: Stream, data: bytes) -> None:
        """Add bytes: they are told once their line is whole."""
        begun = self._begun[stream]
        begun += data
        while (end := begun.find(b"\n") + 1) or len(begun) >= MOST_IN_LINE:
            length = end if 0 < end <= MOST_IN_LINE else MOST_IN_LINE
            self._keep(stream, bytes(begun[:length]))
            del begun[:length]

    def flush(self) -> None:
        """Tell lines that are not whole too: the process has ended."""
        for stream, begun in self._begun.items():
            if begun:
                self._keep(stream, bytes(begun))
                begun.clear()
        self.wake()

    def wake(self) -> None:
        """Have readers that follow look whether more can come."""
        for reader in self._readers:
            reader.arrived.set()

    def _keep(self, stream: Stream, line: bytes) -> None:
        self._last = max(time.time_ns(), self._last + 1)
        self._lines.append((self._last, stream, line))
        self._bytes += len(line)
        while len(self._lines) > MOST_LINES or self._bytes > MOST_BYTES:
            self._bytes -= len(self._lines.popleft()[2])
            self._first += 1
        self.wake()

    async def read(
        self, since: float = 0, until: float = 0, tail: int = -1, follow: bool = False
    ) -> AsyncIterator[Line]:
        """Lines, oldest first.

        Parameters
        ----------
        since, until
            Seconds since 1970; 0: no limit.
        tail
            Only the last ones of those that are there now; -1: all.
        follow
            Go on with new ones, until the container ends.
        """
        first, last = int(since * 1e9), int(until * 1e9)
        there = [line for line in self._lines if line[0] >= first and not (last and line[0] > last)]
        reader = _Reader(self._first + len(self._lines), asyncio.Event())
        self._readers.append(reader)
        try:
            for line in there if tail < 0 else there[len(there) - min(tail, len(there)) :]:
                yield line
            while follow:
                while reader.next < self._first + len(self._lines):
                    line = self._lines[max(reader.next, self._first) - self._first]
                    reader.next = max(reader.next, self._first) + 1
                    if last and line[0] > last:
                        return
                    if line[0] >= first:
                        yield line
                if not self.running():
                    return
                reader.arrived.clear()
                patience = last / 1e9 - time.time() if last else None
                if patience is not None and patience <= 0:
                    return
                try:
                    await asyncio.wait_for(reader.arrived.wait(), patience)
                except TimeoutError:
                    return
        finally:
            self._readers.remove(reader)
