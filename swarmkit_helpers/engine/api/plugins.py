"""Plugins: there are none."""

from __future__ import annotations

from aiohttp import web

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


ROUTES = (
    Route("GET", "/plugins", listing),
    Route("GET", "/plugins/{name:.+}/json", inspect),
    absent("GET", "/plugins/privileges"),
    absent("POST", "/plugins/pull"),
    absent("POST", "/plugins/create"),
    absent("POST", "/plugins/{name:.+}/enable"),
    absent("POST", "/plugins/{name:.+}/disable"),
    absent("POST", "/plugins/{name:.+}/push"),
    absent("POST", "/plugins/{name:.+}/upgrade"),
    absent("POST", "/plugins/{name:.+}/set"),
    absent("DELETE", "/plugins/{name:.+}"),
)
