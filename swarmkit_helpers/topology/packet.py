"""One captured VXLAN packet, decoded (RFC 7348)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ETHERNET_BYTES", "IPV4_BYTES", "OVERHEAD_BYTES", "UDP_BYTES", "VXLAN_BYTES", "VxlanPacket"]

ETHERNET_BYTES = 14
IPV4_BYTES = 20
UDP_BYTES = 8
VXLAN_BYTES = 8
OVERHEAD_BYTES = IPV4_BYTES + UDP_BYTES + VXLAN_BYTES + ETHERNET_BYTES
"""What an overlay's MTU loses to the underlay's: 50 bytes."""


@dataclass(frozen=True, slots=True)
class VxlanPacket:
    """One VXLAN packet as seen on a node's own interface."""

    time_s: float
    """Instant of the capture, in seconds since its first packet."""
    outer_source: str
    """Address of the node that encapsulated: ``10.0.3.63``."""
    outer_destination: str
    outer_source_port: int
    """Drawn from a hash of the inner frame, so that links can be shared out."""
    outer_destination_port: int
    """4789, the port of VXLAN."""
    vni: int
    """VXLAN network identifier: which overlay network."""
    inner_source_mac: str
    inner_destination_mac: str
    inner_source: str | None
    """Address of the container that sent; None when the frame carries no IPv4 (ARP has its own fields)."""
    inner_destination: str | None
    protocol: str
    """In words: ``ICMP echo request``, ``TCP 45678 → 80 [SYN]``, ``ARP``."""
    outer_bytes: int
    """Length of the whole outer frame."""
    inner_bytes: int
    """Length of the whole inner frame."""
    outer_ethernet_bytes: int = ETHERNET_BYTES
    """Length of the outer Ethernet header: 4 more with a VLAN tag."""
    outer_ipv4_bytes: int = IPV4_BYTES
    """Length of the outer IPv4 header, as the packet itself says it."""
    inner_ethernet_bytes: int = ETHERNET_BYTES
    inner_ipv4_bytes: int = IPV4_BYTES
    """Length of the inner IPv4 header; it means nothing where there is none."""
    simulated: bool = False
    """True when no real engine sent it."""

    @property
    def added_bytes(self) -> int:
        """What the outer frame has more than the inner one: the outer headers and that of VXLAN."""
        return self.outer_bytes - self.inner_bytes

    @property
    def mtu_cost_bytes(self) -> int:
        """What the overlay's MTU loses to the underlay's: all headers between the outer and the inner IP packet."""
        return self.added_bytes - self.outer_ethernet_bytes + self.inner_ethernet_bytes

    @property
    def carries_ipv4(self) -> bool:
        """True when the inner frame holds an IPv4 packet."""
        return self.inner_source is not None and not self.protocol.upper().startswith("ARP")
