"""From a request to its answer: paths, versions, refusals, and what every answer says of the engine."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from ..node.description import API_VERSION, LEAST_API_VERSION, SERVER_VERSION
from ..refusal import Refusal
from . import (
    archive,
    attach,
    containers,
    execs,
    images,
    logs,
    networks,
    nodes,
    plugins,
    secrets,
    services,
    swarm,
    system,
    tasks,
    volumes,
)
from .answering import Answering
from .answers import EXPERIMENTAL, SIGNED, empty
from .call import Call
from .routes import Table

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["Dispatcher", "signature"]

UNESCAPED = "/$&+,:;=@!'()*"
VERSIONED = re.compile(r"/v([0-9.]+)(/.*)")
MODULES = (
    system, logs, attach, execs, archive, containers, images, networks, volumes, swarm, nodes, services, tasks, secrets,
    plugins,
)  # fmt: skip
TABLE = Table(route for module in MODULES for route in module.ROUTES)


def _numbers(version: str) -> tuple[int, ...]:
    """Of a version; a part that is no number counts for nothing."""
    return tuple(int(part) if part else 0 for part in version.split("."))


def _compared(version: str) -> tuple[int, ...]:
    numbers = [*_numbers(version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


class Dispatcher(Answering):
    """Answers the requests to one engine.

    Parameters
    ----------
    host
        The engine.
    """

    def __init__(self, host: Host, token: str | None = None) -> None:
        super().__init__(token)
        self.host = host

    def headers(self, request: web.Request) -> dict[str, str]:
        """Which engine answers; nothing where the engine's router answers itself."""
        return signature(request) if request.get(SIGNED) else {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Find who answers that path, for a client of that version."""
        path = request.path
        clean = posixpath.normpath(path).replace("//", "/")
        if path.endswith("/") and clean != "/":
            clean += "/"
        if clean != path:
            query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
            return web.Response(status=301, headers={"Location": quote(clean, safe=UNESCAPED) + query})
        version = API_VERSION
        if found := VERSIONED.fullmatch(path):
            version, path = found[1], found[2]
        if request.method == "OPTIONS":
            request[SIGNED] = request[EXPERIMENTAL] = True
            return empty()
        route = TABLE.find(request.method, path)
        if route is None:
            raise Refusal(404, "page not found")
        request[SIGNED] = True
        if len(version) > 32:
            raise Refusal(400, f"invalid API version {version[:32]}")
        if _compared(version) < _compared(LEAST_API_VERSION):
            return web.Response(
                status=400,
                text=f"client version {version} is too old. Minimum supported API version is {LEAST_API_VERSION}, "
                "please upgrade your client to a newer version\n",
                headers={"X-Content-Type-Options": "nosniff"},
            )
        if _compared(version) > _compared(API_VERSION):
            raise Refusal(400, f"client version {version} is too new. Maximum supported API version is {API_VERSION}")
        request[EXPERIMENTAL] = True
        handler, names = route
        return await handler(Call(self.host, request, _numbers(version), names, self.work))


def signature(request: web.Request) -> dict[str, str]:
    """The headers that say which engine answers."""
    headers = {"Api-Version": API_VERSION}
    if request.get(EXPERIMENTAL):
        headers["Docker-Experimental"] = "false"
    return headers | {"Ostype": "linux", "Server": f"Docker/{SERVER_VERSION} (linux)"}
