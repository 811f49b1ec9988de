"""Volumes of one host."""

from __future__ import annotations

from aiohttp import web

from ..refusal import Refusal
from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /volumes``."""
    chosen = call.filters(400, "error reading volume filters: ").only("dangling", "name", "driver", "label")
    volumes = call.host.volumes
    dangling = chosen.boolean("dangling")
    found = [
        one
        for one in volumes.all()
        if chosen.match("name", one["Name"])
        and chosen.exact("driver", one["Driver"])
        and chosen.labels(one.get("Labels"))
        and (dangling is None or volumes.used(one["Name"]) != dangling)
    ]
    return json_answer({"Volumes": found, "Warnings": None})


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /volumes/{name}``."""
    return json_answer(call.host.volumes.find(call.name))


async def create(call: Call) -> web.StreamResponse:
    """``POST /volumes/create``."""
    return json_answer(call.host.volumes.create(await call.body(bodies.VOLUME)), 201)


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /volumes/{name}``."""
    call.host.volumes.remove(call.name, call.flag("force"))
    return empty(204)


async def prune(call: Call) -> web.StreamResponse:
    """``POST /volumes/prune``: those that no container uses."""
    chosen = call.filters().only("label", "label!", "all")
    if chosen.get("all"):
        raise Refusal(400, "Invalid filter 'all'")
    volumes = call.host.volumes
    gone, reclaimed = [], 0
    for name in volumes.prunable():
        labels = volumes.find(name).get("Labels")
        if chosen.labels(labels) and chosen.no_labels(labels):
            reclaimed += volumes.size(name)
            volumes.discard(name)
            gone.append(name)
    call.host.events.add("volume", "prune", "", {"reclaimed": str(reclaimed)})
    return json_answer({"VolumesDeleted": gone, "SpaceReclaimed": reclaimed})


ROUTES = (
    Route("GET", "/volumes", listing),
    Route("POST", "/volumes/create", create),
    Route("POST", "/volumes/prune", prune),
    Route("GET", "/volumes/{name:.+}", inspect),
    Route("DELETE", "/volumes/{name:.+}", remove),
)
