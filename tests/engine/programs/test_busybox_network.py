"""BusyBox's programs on the network, beside ours: theirs speak to this machine's loopback, ours to a container's."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from swarmkit_helpers.engine.net.pipe import Pipe

from .bench import Bench, play
from .oracle import WORK, Done, needs_busybox, theirs

PORT = 18_080
ANSWERS: Mapping[bytes, bytes] = {
    b"/": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nhi\n",
    b"/ok": b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-A: b\r\n\r\nhello\n",
    b"/chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nd\n\r\n0\r\n\r\n",
    b"/nolen": b"HTTP/1.0 200 OK\r\n\r\nno length\n",
    b"/redir": b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
    b"/bad": b"garbage\r\n\r\n",
    b"/empty": b"",
    b"/503": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    b"/short": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    b"/204": b"HTTP/1.1 204 No Content\r\n\r\n",
    b"/500": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nxx",
}
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope"


def answer(request: bytes) -> bytes:
    """What the server says; ``/said`` gives the request back."""
    path = request.split(b" ")[1].partition(b"?")[0] if request.count(b" ") > 1 else b""
    if path == b"/said":
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(request), request)
    return ANSWERS.get(path, NOT_FOUND)


def whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    return bool(end) and len(body) >= int(length[1] if length else 0)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server on this machine's loopback."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(peer: socket.socket) -> None:
        with peer:
            request = b""
            while not whole(request) and (part := peer.recv(65_536)):
                request += part
            peer.sendall(answer(request))

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(peer,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


async def serve_ours(pipe: Pipe) -> None:
    request = b""
    while not whole(request) and (part := await pipe.read()):
        request += part
    pipe.write(answer(request))


def ours(script: str) -> Done:
    found: list[Done] = []

    async def scenario() -> None:
        bench = Bench()
        container = bench.add("c")
        container.files[f"{WORK}/.keep"] = b""
        assert container.stack is not None
        bench.world.fabric.listen(container.stack, PORT, serve_ours)
        code, out, err = await bench.run("c", "sh", "-c", script, directory=WORK)
        found.append(Done(int(code), out, err))
        await bench.close()

    play(scenario())
    return found[0]


def plain(done: Done, port: int) -> Done:
    """Without what differs at each run: durations, the port; and without IPv6, which containers do not have."""

    def text(said: str) -> str:
        said = re.sub(r"(?m)^.* (inet6|::1).*\n(       valid_lft .*\n)?", "", said)
        said = re.sub(r"\d+\.\d{3}(?= ms|/)", "T", said)
        return re.sub(rf"\b{port}\b", "PORT", said)

    return Done(done.code, text(done.out), text(done.err))


def scripts() -> dict[str, list[str]]:
    """By the program that they are about."""
    text = Path(__file__).with_name("network_scripts.txt").read_text("utf-8")
    blocks = (block.splitlines() for block in text.removeprefix("@").split("\n@"))
    return {lines[0]: lines[1:] for lines in blocks}


SCRIPTS = scripts()


def placed(script: str, port: int) -> str:
    return script.replace("SERVER", f"127.0.0.1:{port}").replace("PORT", str(port))


@needs_busybox
@pytest.mark.parametrize("kind", SCRIPTS)
def test_it_does_what_busybox_does(kind: str, port: int) -> None:
    for script in SCRIPTS[kind]:
        said = plain(ours(placed(script, PORT)), PORT)
        assert (script, said) == (script, plain(theirs(placed(script, port), named=False), port))
