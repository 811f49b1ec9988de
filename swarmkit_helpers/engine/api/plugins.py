"""Plugins: there are none."""

from __future__ import annotations

from aiohttp import web

from ..node.reference import parsed
from ..refusal import Refusal
from .answers import json_answer
from .call import Call
from .routes import Route, absent

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /plugins``."""
    call.filters().only("enabled", "capability")
    return json_answer([])


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /plugins/{name}/json``."""
    raise Refusal(404, f'plugin "{call.name}" not found')


async def change(call: Call) -> web.StreamResponse:
    """What is asked of one plugin: there is none."""
    raise Refusal(404, f'plugin "{call.name}" not found')


async def enable(call: Call) -> web.StreamResponse:
    """``POST /plugins/{name}/enable``."""
    call.number("timeout")
    return await change(call)


async def privileges(call: Call) -> web.StreamResponse:
    """``GET /plugins/privileges``: without a registry, none are known."""
    parsed(call.text("remote"), status=500)
    return json_answer([])


ROUTES = (
    Route("GET", "/plugins", listing),
    Route("GET", "/plugins/{name:.+}/json", inspect),
    Route("POST", "/plugins/{name:.+}/enable", enable),
    Route("POST", "/plugins/{name:.+}/disable", change),
    Route("POST", "/plugins/{name:.+}/push", change),
    Route("POST", "/plugins/{name:.+}/set", change),
    Route("DELETE", "/plugins/{name:.+}", change),
    Route("GET", "/plugins/privileges", privileges),
    absent("POST", "/plugins/pull"),
    absent("POST", "/plugins/create"),
    absent("POST", "/plugins/{name:.+}/upgrade"),
)
