"""Execs: processes beside a container's first."""

from __future__ import annotations

import logging

from aiohttp import web

from ..node.process import Process
from ..refusal import Refusal
from . import bodies
from .answers import close, empty, json_answer
from .attach import only
from .call import Call
from .hijack import Hijack, detach_keys, frame, take_over
from .routes import Route

__all__ = ["ROUTES"]

LOGGER = logging.getLogger(__name__)


async def create(call: Call) -> web.StreamResponse:
    """``POST /containers/{name}/exec``."""
    body = await call.body(bodies.EXEC)
    if not body.get("Cmd"):
        raise Refusal(400, "No exec command specified")
    container = call.host.containers.find(call.name)
    made = call.host.containers.create_exec(container, body)
    return json_answer({"Id": made.id}, 201)


async def start(call: Call) -> web.StreamResponse:
    """``POST /exec/{name}/start``."""
    body = await call.body(bodies.EXEC_START)
    process = call.host.containers.ready_exec(call.name)
    if body.get("Detach"):
        process.start()
        return empty()
    connection = await take_over(call.request, _signature(call))
    try:
        await _run(process, connection, bool(body.get("Tty")))
    finally:
        await connection.close()
    return empty()


def _signature(call: Call) -> dict[str, str]:
    from .dispatch import signature

    return signature(call.request)


async def _run(process: Process, connection: Hijack, tty: bool) -> None:
    body = process.body or {}
    streams = frozenset(name for name in ("stdout", "stderr") if body.get(f"Attach{name.capitalize()}"))
    output = process.subscribe()
    try:
        try:
            process.start()
        except Refusal as refusal:
            message = f"{refusal.message}\r\n".encode()
            await connection.send(message if tty else frame("stdout", message))
            return
        if not body.get("AttachStdin"):
            process.system.stdin.feed_eof()
        keys = detach_keys(body.get("DetachKeys") or "")
        await connection.converse(
            only(output, streams), process.system.stdin if body.get("AttachStdin") else None, tty=tty, keys=keys or b""
        )
    finally:
        await close(output)


async def inspect(call: Call) -> web.StreamResponse:
    """``GET /exec/{name}/json``."""
    return json_answer(call.host.containers.find_exec(call.name).inspect())


async def resize(call: Call) -> web.StreamResponse:
    """``POST /exec/{name}/resize``: of its terminal."""
    height, width = call.number("h", status=400), call.number("w", status=400)
    call.host.containers.ready_exec(call.name).resize(height, width)
    return empty()


ROUTES = (
    Route("POST", "/containers/{name:.+}/exec", create),
    Route("POST", "/exec/{name:.+}/start", start),
    Route("POST", "/exec/{name:.+}/resize", resize),
    Route("GET", "/exec/{name:.+}/json", inspect),
)
