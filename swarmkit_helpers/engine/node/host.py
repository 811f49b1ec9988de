"""One host of a world, with the engine that runs on it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..cluster.membership import Membership
from ..kinds import Json
from ..net.stack import Stack
from .agent import Agent
from .containers import Containers
from .description import info, version
from .events import Events
from .images import Images
from .networks import Networks
from .volumes import Volumes

if TYPE_CHECKING:
    from ..programs.system import Program
    from ..world import World

__all__ = ["Host"]

FIRST_PID = 1200
_PATHS = (
    "/ /boot /dev /etc /etc/hosts /etc/hostname /etc/localtime /etc/resolv.conf /home /lib /lib/modules /opt /proc "
    "/root /run /srv /sys /sys/fs/cgroup /tmp /usr /usr/bin /usr/share /usr/src /var /var/lib /var/lib/docker "
    "/var/log /var/run /var/run/docker.sock /run/docker.sock"
)


class Host:
    """One engine, which runs as soon as it is made.

    Parameters
    ----------
    world
        Where it is; its wire and its fabric are there already.
    hostname
        Its name, also on the wire.
    address
        On the wire.
    """

    def __init__(self, world: World, hostname: str, address: str) -> None:
        self.world = world
        self.hostname = hostname
        self.address = address
        self.id = _engine_id()
        self.running = True
        self.root = "/var/lib/docker"
        self.labels: list[str] = []
        self.paths = set(_PATHS.split())
        """Files and directories of the host that a container may mount; its own files are none of ours."""
        self.program: Callable[[frozenset[str], str], Program | None] = _program
        """Gives the program of a name, among those that an image has."""
        self._last_pid = FIRST_PID
        self._watchers: list[Callable[[bool], None]] = []
        self.stack = Stack(self, hostname)
        self.events = Events(self)
        self.volumes = Volumes(self)
        self.images = Images(self)
        self.containers = Containers(self)
        self._join_wire()
        self.networks = Networks(self)
        self.swarm = Membership(self)
        self.agent = Agent(self)

    def _join_wire(self) -> None:
        wire = self.world.wire
        mac = "02:42:" + ":".join(f"{int(part):02x}" for part in self.address.split("."))
        prefix = int(wire.subnet.partition("/")[2])
        self.world.fabric.join(self.stack, wire, "eth0", mac, self.address, prefix)

    def watch(self, watcher: Callable[[bool], None]) -> Callable[[], None]:
        """Call `watcher` each time the engine starts (True) or ends (False); what is returned ends that.

        At a start, its containers have been found again already; at an end, they run still.
        """
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    async def start(self) -> None:
        """Start the engine again: containers whose policy says so start too."""
        if self.running:
            return
        self.running = True
        self.world.faults.dark.discard(self.hostname)
        await self.containers.restore()
        self._tell()

    async def stop(self) -> None:
        """Stop the engine as its service manager does: its containers are stopped too."""
        if not self.running:
            return
        self.running = False
        self._tell()
        await self.containers.shut_down()

    async def kill(self) -> None:
        """Cut the host's power."""
        if not self.running:
            return
        self.running = False
        self.world.faults.dark.add(self.hostname)
        self._tell()
        self.containers.vanish()

    @property
    def full(self) -> bool:
        """Whether its disk is full."""
        return self.hostname in self.world.faults.full_disks

    def next_pid(self) -> int:
        """Number of the next process on the host."""
        self._last_pid += self.world.random.randrange(3, 90)
        return self._last_pid

    def _tell(self) -> None:
        for watcher in list(self._watchers):
            watcher(self.running)

    def info(self) -> Json:
        """Body of ``GET /info``."""
        return info(self)

    def version(self) -> Json:
        """Body of ``GET /version``."""
        return version()


def _program(names: frozenset[str], name: str) -> Program | None:
    from ..programs.catalogue import program

    return program(names, name)


def _engine_id() -> str:
    """As engines make it from their key: 12 groups of 4 letters and digits."""
    digits = base64.b32encode(secrets.token_bytes(30)).decode()
    return ":".join(digits[start : start + 4] for start in range(0, 48, 4))
