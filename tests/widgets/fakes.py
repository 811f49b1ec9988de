"""A lab that is not there: pings and questions that answer as they are told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

from swarmkit_helpers.probes.live import Reply
from swarmkit_helpers.probes.ping import PingResult, parse_ping
from swarmkit_helpers.probes.target import check_target
from swarmkit_helpers.show.widgets.panel import TEXT_S
from swarmkit_helpers.show.widgets.ping import PingMeans, PingRequest
from swarmkit_helpers.topology.model import Topology

WAIT_S = 5.0
WROTE = """PING alpine1 (10.0.1.2): 56 data bytes
64 bytes from 10.0.1.2: seq=0 ttl=64 time=0.100 ms
64 bytes from 10.0.1.2: seq=1 ttl=64 time=0.300 ms

--- alpine1 ping statistics ---
3 packets transmitted, 2 packets received, 33% packet loss
round-trip min/avg/max = 0.100/0.200/0.300 ms
"""


def press_enter(field: Any, text: str) -> None:
    """Write a text in a field and end it with Enter, as a kernel hears of it: first the key, then the text.

    The loop has a thread of its own: in this one, Playwright may have left one that no longer turns.
    """

    async def hear() -> None:
        field._handle_custom_msg({"event": "submit"}, [])
        field.value = text
        await asyncio.sleep(2 * TEXT_S)

    kernel = threading.Thread(target=lambda: asyncio.run(hear()))
    kernel.start()
    kernel.join(WAIT_S)


class FakePing:
    """A ping of three packets, the last of which is lost; or whatever `play` does instead."""

    def __init__(self, request: PingRequest, stop: threading.Event, play: Callable[[], None]) -> None:
        self.request = request
        self.stop = stop
        self.play = play
        self.command = f"docker container exec {request.source} ping -c {request.count} {request.target}"
        self.node = "worker1"
        self.result: PingResult | None = None
        self.closed = False

    def __iter__(self) -> Iterator[Reply]:
        yield Reply(1, 0.1)
        self.play()
        yield Reply(2, 0.3)
        self.result = parse_ping(self.request.source, self.request.target, self.command, 1, WROTE)
        yield Reply(3, None)

    def __enter__(self) -> FakePing:
        return self

    def __exit__(self, *failure: object) -> None:
        self.closed = True


class FakeLab:
    """What a panel asks of it is noted; `play` happens after the first packet of each ping."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.sent: list[FakePing] = []
        self.play: Callable[[], None] = lambda: None
        self.survey: Callable[[], Topology] = lambda: self.topology
        self.running = threading.Event()

    def means(self, *, ipvs: bool = True) -> PingMeans:
        return PingMeans(lambda: self.survey(), self._send, ipvs)  # type: ignore[arg-type]

    def _send(self, request: PingRequest, stop: threading.Event) -> FakePing:
        check_target(request.target)
        self.sent.append(FakePing(request, stop, self._play))
        return self.sent[-1]

    def _play(self) -> None:
        self.running.set()
        self.play()
