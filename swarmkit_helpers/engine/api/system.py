"""The engine itself: what it is, what it holds, what happens to it."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator
from functools import cache

from aiohttp import web

from ..kinds import Json
from ..node.host import Host
from ..refusal import Refusal
from . import facts
from .answers import close, json_answer, stream
from .call import Call, moment
from .filters import Filters
from .golang import dump
from .listing import container_list
from .routes import Route, absent, offline

__all__ = ["ROUTES"]

NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
FUZZY_ACTIONS = ("exec_create", "exec_start", "health_status")
STATES = {"ContainersRunning": ("running", "restarting"), "ContainersPaused": ("paused",)}


@cache
def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


async def ping(call: Call) -> web.StreamResponse:
    """``GET`` and ``HEAD /_ping``."""
    head = call.request.method == "HEAD"
    length = {"Content-Length": "0"} if head else {}
    return web.Response(text="" if head else "OK", headers=NO_CACHE | length)


async def version(call: Call) -> web.StreamResponse:
    """``GET /version``."""
    return json_answer(facts.version(platform.release()))


async def info(call: Call) -> web.StreamResponse:
    """``GET /info``."""
    return json_answer(_info(call.host))


def _info(host: Host) -> Json:
    states = [container.state.status for container in host.containers.all()]
    counts = {key: sum(state in among for state in states) for key, among in STATES.items()}
    return facts.info(
        {
            "ID": host.id,
            "Containers": len(states),
            **counts,
            "ContainersStopped": len(states) - sum(counts.values()),
            "Images": len(host.images.all()),
            "NFd": 31 + 2 * len(states),
            "NGoroutines": 60 + 8 * len(states),
            "SystemTime": host.world.clock.now(),
            "NEventsListener": host.events.listeners,
            "KernelVersion": platform.release(),
            "NCPU": os.cpu_count() or 1,
            "MemTotal": _memory(),
            "DockerRootDir": host.root,
            "Name": host.hostname,
            "Labels": list(host.labels),
            "Swarm": host.swarm.info(),
        }
    )


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
    host = call.host
    images = [host.images.listed(image) for image in host.images.all()]
    listed = container_list(host, Filters({}), every=True)
    for image in images:
        image["SharedSize"] = 0
        image["Containers"] = sum(one["ImageID"] == image["Id"] for one in listed)
    used = [
        {**volume, "UsageData": {"RefCount": len(host.volumes.users(name)), "Size": host.volumes.size(name)}}
        for volume in host.volumes.all()
        if (name := volume["Name"])
    ]
    return json_answer(
        {
            "LayersSize": sum(image["Size"] for image in images),
            "Images": images,
            "Containers": listed,
            "Volumes": used,
            "BuildCache": None,
            "BuilderSize": 0,
        }
    )


async def log_in(call: Call) -> web.StreamResponse:
    """``POST /auth``: there is no registry to ask."""
    raise offline("https://registry-1.docker.io/v2/")


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
    absent("POST", "/build"),
    absent("POST", "/build/prune"),
    absent("POST", "/build/cancel"),
    absent("POST", "/commit"),
)
