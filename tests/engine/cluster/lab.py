"""A world of three hosts, with an agent that only moves tasks on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from swarmkit_helpers.engine.cluster.states import RANK, observed
from swarmkit_helpers.engine.cluster.store import Change
from swarmkit_helpers.engine.cluster.swarm import Swarm
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.node.host import Host
from swarmkit_helpers.engine.world import World

HOSTS = {"m.loc": "10.0.3.62", "w1.loc": "10.0.3.63", "w2.loc": "10.0.3.64"}
STEPS = ("accepted", "preparing", "ready", "starting", "running")


def fails(task: Json) -> bool:
    """Whether a task's command is `false`."""
    return bool(task["Spec"]["ContainerSpec"].get("Command") == ["false"])


def ends(task: Json) -> bool:
    """Whether a task's command is `true`."""
    return bool(task["Spec"]["ContainerSpec"].get("Command") == ["true"])


class Agent:
    """Runs the tasks of all hosts of a swarm, without containers."""

    def __init__(self, swarm: Swarm) -> None:
        self.swarm = swarm
        self.most: dict[tuple[str, object], int] = {}
        self.moving: set[str] = set()
        swarm.store.watch(self.hear)

    def hear(self, change: Change) -> None:
        task = change.after
        if change.kind != "task" or task is None or not task.get("NodeID") or observed(task) < RANK["assigned"]:
            return
        self.count(task)
        if task["ID"] not in self.moving and observed(task) <= RANK["running"]:
            self.moving.add(task["ID"])
            asyncio.get_running_loop().create_task(self.move(task["ID"]))

    def count(self, task: Json) -> None:
        key = (task["ServiceID"], task.get("Slot") or task["NodeID"])
        place = [
            one
            for one in self.swarm.tasks.of_slot(task)
            if one["Status"]["State"] == "running" and one["DesiredState"] == "running"
        ]
        self.most[key] = max(self.most.get(key, 0), len(place))

    async def move(self, identity: str) -> None:
        try:
            while True:
                await asyncio.sleep(0)
                task = self.swarm.store.get("task", identity)
                if task is None or observed(task) > RANK["running"]:
                    return
                member = self.swarm.members.get(task["NodeID"])
                leader = self.swarm.leader
                if member is None or leader is None or not self.swarm.world.joined(leader, member.host):
                    return
                wanted, state = task["DesiredState"], task["Status"]["State"]
                if wanted in ("shutdown", "remove"):
                    self.swarm.report(identity, "shutdown", Message="shutdown")
                elif state == "preparing" and task["Spec"]["ContainerSpec"]["Image"] == "nope:latest":
                    self.swarm.report(identity, "rejected", Message="preparing", Err="No such image: nope:latest")
                elif state == "running" and fails(task):
                    self.swarm.report(identity, "failed", Message="started", Err="task: non-zero exit (1)")
                elif state == "running" and ends(task):
                    self.swarm.report(identity, "complete", Message="finished")
                elif state == "running" or (state == "ready" and wanted == "ready"):
                    return
                else:
                    step = STEPS[STEPS.index(state) + 1] if state in STEPS else STEPS[0]
                    self.swarm.report(identity, step, Message="started" if step == "running" else step)
        finally:
            self.moving.discard(identity)

    def wake(self) -> None:
        """Look at all tasks, as agents do when they can speak to a manager again."""
        for task in self.swarm.store.all("task"):
            self.hear(Change("task", task, task))


class Lab:
    """A swarm of three hosts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hosts: list[Host] = list(world.hosts.values())
        self.manager, self.worker1, self.worker2 = self.hosts[:3]
        self.agent: Agent | None = None

    @property
    def swarm(self) -> Swarm:
        found = self.manager.swarm.swarm
        assert found is not None
        return found

    async def form(self) -> None:
        self.manager.swarm.init({"ListenAddr": "0.0.0.0:2377"})
        self.agent = Agent(self.swarm)
        token = self.swarm.inspect()["JoinTokens"]["Worker"]
        for host in self.hosts[1:]:
            await self.join(host, token)

    async def join(self, host: Host, token: str) -> None:
        body = {"ListenAddr": "0.0.0.0:2377", "RemoteAddrs": [self.manager.address], "JoinToken": token}
        await host.swarm.join(body)

    def tasks(self, service: str, **filters: list[str]) -> list[Json]:
        return self.swarm.listed("task", {"service": [service], **filters})

    def running(self, service: str) -> list[Json]:
        tasks = self.tasks(service, **{"desired-state": ["running"]})
        return [task for task in tasks if task["Status"]["State"] == "running"]

    def running_jobs(self, service: str) -> list[Json]:
        tasks = self.tasks(service, **{"desired-state": ["complete"]})
        return [task for task in tasks if task["Status"]["State"] == "running"]

    def update(self, service: str, **keys: Any) -> None:
        found = self.swarm.find("service", service)
        self.swarm.update_service(service, found["Version"]["Index"], merged(found["Spec"], keys))

    def place(self, host: Host, **keys: Any) -> None:
        node = self.swarm.find("node", host.swarm.node_id)
        self.swarm.update_node(node["ID"], node["Version"]["Index"], node["Spec"] | keys)

    def events(self, kind: str) -> list[tuple[str, dict[str, str]]]:
        told = [one for one in self.manager.events.past() if one["Type"] == kind]
        return [(one["Action"], one["Actor"]["Attributes"]) for one in told]


def merged(before: Json, keys: Json) -> Json:
    """An object with keys of its objects replaced."""
    changed = {
        key: merged(before.get(key, {}), value) if isinstance(value, dict) else value for key, value in keys.items()
    }
    return before | changed


def web(name: str = "web", /, **keys: Any) -> Json:
    """Spec of a service."""
    spec = {"Name": name, "TaskTemplate": {"ContainerSpec": {"Image": "alpine:latest", "Command": ["sleep", "9999"]}}}
    return merged(spec, keys)


def replicas(count: int) -> Json:
    return {"Mode": {"Replicated": {"Replicas": count}}}


async def until(condition: Callable[[], object], timeout_s: float = 3.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.001)


@asynccontextmanager
async def lab(speed: float = 1000.0, hosts: dict[str, str] = HOSTS) -> AsyncIterator[Lab]:
    """A lab with a swarm."""
    world = World(hosts, speed=speed, seed=1)
    for host in world.hosts.values():
        # The engines' own agents would run containers.
        host.swarm._watchers.clear()
    made = Lab(world)
    await made.form()
    swarm = made.swarm
    try:
        yield made
    finally:
        swarm.close()
        await asyncio.sleep(0)


def in_lab(test: Callable[[Lab], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test in a lab of its own."""

    async def inside() -> None:
        async with lab() as made:
            await test(made)

    def run() -> None:
        asyncio.run(inside())

    run.__name__ = test.__name__
    return run
