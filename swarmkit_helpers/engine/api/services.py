"""Services of the swarm."""

from __future__ import annotations

from aiohttp import web

from . import bodies
from .answers import empty, json_answer
from .call import Call
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /services``."""
    chosen = call.filters(400)
    status = call.strict_flag("status") and call.version >= (1, 41)
    return json_answer(call.host.swarm.require_manager().listed("service", chosen.given, status=status))


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /services/{name}``."""
    defaults = call.strict_flag("insertDefaults")
    return json_answer(call.host.swarm.require_manager().find("service", call.name, insert_defaults=defaults))


async def create(call: Call) -> web.StreamResponse:
    """``POST /services/create``."""
    spec = await call.body(bodies.SERVICE_SPEC)
    swarm = call.host.swarm.require_manager()
    auth = call.request.headers.get("X-Registry-Auth", "")
    return json_answer(await call.settle(swarm.create_service(spec, encoded_auth=auth)), 201)


async def update(call: Call) -> web.StreamResponse:
    """``POST /services/{name}/update``."""
    spec = await call.body(bodies.SERVICE_SPEC)
    version = call.object_version("service")
    swarm = call.host.swarm.require_manager()
    answer = swarm.update_service(
        call.name,
        version,
        spec,
        encoded_auth=call.request.headers.get("X-Registry-Auth", ""),
        rollback=call.text("rollback"),
        registry_auth_from=call.text("registryAuthFrom"),
    )
    return json_answer(await call.settle(answer))


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /services/{name}``."""
    call.host.swarm.require_manager().remove_service(call.name)
    return empty()


ROUTES = (
    Route("GET", "/services", listing),
    Route("GET", "/services/{name}", inspect),
    Route("POST", "/services/create", create),
    Route("POST", "/services/{name}/update", update),
    Route("DELETE", "/services/{name}", remove),
)
