"""What a process writes, for those who follow it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from .log import Stream

__all__ = ["Chunk", "Output", "Reading"]

Chunk = tuple[Stream, bytes]
MOST_WAITING = 8 * 2**20
"""Bytes kept for one slow reader; it loses the oldest ones beyond."""


class Reading:
    """Chunks from its making on, until the process ends; `aclose` ends it."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._waiting: deque[Chunk] = deque()
        self._size = 0
        self._arrived = asyncio.Event()
        self._ended = False

    def put(self, chunk: Chunk | None) -> None:
        """Hand over a chunk; None: there are no more."""
        if chunk is None:
            self._ended = True
        else:
            self._waiting.append(chunk)
            self._size += len(chunk[1])
            while self._size > MOST_WAITING:
                self._size -= len(self._waiting.popleft()[1])
        self._arrived.set()

    def __aiter__(self) -> Reading:
        return self

    async def __anext__(self) -> Chunk:
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        chunk = self._waiting.popleft()
        self._size -= len(chunk[1])
        return chunk

    async def aclose(self) -> None:
        """Follow no more."""
        self._output.forget(self)
        self.put(None)


class Output:
    """Both streams of a process.

    Parameters
    ----------
    keep
        Called with each chunk as well: the container's log.
    """

    def __init__(self, keep: Callable[[Stream, bytes], None] | None = None) -> None:
        self._keep = keep
        self._readings: list[Reading] = []
        self._held: list[Chunk] | None = None

    def subscribe(self) -> Reading:
        """Follow it from now on."""
        made = Reading(self)
        self._readings.append(made)
        return made

    def forget(self, reading: Reading) -> None:
        """Hand it nothing more."""
        if reading in self._readings:
            self._readings.remove(reading)

    def publish(self, stream: Stream, data: bytes) -> None:
        """Hand bytes to all who follow."""
        if not data:
            return
        if self._held is not None:
            self._held.append((stream, data))
            return
        if self._keep is not None:
            self._keep(stream, data)
        for reading in self._readings:
            reading.put((stream, data))

    def hold(self) -> None:
        """Keep what is written until `release`: the container is paused."""
        if self._held is None:
            self._held = []

    def release(self) -> None:
        """Hand over what was held."""
        held, self._held = self._held or [], None
        for stream, data in held:
            self.publish(stream, data)

    def end(self) -> None:
        """The process has ended: so does what follows it."""
        self.release()
        for reading in self._readings:
            reading.put(None)
        self._readings.clear()
