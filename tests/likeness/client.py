"""HTTP over a unix socket, with no more than the standard library."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Answer", "ask", "ask_upgraded", "frames"]

TIMEOUT_S = 30.0
HEADER = 8
STREAMS = {0: "stdin", 1: "stdout", 2: "stderr", 3: "system"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``broken`` tells why no more of it came, or is empty."""

    status: int
    headers: dict[str, str]
    body: bytes
    broken: str = ""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = dial(self.path, self.timeout or TIMEOUT_S)


def dial(path: Path, timeout: float) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(timeout)
    try:
        made.connect(str(path))
    except OSError:
        made.close()
        raise
    return made


def ask(
    path: Path, method: str, target: str, body: bytes | None, headers: Mapping[str, str], *, lines: int = 0
) -> Answer:
    """Send a request and read its answer; of an endless one, so many lines."""
    connection = UnixConnection(path, TIMEOUT_S)
    try:
        connection.request(method, target, body=body, headers=dict(headers))
        response = connection.getresponse()
        read, broken = b"", ""
        try:
            if lines:
                read = b"".join(response.readline() for _ in range(lines))
            else:
                while piece := response.read1(65536):
                    read += piece
        except (OSError, http.client.HTTPException) as error:
            broken = type(error).__name__
        # http.client takes the last of several headers of a name; the engine sends none twice.
        return Answer(response.status, dict(response.getheaders()), read, broken)
    finally:
        connection.close()


def ask_upgraded(
    path: Path, method: str, target: str, body: bytes | None, headers: Mapping[str, str], send: bytes
) -> Answer:
    """Ask for an upgraded connection, as the docker CLI does: write to it, close that side, read it to its end."""
    content = body or b""
    asked = {
        "Host": "docker",
        "Connection": "Upgrade",
        "Upgrade": "tcp",
        "Content-Length": str(len(content)),
        **headers,
    }
    request = f"{method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in asked.items())
    with dial(path, TIMEOUT_S) as connection:
        connection.sendall(request.encode() + b"\r\n" + content)
        received, broken = b"", ""
        while b"\r\n\r\n" not in received:
            if not (piece := connection.recv(65536)):
                return Answer(0, {}, received, "closed before its headers")
            received += piece
        start, _, rest = received.partition(b"\r\n\r\n")
        first, *named = start.decode("latin-1").split("\r\n")
        found = dict(line.split(": ", 1) for line in named)
        status = int(first.split()[1])
        left = -1 if status == 101 else int(found.get("Content-Length", "-1"))
        try:
            if status == 101:
                if send:
                    connection.sendall(send)
                connection.shutdown(socket.SHUT_WR)
            while (left < 0 or len(rest) < left) and (piece := connection.recv(65536)):
                rest += piece
        except OSError as error:
            broken = type(error).__name__
    return Answer(status, found, rest, broken)


def frames(body: bytes) -> dict[str, str]:
    """Take the pieces of a multiplexed stream together, by stream: where they are cut is chance.

    Raises
    ------
    ValueError
        It is not such a stream.
    """
    found: dict[str, bytes] = {}
    while body:
        size = int.from_bytes(body[4:HEADER], "big")
        if len(body) < HEADER + size or body[0] not in STREAMS or body[1:4] != bytes(3):
            raise ValueError(f"not a multiplexed stream: {body[:40]!r}")
        stream = STREAMS[body[0]]
        found[stream] = found.get(stream, b"") + body[HEADER : HEADER + size]
        body = body[HEADER + size :]
    return {stream: content.decode("utf-8", "replace") for stream, content in found.items()}
