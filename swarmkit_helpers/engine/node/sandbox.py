"""The network of one running container: its cards, their order, its way out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..ids import object_id
from ..net.addresses import mac_of
from .network import Endpoint, Network

if TYPE_CHECKING:
    from ..net.stack import Interface, Stack
    from .host import Host

__all__ = ["Sandbox"]

NAMED = 12
"""Characters of what its endpoint on docker_gwbridge is named after: the container's id, or else the sandbox's."""


@dataclass(eq=False)
class Sandbox:
    """Endpoints of one network namespace, each with its network."""

    host: Host
    stack: Stack
    id: str = field(default_factory=object_id)
    members: list[tuple[Network, Endpoint]] = field(default_factory=list)
    way_out: Endpoint | None = None
    """Its endpoint on docker_gwbridge."""
    _cards: int = 0

    def plug_all(self) -> None:
        """Make the cards of all endpoints, in the engine's order: those with a way out first, then by name."""
        self.members.sort(key=lambda member: (member[0].internal, not _gateway(member[0]), member[0].name))
        for network, endpoint in self.members:
            self.plug(network, endpoint)
        self.mend()

    def plug(self, network: Network, endpoint: Endpoint, *, balancer: bool = False) -> None:
        """Make an endpoint's card: ``eth0``, or the next number."""
        assert network.segment is not None
        name, mac = f"eth{self._cards}", endpoint.mac
        endpoint.interface = self.host.world.fabric.join(
            self.stack, network.segment, name, mac, endpoint.address, endpoint.prefix, balancer=balancer
        )
        self._cards += 1

    def unplug(self, endpoint: Endpoint) -> None:
        """Take an endpoint's card away."""
        if endpoint.interface is not None:
            self.host.world.fabric.leave(endpoint.interface)
            endpoint.interface = None

    def needs_way_out(self) -> bool:
        """Whether it can leave its networks by docker_gwbridge only."""
        outer = [network for network, _ in self.members if not network.internal]
        return bool(outer) and not any(_gateway(network) for network in outer)

    def mend(self) -> None:
        """Give it docker_gwbridge or take it away, as its networks ask for, and set its default route."""
        bridge = self.host.networks.gateway_bridge
        if self.needs_way_out() and self.way_out is None and bridge is not None:
            self.way_out = self._join(bridge)
        elif not self.needs_way_out() and self.way_out is not None and bridge is not None:
            self._leave(bridge)
        self._route(bridge)

    def close(self) -> None:
        """Take the way out away: its other endpoints have left."""
        bridge = self.host.networks.gateway_bridge
        if self.way_out is not None and bridge is not None:
            self._leave(bridge)

    def _join(self, bridge: Network) -> Endpoint:
        assert bridge.pool is not None
        address = bridge.pool.take()
        key = self.members[0][1].key
        name = f"gateway_{key if len(key) <= NAMED else self.id[:NAMED]}"
        endpoint = Endpoint(key, name, object_id(), address, bridge.pool.prefix, mac_of(address))
        bridge.endpoints[key] = endpoint
        self.plug(bridge, endpoint)
        return endpoint

    def _leave(self, bridge: Network) -> None:
        assert self.way_out is not None and bridge.pool is not None
        self.unplug(self.way_out)
        bridge.pool.give_back(self.way_out.address)
        bridge.endpoints.pop(self.way_out.key, None)
        self.way_out = None

    def _route(self, bridge: Network | None) -> None:
        ways = [(endpoint.interface, _gateway(network)) for network, endpoint in self.members if not network.internal]
        if self.way_out is not None and bridge is not None:
            ways.append((self.way_out.interface, bridge.gateway))
        chosen: Interface | None = None
        for card, gateway in ways:
            if card is None:
                continue
            card.gateway = gateway if gateway and chosen is None else ""
            chosen = card if card.gateway else chosen


def _gateway(network: Network) -> str:
    return "" if network.internal or network.driver != "bridge" else network.gateway
