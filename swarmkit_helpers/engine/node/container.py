"""A container: what it was asked to be, what it is, what runs in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..clock import ZERO_TIME
from ..kinds import Json
from ..net.stack import Interface, Stack
from ..programs.system import Files
from .output import Output
from .policy import RestartPolicy

if TYPE_CHECKING:
    from .host import Host
    from .log import Log
    from .process import Process

__all__ = ["Attachment", "Container", "State"]


@dataclass(eq=False)
class Attachment:
    """A container on one network: what `inspect` shows under NetworkSettings.Networks."""

    network: str
    """Id of the network."""
    name: str
    """Name of the network."""
    endpoint: str = ""
    """Id of the endpoint; empty while the container does not run."""
    address: str = ""
    prefix: int = 0
    gateway: str = ""
    mac: str = ""
    aliases: list[str] = field(default_factory=list)
    """Names that the DNS gives for it on that network, besides the container's own."""
    ipam: Json | None = None
    """IPAMConfig, as it was asked for."""
    links: Any = None
    driver_options: Json | None = None
    interface: Interface | None = None


@dataclass
class State:
    """The state, as `inspect` shows it."""

    status: str = "created"
    """``created``, ``running``, ``paused``, ``restarting``, ``removing``, ``exited`` or ``dead``."""
    pid: int = 0
    exit_code: int = 0
    error: str = ""
    started_at: str = ZERO_TIME
    finished_at: str = ZERO_TIME
    oom_killed: bool = False

    @property
    def running(self) -> bool:
        """Whether its process is there."""
        return self.status in ("running", "paused", "restarting")


@dataclass(eq=False)
class Container:
    """One container of a host."""

    host: Host
    id: str
    name: str
    """Without the slash that the API puts before it."""
    created: str
    image: str
    """As it was asked for: ``nginx:latest``."""
    image_id: str
    config: Json
    """``Config`` of `inspect`."""
    host_config: Json
    """``HostConfig`` of `inspect`, with the engine's defaults."""
    path: str
    args: list[str]
    log: Log
    state: State = field(default_factory=State)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    """By the network's name."""
    stack: Stack | None = None
    """Its network while it runs; the host's own with ``--network host``."""
    files: Files = field(default_factory=dict)
    process: Process | None = None
    """Process 1, while it runs."""
    execs: dict[str, Process] = field(default_factory=dict)
    mounts: list[Json] = field(default_factory=list)
    task: str | None = None
    """Id of the swarm's task that it stands for."""
    restart_count: int = 0
    health: Json | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when process 1 has ended; a new one at each start."""
    next_exit: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when process 1 ends next; then another one takes its place."""
    removed: asyncio.Event = field(default_factory=asyncio.Event)
    programs: frozenset[str] = frozenset()
    """Names of the programs that its image has."""
    ports: Json = field(default_factory=dict)
    """``NetworkSettings.Ports`` while it runs."""
    warnings: list[str] = field(default_factory=list)
    """What its creation was answered with."""
    output: Output = field(default_factory=Output)
    """What process 1 writes; those who attach before its start follow it too."""
    stdin: asyncio.StreamReader | None = None
    """What process 1 reads, or the next one will."""
    stopped_by_hand: bool = False
    """Whether somebody has asked for its end since its start: the policy ``unless-stopped`` looks at it."""
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    waiting: asyncio.Task[None] | None = None
    """What waits to start it again."""
    checking: asyncio.Task[None] | None = None
    """What looks after its health."""
    began: float = 0.0
    """When it was started last, on the world's clock."""
    last_pid: int = 1
    prepared: bool = False
    """Whether it was started once: only then it has its files on the host."""
    attached: bool = False
    """Whether it was attached to its networks once."""
    failed: Json | None = None
    """Its networks as its last start had them, if that has failed since: lists go on showing them."""
    logged: bool = False
    """Whether its process was started once, or nearly: only then it has a log."""
    layer: str = ""
    """Id of its writable layer."""
    original: Mapping[str, bytes] = field(default_factory=dict)
    """Files of its image, which `diff` compares with."""
    own: Files = field(default_factory=dict)
    """Files of its writable layer, on top of those: `files` without those of volumes."""
    image_size: int = 0
    anonymous: set[str] = field(default_factory=set)
    """Names of the volumes that were made for it without a name."""

    @property
    def short_id(self) -> str:
        """First 12 digits of the id: its host name, unless another is asked for."""
        return self.id[:12]

    def next_pid(self) -> int:
        """Number of the next process in it."""
        self.last_pid += 6
        return self.last_pid
