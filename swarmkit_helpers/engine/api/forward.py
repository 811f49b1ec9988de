"""Ports of this machine that lead into a world."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from ..net.pipe import Pipe
from ..net.stack import Stack
from ..refusal import Refusal

if TYPE_CHECKING:
    from ..node.host import Host
    from ..world import World

__all__ = ["Forwards"]

CHUNK = 65_536
CONNECT_S = 10.0
"""Real seconds that a caller waits for the other end; a browser waits no longer."""


class Forwards:
    """Each leads from a port of 127.0.0.1 to a port of a host, as if asked from a machine on the wire."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._servers: dict[tuple[str, int], asyncio.Server] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._stack: Stack | None = None
        self._turn = asyncio.Lock()

    async def to(self, host: Host, port: int) -> int:
        """The port that leads there; the same each time it is asked for."""
        async with self._turn:
            key = (host.hostname, port)
            if key not in self._servers:

                async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    await self._serve(host, port, reader, writer)

                self._servers[key] = await asyncio.start_server(serve, "127.0.0.1", 0)
            found: int = self._servers[key].sockets[0].getsockname()[1]
            return found

    def outside(self) -> Stack:
        """The machine on the wire from which it is asked: the last address that nobody has."""
        if self._stack is None:
            taken = {host.address for host in self.world.hosts.values()}
            for address in reversed(list(IPv4Network(self.world.wire.subnet).hosts())):
                if str(address) not in taken:
                    with suppress(ValueError):
                        self._stack = self.world.fabric.outside("outside", str(address))
                        return self._stack
            raise Refusal(503, "no address is left on the hosts' wire")
        return self._stack

    async def _serve(self, host: Host, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        pipe: Pipe | None = None
        try:
            async with asyncio.timeout(CONNECT_S):
                pipe = await self.world.fabric.connect(self.outside(), host.address, port)
            ways = [asyncio.ensure_future(_in(reader, pipe)), asyncio.ensure_future(_out(pipe, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except (OSError, TimeoutError, Refusal):
            writer.transport.abort()
        finally:
            self._open.discard(task)
            if pipe is not None:
                pipe.abort()
            writer.close()

    async def close(self) -> None:
        """End them all."""
        for server in self._servers.values():
            server.close()
        self._servers.clear()
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _in(reader: asyncio.StreamReader, pipe: Pipe) -> None:
    while data := await reader.read(CHUNK):
        pipe.write(data)
        await pipe.drain()
    pipe.close()


async def _out(pipe: Pipe, writer: asyncio.StreamWriter) -> None:
    while data := await pipe.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
