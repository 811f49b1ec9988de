"""A small HTTP server: one request on each connection, pages and streams of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qsl

from ...net.pipe import Pipe
from ..system import System

__all__ = ["Reply", "Request", "http_date", "read_request", "serve_pages", "written"]

MOST_BYTES = 1_048_576
REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Request:
    """What was asked."""

    line: str
    method: str
    path: str
    """Without its query."""
    version: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes = b""
    remote: str = ""

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def cookies(self) -> dict[str, str]:
        """Name -> value."""
        pairs = (part.partition("=") for part in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}


@dataclass
class Reply:
    """What is answered; a `stream` has no end of its own."""

    body: bytes
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    headers: list[tuple[str, str]] = field(default_factory=list)
    stream: AsyncIterator[bytes] | None = None


def http_date() -> str:
    """Now, as HTTP writes it."""
    return f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}"


async def read_request(pipe: Pipe) -> Request | None:
    """One request; None when the other end closed, or sent something else: then its `line` tells."""
    line = (await pipe.read_line()).decode("latin-1")
    words = line.split()
    if not line.endswith("\n"):
        return None
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return Request(line.rstrip("\r\n"), "", "", "", {}, remote=pipe.remote)
    headers: dict[str, str] = {}
    while True:
        raw = (await pipe.read_line()).decode("utf-8", "replace")
        if not raw.endswith("\n"):
            return None
        name, colon, value = raw.rstrip("\r\n").partition(":")
        if not colon:
            break
        headers[name.strip().lower()] = value.strip()
    length = headers.get("content-length", "0")
    body = b""
    wanted = min(int(length), MOST_BYTES) if length.isdigit() else 0
    while len(body) < wanted:
        part = await pipe.read(wanted - len(body))
        if not part:
            return None
        body += part
    path = words[1].partition("?")[0]
    return Request(line.rstrip("\r\n"), words[0], path, words[2], headers, body, pipe.remote)


def written(request: Request, reply: Reply, server: str = "", reason: str = "") -> bytes:
    """The head of an answer, and its body; `reason`: where the server has words of its own for the status."""
    lines = [f"HTTP/1.1 {reply.status} {reason or REASONS.get(reply.status, 'Unknown')}"]
    lines += [f"Server: {server}"] if server else []
    lines += [f"Date: {http_date()}", f"Content-Type: {reply.kind}"]
    lines += [f"Content-Length: {len(reply.body)}"] if reply.stream is None else []
    lines += [f"{name}: {value}" for name, value in reply.headers]
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode() + (b"" if request.method == "HEAD" else reply.body)


async def serve_pages(
    system: System, port: int, answer: Callable[[Request], Awaitable[Reply]], ending: asyncio.Event
) -> None:
    """Answer on a port until `ending` is set.

    Raises
    ------
    OSError
        The port is taken.
    """

    async def handler(pipe: Pipe) -> None:
        request = await read_request(pipe)
        if request is None:
            return
        if not request.method:
            reply = Reply(b"Bad Request", 400, "text/plain")
        else:
            reply = await answer(request)
        pipe.write(written(request, reply))
        if reply.stream is not None and request.method != "HEAD":
            closed = asyncio.ensure_future(_closed(pipe))
            try:
                async for part in reply.stream:
                    if closed.done() or ending.is_set():
                        break
                    pipe.write(part)
            finally:
                closed.cancel()

    system.world.fabric.listen(system.stack, port, handler)
    try:
        await ending.wait()
    finally:
        system.world.fabric.unlisten(system.stack, port)


async def _closed(pipe: Pipe) -> None:
    while await pipe.read():
        pass
