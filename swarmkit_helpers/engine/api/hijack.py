"""Connections that are taken over: after the head of the answer, bytes go both ways."""

from __future__ import annotations

import asyncio
import select
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from aiohttp import web

from ..node.keys import keys_of
from ..refusal import Refusal
from .answers import BEGUN, PATIENCE_S, close

__all__ = ["DETACH_KEYS", "Hijack", "detach_keys", "frame", "take_over", "turn_away"]

STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
RAW = "application/vnd.docker.raw-stream"
DETACH_KEYS = b"\x10\x11"
"""Ctrl-P, Ctrl-Q."""
MOST_WAITING = 1024 * 1024
HEAD_WAIT_S = 0.5
LOOK_EVERY_S = 0.2


def frame(stream: str, data: bytes) -> bytes:
    """A piece of a stream, with the 8 bytes that say which and how long."""
    return bytes((STREAMS[stream], 0, 0, 0)) + len(data).to_bytes(4, "big") + data


def detach_keys(text: str) -> bytes | None:
    """Read ``ctrl-p,ctrl-q``; None: it is no sequence of keys."""
    return keys_of(text) if text else DETACH_KEYS


class Hijack(asyncio.Protocol):
    """A client's connection, once it carries no HTTP any more."""

    def __init__(self, transport: asyncio.Transport, before: asyncio.BaseProtocol) -> None:
        self.transport = transport
        self.incoming = asyncio.StreamReader()
        self.incoming.set_transport(transport)
        self.gone = asyncio.Event()
        self._before = before
        self._writable = asyncio.Event()
        self._writable.set()
        self._look: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Keep what the client sends."""
        self.incoming.feed_data(data)

    def eof_received(self) -> bool:
        """The client sends nothing more, and still reads: `docker exec -i` does so."""
        self.incoming.feed_eof()
        self._watch()
        return True

    def _watch(self) -> None:
        """Nothing tells any more that the client has gone for good: look."""
        self._look = None
        opened = self.transport.get_extra_info("socket")
        if self.gone.is_set() or opened is None or not hasattr(select, "poll"):
            return
        poll = select.poll()
        poll.register(opened.fileno(), 0)
        if any(event & (select.POLLHUP | select.POLLERR) for _, event in poll.poll(0)):
            self.transport.abort()
        else:
            self._look = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._watch)

    def pause_writing(self) -> None:
        """The client reads too slowly."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """It has read."""
        self._writable.set()

    def connection_lost(self, error: Exception | None) -> None:
        """The client is gone."""
        self.gone.set()
        self._writable.set()
        if self._look is not None:
            self._look.cancel()
        self.incoming.feed_eof()
        self._before.connection_lost(error)

    async def send(self, data: bytes) -> None:
        """Write, as fast as the client reads.

        Raises
        ------
        ConnectionResetError
            The client is gone, or has not read for long.
        """
        if self.transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.transport.write(data)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._writable.wait()
        except TimeoutError:
            self.transport.abort()
            raise ConnectionResetError("the client does not read") from None

    async def drained(self) -> None:
        """Wait until the client has read all: the SDK loses what comes in one piece with the head."""
        opened = self.transport.get_extra_info("socket")
        if opened is None or sys.platform == "win32":
            return
        import fcntl
        import termios

        if opened.family != getattr(socket, "AF_UNIX", None):
            await asyncio.sleep(0.005)  # TCP tells what has arrived, not what has been read
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + HEAD_WAIT_S
        while loop.time() < deadline and not self.transport.is_closing():
            try:
                left = int.from_bytes(fcntl.ioctl(opened.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
            except OSError:
                return
            if not left and not self.transport.get_write_buffer_size():
                return
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        """End it, once what was written has gone."""
        self.transport.close()
        await self.gone.wait()

    async def converse(
        self,
        output: AsyncIterator[tuple[str, bytes]] | None,
        stdin: asyncio.StreamReader | None,
        *,
        tty: bool,
        close_stdin: bool = True,
        keys: bytes = DETACH_KEYS,
    ) -> None:
        """Carry a process's streams until its output ends, or its client goes, or asks to be detached."""
        lost = asyncio.ensure_future(self.gone.wait())
        ending: set[asyncio.Future[Any]] = {lost}
        if output is not None:
            ending.add(asyncio.ensure_future(self._send_all(output, tty)))
        typing: set[asyncio.Future[bool]] = set()
        if stdin is not None:
            typing = {asyncio.ensure_future(self._feed(stdin, keys if tty else b"", close_stdin and not tty))}
        every = ending | typing
        try:
            while True:
                done, _ = await asyncio.wait(ending | typing, return_when=asyncio.FIRST_COMPLETED)
                if done & ending or output is None or any(one.result() for one in done):
                    return
                typing = set()
        finally:
            for one in every:
                one.cancel()
            await asyncio.gather(*every, return_exceptions=True)

    async def _send_all(self, output: AsyncIterator[tuple[str, bytes]], tty: bool) -> None:
        try:
            async for stream, data in output:
                await self.send(data if tty else frame(stream, data))
        except ConnectionResetError:
            return
        finally:
            await close(output)

    async def _feed(self, stdin: asyncio.StreamReader, keys: bytes, close: bool) -> bool:
        """Whether the keys that detach were typed."""
        held = b""
        while data := await self.incoming.read(65_536):
            held += data
            if keys and keys in held:
                stdin.feed_data(held.partition(keys)[0])
                return True
            kept = next((n for n in range(len(keys) - 1, 0, -1) if held.endswith(keys[:n])), 0)
            sent, held = held[: len(held) - kept], held[len(held) - kept :]
            while len(getattr(stdin, "_buffer", b"")) > MOST_WAITING:
                await asyncio.sleep(0.01)
            if sent:
                stdin.feed_data(sent)
        if held:
            stdin.feed_data(held)
        if close:
            stdin.feed_eof()
        return False


async def take_over(request: web.Request, headers: Mapping[str, str], *, drain: bool = True) -> Hijack:
    """Answer the head, and take the connection: 101 where the client asks for it, else 200."""
    upgraded = "Upgrade" in request.headers
    first = "101 UPGRADED" if upgraded else "200 OK"
    taken = await _taken(
        request, first, {**({"Connection": "Upgrade", "Upgrade": "tcp"} if upgraded else {}), **headers}
    )
    if drain:
        await taken.drained()
    return taken


async def turn_away(request: web.Request, refusal: Refusal) -> web.Response:
    """Refuse on a connection that the engine has taken before it looks: the message is no JSON."""
    taken = await _taken(request, f"{refusal.status} {HTTPStatus(refusal.status).phrase}", {})
    await taken.send(f"{refusal.message}\r\n".encode())
    await taken.close()
    return web.Response()


async def _taken(request: web.Request, first: str, headers: Mapping[str, str]) -> Hijack:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    request[BEGUN] = True
    before = transport.get_protocol()
    taken = Hijack(transport, before)
    transport.set_protocol(taken)
    transport.resume_reading()
    if tail := cast(bytes, getattr(before, "_message_tail", b"")):  # read with the request
        taken.data_received(tail)
    lines = [f"HTTP/1.1 {first}", f"Content-Type: {RAW}", *(f"{name}: {value}" for name, value in headers.items())]
    await taken.send("\r\n".join([*lines, "", ""]).encode())
    return taken
