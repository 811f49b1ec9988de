"""Servers: where an engine listens."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from .answering import Answering
from .dispatch import Dispatcher

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["Server", "serve", "serve_tcp"]

BACKLOG = 1_024
HTTP_LOGGER = logging.getLogger("swarmkit_helpers.engine.http")
HTTP_LOGGER.setLevel(logging.CRITICAL)  # what is no HTTP is answered so, and is no news


class Server:
    """What answers requests, where clients find it.

    Parameters
    ----------
    answering
        What answers; on a port, it must have a token.
    path
        Of the unix socket; None: a port of 127.0.0.1.
    port
        0: any that is free; the same after a stop.
    """

    def __init__(self, answering: Answering, path: Path | None = None, *, port: int = 0) -> None:
        if path is None and not answering.token:
            raise ValueError("a port needs a token")
        self.answering = answering
        self.path = path
        self.port = port
        self.forget: Callable[[], None] = lambda: None
        """Ends what tells it to listen or not."""
        self._runner: web.AppRunner | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._changes: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """For ``docker -H``."""
        return f"unix://{self.path}" if self.path is not None else f"tcp://127.0.0.1:{self.port}"

    @property
    def listening(self) -> bool:
        """Whether clients are let in."""
        return self._runner is not None

    async def open(self) -> None:
        """Listen."""
        async with self._turn:
            if self._runner is not None or self._closed:
                return
            application = web.Application(client_max_size=0)
            application.router.add_route("*", "/{path:.*}", self.answering.respond)
            application.on_response_prepare.append(self.answering.prepare)
            runner = web.AppRunner(
                application,
                access_log=None,
                logger=HTTP_LOGGER,
                handler_cancellation=True,
                shutdown_timeout=0.1,
                max_line_size=64 * 1024,
                max_field_size=64 * 1024,
            )
            await runner.setup()
            try:
                await web.SockSite(runner, self._socket(), backlog=BACKLOG).start()
            except BaseException:
                await runner.cleanup()
                raise
            self._runner = runner

    def _socket(self) -> socket.socket:
        if self.path is None:
            made = socket.socket(socket.AF_INET)
            try:
                if os.name == "posix":
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.bind(("127.0.0.1", self.port))
            except BaseException:
                made.close()
                raise
            self.port = made.getsockname()[1]
            return made
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX)
        try:
            made.bind(str(self.path))
            # Nobody can connect before it listens. The umask would be that of all threads.
            self.path.chmod(0o600)
        except BaseException:
            made.close()
            raise
        return made

    async def shut(self) -> None:
        """Listen no more, and end all connections."""
        async with self._turn:
            runner, self._runner = self._runner, None
            if runner is None:
                return
            await runner.cleanup()
            await self.answering.close()
            if self.path is not None:
                self.path.unlink(missing_ok=True)

    def follow(self, running: bool) -> None:
        """The engine has started, or has stopped."""
        task = asyncio.ensure_future(self.open() if running else self.shut())
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)

    async def close(self) -> None:
        """End for good."""
        self._closed = True
        self.forget()
        await asyncio.gather(*self._changes, return_exceptions=True)
        await self.shut()


async def serve(host: Host, path: Path) -> Server:
    """Serve an engine on a unix socket, for its owner alone.

    While the engine is stopped nothing listens there: a client is refused, as it is by an engine that is down.
    """
    return await _followed(host, Server(Dispatcher(host), path))


async def serve_tcp(host: Host, token: str, port: int = 0) -> Server:
    """Serve an engine on 127.0.0.1, for those who know a token: where there are no unix sockets."""
    return await _followed(host, Server(Dispatcher(host, token), port=port))


async def _followed(host: Host, server: Server) -> Server:
    if host.running:
        await server.open()
    server.forget = host.watch(server.follow)
    return server
