"""Files of a container, as tar archives: ``docker cp``."""

from __future__ import annotations

import base64
import io
import posixpath
import stat
import tarfile
import time

from aiohttp import web

from ..clock import rfc3339
from ..node.container import Container
from ..programs.system import Files
from ..refusal import Refusal
from .answers import empty
from .call import MOST_TAR, Call
from .golang import dump
from .routes import Route

__all__ = ["ROUTES"]

GO_DIRECTORY = 1 << 31


def _path(call: Call) -> tuple[Container, str]:
    asked = call.text("path")
    if not asked:
        raise Refusal(400, "bad parameter: pathcannot be empty")
    container = call.host.containers.find(call.name)
    return container, posixpath.normpath("/" + asked)


def _inside(files: Files, path: str) -> dict[str, bytes]:
    """The files under a directory, by their path from it."""
    start = path.rstrip("/") + "/"
    return {name[len(start) :]: data for name, data in files.items() if name.startswith(start)}


def _missing(call: Call) -> Refusal:
    return Refusal(404, f"Could not find the file {call.text('path')} in container {call.name}")


def _stat(call: Call, container: Container, path: str) -> dict[str, str]:
    data = container.files.get(path)
    if data is None and path != "/" and not _inside(container.files, path):
        raise _missing(call)
    about = {
        "name": posixpath.basename(path) or "/",
        "size": 4096 if data is None else len(data),
        "mode": GO_DIRECTORY | 0o755 if data is None else 0o644,
        "mtime": rfc3339(time.time_ns()),
        "linkTarget": "",
    }
    return {"X-Docker-Container-Path-Stat": base64.b64encode(dump(about).rstrip()).decode()}


async def look(call: Call) -> web.StreamResponse:
    """``HEAD /containers/{name}/archive``."""
    container, path = _path(call)
    return web.Response(headers=_stat(call, container, path))


async def get(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/archive``."""
    container, path = _path(call)
    headers = _stat(call, container, path)
    name = posixpath.basename(path) or "."
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        if (data := container.files.get(path)) is not None:
            _add(archive, name, data)
        else:
            _add(archive, f"{name}/", None)
            for inner, content in sorted(_inside(container.files, path).items()):
                _add(archive, f"{name}/{inner}", content)
    return web.Response(body=made.getvalue(), headers={**headers, "Content-Type": "application/x-tar"})


def _add(archive: tarfile.TarFile, name: str, data: bytes | None) -> None:
    entry = tarfile.TarInfo(name)
    entry.mtime = int(time.time())
    if data is None:
        entry.type, entry.mode = tarfile.DIRTYPE, stat.S_IFDIR | 0o755
        archive.addfile(entry)
    else:
        entry.size, entry.mode = len(data), 0o644
        archive.addfile(entry, io.BytesIO(data))


async def put(call: Call) -> web.StreamResponse:
    """``PUT /containers/{name}/archive``: files only; links are refused."""
    container, path = _path(call)
    if path in container.files:
        raise Refusal(400, "extraction point is not a directory")
    if path != "/" and not _inside(container.files, path) and path not in ("/tmp", "/root", "/etc", "/var", "/usr"):
        raise _missing(call)
    found: Files = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(await call.data(MOST_TAR))) as archive:
            for entry in archive:
                name = posixpath.normpath(posixpath.join(path, entry.name.lstrip("/")))
                if not f"{name}/".startswith(path.rstrip("/") + "/"):
                    raise Refusal(400, f"invalid path in archive: {entry.name}")
                if entry.isfile() and (file := archive.extractfile(entry)) is not None:
                    found[name] = file.read()
                elif not entry.isdir():
                    raise Refusal(501, f"the embedded engine has only plain files: {entry.name}")
    except (tarfile.TarError, EOFError, OSError) as bad:
        raise Refusal(500, f"Error processing tar file(exit status 1): {bad}") from None
    container.files.update(found)
    return empty()


ROUTES = (
    Route("HEAD", "/containers/{name:.+}/archive", look),
    Route("GET", "/containers/{name:.+}/archive", get),
    Route("PUT", "/containers/{name:.+}/archive", put),
)
