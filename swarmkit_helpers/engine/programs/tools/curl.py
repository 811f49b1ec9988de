"""A small ``curl``, for plain HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from ..files import FileSystem
from ..options import read_options
from ..system import System
from .names import lookup
from .requests import Answer, Failure, ask, request_of, target_of

__all__ = ["curl"]

LONG = (
    "silent", "fail", "include", "head", "location", "max-time=", "connect-timeout=", "data=", "header=", "cookie=",
)  # fmt: skip
AGENT = "curl/7.88.1"
PATIENCE_S = 127.0


async def curl(system: System, argv: Sequence[str]) -> int:
    """Fetch a page."""
    options = read_options(argv, "sSfiIvLo:X:d:H:A:b:m:kO", long=LONG)
    if len(options.rest) != 1:
        system.complain("curl: try 'curl --help' or 'curl --manual' for more information")
        return 2
    data = "&".join([*options.all("d"), *options.all("data")]) if "d" in options or "data" in options else None
    headers = ["Accept: */*", *options.all("H"), *options.all("header")]
    cookie = options.get("b") or options.get("cookie")
    headers += [f"Cookie: {cookie}"] if cookie else []
    wait_s = float(options.get("m") or options.get("max-time") or options.get("connect-timeout") or PATIENCE_S)
    head = "I" in options or "head" in options
    method = options.get("X") or ("HEAD" if head else "GET" if data is None else "POST")
    try:
        answer = await _asked(system, options.rest[0], method, headers, data, wait_s)
    except Failure as err:
        if not ({"s", "silent"} & {name for name, _ in options.given}) or "S" in options:
            system.complain(f"curl: {err}")
        return err.code
    if answer.status >= 400 and ("f" in options or "fail" in options):
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


async def _asked(system: System, url: str, method: str, headers: list[str], data: str | None, wait_s: float) -> Answer:
    try:
        target = target_of(url)
    except Failure:
        raise Failure(f'(1) Protocol "{url.partition(":")[0]}" not supported or disabled in libcurl', 1) from None
    if target.scheme != "http":
        raise Failure(f'(1) Protocol "{target.scheme}" not simulated', 1)
    address = lookup(system, target.host)
    if address is None:
        raise Failure(f"(6) Could not resolve host: {target.host}", 6)
    request = request_of(method, target, AGENT, headers, data.encode() if data is not None else None)
    where = f"Failed to connect to {target.host} port {target.port} after 0 ms: Couldn't connect to server"
    try:
        answer = await ask(system, target, address, request, wait_s)
    except TimeoutError:
        raise Failure("(28) Connection timed out", 28) from None
    except OSError:
        raise Failure(f"(7) {where}", 7) from None
    if not answer.line.startswith("HTTP/"):
        raise Failure("(52) Empty reply from server", 52)
    return answer
