"""The agent: it runs the swarm's tasks on its host."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ..cluster.states import RANK
from ..kinds import Json
from ..refusal import Refusal
from .task_run import TaskRun

if TYPE_CHECKING:
    from ..cluster.store import Change
    from ..cluster.swarm import Swarm
    from .host import Host

__all__ = ["Agent"]


class Agent:
    """Does for each task of its node what the swarm wants, and reports it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._swarm: Swarm | None = None
        self._runs: dict[str, TaskRun] = {}
        self._unwatch: Callable[[], None] | None = None
        host.swarm.watch(self._member)

    @property
    def swarm(self) -> Swarm:
        """The swarm that its host is a node of."""
        assert self._swarm is not None
        return self._swarm

    def node(self) -> Json:
        """Its host, as the swarm knows it."""
        found = self.swarm.store.get("node", self.host.swarm.node_id)
        assert found is not None
        return found

    @property
    def connected(self) -> bool:
        """Whether a manager can be spoken to."""
        leader = self._swarm.leader if self._swarm is not None else None
        return leader is not None and self.host.world.joined(self.host, leader)

    def report(self, run: TaskRun) -> None:
        """Tell the swarm the state of a task, now or when it can be reached again."""
        if self._swarm is not None and self.connected:
            self._swarm.report(run.task["ID"], run.state, **run.last)

    def forget(self, run: TaskRun) -> None:
        """Nothing is left of a task."""
        if self._runs.get(run.task["ID"]) is run:
            del self._runs[run.task["ID"]]

    def _member(self, swarm: Swarm | None) -> Awaitable[None] | None:
        if swarm is None:
            self._end()
            if self.host.running:
                return self._leave()
            self.host.networks.leave_swarm()
            return None
        self._end()
        self._swarm = swarm
        self.host.networks.join_swarm()
        self._unwatch = swarm.store.watch_node(self.host.swarm.node_id, self._changed)
        self._catch_up()
        return None

    def _end(self) -> None:
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None
        for run in self._runs.values():
            run.cancel()
        self._runs.clear()
        self._swarm = None

    async def _leave(self) -> None:
        """Remove the tasks' containers and the swarm's networks."""
        for container in [container for container in self.host.containers.all() if container.task is not None]:
            self.host.networks.deactivate(container)
            with contextlib.suppress(Refusal):
                await self.host.containers.remove(container, force=True, volumes=True)
        self.host.networks.leave_swarm()

    def _changed(self, change: Change) -> None:
        mine = self.host.swarm.node_id
        if change.kind == "task":
            task = change.object
            if task.get("NodeID") == mine and self.connected:
                self._see(task, gone=change.after is None)
        elif change.kind == "node" and change.object["ID"] == mine and change.after is not None and self.connected:
            self.host.networks.sync()
            before = (change.before or change.after)["Status"]["State"]
            if before != change.after["Status"]["State"] == "ready":
                self._catch_up()
        elif change.kind == "network" and change.after is None and self.connected:
            self.host.networks.sync()

    def _catch_up(self) -> None:
        """See all that has changed while no manager could be reached, and tell it what has become of the tasks."""
        self.host.networks.sync()
        tasks = {task["ID"]: task for task in self.swarm.store.all("task") if self._mine(task)}
        for identity, run in list(self._runs.items()):
            if identity not in tasks:
                run.remove()
            elif run.last:
                self.report(run)
        for task in tasks.values():
            self._see(self.swarm.store.get("task", task["ID"]) or task, gone=False)
        for container in self.host.containers.all():
            if container.task is not None and container.task not in tasks and container.task not in self._runs:
                self._orphan(container.task)

    def _mine(self, task: Json) -> bool:
        return bool(task.get("NodeID") == self.host.swarm.node_id)

    def _orphan(self, identity: str) -> None:
        """A container whose task the swarm has forgotten."""
        spec: Json = {"ContainerSpec": {}}
        body = {"ID": identity, "Spec": spec, "DesiredState": "remove", "Status": {"State": "running"}}
        run = TaskRun(self, body)
        self._runs[identity] = run
        run.remove()

    def _see(self, task: Json, *, gone: bool) -> None:
        identity = task["ID"]
        run = self._runs.get(identity)
        if gone:
            if run is not None:
                run.remove()
            return
        if run is not None:
            run.want(task["DesiredState"])
            return
        rank = RANK[task["Status"]["State"]]
        if rank < RANK["assigned"]:
            return
        run = TaskRun(self, task)
        self._runs[identity] = run
        if not run.ended:
            run.begin()
