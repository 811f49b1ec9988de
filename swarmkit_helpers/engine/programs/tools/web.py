"""``wget`` as BusyBox's, and a small ``curl``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from ...net.pipe import Pipe
from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .names import lookup

__all__ = ["curl", "wget"]

ADDRESS = re.compile(r"(?:(https?|ftp)://)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?(?:#.*)?")
MOST_REDIRECTIONS = 5
MOST_BYTES = 64 * 2**20
BAR = "*" * 32


class _Failure(Exception):
    """What is told of a request that failed, and the exit code."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said)
        self.code = code


@dataclass
class _Answer:
    """An HTTP answer."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def status(self) -> int:
        """Its status."""
        words = self.line.split()
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    def header(self, name: str) -> str:
        """A header, by its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass
class _Target:
    """Where a request goes."""

    host: str
    port: int
    path: str
    named_port: bool

    @property
    def netloc(self) -> str:
        """Host, and port where it was given."""
        return f"{self.host}:{self.port}" if self.named_port else self.host


def _target(url: str) -> _Target:
    found = ADDRESS.fullmatch(url)
    if not found:
        raise _Failure(f"bad address '{url}'", 1)
    if found[1] in ("https", "ftp"):
        raise _Failure(f"not an http or ftp url: {url}" if found[1] == "ftp" else "TLS is not simulated", 1)
    path = found[4] or "/"
    return _Target(found[2], int(found[3] or 80), path if path.startswith("/") else f"/{path}", found[3] is not None)


async def _exchange(pipe: Pipe, request: bytes) -> _Answer:
    pipe.write(request)
    line = (await pipe.read_line()).decode("latin-1").rstrip("\r\n")
    headers: list[tuple[str, str]] = []
    while raw := (await pipe.read_line()).decode("utf-8", "replace").rstrip("\r\n"):
        name, _, value = raw.partition(":")
        headers.append((name, value.strip()))
    answer = _Answer(line, headers, b"")
    if answer.header("transfer-encoding").lower() == "chunked":
        while size := int((await pipe.read_line()).split(b";")[0] or b"0", 16):
            answer.body += await _exactly(pipe, size)
            await pipe.read_line()
        return answer
    length = answer.header("content-length")
    if length.isdigit():
        answer.body = await _exactly(pipe, int(length))
        return answer
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


def _request(method: str, target: _Target, agent: str, headers: Sequence[str], form: bytes | None) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.netloc}", f"User-Agent: {agent}", *headers]
    if form is not None:
        if not any(line.lower().startswith("content-type:") for line in headers):
            lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(form)}")
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode() + (form or b"")


async def wget(system: System, argv: Sequence[str]) -> int:
    """Fetch a page."""
    options = read_options(
        argv,
        "cqSO:o:U:P:Y:T:t:",
        long=(
            "header=",
            "post-data=",
            "post-file=",
            "spider",
            "no-check-certificate",
            "quiet",
            "timeout=",
            "user-agent=",
        ),
    )
    if len(options.rest) != 1:
        raise Usage("")
    quiet = "q" in options or "quiet" in options

    def told(text: str) -> None:
        if not quiet:
            system.complain(text)

    form = options.get("post-data").encode() if "post-data" in options else None
    headers = options.all("header")
    patience_s = float(options.get("T") or options.get("timeout") or 900)
    url = options.rest[0]
    try:
        for _ in range(MOST_REDIRECTIONS):
            target = _target(url)
            address = lookup(system, target.host)
            if address is None:
                raise _Failure(f"bad address '{target.host}'", 1)
            told(f"Connecting to {target.netloc} ({address}:{target.port})")
            answer = await _fetched(system, target, address, headers, form, options.get("U") or "Wget", patience_s)
            if "S" in options:
                for line in [answer.line, *(f"{name}: {value}" for name, value in answer.headers), ""]:
                    system.complain(f"  {line}")
            location = answer.header("location")
            if answer.status not in (301, 302, 303, 307, 308) or not location:
                break
            url, form = urljoin(f"http://{target.netloc}{target.path}", location), None
        if answer.status not in (200, 204, 206):
            raise _Failure(f"server returned error: {answer.line}", 1)
        if "spider" in options:
            told("remote file exists")
            return 0
        _saved(system, options.get("O"), target, answer.body, told)
    except _Failure as err:
        system.complain(f"wget: {err}")
        return err.code
    return 0


