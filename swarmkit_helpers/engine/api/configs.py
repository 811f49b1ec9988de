"""Configs of the swarm."""

from __future__ import annotations

from aiohttp import web

from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /configs``."""
    chosen = call.filters()
    return json_answer(call.host.swarm.require_manager().listed("config", chosen.given))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /configs/{name}``."""
    return json_answer(call.host.swarm.require_manager().find("config", call.name))


async def create(call: Call) -> web.StreamResponse:
    """``POST /configs/create``."""
    spec = await call.body(bodies.CONFIG_SPEC)
    return json_answer(await call.settle(call.host.swarm.require_manager().create_config(spec)), 201)


async def update(call: Call) -> web.StreamResponse:
    """``POST /configs/{name}/update``."""
    spec = await call.body(bodies.CONFIG_SPEC)
    version = call.object_version("config", "invalid config version")
    call.host.swarm.require_manager().update_config(call.name, version, spec)
    return empty()


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /configs/{name}``."""
    call.host.swarm.require_manager().remove_config(call.name)
    return empty(204)


ROUTES = (
    Route("GET", "/configs", listing),
    Route("GET", "/configs/{name}", inspect),
    Route("POST", "/configs/create", create),
    Route("POST", "/configs/{name}/update", update),
    Route("DELETE", "/configs/{name}", remove),
)
