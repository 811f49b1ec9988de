"""What programs read and write through: pipes, named pipes, files, and descriptors that lead to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import SupportsIndex

__all__ = ["BrokenPipe", "Description", "Fifo", "PipeReader", "ended_reader", "pipe_ends", "reader_of"]

ROOM = 65_536
"""Bytes that a pipe holds before who writes must wait (Linux: pipe(7))."""


class BrokenPipe(Exception):
    """Nobody reads that pipe any more: the kernel would send SIGPIPE."""


class PipeReader(asyncio.StreamReader):
    """The end of a pipe that is read; it knows how much waits in it."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.closed = False
        """Whether nobody reads any more."""
        self._taken = asyncio.Event()

    def feed_data(self, data: Iterable[SupportsIndex]) -> None:
        """Take what is written."""
        raw = bytes(data)
        self.waiting += len(raw)
        super().feed_data(raw)

    async def read(self, n: int = -1) -> bytes:
        """Some bytes; none at the end."""
        if n < 0:  # a whole, read by parts, so that what waits is counted each time
            parts = []
            while part := await self.read(ROOM):
                parts.append(part)
            return b"".join(parts)
        return self._took(await super().read(n))

    async def readline(self) -> bytes:
        """A line, with its end."""
        return self._took(await super().readline())

    def _took(self, data: bytes) -> bytes:
        self.waiting -= len(data)
        self._taken.set()
        return data

    def shut(self) -> None:
        """Read no more."""
        self.closed = True
        self._taken.set()

    async def room(self) -> None:
        """Wait until there is room to write."""
        while self.waiting > ROOM and not self.closed:
            self._taken.clear()
            await self._taken.wait()


class Description:
    """An open file description: what a descriptor leads to; several may lead to the same (open(2)).

    Parameters
    ----------
    reader
        What is read; None when it cannot be.
    sink
        What is done with what is written; None when it cannot be.
    finish
        Called once nobody has it any more.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader | None = None,
        sink: Callable[[bytes], None] | None = None,
        finish: Callable[[], None] | None = None,
        target: PipeReader | None = None,
    ) -> None:
        self.reader = reader
        self.sink = sink
        self.target = target
        """The pipe that is written to."""
        self.holders = 1
        self._finish = finish

    def hold(self) -> Description:
        """One more descriptor leads here."""
        self.holders += 1
        return self

    def release(self) -> None:
        """One descriptor less leads here."""
        self.holders -= 1
        if self.holders == 0 and self._finish is not None:
            self._finish()

    def write(self, data: bytes) -> None:
        """Write bytes."""
        if self.sink is not None:
            self.sink(data)

    async def room(self) -> None:
        """Wait until there is room to write."""
        if self.target is not None:
            await self.target.room()
            if self.target.closed:
                raise BrokenPipe


def pipe_ends() -> tuple[Description, Description]:
    """Both ends of a new pipe: what is read, what is written."""
    reader = PipeReader()
    return Description(reader, finish=reader.shut), _writing(reader)


def _writing(reader: PipeReader) -> Description:
    def sink(data: bytes) -> None:
        if reader.closed:
            raise BrokenPipe
        reader.feed_data(data)

    return Description(sink=sink, finish=reader.feed_eof, target=reader)


class Fifo:
    """A named pipe (fifo(7)): it opens for one once another has opened it for the other."""

    def __init__(self) -> None:
        self._reader = PipeReader()
        self._readers = 0
        self._writers = 0
        self._changed = asyncio.Event()

    async def open(self, *, reads: bool, writes: bool) -> Description:
        """Open it; wait for the other side where there is none."""
        if not self._readers and not self._writers:
            self._reader = PipeReader()
        self._readers += reads
        self._writers += writes
        self._changed.set()
        self._changed = asyncio.Event()
        while not (self._readers and self._writers):
            await self._changed.wait()
        reader = self._reader

        def finish() -> None:
            self._readers -= reads
            self._writers -= writes
            if writes and not self._writers:
                reader.feed_eof()
            if reads and not self._readers:
                reader.shut()

        def sink(data: bytes) -> None:
            if reader.closed:
                raise BrokenPipe
            reader.feed_data(data)

        return Description(reader if reads else None, sink if writes else None, finish, reader if writes else None)


def reader_of(content: bytes) -> PipeReader:
    """A reader of a file."""
    reader = PipeReader()
    if content:
        reader.feed_data(content)
    reader.feed_eof()
    return reader


def ended_reader() -> PipeReader:
    """A reader of nothing, as ``/dev/null``."""
    return reader_of(b"")
