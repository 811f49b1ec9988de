"""A network as one host has it: its own bridge, or its part of an overlay."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..kinds import Json
from ..net.addresses import Pool
from ..net.stack import Interface, Segment

__all__ = ["Binding", "Endpoint", "Network"]


@dataclass(eq=False)
class Binding:
    """The service that a task's container stands for."""

    service: str
    """Id of the service."""
    name: str
    aliases: dict[str, list[str]] = field(default_factory=dict)
    """Network -> other names of the service there."""
    vips: dict[str, str] = field(default_factory=dict)
    """Network -> virtual address."""
    ports: list[Json] = field(default_factory=list)
    """Ports that it publishes through the routing mesh."""


@dataclass(eq=False)
class Endpoint:
    """Who is on a network on this host: a container, or a sandbox of the engine's own."""

    key: str
    """Id of the container; ``lb-web`` and ``ingress-sbox`` for the engine's own."""
    name: str
    id: str
    address: str = ""
    prefix: int = 0
    mac: str = ""
    interface: Interface | None = None
    binding: Binding | None = None
    active: bool = False
    """Whether its service sends it connections."""

    def view(self) -> Json:
        """As ``Containers`` of `inspect` shows it."""
        return {
            "Name": self.name,
            "EndpointID": self.id,
            "MacAddress": self.mac,
            "IPv4Address": f"{self.address}/{self.prefix}" if self.address else "",
            "IPv6Address": "",
        }


@dataclass(eq=False)
class Network:
    """A network that is there on a host."""

    id: str
    name: str
    created: str
    scope: str
    driver: str
    ipam: Json
    enable_ipv6: bool = False
    internal: bool = False
    attachable: bool = False
    ingress: bool = False
    config_from: str = ""
    config_only: bool = False
    options: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    automatic: bool = False
    """Whether its subnet was chosen by the engine."""
    pool: Pool | None = None
    """Addresses, of a bridge; those of an overlay are the swarm's to give."""
    segment: Segment | None = None
    gateway: str = ""
    """Of a bridge: the host's own address on it."""
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def predefined(self) -> bool:
        """Whether each engine has it from the start."""
        return self.name in ("bridge", "host", "none")

    @property
    def user_defined(self) -> bool:
        """Whether its containers have names there, and addresses of their choice."""
        return not self.predefined

    def view(self) -> Json:
        """As `inspect` shows it, without what other hosts tell."""
        return self.listed() | {"Containers": {key: end.view() for key, end in sorted(self.endpoints.items())}}

    def listed(self) -> Json:
        """As ``GET /networks`` shows it."""
        return {
            "Name": self.name,
            "Id": self.id,
            "Created": self.created,
            "Scope": self.scope,
            "Driver": self.driver,
            "EnableIPv6": self.enable_ipv6,
            "IPAM": self.ipam,
            "Internal": self.internal,
            "Attachable": self.attachable,
            "Ingress": self.ingress,
            "ConfigFrom": {"Network": self.config_from},
            "ConfigOnly": self.config_only,
            "Containers": {},
            "Options": self.options,
            "Labels": self.labels,
        }
