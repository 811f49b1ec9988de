"""Containers of a world without an API, in which programs are run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from swarmkit_helpers.engine.net.stack import Segment, Stack
from swarmkit_helpers.engine.node.container import Container
from swarmkit_helpers.engine.programs import catalogue
from swarmkit_helpers.engine.programs.status import KilledBy
from swarmkit_helpers.engine.programs.streams import PipeReader, reader_of
from swarmkit_helpers.engine.programs.system import System
from swarmkit_helpers.engine.world import World

HOSTS = {"manager.i2tch.loc": "10.0.3.62", "worker1.i2tch.loc": "10.0.3.63"}
SPEED = 1000.0


@dataclass
class Run:
    """A program that runs, or has run."""

    system: System
    task: asyncio.Task[int]
    written: bytearray
    errors: bytearray

    @property
    def out(self) -> str:
        """What it wrote."""
        return self.written.decode("utf-8", "surrogateescape")

    @property
    def err(self) -> str:
        """What it wrote where errors go."""
        return self.errors.decode("utf-8", "surrogateescape")

    async def wait(self) -> int:
        """Its exit code."""
        try:
            return await asyncio.wait_for(asyncio.shield(self.task), 10)
        except asyncio.CancelledError:
            return KilledBy("TERM")

    def signal(self, name: str) -> None:
        """Send it a signal."""
        handler = self.system.handlers.get(name)
        if handler is None:
            self.task.cancel()
        else:
            handler()

    async def until(self, text: str) -> None:
        """Wait until it has written that."""
        for _ in range(2000):
            if text in self.out + self.err or self.task.done():
                break
            await asyncio.sleep(0.002)
        assert text in self.out + self.err, (text, self.out, self.err)


class Bench:
    """Two hosts, an overlay on both, and containers on it."""

    def __init__(self, speed: float = SPEED) -> None:
        self.world = World(HOSTS, speed=speed, seed=1)
        self.segment = Segment("net1id", "net1", "overlay", "10.0.1.0/24", vni=4097)
        self.containers: dict[str, Container] = {}
        self.running: list[Run] = []

    def add(
        self,
        name: str,
        programs: frozenset[str] = catalogue.BUSYBOX,
        *,
        host: str = "manager.i2tch.loc",
        joined: bool = True,
        **config: Any,
    ) -> Container:
        """Add a container, on the overlay if `joined`."""
        number = len(self.containers) + 2
        engine = self.world.hosts[host]
        identity = f"{number:02x}" * 32
        container = Container(
            host=engine,
            id=identity,
            name=name,
            created="2026-11-25T15:00:00Z",
            image="alpine",
            image_id="sha256:0",
            config={"WorkingDir": "", **config},
            host_config={"CapAdd": ["NET_ADMIN"]},
            path="sh",
            args=[],
            log=None,  # type: ignore[arg-type]
        )
        container.programs = programs
        container.stack = Stack(engine, identity[:12])
        if joined:
            card = self.world.fabric.join(
                container.stack, self.segment, "eth0", f"02:42:0a:00:01:{number:02x}", f"10.0.1.{number}", 24
            )
            self.world.fabric.resolver.register(card, name=name, aliases=[identity[:12]])
        self.containers[name] = container
        return container

    def start(
        self,
        name: str,
        *argv: str,
        stdin: bytes | PipeReader = b"",
        tty: bool = False,
        env: dict[str, str] | None = None,
        pid: int = 0,
        directory: str = "/",
    ) -> Run:
        """Run a program in a container."""
        container = self.containers[name]
        assert container.stack is not None
        written, errors = bytearray(), bytearray()
        system = System(
            world=self.world,
            stack=container.stack,
            container=container,
            files=container.files,
            environment={"PATH": "/usr/bin:/bin", "HOME": "/root", **(env or {})},
            write=written.extend,
            error=errors.extend,
            stdin=reader_of(stdin) if isinstance(stdin, bytes) else stdin,
            tty=tty,
            programs=container.programs,
            directory=directory,
            pid=pid or container.next_pid(),
        )
        program = catalogue.find(system, argv[0])
        assert program is not None, argv[0]
        run = Run(system, asyncio.ensure_future(program(system, list(argv))), written, errors)
        self.running.append(run)
        return run

    async def run(self, name: str, *argv: str, **options: Any) -> tuple[int, str, str]:
        """Run a program to its end: exit code, output, errors."""
        run = self.start(name, *argv, **options)
        code = await run.wait()
        return code, run.out, run.err

    async def close(self) -> None:
        """End all."""
        for run in self.running:
            run.task.cancel()
        await asyncio.gather(*(run.task for run in self.running), return_exceptions=True)


def play(scenario: Coroutine[Any, Any, None]) -> None:
    """Run a scenario in a loop of its own."""
    asyncio.run(scenario)
