"""From a request to its answer: paths, versions, refusals, and what every answer says of the engine."""

from __future__ import annotations

import asyncio
import hmac
import logging
import posixpath
import re
from typing import TYPE_CHECKING

from aiohttp import web

from ..refusal import Refusal
from . import (
    archive,
    attach,
    configs,
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
from .answers import bare, empty, error
from .call import Call, Work
from .golang import BadJson
from .routes import Table

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["DEFAULT_VERSION", "ENGINE_VERSION", "MINIMUM_VERSION", "Dispatcher"]

ENGINE_VERSION = "20.10.24+dfsg1"
DEFAULT_VERSION = "1.41"
MINIMUM_VERSION = "1.12"

LOGGER = logging.getLogger(__name__)
VERSIONED = re.compile(r"/v([0-9.]+)(/.*)")
MODULES = (
    system, logs, attach, execs, archive, containers, images, networks, volumes, swarm, nodes, services, tasks, secrets,
    configs, plugins,
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


class Dispatcher:
    """Answers the requests to one engine.

    Parameters
    ----------
    host
        The engine.
    token
        What clients must know; none on a unix socket, whose rights say who may use it.
    """

    def __init__(self, host: Host, token: str | None = None) -> None:
        self.host = host
        self.token = token
        self.work: Work = set()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        try:
            return await self._answer(request)
        except Refusal as refusal:
            return error(refusal.status, refusal.message)
        except BadJson as bad:
            return error(400, str(bad))
        except NotImplementedError as missing:
            return error(501, str(missing) or f"the embedded engine has no {request.method} {request.path}")
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as bug:
            LOGGER.exception("%s %s", request.method, request.path)
            return error(500, f"the embedded engine failed: {type(bug).__name__}: {bug}")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        clean = posixpath.normpath(path).replace("//", "/")
        if path.endswith("/") and clean != "/":
            clean += "/"
        if clean != path:
            return web.Response(status=301, headers={"Location": clean})
        if self.token is not None and not self._known(request):
            raise Refusal(401, "unauthorized: this engine answers to the bearer of its token only")
        version = DEFAULT_VERSION
        if found := VERSIONED.fullmatch(path):
            version, path = found[1], found[2]
        if request.method == "OPTIONS":
            self._sign(request)
            return empty()
        route = TABLE.find(request.method, path)
        if route is None:
            raise Refusal(404, "page not found")
        self._sign(request)
        if len(version) > 32:
            raise Refusal(400, f"invalid API version {version[:32]}")
        if _compared(version) < _compared(MINIMUM_VERSION):
            return web.Response(
                status=400,
                text=f"client version {version} is too old. Minimum supported API version is {MINIMUM_VERSION}, "
                "please upgrade your client to a newer version\n",
                headers={"X-Content-Type-Options": "nosniff"},
            )
        if _compared(version) > _compared(DEFAULT_VERSION):
            raise Refusal(
                400, f"client version {version} is too new. Maximum supported API version is {DEFAULT_VERSION}"
            )
        request["experimental"] = True
        handler, names = route
        return await handler(Call(self.host, request, _numbers(version), names, self.work))

    def _known(self, request: web.Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), (self.token or "").encode())

    @staticmethod
    def _sign(request: web.Request) -> None:
        request["signed"] = True

    @staticmethod
    async def prepare(request: web.Request, response: web.StreamResponse) -> None:
        """Say which engine answers."""
        bare(response)
        if request.get("signed"):
            response.headers.update(signature(request))
        else:
            response.headers["Server"] = ""
            del response.headers["Server"]

    async def close(self) -> None:
        """End what goes on."""
        work = list(self.work)
        for future in work:
            future.cancel()
        await asyncio.gather(*work, return_exceptions=True)


def signature(request: web.Request) -> dict[str, str]:
    """The headers that say which engine answers."""
    headers = {"Api-Version": DEFAULT_VERSION}
    if request.get("experimental"):
        headers["Docker-Experimental"] = "false"
    return headers | {"Ostype": "linux", "Server": f"Docker/{ENGINE_VERSION} (linux)"}
