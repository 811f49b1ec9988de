"""The life of containers: what starts them, what ends them, and what happens then."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ..ids import object_id
from ..net.stack import Stack
from ..refusal import Refusal
from . import health
from .executable import Unrunnable, executable
from .host_settings import RUNTIME
from .mounts import mounted
from .ports import publish, unpublish
from .process import Process, environment
from .signals import NUMBERS, name_of
from .users import user_of

if TYPE_CHECKING:
    from ..programs.system import Program
    from .container import Container
    from .containers import Containers
    from .output import Output

__all__ = ["Life"]

PATIENCE_S = 10.0
"""How long a container has to end when it is asked to, unless it says so itself."""
CANNOT_START = 128
POWER_CUT = 255

_log = logging.getLogger(__name__)


class Life:
    """Starts and ends the containers of one host.

    Parameters
    ----------
    containers
        Of that host.
    """

    def __init__(self, containers: Containers) -> None:
        self.containers = containers
        self.host = containers.host
        self._ran: set[Container] = set()
        """What ran when the engine ended."""

    # --- starting -------------------------------------------------------------------------------------

    async def start(self, container: Container) -> None:
        """Start it.

        Raises
        ------
        Refusal
            304: it runs; 400: its program cannot be run; 404, 409, 500.
        """
        state = container.state
        if state.status == "paused":
            raise Refusal(409, "cannot start a paused container, try unpause instead")
        if state.running:
            raise Refusal(304, "")
        if state.status in ("removing", "dead"):
            raise Refusal(409, "container is marked for removal and cannot be started")
        container.policy.reset()
        container.restart_count = 0
        container.stopped_by_hand = False
        self.begin(container)
        # its program handles no signal before it has run a little
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def begin(self, container: Container) -> None:
        """Start it, now.

        Raises
        ------
        Refusal
        """
        if not container.host_config.get("Runtime"):
            settings = dict(container.host_config)
            position = list(settings).index("ConsoleSize")
            items = list(settings.items())
            container.host_config = dict([*items[:position], ("Runtime", RUNTIME), *items[position:]])
        try:
            program = self._prepare(container)
        except Refusal as err:
            container.state.error = err.message
            if not container.state.exit_code:
                container.state.exit_code = CANNOT_START
            if container.attached and container.stack is not None:
                container.failed = self.host.networks.settings(container)["Networks"]
            self._release(container)
            if container.host_config["AutoRemove"]:
                self.containers.discard(container, volumes=True)
            raise
        if container.stdin is None:
            container.stdin = asyncio.StreamReader()
        if not container.config["OpenStdin"]:
            container.stdin.feed_eof()
        assert container.stack is not None
        tty = container.config["Tty"]
        process = Process(
            container,
            container.stack,
            [container.path, *container.args],
            environment(container, tty=tty),
            stdin=container.stdin,
            output=container.output,
            directory=container.config["WorkingDir"] or "/",
            tty=tty,
            shielded=not container.host_config.get("Init"),
        )
        process.run_as(user_of(container, container.config["User"]))
        process.after_end = lambda _: self._ended(container)
        container.process = process
        container.prepared = True
        container.last_pid = 1
        if container.ended.is_set():
            container.ended = asyncio.Event()
        container.began = self.host.world.clock.time()
        process.begin(program)
        state = container.state
        state.status, state.pid, state.exit_code, state.error = "running", process.pid, 0, ""
        state.started_at = self.host.world.clock.now()
        container.log.wake()
        health.begin(self.containers, container)
        self.containers.tell(container, "start")

    def _prepare(self, container: Container) -> Program:
        """Give it its network and its volumes, and find its program."""
        mode = container.host_config["NetworkMode"]
        container.prepared = True
        container.failed = None
        if mode.startswith("container:"):
            self._join(container, mode.removeprefix("container:"))
        else:
            container.stack = self.host.stack if mode == "host" else Stack(self.host, container.config["Hostname"])
            for entry in container.host_config["ExtraHosts"] or ():
                name, _, address = entry.partition(":")
                container.stack.names[name] = (*container.stack.names.get(name, ()), address)
            if mode not in ("host", "none"):
                self._publish(container)
            self.host.networks.start(container)
        container.attached = True
        user_of(container, container.config["User"])
        if requests := container.host_config["DeviceRequests"]:
            kinds = requests[0].get("Capabilities") or []
            wanted = " ".join(f"[{' '.join(several)}]" for several in kinds)
            driver = requests[0].get("Driver") or ""
            raise Refusal(500, f'could not select device driver "{driver}" with capabilities: [{wanted}]')
        for one in mounted(container):
            attributes = {
                "container": container.id,
                "destination": one["Destination"],
                "driver": one["Driver"],
                "propagation": one["Propagation"],
                "read/write": str(one["RW"]).lower(),
            }
            self.host.events.add("volume", "mount", one["Name"], attributes)
        container.logged = True
        try:
            return executable(container, container.path, environment(container))
        except Unrunnable as err:
            container.state.exit_code = err.code
            text = (
                "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container"
            )
            raise Refusal(400, f"{text} process: {err}: unknown") from err

    def _publish(self, container: Container) -> None:
        """Publish its ports; where one is taken, the engine tells the end only of its attachment."""
        try:
            publish(container, object_id())
        except Refusal:
            for attachment in list(container.attachments.values())[:1]:
                network = self.host.networks.find(attachment.network or attachment.name)
                attributes = {"container": container.id, "name": network["Name"], "type": network["Driver"]}
                self.host.events.add("network", "disconnect", network["Id"], attributes)
            raise

    def _join(self, container: Container, reference: str) -> None:
        other = self.containers.find(reference)
        if not other.state.running or other.stack is None:
            raise Refusal(409, f"cannot join network of a non running container: {other.id}")
        if other.state.status == "restarting":
            raise Refusal(409, f"Container {other.id} is restarting, wait until the container is running")
        container.stack = other.stack
        names = {key: other.config[key] for key in ("Hostname", "Domainname")}
        container.config = container.config | names

    # --- ending ---------------------------------------------------------------------------------------

    def signal(self, container: Container, name: str) -> None:
        """Send process 1 a signal, and tell so.

        Raises
        ------
        Refusal
            409: it does not run.
        """
        state = container.state
        if not state.running:
            raise Refusal(409, f"Container {container.id} is not running")
        own = container.config.get("StopSignal")
        resume = False
        if name == "SIGKILL" or not own or name_of(own) == name:
            container.policy.cancelled = True
            resume = state.status == "paused"
        if self.host.running:
            container.stopped_by_hand = True
        if state.status == "restarting":
            self._give_up(container)
            return
        self.containers.tell(container, "kill", signal=str(NUMBERS.get(name, name.removeprefix("SIG"))))
        if resume and name != "SIGKILL":
            self._resume(container)
        if container.process is not None:
            container.process.signal(name)

    async def kill(self, container: Container, signal: str) -> None:
        """Send process 1 a signal; wait for its end if that is SIGKILL.

        Raises
        ------
        Refusal
            400: there is no such signal; 409: it does not run.
        """
        try:
            name = name_of(signal or "SIGKILL")
            self.signal(container, name)
        except Refusal as err:
            if err.message.startswith("Invalid signal"):
                raise
            raise Refusal(err.status, f"Cannot kill container: {container.name}: {err.message}") from err
        if name == "SIGKILL":
            await self.stopped(container)

    async def stop(self, container: Container, timeout_s: float | None = None) -> None:
        """Ask it to end, and kill it if it does not.

        Parameters
        ----------
        timeout_s
            How long it has; None: as long as it says itself, or 10 s; less than 0: without end.

        Raises
        ------
        Refusal
            304: it does not run.
        """
        if not container.state.running:
            raise Refusal(304, "")
        await self._halt(container, timeout_s)

    async def _halt(self, container: Container, timeout_s: float | None) -> None:
        asked = container.config.get("StopTimeout")
        patience = timeout_s if timeout_s is not None else PATIENCE_S if asked is None else asked
        self.signal(container, name_of(container.config.get("StopSignal") or "SIGTERM"))
        speed = self.host.world.clock.speed
        try:
            await asyncio.wait_for(self.stopped(container), None if patience < 0 else patience / speed)
        except TimeoutError:
            if container.state.running:
                self.signal(container, "SIGKILL")
                await self.stopped(container)
        self.containers.tell(container, "stop")

    async def restart(self, container: Container, timeout_s: float | None = None) -> None:
        """Stop it if it runs, and start it.

        Raises
        ------
        Refusal
        """
        removed, container.host_config = container.host_config, container.host_config | {"AutoRemove": False}
        try:
            if container.state.running:
                await self._halt(container, timeout_s)
            await self.start(container)
        finally:
            container.host_config = container.host_config | {"AutoRemove": removed["AutoRemove"]}
        self.containers.tell(container, "restart")

    async def stopped(self, container: Container) -> None:
        """Wait until it does not run, and is not to be started again."""
        while container.state.running:
            await container.next_exit.wait()

    def _ended(self, container: Container) -> None:
        """Process 1 has ended."""
        process, state = container.process, container.state
        assert process is not None and process.exit_code is not None
        for one in list(container.execs.values()):
            one.signal("SIGKILL")
        container.process = container.stdin = None
        container.log.flush()
        health.end(container)
        ran = self.host.world.clock.time() - container.began
        again = self.host.running and container.policy.restarts(process.exit_code, ran, container.stopped_by_hand)
        container.restart_count = container.policy.count
        state.pid, state.exit_code = 0, process.exit_code
        state.finished_at = self.host.world.clock.now()
        state.status = "restarting" if again else "exited"
        self.containers.tell(container, "die", exitCode=str(process.exit_code))
        self._release(container)
        self.containers.execs.drop(container)
        container.ended.set()
        self._tell_exit(container)
        loop = asyncio.get_running_loop()
        if again:
            container.waiting = loop.create_task(self._again(container))
        elif container.host_config["AutoRemove"]:
            loop.call_soon(self._remove_after, container)
        container.log.wake()

    def _remove_after(self, container: Container) -> None:
        if not container.state.running and not container.removed.is_set() and container.host_config["AutoRemove"]:
            self.containers.discard(container, volumes=True)

    def _tell_exit(self, container: Container) -> None:
        told, container.next_exit = container.next_exit, asyncio.Event()
        told.set()

    def _release(self, container: Container) -> None:
        """Take its network and its volumes back."""
        if container.stack is not None and not container.host_config["NetworkMode"].startswith("container:"):
            unpublish(container)
            if container.stack is not self.host.stack:
                self.host.world.fabric.close(container.stack)
            self.host.networks.stop(container)
        container.stack = None
        for one in mounted(container):
            self.host.events.add("volume", "unmount", one["Name"], {"container": container.id, "driver": "local"})

    async def _again(self, container: Container) -> None:
        await self.host.world.clock.sleep(container.policy.wait_s)
        container.waiting = None
        if container.state.status != "restarting":
            return
        try:
            self.begin(container)
        except Refusal:
            if container.state.status == "restarting":
                container.state.status = "exited"
                self._tell_exit(container)

    def _give_up(self, container: Container) -> None:
        """Do not start it again after all."""
        if container.waiting is not None:
            container.waiting.cancel()
            container.waiting = None
        container.state.status = "exited"
        self._tell_exit(container)
        if container.host_config["AutoRemove"]:
            asyncio.get_running_loop().call_soon(self._remove_after, container)

    # --- pausing --------------------------------------------------------------------------------------

    def pause(self, container: Container) -> None:
        """Freeze it: what it writes from now on comes when it is resumed.

        Raises
        ------
        Refusal
            409.
        """
        if not container.state.running:
            raise Refusal(409, f"Container {container.id} is not running")
        if container.state.status == "paused":
            raise Refusal(409, f"Container {container.id} is already paused")
        if container.state.status == "restarting":
            raise Refusal(409, f"Container {container.id} is restarting, wait until the container is running")
        container.state.status = "paused"
        for output in self._outputs(container):
            output.hold()
        self.containers.tell(container, "pause")

    def unpause(self, container: Container) -> None:
        """Resume it.

        Raises
        ------
        Refusal
            500: it is not paused.
        """
        if container.state.status != "paused":
            raise Refusal(500, f"Container {container.id} is not paused")
        self._resume(container)

    def _resume(self, container: Container) -> None:
        container.state.status = "running"
        for output in self._outputs(container):
            output.release()
        self.containers.tell(container, "unpause")

    def _outputs(self, container: Container) -> list[Output]:
        return [container.output, *(one.output for one in container.execs.values())]

    # --- the engine itself ----------------------------------------------------------------------------

    async def shut_down(self) -> None:
        """End all containers: the engine ends."""
        self._ran = {container for container in self.containers.all() if container.state.running}
        await asyncio.gather(*(self._halt(container, None) for container in self._ran))
        self.host.events.end()

    def vanish(self) -> None:
        """End all processes at once: the power is cut."""
        self._ran = {container for container in self.containers.all() if container.state.running}
        for container in self._ran:
            if container.process is not None:
                container.process.signal("SIGKILL")
                container.state.exit_code = POWER_CUT
            else:
                self._give_up(container)
        self.host.events.end()

    async def restore(self) -> None:
        """The engine starts again: so does what ran, if its policy says so, and what always runs."""
        for container in self.containers.all():
            policy = container.policy
            again = policy.name == "always" or (
                container in self._ran
                and (
                    policy.name == "unless-stopped" or (policy.name == "on-failure" and container.state.exit_code != 0)
                )
            )
            if again and container.state.status != "created":
                try:
                    await self.start(container)
                except Refusal as err:
                    _log.info("%s does not start again: %s", container.name, err)
            elif container.host_config["AutoRemove"] and not container.state.running:
                self.containers.discard(container, volumes=True)
        self._ran = set()
