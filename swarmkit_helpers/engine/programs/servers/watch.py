"""Something looked at again and again, and streams that tell of its changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic, TypeVar

from ..system import System
from .http import Reply
from .pages import asset

__all__ = ["Watch", "static", "stream"]

Seen = TypeVar("Seen")
LIFE_S = 5.0


class Watch(Generic[Seen]):
    """Looks every `every_s`, and wakes who waits at each change."""

    def __init__(self, system: System, look: Callable[[], Awaitable[Seen]], every_s: float) -> None:
        self._system, self._look, self._every_s = system, look, every_s
        self.seen: Seen | None = None
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            seen = await self._look()
            if seen != self.seen:
                self.seen = seen
                self._changed.set()
                self._changed = asyncio.Event()
            await self._system.world.clock.sleep(self._every_s)

    async def wait(self, told: Seen | None, timeout_s: float) -> Seen | None:
        """What was last seen, once it is something else than `told`, or after `timeout_s`."""
        if self.seen != told:
            return self.seen
        waiting = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({waiting}, timeout=timeout_s / self._system.world.clock.speed)
        finally:
            waiting.cancel()
        return self.seen


async def _told(watch: Watch[Seen], told_as: Callable[[Seen], object]) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    told: Seen | None = None
    while True:
        now = await watch.wait(told, LIFE_S)
        if now is None or now == told:
            yield b"event: life\ndata:\n\n"
        else:
            yield f"data: {json.dumps(told_as(now), ensure_ascii=False)}\n\n".encode()
        told = now


def stream(watch: Watch[Seen], told_as: Callable[[Seen], object]) -> Reply:
    """A stream of events (WHATWG HTML, section 9.2): what holds now, then each change, and signs of life."""
    return Reply(
        b"",
        kind="text/event-stream; charset=utf-8",
        headers=[("Cache-Control", "no-cache")],
        stream=_told(watch, told_as),
    )


def static(path: str) -> Reply:
    """A style or a script of the pages; 404 for another path."""
    kinds = {"/static/style.css": "text/css; charset=utf-8", "/static/follow.js": "text/javascript; charset=utf-8"}
    if path in kinds:
        return Reply(asset(path.rpartition("/")[2]), kind=kinds[path])
    return Reply(b"<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n", 404)
