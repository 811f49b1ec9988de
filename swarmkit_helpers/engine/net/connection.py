"""One TCP connection: what brings its bytes, how links slow it, and the segments that a capture shows of it."""

from __future__ import annotations

import asyncio
import errno
import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from . import frames
from .pipe import Pipe, pipe
from .stack import Stack
from .way import Leg, Way
from .wires import Wires

if TYPE_CHECKING:
    from ..world import World

__all__ = ["Connection", "Segments"]

FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
"""Flags of a segment."""
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 120.0
GIVEN_UP_S = 924.0
"""After so long without an answer Linux drops a connection (tcp_retries2)."""
HEADERS_BYTES, STAMPS_BYTES = 40, 12


class Segments:
    """The TCP segments of one connection, as taps see them.

    Parameters
    ----------
    way
        To who answers.
    port
        The port it leaves from.
    """

    def __init__(self, world: World, wires: Wires, way: Way, port: int) -> None:
        self._wires = wires
        self._way = way
        self.port = port
        self._sent = [world.random.getrandbits(32), world.random.getrandbits(32)]
        self._mss = min((card.mtu for leg in way.legs for card in (leg.sender, leg.receiver)), default=1500)
        self._mss -= HEADERS_BYTES
        self._clocks = [world.random.getrandbits(32), world.random.getrandbits(32)]
        self._began = time.monotonic()

    def open(self, lost_on: Leg | None = None) -> None:
        """Ask for a connection."""
        if self._wires.watched and self._way.legs:
            self._wires.show_question(self._way.legs[0], self._wires.world.clock.time())
            self._show(SYN, back=False, lost_on=lost_on)

    def accept(self) -> None:
        """Show that it was accepted."""
        self._sent[0] += 1
        self._show(SYN | ACK, back=True)
        self._sent[1] += 1
        self._show(ACK, back=False)

    def refuse(self) -> None:
        """Show that nobody listens."""
        self._sent[0] += 1
        self._sent[1] = 0
        self._show(RST | ACK, back=True)

    def data(self, data: bytes, *, back: bool) -> None:
        """Show bytes, and that they were received."""
        longest = self._mss - STAMPS_BYTES
        for start in range(0, len(data), longest):
            part = data[start : start + longest]
            self._show(PUSH | ACK if start + longest >= len(data) else ACK, back=back, data=part)
            self._sent[back] += len(part)
        self._show(ACK, back=not back)

    def end(self, *, back: bool) -> None:
        """Show that one end sends nothing more."""
        self._show(FIN | ACK, back=back)
        self._sent[back] += 1
        self._show(ACK, back=not back)

    def _show(self, flags: int, *, back: bool, data: bytes = b"", lost_on: Leg | None = None) -> None:
        if not self._wires.watched:
            return
        known = flags & ACK
        passed_ms = int((time.monotonic() - self._began) * 1000)
        clocks = (self._clocks[back] + passed_ms, self._clocks[not back] + passed_ms if known else 0)

        def segment(leg: Leg) -> Any:
            ports = (leg.port, self.port) if back else (self.port, leg.port)
            return frames.tcp(
                ports,
                sequence=self._sent[back],
                acknowledged=self._sent[not back] if known else 0,
                flags=flags,
                data=data,
                clocks=None if flags & RST else clocks,
                mss=self._mss if flags & SYN else 0,
            )

        self._wires.show(
            self._way.legs,
            segment,
            back=back,
            time_s=self._wires.world.clock.time(),
            lost_on=lost_on,
            dont_fragment=True,
        )


class Connection:
    """Brings bytes between two pipes, both ways, in their order.

    Parameters
    ----------
    caller, way
        Who asked for it, and the way to who answers.
    """

    def __init__(self, world: World, wires: Wires, caller: Stack, way: Way, segments: Segments) -> None:
        assert way.stack is not None
        self.stacks = (caller, way.stack)
        self._world = world
        self._wires = wires
        self._way = way
        self._segments = segments
        last = way.legs[-1] if way.legs else None
        self.here, self.there = pipe(way.legs[0].source if way.legs else way.address, way.address)
        self.here.local_port, self.here.remote_port = segments.port, way.port
        self.there.local_port, self.there.remote_port = way.port, segments.port
        if last is not None:
            self.there.remote = last.source
        self.here.carrier = self.there.carrier = self
        self._queues: dict[Pipe, deque[tuple[float, bytes | None]]] = {self.here: deque(), self.there: deque()}
        self._pumps: dict[Pipe, asyncio.Task[None]] = {}

    def carry(self, sender: Pipe, data: bytes | None) -> None:
        """Bring bytes, or an end, from `sender` to the other end."""
        queue = self._queues[sender]
        if not queue and self._wires.clear(self._way):
            self._bring(sender, data)
            return
        due = self._world.clock.time() + self._wires.delay_ms(self._way) / 1000
        queue.append((due, data))
        if sender not in self._pumps:
            self._pumps[sender] = asyncio.get_running_loop().create_task(self._pump(sender))

    def close(self) -> None:
        """End it on both sides, whatever is on its way."""
        for pump in self._pumps.values():
            pump.cancel()
        self._pumps.clear()
        for queue in self._queues.values():
            queue.clear()
        for end in (self.here, self.there):
            end.carrier = None
            end.abort()

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        while self._pumps:
            await asyncio.wait(list(self._pumps.values()))

    def _bring(self, sender: Pipe, data: bytes | None) -> None:
        back = sender is self.there
        if self._wires.watched:
            if data is None:
                self._segments.end(back=back)
            else:
                self._segments.data(data, back=back)
        if sender.peer is not None:
            sender.peer.arrive(data)

    async def _pump(self, sender: Pipe) -> None:
        """Bring what waits, when it is due and links let it pass; asked again and again, less and less often."""
        clock, queue = self._world.clock, self._queues[sender]
        try:
            while queue:
                due = queue[0][0]
                await clock.sleep(due - clock.time())
                waited, retry = 0.0, FIRST_RETRY_S
                while not all(self._wires.passes(leg) for leg in self._way.legs):
                    if waited >= GIVEN_UP_S:
                        error = OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
                        self.here.fail(error)
                        self.there.fail(error)
                        queue.clear()
                        return
                    await clock.sleep(retry)
                    waited, retry = waited + retry, min(2 * retry, LONGEST_RETRY_S)
                if queue:
                    self._bring(sender, queue.popleft()[1])
        finally:
            self._pumps.pop(sender, None)
