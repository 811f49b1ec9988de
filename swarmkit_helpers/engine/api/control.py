"""What is asked of the process that serves a world, beyond what its engines answer: HTTP and JSON, on a socket."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..faults import Link
from ..kinds import Json
from ..refusal import Refusal
from .answering import Answering
from .answers import json_answer
from .call import body_of, settled
from .forward import Forwards
from .golang import BadJson, parse

if TYPE_CHECKING:
    from ..node.host import Host
    from ..world import World

__all__ = ["Control"]

MOST_BODY = 256 * 1024
SETS = ("full_disks", "stopped")
LINK = {"up": True, "delay_ms": 0.0, "loss": 0.0}
MOST_DELAY_MS = 60_000.0


class Control(Answering):
    """A world, as it is controlled.

    Parameters
    ----------
    world
        Its clock, its faults, its fabric.
    hosts
        Its hosts, by their short names.
    """

    def __init__(self, world: World, hosts: Mapping[str, Host], token: str | None = None) -> None:
        super().__init__(token)
        self.world = world
        self.hosts = dict(hosts)
        self.forwards = Forwards(world)
        self.stopped = asyncio.Event()
        self._turn = asyncio.Lock()
        self._routes = {
            ("GET", "/status"): self.status,
            ("POST", "/forward"): self.forward,
            ("POST", "/faults"): self.change_faults,
            ("POST", "/images"): self.bring_images,
            ("POST", "/stop"): self.stop,
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one of the five questions."""
        handler = self._routes.get((request.method, request.path))
        if handler is None:
            raise Refusal(404, "page not found")
        return await handler(request)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """``GET /status``."""
        hosts = {
            name: {"hostname": host.hostname, "address": host.address, "running": host.running}
            for name, host in self.hosts.items()
        }
        answer = {"pid": os.getpid(), "speed": self.world.clock.speed, "hosts": hosts, "faults": self.faults()}
        return json_answer(answer)

    async def forward(self, request: web.Request) -> web.StreamResponse:
        """``POST /forward``: ``{"host": "manager", "port": 80}``."""
        body = await _body(request)
        host, port = self._host(body.get("host")), body.get("port")
        if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65_536:
            raise Refusal(400, f"no port: {port!r}")
        return json_answer({"port": await self.forwards.to(host, port)})

    async def bring_images(self, request: web.Request) -> web.StreamResponse:
        """``POST /images``: ``{"hosts": ["manager"], "references": ["nginx:latest"]}``, as if they had been loaded."""
        body = await _body(request)
        hosts = [self._host(name) for name in _names("hosts", body.get("hosts"))]
        references = _names("references", body.get("references"))
        for host in hosts:
            if not host.running:
                raise Refusal(503, f"{host.hostname}: the engine is stopped")
            if host.full:
                raise Refusal(500, f"write {host.root}/tmp/docker-import: no space left on device")
            for reference in references:
                host.images.provide(reference)
        return json_answer({})

    async def stop(self, request: web.Request) -> web.StreamResponse:
        """``POST /stop``."""
        self.stopped.set()
        return json_answer({})

    def faults(self) -> Json:
        """The faults in force, by short names."""
        faults, short = self.world.faults, {host.hostname: name for name, host in self.hosts.items()}
        return {
            "links": {short[host]: asdict(link) for host, link in faults.links.items() if host in short},
            "full_disks": sorted(short[host] for host in faults.full_disks if host in short),
            "missing_images": sorted(faults.missing_images),
            "stopped": sorted(name for name, host in self.hosts.items() if not host.running),
        }

    async def change_faults(self, request: web.Request) -> web.StreamResponse:
        """``POST /faults``: each key given replaces its whole set; what cannot be changes nothing."""
        body = await _body(request)
        for key in body:
            if key not in ("links", "missing_images", *SETS):
                raise Refusal(400, f"no such fault: {key}")
        links = self._links(body["links"]) if "links" in body else None
        sets = {key: [self._host(name) for name in _names(key, body[key])] for key in SETS if key in body}
        missing = set(_names("missing_images", body["missing_images"])) if "missing_images" in body else None
        async with self._turn:
            faults = self.world.faults
            if links is not None:
                faults.links.clear()
                faults.links.update(links)
            if missing is not None:
                faults.missing_images = missing
            if "full_disks" in sets:
                faults.full_disks = {host.hostname for host in sets["full_disks"]}
            if "stopped" in sets:
                for host in self.hosts.values():
                    await settled(host.kill() if host in sets["stopped"] else host.start(), self.work)
        return json_answer(self.faults())

    def _host(self, name: object) -> Host:
        if not isinstance(name, str) or name not in self.hosts:
            raise Refusal(400, f"no such host: {name!r}")
        return self.hosts[name]

    def _links(self, given: object) -> dict[str, Link]:
        if not isinstance(given, dict):
            raise Refusal(400, "links: not an object")
        return {self._host(name).hostname: _link(name, link) for name, link in given.items()}

    async def close(self) -> None:
        """End what leads into the world."""
        await self.forwards.close()
        await super().close()


def _link(name: str, given: object) -> Link:
    if not isinstance(given, dict) or set(given) - set(LINK):
        raise Refusal(400, f"no link: {name}: {given!r}")
    values: dict[str, Any] = LINK | given
    if not isinstance(values["up"], bool):
        raise Refusal(400, f"links: {name}: up is true or false")
    for key, most in (("delay_ms", MOST_DELAY_MS), ("loss", 1.0)):
        value = values[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most or math.isnan(value):
            raise Refusal(400, f"links: {name}: {key} is a number from 0 to {most:g}")
        values[key] = float(value)
    return Link(**values)


def _names(key: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Refusal(400, f"{key}: not a list of names")
    return given


async def _body(request: web.Request) -> Json:
    data = await body_of(request, MOST_BODY)
    try:
        value = parse(data, whole=True) if data.strip() else {}
    except BadJson as bad:
        raise Refusal(400, str(bad)) from None
    if not isinstance(value, dict):
        raise Refusal(400, "not an object")
    return value
