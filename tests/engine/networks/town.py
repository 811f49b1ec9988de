"""A swarm of three hosts, fast."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from swarmkit_helpers.engine.cluster.swarm import Swarm
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.world import World

ADDRESSES = {"manager.i2tch.loc": "10.0.3.62", "worker1.i2tch.loc": "10.0.3.63", "worker2.i2tch.loc": "10.0.3.64"}
LISTEN = {"ListenAddr": "0.0.0.0:2377"}


class Town:
    """Its hosts and its swarm."""

    def __init__(self) -> None:
        self.world = World(ADDRESSES, speed=1000, seed=1)
        self.manager, self.worker1, self.worker2 = self.world.hosts.values()
        self.hosts: tuple[Host, ...] = (self.manager, self.worker1, self.worker2)

    async def form(self) -> None:
        """Form the swarm."""
        self.manager.swarm.init({"AdvertiseAddr": "10.0.3.62"} | LISTEN)
        token = self.swarm.cluster["_Tokens"]["Worker"]
        for host in self.hosts:
            host.images.provide("alpine")
            host.images.provide("nginx")
            if host is not self.manager:
                await host.swarm.join({"RemoteAddrs": ["10.0.3.62:2377"], "JoinToken": token} | LISTEN)

    @property
    def swarm(self) -> Swarm:
        """The swarm."""
        assert self.manager.swarm.swarm is not None
        return self.manager.swarm.swarm

    def serve(self, name: str, argv: list[str], *, replicas: int = 1, image: str = "alpine", **more: Any) -> None:
        """Create a service."""
        container = {"Image": image} | ({"Args": argv} if argv else {}) | more.pop("container", {})
        template = {"ContainerSpec": container} | more.pop("template", {})
        mode = {"Replicated": {"Replicas": replicas}}
        self.swarm.create_service({"Name": name, "TaskTemplate": template, "Mode": mode} | more)

    def tasks(self, name: str) -> list[Json]:
        """Tasks of a service, oldest first."""
        return [task for task in self.swarm.store.all("task") if task["_ServiceName"] == name]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something, 5 s at most."""
        async with asyncio.timeout(5):
            while not condition():
                await asyncio.sleep(0.002)

    async def running(self, name: str, count: int = 1) -> None:
        """Wait for so many running tasks."""
        await self.until(lambda: [t["Status"]["State"] for t in self.tasks(name)].count("running") == count)

    async def run(self, host: Host, name: str, network: str = "", address: str = "") -> Any:
        """What ``docker run -d`` does."""
        config = {"Image": "alpine", "Cmd": ["sleep", "600"]}
        endpoint = {"IPAMConfig": {"IPv4Address": address}} if address else {}
        networking = {"EndpointsConfig": {network: endpoint}} if network else {}
        made = host.containers.create(name, config, {"NetworkMode": network or "default"}, networking)
        await host.containers.start(made)
        return made


def in_town(work: Callable[[Town], Awaitable[None]]) -> None:
    """Do some work in a swarm."""

    async def all_of_it() -> None:
        town = Town()
        try:
            await town.form()
            await work(town)
        finally:
            await town.world.close()

    asyncio.run(all_of_it())
