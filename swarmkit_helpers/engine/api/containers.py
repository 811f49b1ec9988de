"""Containers: made, started, looked at, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from ..clock import ZERO_TIME
from ..kinds import Json
from ..node.container import Container
from ..node.platforms import platform
from ..node.signals import name_of
from ..refusal import Refusal
from . import bodies
from .answers import empty, json_answer, stream
from .call import Call
from .golang import dump
from .listing import container_list
from .routes import Route

__all__ = ["ROUTES"]


async def listing(call: Call) -> web.StreamResponse:
    """``GET /containers/json``."""
    limit = call.number("limit") if call.text("limit") else 0
    found = container_list(call.host, call.filters(), every=call.flag("all"), limit=limit, size=call.flag("size"))
    return json_answer(found)


async def create(call: Call) -> web.StreamResponse:
    """``POST /containers/create``."""
    config = await call.body(bodies.CONTAINER, status=500)
    host_config = config.pop("HostConfig", None)
    networking = config.pop("NetworkingConfig", {})
    if not config:
        raise Refusal(400, "Config cannot be empty in order to create a container")
    wanted = platform(call.text("platform")) if call.text("platform") else None
    made = call.host.containers.create(call.text("name"), config, host_config, networking, wanted=wanted)
    return json_answer({"Id": made.id, "Warnings": made.warnings}, 201)


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/json``."""
    container = call.host.containers.find(call.name)
    return json_answer(call.host.containers.inspect(container, call.flag("size")))