async def _fetched(
    system: System, target: _Target, address: str, headers: Sequence[str], form: bytes | None, agent: str, wait_s: float
) -> _Answer:
    speed = system.world.clock.speed
    try:
        pipe = await asyncio.wait_for(
            system.world.fabric.connect(system.stack, address, target.port), max(0.05, wait_s / speed)
        )
    except ConnectionRefusedError:
        raise _Failure(f"can't connect to remote host ({address}): Connection refused", 1) from None
    except TimeoutError:
        raise _Failure(f"can't connect to remote host ({address}): Connection timed out", 1) from None
    except OSError as err:
        raise _Failure(f"can't connect to remote host ({address}): {err.strerror or err}", 1) from None
    try:
        answer = await _exchange(pipe, _request("POST" if form is not None else "GET", target, agent, headers, form))
    finally:
        pipe.close()
    if not answer.line.startswith("HTTP/"):
        raise _Failure("error getting response", 1)
    return answer


def _saved(system: System, output: str, target: _Target, body: bytes, say: Callable[[str], None]) -> None:
    name = target.path.partition("?")[0].rstrip("/").rpartition("/")[2] or "index.html"
    shown = "-" if output == "-" else output.rpartition("/")[2] or name
    bar = f"{shown[:20]:<20} 100% |{BAR}| {len(body):5d}  0:00:00 ETA"
    if output == "-":
        say("writing to stdout")
        system.write(body)
        say(bar)
        say("written to stdout")
        return
    path = output or name
    files = FileSystem(system)
    if not output and files.exists(path):
        raise _Failure(f"can't open '{path}': File exists", 1)
    say(f"saving to '{path}'")
    try:
        files.write(path, body)
    except FileError as err:
        raise _Failure(f"can't open '{path}': {err}", 1) from None
    say(bar)
    say(f"'{path}' saved")


async def curl(system: System, argv: Sequence[str]) -> int:
    """Fetch a page, as curl does for plain HTTP."""
    options = read_options(
        argv,
        "sSfiIvLo:X:d:H:A:b:m:kO",
        long=(
            "silent",
            "fail",
            "include",
            "head",
            "location",
            "max-time=",
            "connect-timeout=",
            "data=",
            "header=",
            "cookie=",
        ),
    )
    if len(options.rest) != 1:
        system.complain("curl: try 'curl --help' or 'curl --manual' for more information")
        return 2
    data = "&".join([*options.all("d"), *options.all("data")]) if "d" in options or "data" in options else None
    headers = ["Accept: */*", *options.all("H"), *options.all("header")]
    cookie = options.get("b") or options.get("cookie")
    headers += [f"Cookie: {cookie}"] if cookie else []
    wait_s = float(options.get("m") or options.get("max-time") or options.get("connect-timeout") or 127)
    head = "I" in options or "head" in options
    try:
        target = _target(options.rest[0])
        address = lookup(system, target.host)
        if address is None:
            raise _Failure(f"(6) Could not resolve host: {target.host}", 6)
        try:
            answer = await _fetched(
                system, target, address, headers, data.encode() if data is not None else None, "curl/7.88.1", wait_s
            )
        except _Failure as err:
            late = "timed out" in str(err)
            where = f"Failed to connect to {target.host} port {target.port} after 0 ms: Couldn't connect to server"
            raise _Failure("(28) Connection timed out" if late else f"(7) {where}", 28 if late else 7) from None
    except _Failure as err:
        if "s" not in options or "S" in options:
            system.complain(f"curl: {err}")
        return err.code
    if answer.status >= 400 and "f" in options:
        system.complain(f"curl: (22) The requested URL returned error: {answer.status}")
        return 22
    said = b""
    if head or "i" in options or "include" in options:
        lines = [answer.line, *(f"{name}: {value}" for name, value in answer.headers), "", ""]
        said = "\r\n".join(lines).encode()
    said += b"" if head else answer.body
    if options.get("o"):
        if options.get("o") != "/dev/null":
            FileSystem(system).write(options.get("o"), said)
    else:
        system.write(said)
    return 0
