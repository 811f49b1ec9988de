"""Nodes of the swarm."""

from __future__ import annotations

from aiohttp import web

from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /nodes``."""
    chosen = call.filters()
    return json_answer(call.host.swarm.require_manager().listed("node", chosen.given))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /nodes/{name}``."""
    return json_answer(call.host.swarm.require_manager().find("node", call.name))


async def update(call: Call) -> web.StreamResponse:
    """``POST /nodes/{name}/update``."""
    spec = await call.body(bodies.NODE_SPEC)
    version = call.object_version("node")
    call.host.swarm.require_manager().update_node(call.name, version, spec)
    return empty()


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /nodes/{name}``."""
    call.host.swarm.require_manager().remove_node(call.name, call.flag("force"))
    return empty()


ROUTES = (
    Route("GET", "/nodes", listing),
    Route("GET", "/nodes/{name}", inspect),
    Route("POST", "/nodes/{name}/update", update),
    Route("DELETE", "/nodes/{name}", remove),
)
