"""Networks, as one host sees them."""

from __future__ import annotations

from aiohttp import web

from ..kinds import Json
from ..refusal import Refusal
from . import bodies
from .answers import empty, json_answer
from .call import Call
from .filters import Filters
from .routes import Route

__all__ = ["ROUTES"]

KNOWN = ("driver", "type", "name", "id", "label", "scope", "dangling")
PREDEFINED = ("bridge", "host", "none", "nat", "default")


def _dangling(value: str) -> str:
    return 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")'


async def listing(call: Call) -> web.StreamResponse:
    """``GET /networks``."""
    chosen = call.filters().only(*KNOWN)
    dangling = chosen.boolean("dangling", _dangling)
    chosen.values("type", ("builtin", "custom"), lambda value: Refusal(500, f"invalid filter: 'type'='{value}'"))
    networks = call.host.networks
    found = [one for one in await call.settle(networks.all()) if _fits(chosen, one)]
    if dangling is not None:
        found = [one for one in found if one["Name"] not in PREDEFINED and bool(networks.used(one["Id"])) != dangling]
    return json_answer(found)


def _fits(chosen: Filters, network: Json) -> bool:
    builtin = network["Name"] in PREDEFINED
    return (
        chosen.exact("driver", network["Driver"])
        and chosen.match("name", network["Name"])
        and chosen.match("id", network["Id"])
        and chosen.exact("scope", network["Scope"])
        and (not chosen.get("type") or ("builtin" if builtin else "custom") in chosen.get("type"))
        and chosen.labels(network.get("Labels"))
    )


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /networks/{name}``."""
    verbose = call.strict_flag("verbose")
    return json_answer(await call.settle(call.host.networks.inspect(call.name, verbose, call.text("scope"))))


async def create(call: Call) -> web.StreamResponse:
    """``POST /networks/create``."""
    body = await call.body(bodies.NETWORK)
    return json_answer(await call.settle(call.host.networks.create(body)), 201)


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /networks/{name}``."""
    call.host.networks.remove(call.name)
    return empty(204)


async def connect(call: Call) -> web.StreamResponse:
    """``POST /networks/{name}/connect``."""
    body = await call.body(bodies.NETWORK_CONNECT)
    container = body.get("Container", "")
    if not container:
        raise Refusal(400, 'invalid name or ID supplied: ""')
    await call.settle(call.host.networks.connect(call.name, container, body.get("EndpointConfig")))
    return empty()


async def disconnect(call: Call) -> web.StreamResponse:
    """``POST /networks/{name}/disconnect``."""
    body = await call.body(bodies.NETWORK_DISCONNECT)
    container = body.get("Container", "")
    if not container:
        raise Refusal(400, 'invalid name or ID supplied: ""')
    await call.settle(call.host.networks.disconnect(call.name, container, bool(body.get("Force"))))
    return empty()


async def prune(call: Call) -> web.StreamResponse:
    """``POST /networks/prune``: those that nothing uses."""
    chosen = call.filters().only("label", "label!", "until")
    if chosen.get("until"):
        raise Refusal(501, "the embedded engine has no filter 'until' of /networks/prune")
    labelled = lambda one: chosen.labels(one.get("Labels")) and chosen.no_labels(one.get("Labels"))  # noqa: E731
    return json_answer(await call.settle(call.host.networks.prune(labelled)))


ROUTES = (
    Route("GET", "/networks", listing),
    Route("GET", "/networks/", listing),
    Route("POST", "/networks/create", create),
    Route("POST", "/networks/prune", prune),
    Route("GET", "/networks/{name:.+}", inspect),
    Route("POST", "/networks/{name:.+}/connect", connect),
    Route("POST", "/networks/{name:.+}/disconnect", disconnect),
    Route("DELETE", "/networks/{name:.+}", remove),
)
