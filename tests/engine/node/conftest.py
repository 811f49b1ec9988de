"""A host whose network and programs are small fakes: what is tested here is the engine's room of containers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from swarmkit_helpers.engine.ids import object_id
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.node.container import Attachment, Container
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.programs.system import System
from swarmkit_helpers.engine.world import World

Run = Callable[[Callable[[Host], Awaitable[Any]]], Any]


class FakeNetworks:
    """Networks that give no address: only who is on which, and their events."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def attachments(self, mode: str, endpoints: Json, container: Container) -> dict[str, Attachment]:
        """One, as the mode says."""
        if mode.startswith("container:"):
            return {}
        name = "bridge" if mode == "default" else mode
        return {name: Attachment("", name)}

    def _tell(self, action: str, container: Container, one: Attachment) -> None:
        attributes = {"container": container.id, "name": one.name, "type": one.name}
        self.host.events.add("network", action, one.network, attributes)

    def find(self, reference: str) -> Json:
        """Any one."""
        return {"Id": f"id-of-{reference}", "Name": reference, "Driver": reference}

    def start(self, container: Container) -> None:
        """Attach them all."""
        for one in container.attachments.values():
            one.network, one.endpoint = f"id-of-{one.name}", object_id()
            self._tell("connect", container, one)

    def stop(self, container: Container) -> None:
        """Detach them all."""
        for one in container.attachments.values():
            if one.endpoint:
                one.endpoint = ""
                self._tell("disconnect", container, one)

    def settings(self, container: Container) -> Json:
        """What of it matters here."""
        networks = {one.name: {"EndpointID": one.endpoint} for one in container.attachments.values()}
        return {"Bridge": "", "SandboxID": "", "SandboxKey": "", "Networks": networks}


class FakeFabric:
    """A fabric that knows published ports only."""

    def __init__(self) -> None:
        self.published: dict[tuple[str, int], str] = {}

    def join(self, *_: object) -> None:
        """Nothing."""

    def close(self, _: object) -> None:
        """Nothing."""

    def free_port(self, host: Host, protocol: str) -> int:
        """The first free one."""
        return next(port for port in range(32768, 65536) if (protocol, port) not in self.published)

    def publish(
        self, host: Host, protocol: str, port: int, stack: object, target: int, *, address: str = "0.0.0.0"
    ) -> None:
        """Publish one."""
        if (protocol, port) in self.published:
            raise OSError(98, "port is already allocated")
        self.published[protocol, port] = address

    def unpublish(self, host: Host, protocol: str, port: int, *, address: str = "0.0.0.0") -> None:
        """Take it back."""
        del self.published[protocol, port]


async def sh(system: System, argv: Sequence[str]) -> int:
    """`sh`: ends at once; with ``-c``: ``exit N``, ``out TEXT``, ``err TEXT``, ``write PATH``, ``cat``, ``trap``."""
    for step in argv[2].split("; ") if len(argv) > 2 else ():
        word, _, rest = step.partition(" ")
        if word == "exit":
            return int(rest)
        if word in ("out", "echo"):
            system.say(rest)
        elif word == "err":
            system.complain(rest)
        elif word == "write":
            system.files[rest] = b"written"
        elif word == "cat":
            system.write(await system.stdin.read())
        elif word == "trap":
            ended = asyncio.Event()
            system.handlers["SIGTERM"] = ended.set
            await ended.wait()
            return int(rest)
    return 0


async def sleep(system: System, argv: Sequence[str]) -> int:
    """`sleep`."""
    await system.world.clock.sleep(float(argv[1]))
    return 0


async def hostname(system: System, argv: Sequence[str]) -> int:
    """`hostname`."""
    system.say(system.stack.hostname)
    return 0


async def false(system: System, argv: Sequence[str]) -> int:
    """`false`."""
    return 1


async def nginx(system: System, argv: Sequence[str]) -> int:
    """`nginx`: serves until SIGQUIT."""
    ended = asyncio.Event()
    system.handlers["SIGQUIT"] = ended.set
    system.handlers["SIGTERM"] = ended.set
    await ended.wait()
    return 0


async def broken(system: System, argv: Sequence[str]) -> int:
    """A program with an error in it."""
    raise ValueError("broken")


PROGRAMS = {"sh": sh, "sleep": sleep, "hostname": hostname, "false": false, "nginx": nginx, "cat": broken}


def make_host() -> Host:
    """A host with fakes, and the images that each node of a lab has."""
    world = World({"one": "10.0.3.62"}, speed=1000, seed=1)
    host = world.hosts["one"]
    world.fabric = FakeFabric()  # type: ignore[assignment]
    host.networks = FakeNetworks(host)  # type: ignore[assignment]
    host.program = lambda names, name: PROGRAMS.get(name) if name in names else None
    host.images.provide("alpine")
    host.images.provide("nginx")
    return host


@pytest.fixture
def run() -> Iterator[Run]:
    """Run a coroutine that gets a host, in a loop of its own."""

    def runner(scenario: Callable[[Host], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            host = make_host()
            try:
                return await asyncio.wait_for(scenario(host), 20)
            finally:
                for container in host.containers.all():
                    if container.state.running:
                        await host.containers.remove(container, force=True)

        return asyncio.run(whole())

    yield runner


def create(host: Host, name: str = "", **given: Any) -> Container:
    """Create a container of alpine; keys of ``HostConfig`` in ``host``."""
    settings = given.pop("HostConfig", None)
    return host.containers.create(name, {"Image": "alpine"} | given, settings, None)


async def ended(container: Container) -> int:
    """Wait for its end; return its exit code."""
    found: Json = await container.host.containers.wait(container)
    return int(found["StatusCode"])


def told(host: Host, *, since: int = 0) -> list[str]:
    """Events, in short: ``container die``."""
    return [f"{event['Type']} {event['Action']}" for event in host.events.past()[since:]]


Scenario = Callable[[Host], Coroutine[Any, Any, Any]]
