"""Files of a container, as tar archives: ``docker cp`` and ``docker export``."""

from __future__ import annotations

import base64
import posixpath

from aiohttp import web

from ..clock import rfc3339
from ..node.container import Container
from ..node.copying import Seen, Surface, unpack
from ..programs.files import MOST_BYTES
from ..refusal import Refusal
from .answers import TYPED, empty
from .call import Call
from .golang import dump
from .routes import Route

__all__ = ["ROUTES"]

GO_DIRECTORY, GO_STICKY, STICKY = 1 << 31, 1 << 20, 0o1000
TAR = {"Content-Type": "application/x-tar"}


def _path(call: Call) -> tuple[Container, str]:
    asked = call.text("path")
    if not asked:
        raise Refusal(400, "bad parameter: pathcannot be empty")
    container = call.host.containers.find(call.name)
    return container, posixpath.normpath("/" + asked.lstrip("/"))


def _found(call: Call, container: Container, path: str) -> Seen:
    found = Surface(container).look(path)
    if found is None:
        raise Refusal(404, f"Could not find the file {call.text('path')} in container {call.name}")
    if found.data is not None and call.text("path").endswith("/"):
        merged = f"{call.host.root}/overlay2/{container.layer}/merged{call.text('path')}"
        raise Refusal(500, f"lstat {merged}: not a directory")
    return found


def _stat(seen: Seen) -> dict[str, str]:
    kind = GO_DIRECTORY if seen.data is None else 0
    sticky = GO_STICKY if seen.mode & STICKY else 0
    about = {
        "name": posixpath.basename(seen.path) or "/",
        "size": 4096 if seen.data is None else len(seen.data),
        "mode": kind | sticky | seen.mode & 0o777,
        "mtime": rfc3339(seen.modified),
        "linkTarget": "",
    }
    return {"X-Docker-Container-Path-Stat": base64.b64encode(dump(about).rstrip()).decode()}


async def look(call: Call) -> web.StreamResponse:
    """``HEAD /containers/{name}/archive``."""
    return web.Response(headers=_stat(_found(call, *_path(call))))


async def get(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/archive``."""
    container, path = _path(call)
    headers = _stat(_found(call, container, path))
    name = "." if call.text("path").endswith("/.") else posixpath.basename(path) or "/"
    packed = Surface(container).pack(path, name)
    call.host.containers.tell(container, "archive-path")
    return web.Response(body=packed, headers={**headers, **TAR})


async def put(call: Call) -> web.StreamResponse:
    """``PUT /containers/{name}/archive``."""
    container, path = _path(call)
    _found(call, container, path)
    unpack(container, path, await call.data(2 * MOST_BYTES), keep_kinds=call.flag("noOverwriteDirNonDir"))
    call.host.containers.tell(container, "extract-to-dir")
    return empty()


async def export(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/export``: without what it mounts."""
    container = call.host.containers.find(call.name)
    packed = Surface(container, container.own).pack("/", "")
    call.host.containers.tell(container, "export")
    call.request[TYPED] = True
    response = web.Response(body=packed, headers={"Content-Type": "application/octet-stream"})
    response.enable_chunked_encoding()
    return response


ROUTES = (
    Route("HEAD", "/containers/{name:.+}/archive", look),
    Route("GET", "/containers/{name:.+}/archive", get),
    Route("PUT", "/containers/{name:.+}/archive", put),
    Route("GET", "/containers/{name:.+}/export", export),
)
