"""The page that counts the votes of PostgreSQL's table, and tells every open page of a change."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from ..system import System
from ..tools.waiting import Interruption
from .http import Reply, Request, serve_pages
from .pages import filled
from .postgres import Connection, Failure, connect
from .watch import Watch, static, stream

__all__ = ["Tally", "connect_as_asked", "result", "served"]

COUNT = "SELECT count(*) FILTER (WHERE vote = 'a'), count(*) FILTER (WHERE vote = 'b') FROM votes"
EVERY_S = 0.5
FIRST_S = 2.5
TIMEOUT_S = 2.0
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Tally:
    """The votes, as last counted."""

    a: int = 0
    b: int = 0
    reachable: bool = True

    def told(self) -> dict[str, object]:
        """What a page is told."""
        total = self.a + self.b
        percent_a = round(100 * self.a / total) if total else 0
        percents = {"percent_a": percent_a, "percent_b": 100 - percent_a if total else 0}
        return {**asdict(self), "total": total, **percents}


class _Counter:
    """Counts over a connection that it keeps, and makes again when it broke."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._host = system.environment.get("POSTGRES_HOST", "db")
        self._connection: Connection | None = None
        self._last = Tally()

    async def count(self) -> Tally:
        """The votes now; those of the last time, said unreachable, when the database does not answer."""
        limit_s = max(0.05, TIMEOUT_S / self._system.world.clock.speed)
        try:
            if self._connection is None:
                self._connection = await connect_as_asked(self._system, self._host, TIMEOUT_S)
            answer = await asyncio.wait_for(self._connection.execute(COUNT), limit_s)
        except (Failure, TimeoutError) as err:
            if self._last.reachable:
                self._system.say(f"{self._host} injoignable ({' '.join(str(err).split()) or 'timeout expired'})")
            self._last = replace(self._last, reachable=False)
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return self._last
        if "error" in answer:  # the worker makes the table before the first vote
            self._last = Tally()
        else:
            a, b = answer["results"][0]["rows"][0]
            self._last = Tally(int(a), int(b))
        return self._last


async def connect_as_asked(system: System, host: str, wait_s: float) -> Connection:
    """Connect to PostgreSQL as the environment says.

    Raises
    ------
    Failure
    """
    user = system.environment.get("POSTGRES_USER", "postgres")
    return await connect(system, host, user, system.environment.get("POSTGRES_PASSWORD", "postgres"), wait_s)


async def result(system: System) -> int:
    """Serve the page on port 80."""
    stop = Interruption(system, "SIGTERM", "SIGINT")
    names = {"a": system.environment.get("OPTION_A", "Chats"), "b": system.environment.get("OPTION_B", "Chiens")}
    watch = Watch(system, _Counter(system).count, EVERY_S)

    async def answer(request: Request) -> Reply:
        if request.path == "/events":
            return stream(watch, Tally.told)
        if request.path == "/healthz":
            held = watch.seen
            said = json.dumps({"database": bool(held and held.reachable)}, separators=(",", ":")) + "\n"
            return Reply(said.encode(), kind="application/json")
        if request.path != "/":
            return static(request.path)
        tally = await watch.wait(None, FIRST_S) or Tally(reachable=False)
        told = tally.told()
        values = {
            **names,
            **told,
            **names,
            "count_a": tally.a,
            "count_b": tally.b,
            "container": system.stack.hostname,
            "hidden": " hidden" if tally.reachable else "",
            "outdated": "" if tally.reachable else "outdated",
        }
        status = 200 if tally.reachable else 503
        return Reply(filled("result.html", values), status, headers=[("Cache-Control", "no-store")])

    return await served(system, watch, stop, answer, 80)


async def served(
    system: System, watch: Watch[Seen], stop: Interruption, answer: Callable[[Request], Awaitable[Reply]], port: int
) -> int:
    """Look and serve until a signal comes."""
    ending = asyncio.Event()
    looking = asyncio.ensure_future(watch.run())
    serving = asyncio.ensure_future(serve_pages(system, port, answer, ending))
    try:
        await stop.first(serving)
    finally:
        ending.set()
        looking.cancel()
    return 0
