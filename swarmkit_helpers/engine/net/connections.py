"""All TCP connections of a world: who listens, who asks, who is answered."""

from __future__ import annotations

import asyncio
import errno
import os
from typing import TYPE_CHECKING

from .connection import Connection, Segments
from .pipe import Pipe
from .stack import Handler, Stack
from .way import NET_UNREACHABLE, Way, Ways
from .wires import Wires

if TYPE_CHECKING:
    from ..world import World

__all__ = ["FIRST_PORT", "LAST_PORT", "Connections"]

SYN_RETRIES = 6
"""Linux's tcp_syn_retries: it asks 1, 3, 7… s after the first time, and gives up after 127 s."""
FIRST_PORT, LAST_PORT = 32_768, 60_999
"""Ports that are given to those who ask for none, as Linux has them."""


class Connections:
    """Opens and ends them; `Fabric` has the same functions."""

    def __init__(self, world: World, ways: Ways, wires: Wires) -> None:
        self.world = world
        self.ways = ways
        self.wires = wires
        self._of: dict[Stack, dict[Connection, tuple[Stack, int]]] = {}
        self._serving: dict[Connection, asyncio.Task[None]] = {}

    def __len__(self) -> int:
        return len(self._serving)

    def listen(self, stack: Stack, port: int, handler: Handler) -> None:
        """Let `handler` answer on a TCP port of the stack, on all its addresses.

        Raises
        ------
        OSError
            EADDRINUSE: something answers there already.
        """
        if port in stack.listening or (
            stack.of_host and ("tcp", port) in self.ways.bindings.get(stack.host.hostname, {})
        ):
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        stack.listening[port] = handler

    def unlisten(self, stack: Stack, port: int) -> None:
        """Answer there no more, and end what was answered; twice does no harm."""
        stack.listening.pop(port, None)
        for connection, answered in list(self._of.get(stack, {}).items()):
            if answered == (stack, port):
                self._end(connection)

    def close(self, stack: Stack) -> None:
        """End all connections of a stack, and all that listens there."""
        stack.listening.clear()
        for connection in list(self._of.get(stack, {})):
            self._end(connection)

    def shut(self) -> None:
        """End all connections."""
        for stack in list(self._of):
            self.close(stack)

    async def connect(self, stack: Stack, address: str, port: int) -> Pipe:
        """Open a TCP connection.

        Raises
        ------
        ConnectionRefusedError
            Nobody listens there.
        TimeoutError
            Nobody answered, for 127 s.
        OSError
            ENETUNREACH: no route; EHOSTUNREACH: nobody has that address.
        ValueError
            It is not an IPv4 address.
        """
        way = self.ways.find(stack, address, port)
        if way.outcome == "no route":
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
        segments = Segments(self.world, self.wires, way, self.world.random.randint(FIRST_PORT, LAST_PORT))
        await self._ask(way, segments, stack)
        await self.world.clock.sleep(self.wires.rtt_ms(way) / 1000)
        target = way.stack
        handler = target.listening.get(way.port) if target is not None and way.outcome == "reached" else None
        if target is None or handler is None:
            segments.refuse()
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        segments.accept()
        connection = Connection(self.world, self.wires, stack, way, segments)
        for end in (stack, target):
            self._of.setdefault(end, {})[connection] = (target, way.port)
        task = asyncio.get_running_loop().create_task(self._serve(handler, connection))
        self._serving[connection] = task
        return connection.here

    async def _ask(self, way: Way, segments: Segments, stack: Stack) -> None:
        """Ask for the connection until somebody answers."""
        wait_s = 1.0
        for _ in range(SYN_RETRIES + 1):
            lost_on = next((leg for leg in way.legs if not self.wires.passes(leg)), None)
            segments.open(lost_on)
            if way.outcome == "unreachable":
                await self.world.clock.sleep(self.wires.bad_news_ms(way, stack) / 1000)
                code = errno.ENETUNREACH if way.why == NET_UNREACHABLE else errno.EHOSTUNREACH
                raise OSError(code, os.strerror(code))
            if lost_on is None and way.outcome in ("reached", "refused"):
                back = all(self.wires.passes(leg) for leg in way.legs)
                if back:
                    self.wires.learn(way)
                    return
            await self.world.clock.sleep(wait_s)
            wait_s *= 2
        raise TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))

    async def _serve(self, handler: Handler, connection: Connection) -> None:
        try:
            await handler(connection.there)
        except ConnectionError:
            pass
        finally:
            # What was written before is read before the end.
            connection.there.abort()
            await connection.settled()
            self._forget(connection)

    def _end(self, connection: Connection) -> None:
        task = self._serving.pop(connection, None)
        self._forget(connection)
        connection.close()
        if task is not None:
            task.cancel()

    def _forget(self, connection: Connection) -> None:
        self._serving.pop(connection, None)
        for stack in connection.stacks:
            kept = self._of.get(stack)
            if kept is not None:
                kept.pop(connection, None)
                if not kept:
                    del self._of[stack]
