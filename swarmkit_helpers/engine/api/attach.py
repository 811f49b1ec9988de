"""Attach: the streams of a container's process 1."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

from ..refusal import Refusal
from .answers import close, empty
from .call import Call
from .hijack import detach_keys, frame, take_over, turn_away
from .logs import Asked, lines
from .routes import Route

__all__ = ["ROUTES", "only"]


async def only(source: AsyncIterator[tuple[str, bytes]], streams: frozenset[str]) -> AsyncIterator[tuple[str, bytes]]:
    """What comes on some streams."""
    try:
        async for stream, data in source:
            if stream in streams:
                yield stream, data
    finally:
        await close(source)


async def attach(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/attach``."""
    containers = call.host.containers
    keys = detach_keys(call.text("detachKeys"))
    try:
        if keys is None:
            raise Refusal(400, f"Invalid detach keys ({call.text('detachKeys')}) provided")
        container = containers.find(call.name)
        if container.state.status == "paused":
            raise Refusal(409, f"Container {container.id} is paused, unpause the container before attach")
    except Refusal as refusal:
        return await turn_away(call.request, refusal)
    tty = bool(container.config.get("Tty"))
    streams = frozenset(name for name in ("stdout", "stderr") if call.flag(name))
    if tty and streams:
        streams = frozenset(("stdout",))
    live = containers.attach(container) if call.flag("stream") else None
    connection = None
    try:
        connection = await take_over(call.request, {})
        if call.flag("logs"):
            async for _, stream, line in lines(container, Asked(streams)):
                await connection.send(line if tty else frame(stream, line))
        if live is not None:
            wants_stdin = call.flag("stdin") and bool(container.config.get("OpenStdin"))
            await connection.converse(
                only(live, streams),
                containers.stdin(container) if wants_stdin else None,
                tty=tty,
                close_stdin=bool(container.config.get("StdinOnce")),
                keys=keys,
            )
    finally:
        if live is not None:
            await close(live)
        if connection is not None:
            await connection.close()
    return empty()


async def websocket(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/attach/ws``: only what cannot be attached to is answered as the engine does."""
    call.host.containers.find(call.name)
    raise Refusal(501, "the embedded engine has no route GET /containers/{name}/attach/ws")


ROUTES = (
    Route("POST", "/containers/{name:.+}/attach", attach),
    Route("GET", "/containers/{name:.+}/attach/ws", websocket),
)
