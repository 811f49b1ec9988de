"""One HTTP request and its answer, for ``wget`` and ``curl``."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from ...net.pipe import Pipe
from ..system import System

__all__ = ["Answer", "Failure", "Target", "ask", "request_of", "target_of"]

ADDRESS = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?:(?P<user>[^/@]*)@)?(?P<host>[^/:?#]*)(?::(?P<port>\d+))?(?P<path>[/?][^#]*)?(?:#.*)?"
)
PORTS = {"http": 80, "https": 443, "ftp": 21}
MOST_BYTES = 64 * 2**20


class Failure(Exception):
    """What is told of a request that failed, and the exit code."""

    def __init__(self, said: str, code: int = 1) -> None:
        super().__init__(said)
        self.code = code


@dataclass
class Answer:
    """An HTTP answer."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    whole: bool = True
    """Whether all of it came."""

    @property
    def status(self) -> int:
        """Its status."""
        words = self.line.split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    def header(self, name: str) -> str:
        """A header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class Target:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    path: str
    named_port: bool
    user: str = ""
    """``name:password``."""

    @property
    def netloc(self) -> str:
        """Host, and port where it was given."""
        return f"{self.host}:{self.port}" if self.named_port else self.host


def target_of(url: str) -> Target:
    """What a URL says.

    Raises
    ------
    Failure
        Its scheme is none of these.
    """
    found = ADDRESS.fullmatch(url)
    scheme = (found["scheme"] if found else None) or "http"
    if not found or scheme not in PORTS:
        raise Failure(f"not an http or ftp url: {url}")
    path = found["path"] or "/"
    path = path if path.startswith("/") else f"/{path}"
    port = int(found["port"] or PORTS[scheme])
    return Target(scheme, found["host"], port, path, found["port"] is not None, found["user"] or "")


def request_of(method: str, target: Target, agent: str, headers: Sequence[str], form: bytes | None) -> bytes:
    """A request, its headers in wget's order."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.netloc}", f"User-Agent: {agent}", "Connection: close"]
    if target.user:
        lines.append(f"Authorization: Basic {b64encode(target.user.encode()).decode()}")
    lines += headers
    if form is not None:
        if not any(line.lower().startswith("content-type:") for line in headers):
            lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(form)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + (form or b"")


async def ask(system: System, target: Target, address: str, request: bytes, wait_s: float) -> Answer:
    """Send a request; its answer, whose line is empty where none came.

    Raises
    ------
    ConnectionRefusedError, TimeoutError, OSError
        No connection could be made.
    """
    limit_s = max(0.05, wait_s / system.world.clock.speed)
    pipe = await asyncio.wait_for(system.world.fabric.connect(system.stack, address, target.port), limit_s)
    try:
        pipe.write(request)
        return await _answer(pipe, headless=request.startswith(b"HEAD "))
    finally:
        pipe.abort()


async def _answer(pipe: Pipe, *, headless: bool) -> Answer:
    line = (await pipe.read_line()).decode("latin-1").rstrip("\r\n")
    headers: list[tuple[str, str]] = []
    while raw := (await pipe.read_line()).decode("utf-8", "replace").rstrip("\r\n"):
        name, _, value = raw.partition(":")
        headers.append((name, value.strip()))
    answer = Answer(line, headers)
    length = answer.header("content-length")
    if headless or answer.status in (204, 304):
        return answer
    if answer.header("transfer-encoding").lower() == "chunked":
        while size := int((await pipe.read_line()).split(b";")[0] or b"0", 16):
            answer.body += await _exactly(pipe, size)
            await pipe.read_line()
    elif length.isdigit():
        answer.body = await _exactly(pipe, int(length))
        answer.whole = len(answer.body) == int(length)
    else:
        while part := await pipe.read():
            answer.body += part
    return answer


async def _exactly(pipe: Pipe, size: int) -> bytes:
    data = b""
    while len(data) < min(size, MOST_BYTES):
        part = await pipe.read(size - len(data))
        if not part:
            break
        data += part
    return data
