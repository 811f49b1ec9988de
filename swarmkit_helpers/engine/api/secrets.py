"""Secrets and configs of the swarm: what is asked of both, in the same words."""

from __future__ import annotations

from functools import partial

from aiohttp import web

from ..cluster.secrets import DataKind
from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]

SPECS = {"secret": bodies.SECRET_SPEC, "config": bodies.CONFIG_SPEC}


async def _listing(kind: DataKind, call: Call) -> web.StreamResponse:
    """``GET /secrets``, ``GET /configs``."""
    chosen = call.filters()
    return json_answer(call.host.swarm.require_manager().listed(kind, chosen.given))


async def _inspect(kind: DataKind, call: Call) -> web.StreamResponse:
    """``GET /secrets/{name}``, ``GET /configs/{name}``."""
    return json_answer(call.host.swarm.require_manager().find(kind, call.name))


async def _create(kind: DataKind, call: Call) -> web.StreamResponse:
    """``POST /secrets/create``, ``POST /configs/create``."""
    spec = await call.body(SPECS[kind])
    return json_answer(await call.settle(call.host.swarm.require_manager().create_data(kind, spec)), 201)


async def _update(kind: DataKind, call: Call) -> web.StreamResponse:
    """``POST /secrets/{name}/update``, ``POST /configs/{name}/update``."""
    spec = await call.body(SPECS[kind])
    version = call.object_version(kind, f"invalid {kind} version")
    call.host.swarm.require_manager().update_data(kind, call.name, version, spec)
    return empty()


async def _remove(kind: DataKind, call: Call) -> web.StreamResponse:
    """``DELETE /secrets/{name}``, ``DELETE /configs/{name}``."""
    call.host.swarm.require_manager().remove_data(kind, call.name)
    return empty(204)


def _routes(kind: DataKind) -> tuple[Route, ...]:
    return (
        Route("GET", f"/{kind}s", partial(_listing, kind)),
        Route("GET", f"/{kind}s/{{name}}", partial(_inspect, kind)),
        Route("POST", f"/{kind}s/create", partial(_create, kind)),
        Route("POST", f"/{kind}s/{{name}}/update", partial(_update, kind)),
        Route("DELETE", f"/{kind}s/{{name}}", partial(_remove, kind)),
    )


ROUTES = (*_routes("secret"), *_routes("config"))
