"""The containers of a host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..ids import object_id
from ..kinds import Json
from ..refusal import Refusal
from . import inspection, usage
from .container import Attachment, Container
from .execs import Execs
from .host_settings import check_host, check_joined, check_log, check_modes, host_completed
from .life import Life
from .log import Log
from .mounts import check_mounts, mount, mounts_of
from .names import ALLOWED, allowed, invented
from .output import Output, Reading
from .platforms import Platform
from .policy import RestartPolicy
from .settings import checked, command, completed
from .users import make_directories

if TYPE_CHECKING:
    from .host import Host
    from .process import Process

__all__ = ["Containers"]

UPDATED = (
    *("BlkioWeight", "CpuShares", "CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime", "CpusetCpus"),
    *("CpusetMems", "KernelMemory", "Memory", "MemoryReservation", "MemorySwap", "NanoCpus", "PidsLimit"),
)
"""What ``docker update`` can change, besides the restart policy."""
SWAP_TOO_SMALL = (
    "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
)


class Containers:
    """The containers of one host, running or not."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._containers: dict[str, Container] = {}
        self.execs = Execs(self)
        self.life = Life(self)

    # --- finding --------------------------------------------------------------------------------------

    def find(self, reference: str) -> Container:
        """The container of that id, name, or beginning of an id.

        Raises
        ------
        Refusal
            404; 500: several ids begin so.
        """
        if not reference:
            raise Refusal(400, "No container name or ID supplied")
        if (found := self._containers.get(reference)) is not None:
            return found
        name = reference.removeprefix("/")
        for container in self._containers.values():
            if container.name == name:
                return container
        several = [container for identity, container in self._containers.items() if identity.startswith(reference)]
        if len(several) == 1:
            return several[0]
        if several:
            raise Refusal(500, f"Multiple IDs found with provided prefix: {reference}")
        raise Refusal(404, f"No such container: {reference}")

    def all(self) -> list[Container]:
        """All containers, the newest first."""
        return list(reversed(self._containers.values()))

    # --- making ---------------------------------------------------------------------------------------

    def create(
        self,
        name: str,
        config: Json,
        host_config: Json | None,
        networking: Json | None,
        *,
        task: str | None = None,
        attachments: list[Attachment] | None = None,
        wanted: Platform | None = None,
    ) -> Container:
        """Create a container; it does not run yet.

        Parameters
        ----------
        name
            Empty: one is invented.
        config, host_config, networking
            Parts of the request, with the API's keys.
        task
            Id of the swarm's task that it stands for.
        attachments
            Its networks, where the agent says them; None: as `networking` does.
        wanted
            What its image must be made for.

        Raises
        ------
        Refusal
            400, 404 or 409.
        """
        if not config:
            raise Refusal(400, "Config cannot be empty in order to create a container")
        given, endpoints = host_config or {}, (networking or {}).get("EndpointsConfig") or {}
        check_modes(config, given)
        checked(config)
        if given.get("AutoRemove") and (given.get("RestartPolicy") or {}).get("Name", "") not in ("", "no"):
            raise Refusal(400, "can't create 'AutoRemove' container with restart policy")
        check_mounts(self.host, given)
        check_host(given)
        if len(endpoints) > 1:
            raise Refusal(400, f"Container cannot be connected to network endpoints: {', '.join(endpoints)}")
        image = self.host.images.find_for(config["Image"], wanted) if config.get("Image") else None
        identity = object_id()
        settings = completed(config, image.config if image else None, identity[:12])
        check_log(given)
        self._check_space()
        chosen = self._name(name)
        completed_host = host_completed(self.host, host_config)
        if completed_host["NetworkMode"] == "host" and not config.get("Hostname"):
            settings["Hostname"] = self.host.hostname
        path, args = command(settings)
        files = dict(image.files) if image else {}
        container = Container(
            host=self.host,
            id=identity,
            name=chosen,
            created=self.host.world.clock.now(),
            image=config.get("Image") or "",
            image_id=image.id if image else "",
            config=settings,
            host_config=completed_host,
            path=path,
            args=args,
            log=Log(),
            task=task,
            programs=image.programs if image else frozenset(),
            original=image.files if image else {},
            own=files,
            files=files,
            image_size=image.size if image else 0,
            layer=object_id(),
            policy=_policy(completed_host),
        )
        container.log.running = lambda: container.state.running
        container.output = Output(container.log.add)
        try:
            check_joined(self.host, given)
            container.mounts = mounts_of(self.host, settings, given, container.anonymous)
            container.files = mount(container, files)
            container.attachments = (
                {attachment.name: attachment for attachment in attachments}
                if attachments is not None
                else self.host.networks.attachments(completed_host["NetworkMode"], endpoints, container)
            )
        except Refusal:
            self.tell(container, "destroy")
            raise
        make_directories(container)
        self._containers[identity] = container
        self.tell(container, "create")
        return container

    def _check_space(self) -> None:
        if self.host.full:
            folder = f"{self.host.root}/overlay2/{object_id()}-init"
            raise Refusal(500, f"mkdir {folder}: no space left on device")

    def _name(self, asked: str) -> str:
        name = asked.removeprefix("/")
        taken = {container.name: container for container in self._containers.values()}
        if not name:
            return invented(self.host.world.random, taken)
        if not allowed(name):
            raise Refusal(400, f"Invalid container name ({asked}), only {ALLOWED} are allowed")
        if name in taken:
            raise Refusal(
                409,
                f'Conflict. The container name "/{name}" is already in use by container "{taken[name].id}". '
                "You have to remove (or rename) that container to be able to reuse that name.",
            )
        return name

    # --- changing -------------------------------------------------------------------------------------

    async def start(self, container: Container) -> None:
        """Start it; see `Life.start`."""
        await self.life.start(container)

    async def stop(self, container: Container, timeout_s: float | None = None) -> None:
        """Ask it to end, and kill it if it does not; see `Life.stop`."""
        await self.life.stop(container, timeout_s)

    async def kill(self, container: Container, signal: str = "SIGKILL") -> None:
        """Send process 1 a signal; see `Life.kill`."""
        await self.life.kill(container, signal)

    async def restart(self, container: Container, timeout_s: float | None = None) -> None:
        """Stop it if it runs, and start it; see `Life.restart`."""
        await self.life.restart(container, timeout_s)

    def pause(self, container: Container) -> None:
        """Freeze it; see `Life.pause`."""
        self.life.pause(container)

    def unpause(self, container: Container) -> None:
        """Resume it; see `Life.unpause`."""
        self.life.unpause(container)

    async def shut_down(self) -> None:
        """End all containers: the engine ends."""
        await self.life.shut_down()

    def vanish(self) -> None:
        """End all processes at once: the power is cut."""
        self.life.vanish()

    async def restore(self) -> None:
        """The engine starts again, and what is to run too."""
        await self.life.restore()

    def rename(self, container: Container, name: str) -> None:
        """Give it another name.

        Raises
        ------
        Refusal
            400 or 409.
        """
        new = name.removeprefix("/")
        if not new:
            raise Refusal(400, "Neither old nor new names may be empty")
        if new == container.name:
            raise Refusal(400, "Renaming a container with the same name as its current name")
        try:
            new = self._name(f"/{new}")
        except Refusal as err:
            raise Refusal(err.status, f"Error when allocating new name: {err.message}") from err
        old, container.name = container.name, new
        self.tell(container, "rename", oldName=f"/{old}")

    def update(self, container: Container, body: Json) -> Json:
        """Change its limits and its restart policy; return the warnings.

        Raises
        ------
        Refusal
            400 or 409.
        """
        policy = body.get("RestartPolicy") or {}
        if policy.get("Name") and container.host_config["AutoRemove"]:
            raise Refusal(400, "Restart policy cannot be updated because AutoRemove is enabled for the container")
        check_host(body)
        changed = {key: body[key] for key in UPDATED if body.get(key)}
        if changed.get("Memory", 0) > container.host_config["MemorySwap"] and "MemorySwap" not in changed:
            raise Refusal(409, f"Cannot update container {container.id}: {SWAP_TOO_SMALL}")
        if policy.get("Name"):
            changed["RestartPolicy"] = {
                "Name": policy["Name"],
                "MaximumRetryCount": policy.get("MaximumRetryCount") or 0,
            }
        container.host_config = container.host_config | changed
        container.policy = _policy(container.host_config)
        self.tell(container, "update")
        return {"Warnings": None}

    async def remove(self, container: Container, force: bool = False, volumes: bool = False) -> None:
        """Remove it.

        Parameters
        ----------
        force
            Kill it first, if it runs.
        volumes
            Remove the volumes too that were made for it without a name.

        Raises
        ------
        Refusal
            409: it runs.
        """
        state = container.state
        if state.running:
            if not force:
                what = "Stop the container before attempting removal or force remove"
                if state.status == "paused":
                    what = f"Unpause and then {what[0].lower()}{what[1:]}"
                raise Refusal(409, f"You cannot remove a {state.status} container {container.id}. {what}")
            self.life.signal(container, "SIGKILL")
            await self.life.stopped(container)
        if not container.removed.is_set():
            self.discard(container, volumes=volumes)

    def discard(self, container: Container, *, volumes: bool = False) -> None:
        """Remove one that does not run."""
        container.state.status = "removing"
        self._containers.pop(container.id, None)
        self.execs.forget(container)
        for one in container.mounts if volumes else ():
            if (
                one["Type"] == "volume"
                and one["Name"] in container.anonymous
                and not self.host.volumes.used(one["Name"])
            ):
                self.host.volumes.remove(one["Name"], force=True)
        container.output.end()
        container.log.wake()
        self.tell(container, "destroy")
        container.removed.set()

    async def prune(self, may: Callable[[Container], bool] | None = None) -> Json:
        """Remove all that do not run; body of ``POST /containers/prune``.

        Parameters
        ----------
        may
            Whether one may go; None: all may.
        """
        deleted, space = [], 0
        for container in self.all():
            if not container.state.running and (may is None or may(container)):
                space += inspection.sizes(container)[0]
                self.discard(container)
                deleted.append(container.id)
        self.host.events.add("container", "prune", "", {"reclaimed": str(space)})
        return {"ContainersDeleted": deleted or None, "SpaceReclaimed": space}

    async def wait(self, container: Container, condition: str = "") -> Json:
        """Wait, and return its exit code.

        Parameters
        ----------
        condition
            ``not-running``, ``next-exit`` or ``removed``; empty or any other: ``not-running``.
        """
        if condition == "next-exit":
            waits = {asyncio.ensure_future(container.next_exit.wait()), asyncio.ensure_future(container.removed.wait())}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
        elif condition == "removed":
            await container.removed.wait()
        else:
            await self.life.stopped(container)
        return {"Error": None, "StatusCode": container.state.exit_code}

    # --- following ------------------------------------------------------------------------------------

    def attach(self, container: Container) -> Reading:
        """Follow what process 1 writes from now on, also before its start.

        Raises
        ------
        Refusal
            409.
        """
        if container.state.status == "paused":
            raise Refusal(409, f"container {container.name} is paused, unpause the container before attach")
        if container.state.status == "restarting":
            raise Refusal(409, f"container {container.name} is restarting, wait until the container is running")
        self.tell(container, "attach")
        return container.output.subscribe()

    def stdin(self, container: Container) -> asyncio.StreamReader:
        """What process 1 reads, or will read once it is started."""
        if container.stdin is None:
            container.stdin = asyncio.StreamReader()
        return container.stdin

    def resize(self, container: Container, height: int, width: int) -> None:
        """Set the size of its terminal.

        Raises
        ------
        Refusal
            409: it does not run.
        """
        if container.process is None:
            raise Refusal(409, f"Container {container.id} is not running")
        container.process.resize(height, width)
        self.tell(container, "resize", height=str(height), width=str(width))

    # --- running more in it ---------------------------------------------------------------------------

    def create_exec(self, container: Container, body: Json) -> Process:
        """Prepare one more process in it; see `Execs.create`."""
        return self.execs.create(container, body)

    def find_exec(self, identity: str) -> Process:
        """The exec of that id; see `Execs.find`."""
        return self.execs.find(identity)

    def ready_exec(self, identity: str) -> Process:
        """The exec of that id, in a container that runs; see `Execs.ready`."""
        return self.execs.ready(identity)

    # --- showing --------------------------------------------------------------------------------------

    def inspect(self, container: Container, size: bool = False) -> Json:
        """Body of ``GET /containers/{id}/json``."""
        return inspection.inspected(container, size=size)

    def listed(self, container: Container, size: bool = False) -> Json:
        """An item of ``GET /containers/json``."""
        return inspection.listed(container, size=size)

    def top(self, container: Container, arguments: str = "") -> Json:
        """Body of ``GET /containers/{id}/top``.

        Raises
        ------
        Refusal
            409: it does not run; 501: arguments of `ps` that are not simulated.
        """
        if not container.state.running:
            raise Refusal(409, f"Container {container.id} is not running")
        if container.state.status == "restarting":
            raise Refusal(409, f"Container {container.id} is restarting, wait until the container is running")
        found = usage.top(container, arguments)
        self.tell(container, "top")
        return found

    def stats(self, container: Container) -> Json:
        """One sample of ``GET /containers/{id}/stats``."""
        return usage.sample(container)

    def changes(self, container: Container) -> list[Json]:
        """Body of ``GET /containers/{id}/changes``."""
        return usage.changes(container)

    def tell(self, container: Container, action: str, **attributes: str) -> None:
        """Tell an event of a container."""
        own = {"image": container.config["Image"], "name": container.name}
        labels = container.config["Labels"] or {}
        self.host.events.add("container", action, container.id, {**labels, **own, **attributes})


def _policy(host_config: Json) -> RestartPolicy:
    given = host_config["RestartPolicy"]
    return RestartPolicy(given["Name"], given["MaximumRetryCount"])
