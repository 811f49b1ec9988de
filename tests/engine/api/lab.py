"""A whole engine, with all of its rooms, on a unix socket; nothing of it is left at the end of a test."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmkit_helpers.engine.api.server import Server, serve
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.world import World

from .fake import Client, ask

__all__ = ["Lab", "open_files", "run", "settled"]

LISTEN = {"ListenAddr": "0.0.0.0:2377", "AdvertiseAddr": "10.0.3.62"}
PATIENCE_S = 60


@dataclass
class Lab:
    """One engine, a swarm of its own, with alpine and nginx."""

    host: Host
    server: Server
    path: Path

    async def ask(self, method: str, where: str, body: object = None, headers: str = "") -> tuple[int, Any]:
        """Status and body of an answer."""
        return await ask(self.path, method, where.replace('"', "%22"), body, headers)

    async def runs(self, name: str, *words: str, **more: Any) -> str:
        """Have a container run; give its id."""
        body = {"Image": "alpine", "Cmd": list(words or ("sleep", "100000")), **more}
        status, made = await self.ask("POST", f"/containers/create?name={name}", body)
        assert status == 201, made
        status, said = await self.ask("POST", f"/containers/{name}/start")
        assert status == 204, said
        return str(made["Id"])


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def settled(count: Callable[[], int], most: int, within_s: float = 10.0) -> int:
    """What is counted, once it is not above that, or in the end."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while count() > most and loop.time() < end:
        gc.collect()
        await asyncio.sleep(0.05)
    return count()


@asynccontextmanager
async def opened(speed: float) -> AsyncIterator[Lab]:
    """Serve one."""
    before = asyncio.all_tasks()
    world = World({"manager.i2tch.loc": "10.0.3.62"}, speed=speed, seed=1)
    (host,) = world.hosts.values()
    with tempfile.TemporaryDirectory(prefix="api") as directory:
        path = Path(directory) / "docker.sock"
        server = await serve(host, path)
        for reference in ("alpine", "nginx"):
            host.images.provide(reference)
        host.swarm.init(dict(LISTEN))
        try:
            yield Lab(host, server, path)
        finally:
            for client in Client.opened:
                client.close()
            Client.opened.clear()
            await server.close()
            await world.close()
            left = lambda: len([task for task in asyncio.all_tasks() - before if not task.done()])  # noqa: E731
            assert await settled(left, 0) == 0, asyncio.all_tasks() - before


def run(test: Callable[[Lab], Awaitable[None]], *, speed: float = 1000) -> None:
    """Run a test on one."""

    async def all_of_it() -> None:
        async with opened(speed) as lab:
            await asyncio.wait_for(test(lab), PATIENCE_S)

    asyncio.run(all_of_it())
