"""Network stacks, as kernels have them: a host's own, a container's; their interfaces, and the segments that join them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..node.host import Host
    from .pipe import Pipe

__all__ = ["Handler", "Interface", "Segment", "Stack"]

Handler = Callable[["Pipe"], Awaitable[None]]
"""What answers a TCP connection: it gets its end of the bytes."""


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
    vni: int | None = None
    """VXLAN id, of an overlay."""
    encrypted: bool = False
    members: list[Interface] = field(default_factory=list)
    vips: dict[str, list[str]] = field(default_factory=dict)
    """VIP -> addresses of the tasks behind it, on this segment."""


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
