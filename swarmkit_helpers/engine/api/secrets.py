"""Secrets of the swarm."""

from __future__ import annotations

from aiohttp import web

from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /secrets``."""
    chosen = call.filters()
    return json_answer(call.host.swarm.require_manager().listed("secret", chosen.given))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /secrets/{name}``."""
    return json_answer(call.host.swarm.require_manager().find("secret", call.name))


async def create(call: Call) -> web.StreamResponse:
    """``POST /secrets/create``."""
    spec = await call.body(bodies.SECRET_SPEC)
    return json_answer(await call.settle(call.host.swarm.require_manager().create_secret(spec)), 201)


async def update(call: Call) -> web.StreamResponse:
    """``POST /secrets/{name}/update``."""
    spec = await call.body(bodies.SECRET_SPEC)
    version = call.object_version("secret", "invalid secret version")
    call.host.swarm.require_manager().update_secret(call.name, version, spec)
    return empty()


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /secrets/{name}``."""
    call.host.swarm.require_manager().remove_secret(call.name)
    return empty(204)


ROUTES = (
    Route("GET", "/secrets", listing),
    Route("GET", "/secrets/{name}", inspect),
    Route("POST", "/secrets/create", create),
    Route("POST", "/secrets/{name}/update", update),
    Route("DELETE", "/secrets/{name}", remove),
)
