"""Who holds an address, as one container sees it: addresses of different networks may be the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .model import Container, Endpoint, Network, Topology

__all__ = ["Holder", "Kind", "holder_of", "shared_networks"]

Kind = Literal["container", "load-balancer", "ingress-sandbox", "vip", "gateway", "node", "unknown"]


@dataclass(frozen=True, slots=True)
class Holder:
    """What an address belongs to."""

    address: str
    kind: Kind
    name: str | None = None
    """Short name of the container, of the service for a VIP, of the node; None when nobody is known to hold it."""
    network: str | None = None
    node: str | None = None
    """Where it is; None for a VIP or a gateway, which are on every node of the network."""
    service: str | None = None
    """The service whose task the container is, or whose VIP it is."""
    shared: bool = False
    """True when the container that asks has an interface on that network."""


def holder_of(topology: Topology, address: str, asker: Container | None = None) -> Holder:
    """Find who holds an address.

    Parameters
    ----------
    topology
        A snapshot.
    address
        Without prefix.
    asker
        The container that would send there: its own networks are looked through first, then the nodes, then the
        networks that it is not on.
    """
    near = [n for n in topology.networks if asker is not None and _is_on(asker, n)]
    far = [n for n in topology.networks if n not in near]
    found = _on(topology, near, address, shared=True)
    found = found or next(
        (Holder(address, "node", n.name, node=n.name) for n in topology.nodes if n.address == address), None
    )
    return found or _on(topology, far, address, shared=False) or Holder(address, "unknown")


def shared_networks(topology: Topology, one: Container, other: Container) -> tuple[str, ...]:
    """Names of the networks that two containers are both on: of the swarm, or of the node that runs both."""
    networks = (n for n in topology.networks if _is_on(one, n) and _is_on(other, n))
    return tuple(dict.fromkeys(network.name for network in networks))


def _is_on(container: Container, network: Network) -> bool:
    """A local network has namesakes on other nodes."""
    return network.name in container.networks and (network.scope == "swarm" or container.node in network.nodes)


def _on(topology: Topology, networks: Iterable[Network], address: str, *, shared: bool) -> Holder | None:
    for network in networks:
        found = (
            _endpoint(topology, network, address)
            or next(
                (
                    Holder(address, "vip", vip.service, network.name, service=vip.service)
                    for vip in topology.vips
                    if (vip.network, vip.address) == (network.name, address)
                ),
                None,
            )
            or (Holder(address, "gateway", network.name, network.name) if network.gateway == address else None)
        )
        if found:
            return Holder(found.address, found.kind, found.name, found.network, found.node, found.service, shared)
    return None


def _endpoint(topology: Topology, network: Network, address: str) -> Holder | None:
    def here(endpoint: Endpoint) -> bool:
        on = endpoint.network == network.name and (network.scope == "swarm" or endpoint.node in network.nodes)
        return on and endpoint.address == address

    found = next((endpoint for endpoint in topology.endpoints if here(endpoint)), None)
    if found is None:
        return None
    kind: Kind = found.kind  # type: ignore[assignment]
    return Holder(address, kind, found.name, network.name, found.node, found.service)
