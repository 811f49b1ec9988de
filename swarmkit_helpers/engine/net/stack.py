"""Network stacks, as kernels have them: a host's, a container's; their interfaces, and the segments that join them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from ..node.host import Host
    from .pipe import Pipe

__all__ = [
    "ESP_COST",
    "VXLAN_COST",
    "Handler",
    "Interface",
    "Neighbour",
    "Published",
    "Route",
    "Segment",
    "Stack",
    "is_loopback",
    "number",
]

VXLAN_COST = 50
"""What an overlay's MTU loses to VXLAN's headers."""
ESP_COST = 26
"""What it loses to those of ESP besides, before it is rounded down to four bytes."""

Handler = Callable[["Pipe"], Awaitable[None]]
"""What answers a TCP connection: it gets its end of the bytes."""


class Published(NamedTuple):
    """A port that the whole swarm answers on."""

    service: str
    """Id of the service."""
    target: int
    """Port on which its tasks listen."""
    backends: list[str]
    """Addresses of its running tasks on the ingress network."""


class Neighbour(NamedTuple):
    """What a stack knows of one on the same segment."""

    address: str
    mac: str
    """Empty where nobody answered."""
    interface: str
    state: Literal["REACHABLE", "STALE", "INCOMPLETE", "FAILED"]


class Route(NamedTuple):
    """One line of a routing table."""

    destination: str
    """``10.0.1.0/24``, or ``default``."""
    gateway: str
    """Empty on a segment of its own."""
    interface: str
    source: str
    """The address that what leaves by here has; empty for ``default``."""


@dataclass(eq=False)
class Segment:
    """What joins interfaces directly: an overlay network over several hosts, a bridge on one, the hosts' own wire."""

    network: str
    """Id of the network; ``underlay`` for the hosts' own wire."""
    name: str
    kind: Literal["overlay", "bridge", "underlay"]
    subnet: str
    """``10.0.1.0/24``."""
    mtu: int = 1500
    """Of what carries it: an overlay's interfaces have less."""
    vni: int | None = None
    """VXLAN id, of an overlay."""
    encrypted: bool = False
    icc: bool = True
    """Whether a bridge lets its containers speak to each other; docker_gwbridge does not."""
    ingress: bool = False
    """Whether it is the network of the routing mesh."""
    addresses: dict[str, Interface] = field(default_factory=dict)
    """Who is on it."""
    vips: dict[str, list[str]] = field(default_factory=dict)
    """VIP -> addresses of the tasks behind it, on this segment."""
    published: dict[tuple[str, int], Published] = field(default_factory=dict)
    """Protocol and port -> what answers there on every host; of the ingress network."""
    balancers: dict[str, Interface] = field(default_factory=dict)
    """Host name -> interface of its load balancer: ``lb-net``, ``ingress-sbox``."""

    @property
    def members(self) -> list[Interface]:
        """The interfaces on it, in the order in which they came."""
        return list(self.addresses.values())

    @property
    def inner_mtu(self) -> int:
        """The MTU of its interfaces."""
        if self.kind != "overlay":
            return self.mtu
        left = self.mtu - VXLAN_COST
        return (left - ESP_COST) & ~3 if self.encrypted else left

    @property
    def answers_names(self) -> bool:
        """Whether the engine's DNS knows the names of those on it; on the default bridge it does not."""
        return self.kind == "overlay" or (self.kind == "bridge" and self.name not in ("bridge", "docker_gwbridge"))


@dataclass(eq=False)
class Interface:
    """One network card of a stack."""

    name: str
    """``eth0``."""
    mac: str
    address: str
    prefix: int
    segment: Segment
    stack: Stack
    gateway: str = ""
    """The default route leaves by here through that address, if it is not empty."""
    index: int = 2
    """The kernel's number of it; the other end of a container's is the next one."""
    balancer: bool = False
    """Whether it is its segment's load balancer on its host."""
    up: bool = True
    """What ``ip link set`` says; down, it is as if it were not there."""

    @property
    def mtu(self) -> int:
        """Longest IP packet that leaves by it."""
        return self.segment.inner_mtu

    @cached_property
    def mask(self) -> int:
        """Its netmask, as a number."""
        return (0xFFFFFFFF << (32 - self.prefix)) & 0xFFFFFFFF

    @cached_property
    def network(self) -> int:
        """The first address of its network, as a number."""
        return number(self.address) & self.mask

    def near(self, address: int) -> bool:
        """Whether an address is in its own network."""
        return address & self.mask == self.network


@dataclass(eq=False)
class Stack:
    """One network namespace."""

    host: Host
    hostname: str
    interfaces: list[Interface] = field(default_factory=list)
    """Without ``lo``, which each stack has."""
    listening: dict[int, Handler] = field(default_factory=dict)
    """TCP port -> what answers there."""
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What ``/etc/hosts`` adds: name -> addresses."""
    neighbours: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict)
    """Interface and address -> MAC address, empty where nobody answered, and when it was last seen."""

    @property
    def of_host(self) -> bool:
        """Whether it is a machine's own, which forwards what its containers send."""
        return any(card.segment.kind == "underlay" for card in self.interfaces)

    def holds(self, address: str) -> Interface | None:
        """Its interface of that address."""
        return next((card for card in self.interfaces if card.address == address and card.up), None)

    def interface(self, name: str) -> Interface | None:
        """Its interface of that name."""
        return next((card for card in self.interfaces if card.name == name), None)

    def on_link(self, address: int) -> Interface | None:
        """The interface whose network holds that address; the smallest such network."""
        near = [card for card in self.interfaces if card.up and card.near(address)]
        return max(near, key=lambda card: card.prefix) if near else None

    def by_default(self) -> Interface | None:
        """The interface of its default route."""
        return next((card for card in self.interfaces if card.gateway and card.up), None)


def is_loopback(address: str) -> bool:
    """Whether an address is of ``lo``; Linux takes 0.0.0.0 for it."""
    return address.startswith("127.") or address == "0.0.0.0"


@lru_cache(maxsize=65_536)
def number(address: str) -> int:
    """An IPv4 address as a number.

    Raises
    ------
    ValueError
        It is none.
    """
    parts = address.split(".")
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and int(part) < 256 for part in parts):
        raise ValueError(f"{address!r} is not an IPv4 address")
    first, second, third, fourth = map(int, parts)
    return first << 24 | second << 16 | third << 8 | fourth
