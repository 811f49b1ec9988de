"""Who holds an address: what a captured packet only numbers, a snapshot names."""

from __future__ import annotations

from ..topology.model import Endpoint, Topology

__all__ = ["endpoint_at", "endpoint_with_mac", "named_address", "network_of_vni", "node_at", "owner_of"]


def network_of_vni(topology: Topology | None, vni: int) -> str | None:
    """Name of the network that has this VXLAN network identifier."""
    networks = topology.networks if topology else ()
    return next((network.name for network in networks if network.vxlan_id == vni), None)


def node_at(topology: Topology | None, address: str) -> str | None:
    """Short name of the node that has this address on the underlay."""
    nodes = topology.nodes if topology else ()
    return next((node.name for node in nodes if node.address == address), None)


def endpoint_at(topology: Topology | None, vni: int, address: str | None) -> Endpoint | None:
    """The endpoint that has this address on the network of this VNI."""
    if topology is None or address is None:
        return None
    network = network_of_vni(topology, vni)
    return next((e for e in topology.endpoints if e.network == network and e.address == address), None)


def endpoint_with_mac(topology: Topology | None, vni: int, mac: str) -> Endpoint | None:
    """The endpoint that has this MAC address on the network of this VNI."""
    if topology is None:
        return None
    network = network_of_vni(topology, vni)
    return next((e for e in topology.endpoints if e.network == network and e.mac == mac.lower()), None)


def owner_of(topology: Topology | None, vni: int, address: str | None) -> str | None:
    """Name of the container, or ``VIP service``, that has this address on the network of this VNI."""
    endpoint = endpoint_at(topology, vni, address)
    if endpoint is not None or topology is None:
        return endpoint.name if endpoint else None
    network = network_of_vni(topology, vni)
    held = (f"VIP {vip.service}" for vip in topology.vips if vip.network == network and vip.address == address)
    return next(held, None)


def named_address(address: str | None, name: str | None) -> str | None:
    """``10.0.1.5 (my-nginx.3)``, or the address alone when nobody is known to hold it."""
    return f"{address} ({name})" if address and name else address
