"""An engine without rooms: what the API asks of them, and nothing more; and raw clients of it."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from swarmkit_helpers.engine.api.server import Server, serve
from swarmkit_helpers.engine.clock import Clock
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.node.log import Log
from swarmkit_helpers.engine.node.output import Output
from swarmkit_helpers.engine.refusal import Refusal

UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n"
MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm'
)


class FakeProcess:
    """Echoes what it reads; ends at its end."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.id = "e" * 64
        self.body = body
        self.output = Output()
        self.system = SimpleNamespace(stdin=asyncio.StreamReader())
        self.sizes: list[tuple[int, int]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def subscribe(self) -> Any:
        return self.output.subscribe()

    def resize(self, height: int, width: int) -> None:
        self.sizes.append((height, width))

    def start(self) -> None:
        if self.body["Cmd"] == ["nope"]:
            raise Refusal(400, "OCI runtime exec failed: no such program")
        self.tasks.append(asyncio.ensure_future(self._run()))

    async def _run(self) -> None:
        if self.body["Cmd"] == ["both"]:
            self.output.publish("stdout", b"out\n")
            self.output.publish("stderr", b"err\n")
        while data := await self.system.stdin.read(65_536):
            self.output.publish("stdout", data)
        self.output.end()


class FakeContainers:
    """One container, `c1`."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.stopped = asyncio.Event()
        self.process: FakeProcess | None = None
        self.one = SimpleNamespace(
            id="c" * 64,
            name="c1",
            config={"Tty": False, "OpenStdin": True, "StdinOnce": True},
            host_config={},
            log=Log(lambda: not self.ended.is_set()),
            state=SimpleNamespace(status="running", running=True),
            removed=asyncio.Event(),
        )
        self.output = Output(self.one.log.add)
        self.input = asyncio.StreamReader()

    def all(self) -> list[Any]:
        return []

    def find(self, reference: str) -> Any:
        if reference != "c1":
            raise Refusal(404, f"No such container: {reference}")
        return self.one

    def create(self, name: str, config: Any, host_config: Any, networking: Any, *, wanted: Any) -> Any:
        raise Refusal(404, f"No such image: {config.get('Image')}:latest")

    async def wait(self, container: Any, condition: str) -> dict[str, Any]:
        await self.ended.wait()
        return {"StatusCode": 7, "Error": None}

    async def stop(self, container: Any, seconds: float | None) -> None:
        await asyncio.sleep(0.05)
        self.stopped.set()

    def attach(self, container: Any) -> Any:
        return self.output.subscribe()

    def stdin(self, container: Any) -> asyncio.StreamReader:
        return self.input

    def create_exec(self, container: Any, body: dict[str, Any]) -> FakeProcess:
        self.process = FakeProcess(body)
        return self.process

    def ready_exec(self, identity: str) -> FakeProcess:
        return self.find_exec(identity)

    def find_exec(self, identity: str) -> FakeProcess:
        if self.process is None or identity != self.process.id:
            raise Refusal(404, f"No such exec instance: {identity}")
        return self.process


class FakeHost:
    """An engine that knows one container."""

    def __init__(self) -> None:
        from swarmkit_helpers.engine.node.events import Events

        self.running = True
        self.hostname = "manager.i2tch.loc"
        self.world = SimpleNamespace(clock=Clock(1_000), hosts={})
        self.containers = FakeContainers()
        self.events = Events(cast(Host, self))
        self.swarm = SimpleNamespace(require_manager=self._no_manager)
        self.images = SimpleNamespace(all=list, pull=self._pull)
        self.volumes = SimpleNamespace(find=self._broken)
        self.watchers: list[Callable[[bool], None]] = []

    def watch(self, watcher: Callable[[bool], None]) -> Callable[[], None]:
        self.watchers.append(watcher)
        return lambda: self.watchers.remove(watcher)

    def _no_manager(self) -> Any:
        raise Refusal(503, MANAGER)

    def _broken(self, name: str) -> Any:
        raise KeyError(name)

    async def _pull(self, reference: str, wanted: Any) -> AsyncIterator[dict[str, Any]]:
        if reference == "nope:1":
            raise Refusal(404, "pull access denied for nope")
        yield {"status": f"Pulling {reference}"}
        raise Refusal(500, "the wire was cut")


@asynccontextmanager
async def served() -> AsyncIterator[tuple[FakeHost, Server, Path]]:
    """A fake engine on a unix socket; nothing of it is left at its end."""
    host = FakeHost()
    before = asyncio.all_tasks()
    with tempfile.TemporaryDirectory(prefix="api") as directory:
        path = Path(directory) / "d" / "docker.sock"
        server = await serve(cast(Host, host), path)
        try:
            yield host, server, path
        finally:
            for client in Client.opened:
                client.close()
            Client.opened.clear()
            await server.close()
            process = host.containers.process
            for task in process.tasks if process else []:
                task.cancel()
            await asyncio.sleep(0.01)
            left = [task for task in asyncio.all_tasks() - before if not task.done()]
            assert not left, left


def run(test: Callable[[FakeHost, Server, Path], Awaitable[None]]) -> None:
    """Run a test on a fake engine."""

    async def all_of_it() -> None:
        async with served() as (host, server, path):
            await asyncio.wait_for(test(host, server, path), 60)

    asyncio.run(all_of_it())


def request(method: str, path: str, body: object = None, headers: str = "") -> bytes:
    """A request, as bytes; a body that is bytes is sent as it is."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: d\r\n{headers}"
    if body is not None:
        kind = "" if "Content-Type" in headers else "Content-Type: application/json\r\n"
        head += f"{kind}Content-Length: {len(data)}\r\n"
    return f"{head}\r\n".encode() + data


class Client:
    """A raw connection."""

    opened: ClassVar[list[Client]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, path: Path, data: bytes = b"") -> Client:
        made = cls(*await asyncio.open_unix_connection(path))
        cls.opened.append(made)
        made.writer.write(data)
        return made

    async def head(self) -> tuple[str, dict[str, str]]:
        """First line, headers."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        return lines[0], dict(line.split(": ", 1) for line in lines[1:] if line)

    async def answer(self) -> tuple[str, dict[str, str], bytes]:
        """First line, headers, body."""
        first, headers = await self.head()
        if headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while chunk := await self.chunk():
                body += chunk
        elif headers.get("Content-Type") == "application/vnd.docker.raw-stream":
            body = await self.reader.read()
        else:
            body = await self.reader.readexactly(int(headers.get("Content-Length", 0)))
        return first, headers, body

    async def chunk(self) -> bytes:
        """One chunk of a stream."""
        length = int(await self.reader.readline(), 16)
        return (await self.reader.readexactly(length + 2))[:-2]

    def stall(self) -> None:
        """Read nothing more of what comes."""
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    def close(self) -> None:
        self.writer.transport.abort()


async def ask(path: Path, method: str, where: str, body: object = None, headers: str = "") -> tuple[int, Any]:
    """Status, and the body: read, if it is JSON."""
    client = await Client.to(path, request(method, where, body, headers))
    first, head, data = await client.answer()
    client.close()
    return int(first.split()[1]), json.loads(data) if head.get("Content-Type") == "application/json" else data
