"""Captures: what passes an interface, as tcpdump would write it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from .expression import compiled

__all__ = ["Tap", "pcap_header", "pcap_record"]

SNAPSHOT_BYTES = 262_144
"""Of each frame, as tcpdump asks for."""
MOST_FRAMES = 65_536
MICROSECONDS = 1_000_000


class Tap:
    """Frames that pass one interface, from now on: iterate over it with ``async for time, frame in tap``.

    Parameters
    ----------
    expression
        tcpdump's: ``udp port 4789 or esp``; empty for all.
    ended
        Called once, when it is closed.
    opened_s
        The engines' time at which it begins: what they take a second for stands a second apart, however soon it comes.

    Raises
    ------
    ValueError
        The expression says nothing that is understood here.
    """

    def __init__(
        self, expression: str = "", ended: Callable[[Tap], None] | None = None, *, opened_s: float = 0.0
    ) -> None:
        self.expression = expression
        self.dropped = 0
        """Frames that nobody took in time."""
        self._accepts = compiled(expression)
        self._frames: deque[tuple[float, bytes]] = deque()
        self._come = asyncio.Event()
        self._ended = ended
        self._opened_s, self._opened_at = opened_s, time.time()
        self._last_s = 0.0
        self.closed = False

    def offer(self, time_s: float, frame: bytes) -> None:
        """Take a frame that passes at that time of the engines, if the expression wants it."""
        if self.closed or not self._accepts(frame):
            return
        if len(self._frames) == MOST_FRAMES:
            self._frames.popleft()
            self.dropped += 1
        # An answer may come later than the next question leaves.
        self._last_s = max(self._opened_at + time_s - self._opened_s, self._last_s)
        self._frames.append((self._last_s, frame))
        self._come.set()

    def taken(self) -> list[tuple[float, bytes]]:
        """What has come since the last look, without waiting."""
        frames = list(self._frames)
        self._frames.clear()
        self._come.clear()
        return frames

    def close(self) -> None:
        """Take nothing more; what has come can still be read."""
        if not self.closed:
            self.closed = True
            self._come.set()
            if self._ended is not None:
                self._ended(self)

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def __aiter__(self) -> Tap:
        return self

    async def __anext__(self) -> tuple[float, bytes]:
        while not self._frames:
            if self.closed:
                raise StopAsyncIteration
            self._come.clear()
            await self._come.wait()
        return self._frames.popleft()


def pcap_header() -> bytes:
    """The beginning of a pcap file of Ethernet frames."""
    import dpkt

    return bytes(dpkt.pcap.LEFileHdr(snaplen=SNAPSHOT_BYTES, linktype=dpkt.pcap.DLT_EN10MB))


def pcap_record(time_s: float, frame: bytes) -> bytes:
    """One frame, as a pcap file has it."""
    import dpkt

    seconds, parts = divmod(round(time_s * MICROSECONDS), MICROSECONDS)
    kept = frame[:SNAPSHOT_BYTES]
    return bytes(dpkt.pcap.LEPktHdr(tv_sec=seconds, tv_usec=parts, caplen=len(kept), len=len(frame))) + kept
