"""The swarm as a whole, and this engine's part in it."""

from __future__ import annotations

from aiohttp import web

from ..refusal import Refusal
from . import bodies
from .answers import empty, json_answer
from .call import BOOLEANS, Call
from .routes import Route

__all__ = ["ROUTES"]


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /swarm``."""
    return json_answer(await call.settle(call.host.swarm.require_manager().inspect()))


async def init(call: Call) -> web.StreamResponse:
    """``POST /swarm/init``."""
    body = await call.body(bodies.SWARM_INIT)
    return json_answer(await call.settle(call.host.swarm.init(body)))


async def join(call: Call) -> web.StreamResponse:
    """``POST /swarm/join``."""
    await call.settle(call.host.swarm.join(await call.body(bodies.SWARM_JOIN)))
    return empty()


async def leave(call: Call) -> web.StreamResponse:
    """``POST /swarm/leave``."""
    await call.settle(call.host.swarm.leave(call.flag("force")))
    return empty()


async def update(call: Call) -> web.StreamResponse:
    """``POST /swarm/update``."""
    spec = await call.body(bodies.SWARM_SPEC)
    version = call.object_version("swarm")
    rotate = {
        "rotate_worker": _rotate(call, "rotateWorkerToken"),
        "rotate_manager": _rotate(call, "rotateManagerToken"),
        "rotate_unlock": _rotate(call, "rotateManagerUnlockKey"),
    }
    call.host.swarm.require_manager().update(version, spec, **rotate)
    return empty()


def _rotate(call: Call, key: str) -> bool:
    value = call.text(key)
    if value and value not in BOOLEANS:
        raise Refusal(400, f"invalid value for {key}: {value}")
    return BOOLEANS.get(value, False)


async def unlock_key(call: Call) -> web.StreamResponse:
    """``GET /swarm/unlockkey``."""
    return json_answer({"UnlockKey": await call.settle(call.host.swarm.require_manager().unlock_key())})


async def unlock(call: Call) -> web.StreamResponse:
    """``POST /swarm/unlock``."""
    body = await call.body(bodies.SWARM_UNLOCK)
    call.host.swarm.unlock(body.get("UnlockKey", ""))
    return empty()


ROUTES = (
    Route("GET", "/swarm", inspect),
    Route("POST", "/swarm/init", init),
    Route("POST", "/swarm/join", join),
    Route("POST", "/swarm/leave", leave),
    Route("POST", "/swarm/update", update),
    Route("GET", "/swarm/unlockkey", unlock_key),
    Route("POST", "/swarm/unlock", unlock),
)
