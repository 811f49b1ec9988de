"""What happens on a host, as ``docker events`` tells it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..kinds import Json

if TYPE_CHECKING:
    from .host import Host

__all__ = ["Events", "Subscription"]

KEPT = 256
"""How many past events an engine remembers."""
MOST_WAITING = 10_000
"""How many events wait for one slow reader; it loses the oldest ones beyond."""


class Subscription:
    """Events as they happen, from its making on; `aclose` ends it."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._waiting: deque[Json] = deque(maxlen=MOST_WAITING)
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, message: Json | None) -> None:
        """Hand an event to its reader; None: there are no more."""
        if message is None:
            self._closed = True
        else:
            self._waiting.append(message)
        self._arrived.set()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Json:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()

    async def aclose(self) -> None:
        """Be told of no more events."""
        self._events.forget(self)
        self.put(None)


class Events:
    """The events of one host."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._past: deque[Json] = deque(maxlen=KEPT)
        self._subscriptions: list[Subscription] = []
        self._last = 0

    @property
    def listeners(self) -> int:
        """How many read them now: ``NEventsListener`` of /info."""
        return len(self._subscriptions)

    def add(
        self, kind: str, action: str, identity: str, attributes: Mapping[str, str] | None = None, scope: str = "local"
    ) -> None:
        """Tell an event.

        Parameters
        ----------
        kind
            ``container``, ``network``, ``volume``, ``image``, ``service``, ``node``, ``secret``, ``config``.
        attributes
            In any order: they are told in that of their names.
        scope
            ``swarm`` for what managers tell.
        """
        now = max(time.time_ns(), self._last + 1)
        self._last = now
        given = dict(sorted((attributes or {}).items()))
        message: Json = {}
        if kind in ("container", "image"):
            message = {"status": action, "id": identity}
            if kind == "container" and "image" in given:
                message["from"] = given["image"]
        message |= {
            "Type": kind,
            "Action": action,
            "Actor": {"ID": identity, "Attributes": given},
            "scope": scope,
            "time": now // 1_000_000_000,
            "timeNano": now,
        }
        self._past.append(message)
        for subscription in self._subscriptions:
            subscription.put(message)

    def past(self) -> list[Json]:
        """The last events, oldest first."""
        return list(self._past)

    def subscribe(self) -> Subscription:
        """Be told of all events from now on."""
        made = Subscription(self)
        self._subscriptions.append(made)
        return made

    def forget(self, subscription: Subscription) -> None:
        """Tell it no more."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def end(self) -> None:
        """End all who listen: the engine ends."""
        for subscription in self._subscriptions:
            subscription.put(None)
        self._subscriptions.clear()
        self._past.clear()
