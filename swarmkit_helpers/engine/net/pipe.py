"""One end of a TCP connection between two programs."""

from __future__ import annotations

import asyncio
from typing import Protocol

__all__ = ["Carrier", "Pipe", "pipe"]

WINDOW_BYTES = 65_536
LONGEST_LINE = 1 << 20


class Carrier(Protocol):
    """What brings bytes from one end to the other."""

    def carry(self, sender: Pipe, data: bytes | None) -> None:
        """Bring bytes, now or later, in their order; None: the sender sends nothing more."""


class Pipe:
    """Bytes both ways.

    Parameters
    ----------
    incoming
        What the other end writes.
    """

    def __init__(self, incoming: asyncio.StreamReader) -> None:
        self.incoming = incoming
        self.peer: Pipe | None = None
        self.carrier: Carrier | None = None
        """What is between both ends; None: bytes are there at once."""
        self.local = ""
        self.local_port = 0
        self.remote = ""
        """Address of the other end."""
        self.remote_port = 0
        self.closed = False
        """Whether this end sends nothing more."""
        self._unread = 0
        self._ended = False
        self._room = asyncio.Event()
        self._room.set()

    async def read(self, most: int = WINDOW_BYTES) -> bytes:
        """Some bytes; none once the other end has closed.

        Raises
        ------
        OSError
            The connection was lost.
        """
        return self._taken(await self.incoming.read(most))

    async def read_line(self) -> bytes:
        """Bytes up to a line's end, with it.

        Raises
        ------
        ValueError
            A line longer than 1 MiB.
        """
        return self._taken(await self.incoming.readline())

    async def read_exactly(self, count: int) -> bytes:
        """So many bytes.

        Raises
        ------
        asyncio.IncompleteReadError
            The other end closed before.
        """
        return self._taken(await self.incoming.readexactly(count))

    def write(self, data: bytes) -> None:
        """Send bytes; to a closed end, nothing."""
        if data and not self.closed and self.peer is not None:
            self._send(data)

    async def drain(self) -> None:
        """Wait until the other end has read most of what was sent."""
        if self.peer is not None:
            await self.peer._room.wait()

    def close(self) -> None:
        """Send nothing more; what the other end sends can still be read."""
        if not self.closed:
            self.closed = True
            self._send(None)

    def abort(self) -> None:
        """End both ways: what comes now is lost."""
        self.close()
        self.arrive(None)

    def arrive(self, data: bytes | None) -> None:
        """Take what the other end sent; None: its end. For what carries the bytes."""
        if self._ended:
            return
        if data is None:
            self._ended = True
            self.incoming.feed_eof()
            self._room.set()
            return
        self._unread += len(data)
        if self._unread >= WINDOW_BYTES:
            self._room.clear()
        self.incoming.feed_data(data)

    def fail(self, error: OSError) -> None:
        """Lose the connection: who reads is told why."""
        self.closed = True
        if not self._ended:
            self._ended = True
            self.incoming.set_exception(error)
            self._room.set()

    def _send(self, data: bytes | None) -> None:
        if self.peer is None:
            return
        if self.carrier is None:
            self.peer.arrive(data)
        else:
            self.carrier.carry(self, data)

    def _taken(self, data: bytes) -> bytes:
        self._unread -= len(data)
        if self._unread < WINDOW_BYTES:
            self._room.set()
        return data


def pipe(caller: str, called: str) -> tuple[Pipe, Pipe]:
    """Both ends of a new connection: the caller's, the called one's."""
    here, there = Pipe(asyncio.StreamReader(LONGEST_LINE)), Pipe(asyncio.StreamReader(LONGEST_LINE))
    here.peer, there.peer = there, here
    here.local, here.remote = caller, called
    there.local, there.remote = called, caller
    return here, there
