"""Logs: of a container, of a task, of all tasks of a service."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from ..kinds import Json
from ..node.container import Container
from ..node.host import Host
from ..refusal import Refusal
from .answers import close, stream
from .call import Call, moment
from .hijack import frame
from .routes import Route

__all__ = ["ROUTES", "Asked", "lines", "written"]

NO_STREAM = "Bad parameters: you must choose at least one stream"
PREFIX = "com.docker.swarm"


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines of a log."""

    streams: frozenset[str]
    since: float = 0
    until: float = 0
    tail: int = -1
    follow: bool = False
    timestamps: bool = False
    details: bool = False

    @classmethod
    def read(cls, call: Call) -> Asked:
        """Read the query."""
        tail = call.text("tail")
        return cls(
            _streams(call),
            moment(call.text("since")) or 0,
            moment(call.text("until")) or 0,
            int(tail) if tail.isascii() and tail.isdecimal() else -1,
            call.flag("follow"),
            call.flag("timestamps"),
            call.flag("details"),
        )


def _streams(call: Call) -> frozenset[str]:
    return frozenset(name for name in ("stdout", "stderr") if call.flag(name))


def written(nanoseconds: int, line: bytes, asked: Asked, details: str) -> bytes:
    """A line, with its date and its details, if they are asked for."""
    if asked.details:
        line = f"{details} ".encode() + line
    if asked.timestamps:
        seconds, rest = divmod(nanoseconds, 1_000_000_000)
        line = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z ".encode() + line
    return line


async def lines(container: Container, asked: Asked, details: str = "") -> AsyncIterator[tuple[int, str, bytes]]:
    """Lines of one container: nanoseconds, stream, text; those of the streams asked for."""
    source = container.log.read(asked.since, asked.until, asked.tail, asked.follow)
    try:
        async for nanoseconds, name, line in source:
            if name in asked.streams:
                yield nanoseconds, name, written(nanoseconds, line, asked, details)
    finally:
        await close(source)


async def _framed(source: AsyncIterator[tuple[int, str, bytes]], tty: bool) -> AsyncIterator[bytes]:
    try:
        async for _, name, line in source:
            yield line if tty else frame(name, line)
    finally:
        await close(source)


async def container_logs(call: Call) -> web.StreamResponse:
    """``GET /containers/{name}/logs``."""
    if not _streams(call):
        raise Refusal(400, NO_STREAM)
    container = call.host.containers.find(call.name)
    driver = (container.host_config.get("LogConfig") or {}).get("Type") or "json-file"
    if driver == "none":
        raise Refusal(501, "configured logging driver does not support reading")
    asked = Asked.read(call)
    return await stream(call.request, _framed(lines(container, asked), bool(container.config.get("Tty"))))


async def service_logs(call: Call) -> web.StreamResponse:
    """``GET /services/{name}/logs``."""
    return await _swarm_logs(call, "service")


async def task_logs(call: Call) -> web.StreamResponse:
    """``GET /tasks/{name}/logs``."""
    return await _swarm_logs(call, "task")


async def _swarm_logs(call: Call, kind: str) -> web.StreamResponse:
    if not _streams(call):
        raise Refusal(500, NO_STREAM)
    swarm = call.host.swarm.require_manager()
    asked = Asked.read(call)
    found: Json = swarm.find("service" if kind == "service" else "task", call.name)
    spec = found["Spec"].get("TaskTemplate", found["Spec"]).get("ContainerSpec") or {}
    tty = bool(spec.get("TTY"))

    def tasks() -> list[Json]:
        if kind == "task":
            task = swarm.store.get("task", found["ID"])
            return [] if task is None else [task]
        return [one for one in swarm.store.all("task") if one.get("ServiceID") == found["ID"]]

    merged = _Merged(call.host, asked)
    source = merged.follow(tasks) if asked.follow else merged.once(tasks())
    return await stream(call.request, _framed(source, tty))


def _details(task: Json) -> str:
    return (
        f"{PREFIX}.node.id={task.get('NodeID', '')},{PREFIX}.service.id={task.get('ServiceID', '')},"
        f"{PREFIX}.task.id={task['ID']}"
    )


class _Merged:
    """Lines of several tasks, wherever they run."""

    def __init__(self, host: Host, asked: Asked) -> None:
        self.host = host
        self.asked = asked

    def container(self, task: Json) -> Container | None:
        """The container of a task, on a host that can be reached."""
        for other in self.host.world.hosts.values():
            if other.running and self.host.world.joined(self.host, other):
                for container in other.containers.all():
                    if container.task == task["ID"]:
                        return container
        return None

    async def once(self, tasks: list[Json]) -> AsyncIterator[tuple[int, str, bytes]]:
        """What is there now, in the order of time."""
        found = []
        for task in tasks:
            if (container := self.container(task)) is not None:
                found += [line async for line in lines(container, self.asked, _details(task))]
        for line in sorted(found, key=lambda one: one[0]):
            yield line

    async def follow(self, tasks: Callable[[], list[Json]]) -> AsyncIterator[tuple[int, str, bytes]]:
        """What is there and what comes, of tasks that come too."""
        queue: asyncio.Queue[tuple[int, str, bytes]] = asyncio.Queue(1_000)
        readers: dict[str, asyncio.Task[None]] = {}
        begun = time.time()

        async def read(container: Container, task: Json) -> None:
            async for line in lines(container, self.asked, _details(task)):
                await queue.put(line)

        try:
            while True:
                for task in tasks():
                    if task["ID"] not in readers and (container := self.container(task)) is not None:
                        readers[task["ID"]] = asyncio.ensure_future(read(container, task))
                if self.asked.until and time.time() > max(self.asked.until, begun) and queue.empty():
                    return
                try:
                    async with asyncio.timeout(0.1):
                        yield await queue.get()
                except TimeoutError:
                    continue
        finally:
            for reader in readers.values():
                reader.cancel()
            await asyncio.gather(*readers.values(), return_exceptions=True)


ROUTES = (
    Route("GET", "/containers/{name:.+}/logs", container_logs),
    Route("GET", "/services/{name}/logs", service_logs),
    Route("GET", "/tasks/{name}/logs", task_logs),
)
