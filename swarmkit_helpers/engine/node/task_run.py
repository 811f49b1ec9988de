"""One task on its node: from accepted to running, to its end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ..cluster.states import RANK
from ..cluster.tasks import task_name
from ..kinds import Json
from ..refusal import Refusal
from .container import Container
from .network import Binding
from .task_spec import attachments_of, config_of, files_of, grace_s, host_config_of

if TYPE_CHECKING:
    from .agent import Agent

__all__ = ["TaskRun"]

GOSSIP_S = 2.0
"""Between the end of a task's part in its service and that of its container, so that all nodes know."""
ATTACHMENTS_S = 30.0
POLL_S = 0.2
CREATE_S = 0.2
UNHEALTHY = "dockerexec: unhealthy container"
NO_CONTAINER: Json = {"ContainerID": "", "PID": 0, "ExitCode": 0}


class TaskRun:
    """What the agent does for one task.

    Parameters
    ----------
    task
        As the store had it when the agent was told of it.
    """

    def __init__(self, agent: Agent, task: Json) -> None:
        self.agent = agent
        self.host = agent.host
        self.task = task
        self.wanted: str = task["DesiredState"]
        self.state: str = task["Status"]["State"]
        self.container: Container | None = next(
            (one for one in self.host.containers.all() if one.task == task["ID"]), None
        )
        self.last: Json = {}
        """Last report, for a manager that could not be reached."""
        self._go = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._removing = False

    @property
    def ended(self) -> bool:
        """Whether the task runs no more."""
        return RANK[self.state] > RANK["running"]

    def begin(self) -> None:
        """Do what the task asks for."""
        if self.wanted in ("shutdown", "remove"):
            self._replace(self._shut_down())
        else:
            self._replace(self._live())

    def want(self, state: str) -> None:
        """Be told what the task is to be."""
        if state == self.wanted:
            return
        self.wanted = state
        self._go.set()
        if state in ("shutdown", "remove") and not self.ended:
            self._replace(self._shut_down())

    def remove(self) -> None:
        """The swarm has forgotten the task: remove its container."""
        if not self._removing:
            self._removing = True
            self._replace(self._remove())

    def cancel(self) -> None:
        """Stop caring for it, whatever becomes of its container."""
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def _replace(self, work: Any) -> None:
        self.cancel()
        self._work = asyncio.get_running_loop().create_task(self._guard(work))

    async def _guard(self, work: Any) -> None:
        try:
            await work
        finally:
            if self._removing and self.container is None:
                self.agent.forget(self)

    def report(self, state: str, message: str, *, err: str = "", empty: bool = False) -> None:
        """Tell the swarm a state."""
        self.state = state
        status: Json = {"Message": message, "Err": err}
        container = self.container
        if container is not None:
            code = container.state.exit_code
            pid = container.state.pid if container.state.running else 0
            status["ContainerStatus"] = {"ContainerID": container.id, "PID": pid, "ExitCode": code}
        elif empty:
            status["ContainerStatus"] = NO_CONTAINER
        status["PortStatus"] = self._ports()
        self.last = status
        self.agent.report(self)

    def _ports(self) -> Json:
        container = self.container
        if container is None or not container.state.running:
            return {}
        found: list[Json] = []
        for key, bindings in container.ports.items():
            target, _, protocol = key.partition("/")
            found += [
                {
                    "Protocol": protocol,
                    "TargetPort": int(target),
                    "PublishedPort": int(binding["HostPort"]),
                    "PublishMode": "host",
                }
                for binding in bindings or []
            ]
        return {"Ports": found} if found else {}

    async def _live(self) -> None:
        if self.container is not None:
            await self._resume(self.container)
            return
        self.report("accepted", "accepted")
        self.report("preparing", "preparing")
        try:
            container = await self._prepare()
        except Refusal as refusal:
            self.report("rejected", "preparing", err=refusal.message, empty=True)
            return
        self.container = container
        self.report("ready", "prepared")
        while self.wanted == "ready":
            self._go.clear()
            await self._go.wait()
        self.report("starting", "starting")
        try:
            await self.host.world.clock.sleep(CREATE_S)
            await self.host.containers.start(container)
        except Refusal as refusal:
            self.report("failed", "starting", err=f"starting container failed: {refusal.message}")
            return
        while container.health is not None and container.health["Status"] == "starting" and container.state.running:
            await self.host.world.clock.sleep(POLL_S)
        if container.health is not None and container.health["Status"] == "unhealthy" and container.state.running:
            await self._halt(container)
            self.report("failed", "starting", err=UNHEALTHY)
            return
        if not container.state.running and container.health is not None and container.state.exit_code:
            self.report("failed", "starting", err=f"task: non-zero exit ({container.state.exit_code})")
            return
        if container.state.running:
            self.host.networks.activate(container)
        self.report("running", "started")
        await self._wait(container)

    async def _resume(self, container: Container) -> None:
        """The engine has started again, and the container is there already."""
        if container.state.running:
            self.report("running", "started")
            self.host.networks.activate(container)
        await self._wait(container)

    async def _wait(self, container: Container) -> None:
        """Wait for the end of a container, and tell it."""
        sick = False
        while container.state.running:
            if container.health is None:
                await container.next_exit.wait()
                continue
            if container.health["Status"] == "unhealthy" and not sick:
                sick = True
                await self._halt(container)
                continue
            await self.host.world.clock.sleep(POLL_S)
        code = container.state.exit_code
        if code:
            cause = f": {UNHEALTHY}" if sick else ""
            self.report("failed", "started", err=f"task: non-zero exit ({code}){cause}")
        else:
            self.report("complete", "finished")

    async def _prepare(self) -> Container:
        """Networks, image, container.

        Raises
        ------
        Refusal
            Why the task is rejected.
        """
        task, host = self.task, self.host
        overlays = [one for one in attachments_of(task) or [] if one.network]
        await self._await_balancers([one.network for one in overlays])
        for one in overlays:
            host.networks.realize(one.network)
        image = task["Spec"]["ContainerSpec"].get("Image", "")
        await self._pull(image)
        await host.world.clock.sleep(CREATE_S)
        node = self.agent.node()
        try:
            config, host_config = config_of(task, node), host_config_of(task, node)
            files = list(files_of(task, node, self.agent.swarm.store))
        except ValueError as err:
            raise Refusal(400, f"expanding template failed: {err}") from err
        attachments = attachments_of(task)
        container = host.containers.create(
            task_name(task), config, host_config, {}, task=task["ID"], attachments=attachments
        )
        for path, data in files:
            container.own[path] = data
        binding = self._binding()
        if binding is not None:
            host.networks.bind(container, binding)
        return container

    async def _await_balancers(self, networks: list[str]) -> None:
        allocator, node = self.agent.swarm.allocator, self.host.swarm.node_id
        waited = 0.0
        while any((node, network) not in allocator.balancers for network in networks):
            if waited >= ATTACHMENTS_S:
                raise Refusal(500, "node is missing network attachments, ip addresses may be exhausted")
            await self.host.world.clock.sleep(POLL_S)
            waited += POLL_S

    async def _pull(self, image: str) -> None:
        try:
            self.host.images.find(image)
        except Refusal:
            # What a pull says is only logged: that the image is not there is then told by the container's creation.
            with contextlib.suppress(Refusal):
                async for _ in self.host.images.pull(image):
                    pass

    def _binding(self) -> Binding | None:
        service = self.task.get("ServiceID") or ""
        if not service:
            return None
        allocator = self.agent.swarm.allocator
        held = [one["Network"]["ID"] for one in self.task.get("NetworksAttachments") or []]
        kept = self.agent.swarm.store.get("service", service)
        networks = self.task["Spec"].get("Networks") or ((kept or {}).get("Spec") or {}).get("Networks") or []
        endpoint = self.task.get("_Endpoint") or {}
        ports = [port for port in endpoint.get("Ports") or [] if port.get("PublishMode", "ingress") == "ingress"]
        return Binding(
            service,
            self.task.get("_ServiceName", ""),
            {one["Target"]: list(one.get("Aliases") or []) for one in networks},
            {network: vip for network in held if (vip := allocator.vip(service, network))},
            ports,
        )

    async def _shut_down(self) -> None:
        container = self.container
        if container is not None:
            await self._halt(container)
        if not self.ended:
            self.report("shutdown", "shutdown")

    async def _halt(self, container: Container) -> None:
        """End a container, and what its host has for it alone."""
        if container.state.running:
            self.host.networks.deactivate(container)
            await self.host.world.clock.sleep(GOSSIP_S)
            with contextlib.suppress(Refusal):
                await self.host.containers.stop(container, grace_s(self.task))
        self._drop_networks()

    def _drop_networks(self) -> None:
        for one in attachments_of(self.task) or []:
            if one.network:
                self.host.networks.drop(one.network)

    async def _remove(self) -> None:
        container = self.container
        if container is not None:
            await self._halt(container)
            with contextlib.suppress(Refusal):
                await self.host.containers.remove(container, force=True, volumes=True)
            self.container = None
        self._drop_networks()
