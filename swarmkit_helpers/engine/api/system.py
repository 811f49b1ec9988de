"""The engine itself: what it is, what it holds, what happens to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from aiohttp import web

from ..kinds import Json
from ..node.description import disk_usage
from ..node.host import Host
from ..node.pulling import offline
from ..refusal import Refusal
from .answers import close, json_answer, stream
from .call import MOST_JSON, Call, moment
from .filters import Filters
from .golang import dump
from .routes import Route, absent

__all__ = ["ROUTES", "chosen_event"]

NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
FUZZY_ACTIONS = ("exec_create", "exec_start", "health_status")


async def ping(call: Call) -> web.StreamResponse:
    """``GET`` and ``HEAD /_ping``."""
    head = call.request.method == "HEAD"
    length = {"Content-Length": "0"} if head else {}
    return web.Response(text="" if head else "OK", headers=NO_CACHE | length)


async def version(call: Call) -> web.StreamResponse:
    """``GET /version``."""
    return json_answer(call.host.version())


async def info(call: Call) -> web.StreamResponse:
    """``GET /info``."""
    about = call.host.info()
    if call.version < (1, 25):
        options = [one.partition(",")[0].removeprefix("name=") for one in about["SecurityOptions"]]
        about |= {"SecurityOptions": options, "ExecutionDriver": "<not supported>"}
    return json_answer(about)


async def events(call: Call) -> web.StreamResponse:
    """``GET /events``: those kept since a date, then those that come, until another."""
    since, until = moment(call.text("since")), moment(call.text("until"))
    if since is not None and until is not None and since > until:
        message = f"`since` time ({call.text('since')}) cannot be after `until` time ({call.text('until')})"
        raise Refusal(400, message)
    chosen = call.filters()
    return await stream(
        call.request, _events(call.host, since, until, chosen), headers={"Content-Type": "application/json"}
    )


async def _events(host: Host, since: float | None, until: float | None, chosen: Filters) -> AsyncIterator[bytes]:
    live = host.events.subscribe()
    try:
        past = host.events.past() if since is not None else []
        yield b""
        for message in past:
            when = message["timeNano"] / 1e9
            if (
                since is not None
                and when >= since
                and (until is None or when <= until)
                and chosen_event(chosen, message)
            ):
                yield dump(message)
        while until is None or until > time.time():
            try:
                async with asyncio.timeout(None if until is None else until - time.time()):
                    message = await anext(live)
            except (TimeoutError, StopAsyncIteration):
                return
            if chosen_event(chosen, message):
                yield dump(message)
    finally:
        await close(live)


def chosen_event(chosen: Filters, message: Json) -> bool:
    """Whether the filters let that event through."""
    kind, action = message["Type"], message["Action"]
    attributes = message["Actor"]["Attributes"]
    identity, name = message["Actor"]["ID"], attributes.get("name", "")
    fuzzy = any(one in FUZZY_ACTIONS for one in chosen.get("event"))
    return (
        (chosen.fuzzy("event", action) if fuzzy else chosen.exact("event", action))
        and chosen.exact("type", kind)
        and chosen.exact("scope", message["scope"])
        and all(
            chosen.fuzzy(key, identity) or chosen.fuzzy(key, name)
            for key in ("container", "plugin", "volume", "network", "node", "service", "secret", "config", "daemon")
        )
        and _image(chosen, kind, identity, attributes)
        and chosen.labels(attributes)
    )


def _image(chosen: Filters, kind: str, identity: str, attributes: Json) -> bool:
    wanted = attributes.get("name" if kind == "image" else "image", "")
    bare = wanted.rpartition(":")[0] if ":" in wanted.rpartition("/")[2] else wanted
    return any(chosen.exact("image", value) for value in (identity, wanted, bare))


async def disk(call: Call) -> web.StreamResponse:
    """``GET /system/df``."""
    return json_answer(disk_usage(call.host))


async def prune_builds(call: Call) -> web.StreamResponse:
    """``POST /build/prune``: nothing is ever built, so nothing is kept of it."""
    Filters.read(call.text("filters"), what="could not parse filters: ")
    return json_answer({"CachesDeleted": None, "SpaceReclaimed": 0})


async def cancel_build(call: Call) -> web.StreamResponse:
    """``POST /build/cancel``."""
    if not call.text("id"):
        raise Refusal(500, "build ID not provided")
    return web.Response(headers={"Content-Type": "application/json"})


async def build(call: Call) -> web.StreamResponse:
    """``POST /build``: only what cannot be built is answered as the engine does."""
    if not await call.data(MOST_JSON) and not call.text("remote"):
        raise Refusal(500, f"Cannot locate specified Dockerfile: {call.text('dockerfile') or 'Dockerfile'}")
    raise Refusal(501, "the embedded engine has no route POST /build: it builds no images")


async def log_in(call: Call) -> web.StreamResponse:
    """``POST /auth``: there is no registry to ask."""
    raise offline()


ROUTES = (
    Route("GET", "/_ping", ping),
    Route("HEAD", "/_ping", ping),
    Route("GET", "/version", version),
    Route("GET", "/info", info),
    Route("GET", "/events", events),
    Route("GET", "/system/df", disk),
    Route("POST", "/auth", log_in),
    absent("POST", "/session"),
    absent("POST", "/grpc"),
    Route("POST", "/build/prune", prune_builds),
    Route("POST", "/build/cancel", cancel_build),
    Route("POST", "/build", build),
)