async def start(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/start``."""
    if (call.request.content_length or 0) > 7:
        message = "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24"
        raise Refusal(400, message)
    call.refuse("checkpoint")
    await call.settle(call.host.containers.start(call.host.containers.find(call.name)))
    return empty(204)


def _seconds(call: Call) -> float | None:
    return float(call.number("t")) if call.text("t") else None


async def stop(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/stop``."""
    seconds = _seconds(call)
    await call.settle(call.host.containers.stop(call.host.containers.find(call.name), seconds))
    return empty(204)


async def restart(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/restart``."""
    seconds = _seconds(call)
    await call.settle(call.host.containers.restart(call.host.containers.find(call.name), seconds))
    return empty(204)


async def kill(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/kill``."""
    name = name_of(call.text("signal") or "SIGKILL")
    try:
        container = call.host.containers.find(call.name)
        await call.settle(call.host.containers.kill(container, name))
    except Refusal as refusal:
        if refusal.message.startswith("Cannot kill"):
            raise
        raise Refusal(refusal.status, f"Cannot kill container: {call.name}: {refusal.message}") from None
    return empty(204)


async def pause(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/pause``."""
    call.host.containers.pause(call.host.containers.find(call.name))
    return empty(204)


async def unpause(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/unpause``."""
    call.host.containers.unpause(call.host.containers.find(call.name))
    return empty(204)


async def rename(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/rename``."""
    name = call.text("name")
    if not name:
        raise Refusal(400, "Neither old nor new names may be empty")
    call.host.containers.rename(call.host.containers.find(call.name), name)
    return empty(204)


async def resize(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/resize``: of its terminal."""
    height, width = call.number("h", status=400), call.number("w", status=400)
    call.host.containers.resize(call.host.containers.find(call.name), height, width)
    return empty()


async def update(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/update``."""
    body = await call.body(bodies.CONTAINER_UPDATE, status=500)
    container = call.host.containers.find(call.name)
    return json_answer(await call.settle(call.host.containers.update(container, body)))


async def remove(call: Call) -> web.StreamResponse:
    """``DELETE /containers/{name}``."""
    call.refuse("link")
    container = call.host.containers.find(call.name)
    await call.settle(call.host.containers.remove(container, force=call.flag("force"), volumes=call.flag("v")))
    return empty(204)


async def prune(call: Call) -> web.StreamResponse:
    """``POST /containers/prune``: those that do not run."""
    chosen = call.filters(400).only("label", "label!", "until")
    if chosen.get("until"):
        raise Refusal(501, "the embedded engine has no filter 'until' of /containers/prune")

    def may(container: Container) -> bool:
        labels = container.config.get("Labels")
        return chosen.labels(labels) and chosen.no_labels(labels)

    return json_answer(await call.settle(call.host.containers.prune(may)))


async def wait(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/wait``: the head at once, the exit code in its time."""
    container = call.host.containers.find(call.name)
    condition = call.text("condition")

    async def end() -> AsyncIterator[bytes]:
        code = await call.host.containers.wait(container, condition)
        yield dump({"Error": code.get("Error"), "StatusCode": code["StatusCode"]})

    return await stream(call.request, end(), headers={"Content-Type": "application/json"})


async def top(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/top``."""
    container = call.host.containers.find(call.name)
    return json_answer(await call.settle(call.host.containers.top(container, call.text("ps_args", "-ef"))))


async def changes(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/changes``."""
    container = call.host.containers.find(call.name)
    return json_answer(await call.settle(call.host.containers.changes(container)) or None)


async def stats(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/stats``: one sample, or one each second."""
    container = call.host.containers.find(call.name)
    headers = {"Content-Type": "application/json"}
    if call.flag("stream", True):
        return await stream(call.request, _samples(call, container), headers=headers)
    before = None
    if container.state.running and not call.flag("one-shot"):
        before = call.host.containers.stats(container)
        await call.host.world.clock.sleep(1)
    return json_answer(_pair(before, call.host.containers.stats(container)))


def _pair(before: Json | None, now: Json) -> Json:
    """A sample, with the one before."""
    if before is None:
        return now
    return now | {"preread": before["read"], "precpu_stats": before["cpu_stats"]}


async def _samples(call: Call, container: Container) -> AsyncIterator[bytes]:
    before: Json | None = None
    while not container.removed.is_set():
        now = call.host.containers.stats(container)
        yield dump(_pair(before, now))
        before = now if now["read"] != ZERO_TIME else None
        await call.host.world.clock.sleep(1)


async def experimental(call: Call) -> web.StreamResponse:
    """``…/checkpoints``: the engine has them only where it is told to."""
    how = "Start the Docker daemon in experimental mode in order to enable it."
    raise Refusal(501, f"This experimental feature is disabled by default. {how}")


async def copy(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/copy``: no more since version 1.24."""
    return empty(404)


ROUTES = (
    Route("GET", "/containers/json", listing),
    Route("POST", "/containers/create", create),
    Route("POST", "/containers/prune", prune),
    Route("GET", "/containers/{name:.+}/json", inspect),
    Route("GET", "/containers/{name:.+}/top", top),
    Route("GET", "/containers/{name:.+}/stats", stats),
    Route("GET", "/containers/{name:.+}/changes", changes),
    Route("POST", "/containers/{name:.+}/start", start),
    Route("POST", "/containers/{name:.+}/stop", stop),
    Route("POST", "/containers/{name:.+}/restart", restart),
    Route("POST", "/containers/{name:.+}/kill", kill),
    Route("POST", "/containers/{name:.+}/pause", pause),
    Route("POST", "/containers/{name:.+}/unpause", unpause),
    Route("POST", "/containers/{name:.+}/rename", rename),
    Route("POST", "/containers/{name:.+}/resize", resize),
    Route("POST", "/containers/{name:.+}/update", update),
    Route("POST", "/containers/{name:.+}/wait", wait),
    Route("DELETE", "/containers/{name:.+}", remove),
    Route("GET", "/containers/{name:.+}/checkpoints", experimental),
    Route("POST", "/containers/{name:.+}/checkpoints", experimental),
    Route("DELETE", "/containers/{name}/checkpoints/{checkpoint}", experimental),
    Route("POST", "/containers/{name:.+}/copy", copy),
)
