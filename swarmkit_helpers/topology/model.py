"""What a swarm is, at one instant: frozen records, merged from all nodes.

Every record is a plain value; nothing here talks to an engine. Short node names (``manager``, ``worker1``) are the
lab's own; hostnames are what ``docker node ls`` prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "VIP",
    "Config",
    "Container",
    "Endpoint",
    "Network",
    "Node",
    "Peer",
    "Port",
    "Secret",
    "Service",
    "Stack",
    "Task",
    "Topology",
    "UpdateConfig",
    "Volume",
]

STACK_LABEL = "com.docker.stack.namespace"
"""Where ``docker stack deploy`` writes the stack's name, on all that it makes."""
NODE_LABEL = "com.docker.swarm.node.id"
"""Where the engine writes, on a task's container, the id that a global service has instead of a number."""


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the lab, in the swarm or not."""

    name: str
    """Short name in the lab: ``manager``."""
    hostname: str
    """Name of the machine: ``manager.i2tch.loc``."""
    address: str
    """Address on the underlay, where VXLAN packets go: ``10.0.3.62``."""
    id: str | None = None
    """Id in the swarm; None when the node is in no swarm."""
    role: str | None = None
    """``manager`` or ``worker``; None when the node is in no swarm."""
    leader: bool = False
    state: str = "unknown"
    """``ready``, ``down``, ``unknown`` or ``disconnected``, as the manager sees it."""
    availability: str = "active"
    """``active``, ``pause`` or ``drain``."""
    engine: str = ""
    """Version of the engine: ``20.10.24``."""
    error: str | None = None
    """Why the node's engine gave no answer; None when it answered."""

    @property
    def answered(self) -> bool:
        """True when the node's own engine could be read for this snapshot."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Network:
    """One network: of the whole swarm, or of one node when its scope is local."""

    id: str
    name: str
    driver: str
    scope: str
    """``swarm`` or ``local``."""
    nodes: tuple[str, ...]
    """Short names of the nodes that list it, in the lab's order."""
    subnet: str | None = None
    """``10.0.1.0/24``; None for host, none and networks that have no address yet."""
    gateway: str | None = None
    vxlan_id: int | None = None
    """VXLAN network identifier (VNI, RFC 7348); None when it is not an overlay."""
    attachable: bool = False
    ingress: bool = False
    internal: bool = False
    encrypted: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack(self) -> str | None:
        """Name of its stack."""
        return self.labels.get(STACK_LABEL)

    @property
    def underlay_mtu(self) -> int | None:
        """The MTU option, in bytes: that of the underlay, 50 more than the interface gets; None when not set."""
        value = self.options.get("com.docker.network.driver.mtu")
        return int(value) if value else None


@dataclass(frozen=True, slots=True)
class Port:
    """One published port of a service."""

    target: int
    published: int | None
    protocol: str = "tcp"
    mode: str = "ingress"
    """``ingress`` (routing mesh) or ``host``."""


@dataclass(frozen=True, slots=True)
class UpdateConfig:
    """How a service is updated; durations in seconds."""

    parallelism: int
    failure_action: str
    monitor_s: float
    order: str
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the swarm."""

    id: str
    name: str
    image: str
    mode: str
    """``replicated`` or ``global``."""
    running: int
    """Tasks that run now."""
    desired: int
    """Tasks that should run."""
    networks: tuple[str, ...] = ()
    """Names of the networks it asks for (without ingress)."""
    ports: tuple[Port, ...] = ()
    endpoint_mode: str = "vip"
    version: int = 0
    """Version index of its specification: grows at each update."""
    update: UpdateConfig | None = None
    update_state: str | None = None
    """State of the last rolling update: ``updating``, ``completed``, ``paused``...; None when there was none."""
    restart_condition: str = "any"
    restart_delay_s: float = 5.0
    labels: Mapping[str, str] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Its whole specification, as the Engine API spells it (schema ``ServiceSpec``)."""

    @property
    def stack(self) -> str | None:
        """Name of its stack."""
        return self.labels.get(STACK_LABEL)


@dataclass(frozen=True, slots=True)
class VIP:
    """The virtual address of a service on one network."""

    service: str
    network: str
    address: str
    """Without prefix: ``10.0.1.2``."""
    prefix: int
    """Length of the prefix: 24."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a service: the order to run one container on one node."""

    id: str
    service: str
    slot: int | None
    """Number of the replica from 1; None for a global service."""
    node: str | None
    """Short name; None until it is assigned."""
    state: str
    """``new``, ``assigned``, ``preparing``, ``running``, ``shutdown``, ``rejected``..."""
    desired_state: str
    message: str = ""
    error: str | None = None
    container: str | None = None
    """Id of its container."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Network name -> address without prefix."""
    image: str = ""
    spec_networks: tuple[str, ...] = ()
    """Names of the networks its own specification asks for."""
    created: str = ""
    """Instant of creation, ISO 8601."""

    @property
    def name(self) -> str:
        """``my-nginx.3``, as ``docker service ps`` prints it."""
        return f"{self.service}.{self.slot if self.slot is not None else self.node}"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of one node."""

    id: str
    name: str
    """``alpine1``; for a task ``my-nginx.3.<task id>``."""
    node: str
    image: str
    state: str
    """``running``, ``exited``, ``created``..."""
    status: str = ""
    """Sentence of the engine: ``Up 3 seconds``."""
    service: str | None = None
    task: str | None = None
    """Id of its task."""
    networks: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    """Names of the volumes it mounts."""

    @property
    def label(self) -> str:
        """Short name for people: ``my-nginx.3`` or ``alpine1``; of a global service, ``probe.worker1``."""
        if not self.task:
            return self.name
        place, _, node_id = self.name.removesuffix(f".{self.task}").rpartition(".")
        return f"{place}.{self.node if node_id == self.labels.get(NODE_LABEL) else node_id}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One attachment: a container (or a part of the engine) x a network x an address x a node."""

    network: str
    node: str
    name: str
    """Short name of what is attached: ``my-nginx.3``, ``lb-nginx-net``, ``ingress-sbox``."""
    kind: str
    """``container``, ``load-balancer`` (lb-NETWORK) or ``ingress-sandbox`` (NETWORK-sbox)."""
    address: str | None
    """Without prefix."""
    prefix: int | None
    mac: str | None
    id: str = ""
    container: str | None = None
    """Id of its container; None when kind is not ``container``."""
    service: str | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """One node seen by another as a peer on an overlay network (the gossip's view)."""

    network: str
    node: str
    """Short name of the node that says so."""
    peer: str
    """Short name of the node it sees; its address when it is of no node of the lab."""
    address: str
    """Address on the underlay of the node that is seen."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume of one node: volumes are local, the swarm does not share them."""

    name: str
    node: str
    driver: str = "local"
    options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack(self) -> str | None:
        """Name of its stack."""
        return self.labels.get(STACK_LABEL)


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret of the swarm; what it holds is never read."""

    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack(self) -> str | None:
        """Name of its stack."""
        return self.labels.get(STACK_LABEL)


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration file of the swarm; what it holds is not kept."""

    id: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack(self) -> str | None:
        """Name of its stack."""
        return self.labels.get(STACK_LABEL)


