"""One end of a TCP connection between two programs."""

from __future__ import annotations

import asyncio

__all__ = ["Pipe", "pipe"]


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
        self.remote = ""
        """Address of the other end."""

    async def read(self, most: int = 65_536) -> bytes:
        """Some bytes; none once the other end has closed."""
        return await self.incoming.read(most)

    async def read_line(self) -> bytes:
        """Bytes up to a line's end, with it."""
        return await self.incoming.readline()

    def write(self, data: bytes) -> None:
        """Send bytes; to a closed end, nothing."""
        if self.peer is not None and not self.peer.incoming.at_eof() and data:
            self.peer.incoming.feed_data(data)

    def close(self) -> None:
        """Send nothing more."""
        if self.peer is not None:
            self.peer.incoming.feed_eof()
            self.peer = None


def pipe(caller: str, called: str) -> tuple[Pipe, Pipe]:
    """Both ends of a new connection: the caller's, the called one's."""
    here, there = Pipe(asyncio.StreamReader()), Pipe(asyncio.StreamReader())
    here.peer, there.peer = there, here
    here.remote, there.remote = called, caller
    return here, there
