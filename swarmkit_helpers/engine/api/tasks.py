"""Tasks of the swarm."""

from __future__ import annotations

from aiohttp import web

from .answers import json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /tasks``."""
    chosen = call.filters()
    return json_answer(call.host.swarm.require_manager().listed("task", chosen.given))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /tasks/{name}``."""
    return json_answer(call.host.swarm.require_manager().find("task", call.name))


ROUTES = (
    Route("GET", "/tasks", listing),
    Route("GET", "/tasks/{name}", inspect),
)