@dataclass(frozen=True, slots=True)
class Stack:
    """All that carries a stack's label. The engine knows no stack: only the label makes one."""

    name: str
    services: tuple[Service, ...] = ()
    networks: tuple[Network, ...] = ()
    volumes: tuple[Volume, ...] = ()
    """One per node that has it; they stay when the stack is removed."""
    secrets: tuple[Secret, ...] = ()
    configs: tuple[Config, ...] = ()

    @property
    def deployed(self) -> bool:
        """True when it has services: without, it is what an earlier one left."""
        return bool(self.services)

    @property
    def running(self) -> int:
        """Tasks that run now, over all its services."""
        return sum(service.running for service in self.services)

    @property
    def desired(self) -> int:
        """Tasks that should run, over all its services."""
        return sum(service.desired for service in self.services)


@dataclass(frozen=True, slots=True)
class Topology:
    """A whole swarm at one instant, merged from all its nodes.

    Records are sorted, so that two snapshots of the same state are equal but for `taken_at`.
    """

    lab: str
    backend: str
    simulated: bool
    taken_at: str
    """ISO 8601, UTC."""
    nodes: tuple[Node, ...]
    networks: tuple[Network, ...] = ()
    services: tuple[Service, ...] = ()
    vips: tuple[VIP, ...] = ()
    tasks: tuple[Task, ...] = ()
    containers: tuple[Container, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    peers: tuple[Peer, ...] = ()
    volumes: tuple[Volume, ...] = ()
    secrets: tuple[Secret, ...] = ()
    configs: tuple[Config, ...] = ()

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The stacks, by name; among them those of which only something that stays is left, as a volume."""
        held: tuple[Service | Network | Volume | Secret | Config, ...] = (
            *self.services,
            *self.networks,
            *self.volumes,
            *self.secrets,
            *self.configs,
        )
        return tuple(self._stack(name) for name in sorted({one.stack for one in held if one.stack}))

    def stack(self, name: str) -> Stack | None:
        """The stack of that name; None when nothing carries its label."""
        return next((stack for stack in self.stacks if stack.name == name), None)

    def _stack(self, name: str) -> Stack:
        return Stack(
            name,
            tuple(one for one in self.services if one.stack == name),
            tuple(one for one in self.networks if one.stack == name),
            tuple(one for one in self.volumes if one.stack == name),
            tuple(one for one in self.secrets if one.stack == name),
            tuple(one for one in self.configs if one.stack == name),
        )

    @property
    def silent_nodes(self) -> tuple[Node, ...]:
        """Nodes whose engine gave no answer: what they hold is missing here."""
        return tuple(node for node in self.nodes if not node.answered)

    def node(self, name: str) -> Node | None:
        """The node of that short name or hostname."""
        return next((node for node in self.nodes if name in (node.name, node.hostname)), None)

    def network(self, name: str) -> Network | None:
        """The network of that name or id; a swarm-wide one before a local one."""
        found = [network for network in self.networks if name in (network.name, network.id)]
        return min(found, key=lambda network: network.scope != "swarm", default=None)

    def service(self, name: str) -> Service | None:
        """The service of that name or id."""
        return next((service for service in self.services if name in (service.name, service.id)), None)

    def container(self, name: str) -> Container | None:
        """The container of that name, short name or id; a running one before others."""
        found = [c for c in self.containers if name in (c.name, c.label, c.id)]
        return min(found, key=lambda c: c.state != "running", default=None)

    def tasks_of(self, service: str, *, running: bool = False) -> tuple[Task, ...]:
        """The tasks of a service; with `running`, only those that run and are wanted so."""
        return tuple(
            task
            for task in self.tasks
            if task.service == service
            and (not running or (task.state == "running" and task.desired_state == "running"))
        )

    def containers_of(self, network: str) -> tuple[Endpoint, ...]:
        """Endpoints of containers (not of the engine's own parts) on a network."""
        return tuple(e for e in self.endpoints if e.network == network and e.kind == "container")

    def peers_of(self, network: str) -> tuple[Peer, ...]:
        """What each node says of its peers on a network."""
        return tuple(peer for peer in self.peers if peer.network == network)
