"""A program: connections that one listening socket accepts go on to an address of a node, and back.

``python -I -S relay.py FD ADDRESS PORT`` is started inside the node's network namespace with a socket that listens in
the machine's own: what it accepts comes from there, what it opens leaves from here. It returns once it serves, and
lives on by itself, as nobody. It imports the standard library alone, so that it starts in milliseconds.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import sys
from collections.abc import Sequence

__all__ = ["main"]

NOBODY = 65534
MOST_CONNECTIONS = 256
CONNECT_S = 10.0
# Once one side has said its last word, the other has that long for its own.
LAST_WORD_S = 60.0
CHUNK_BYTES = 65536
RESET = struct.pack("ii", 1, 0)


def main(argv: Sequence[str]) -> None:
    """Take the socket over, let the caller go on, and serve until killed."""
    descriptor, address, port = argv
    listener = socket.socket(fileno=int(descriptor))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)
    asyncio.run(_serve(listener, address, int(port)))


async def _serve(listener: socket.socket, address: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    room = asyncio.Semaphore(MOST_CONNECTIONS)
    carrying: set[asyncio.Task[None]] = set()
    while True:
        await room.acquire()
        try:
            client, _ = await loop.sock_accept(listener)
        except OSError:  # it left before it was accepted, or no descriptor is free now
            room.release()
            await asyncio.sleep(0.05)
            continue
        task = asyncio.create_task(_relay(client, address, port))
        carrying.add(task)
        task.add_done_callback(carrying.discard)
        task.add_done_callback(lambda _: room.release())


async def _relay(client: socket.socket, address: str, port: int) -> None:
    """One connection, from its acceptance to its end; broken on one side, it is broken on the other."""
    loop = asyncio.get_running_loop()
    node = socket.socket()
    try:
        for end in (client, node):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        await asyncio.wait_for(loop.sock_connect(node, (address, port)), CONNECT_S)
        ways = {asyncio.create_task(_carry(client, node)), asyncio.create_task(_carry(node, client))}
        over, going = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        if not any(way.exception() for way in over):
            over, going = await asyncio.wait(ways, timeout=LAST_WORD_S)
        for way in going:
            way.cancel()
        for failure in await asyncio.gather(*ways, return_exceptions=True):
            if isinstance(failure, BaseException):
                raise failure
    except (OSError, asyncio.CancelledError):  # a timeout is an OSError too
        for end in (client, node):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    finally:
        client.close()
        node.close()


async def _carry(source: socket.socket, target: socket.socket) -> None:
    """One way: all that comes, then the end of it."""
    loop = asyncio.get_running_loop()
    while data := await loop.sock_recv(source, CHUNK_BYTES):
        await loop.sock_sendall(target, data)
    target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(sys.argv[1:])
