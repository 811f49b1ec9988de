"""A pcap file as tcpdump writes it, decoded with dpkt: VXLAN (RFC 7348), and what IPsec hides."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..topology.packet import VxlanPacket

__all__ = ["VXLAN_PORT", "count_esp", "decode_pcap"]

VXLAN_PORT = 4789
VXLAN_HEADER = struct.Struct("!B3xI")
PCAP_HEADER_BYTES = 24
VLAN_TAG_BYTES = 4


def decode_pcap(raw: bytes) -> Iterator[VxlanPacket]:
    """Each VXLAN packet of a pcap file, in its order; what is not VXLAN over IPv4 and UDP is passed over.

    A file that was cut short gives the packets that are whole.
    """
    first: float | None = None
    for instant, frame in _frames(raw):
        first = instant if first is None else first
        packet = _decode(float(instant - first), frame)
        if packet:
            yield packet


def count_esp(raw: bytes) -> int:
    """How many packets of a pcap file are IPsec's (ESP, RFC 4303): on an encrypted network, VXLAN is inside."""
    import dpkt

    def is_esp(frame: bytes) -> bool:
        try:
            packet = dpkt.ethernet.Ethernet(frame).data
        except dpkt.UnpackError:
            return False
        return isinstance(packet, dpkt.ip.IP) and packet.p == dpkt.ip.IP_PROTO_ESP

    return sum(is_esp(frame) for _, frame in _frames(raw))


def _frames(raw: bytes) -> Iterator[tuple[float, bytes]]:
    import dpkt

    if len(raw) < PCAP_HEADER_BYTES:
        return
    with suppress(dpkt.dpkt.NeedData, EOFError):
        yield from dpkt.pcap.Reader(io.BytesIO(raw))


def _decode(time_s: float, frame: bytes) -> VxlanPacket | None:
    import dpkt

    try:
        whole = dpkt.ethernet.Ethernet(frame)
        outer = whole.data
        if not isinstance(outer, dpkt.ip.IP) or not isinstance(outer.data, dpkt.udp.UDP):
            return None
        udp = outer.data
        if udp.dport != VXLAN_PORT or len(udp.data) < VXLAN_HEADER.size:
            return None
        _, tail = VXLAN_HEADER.unpack_from(udp.data)
        inner_frame = bytes(udp.data[VXLAN_HEADER.size :])
        inner = dpkt.ethernet.Ethernet(inner_frame)
    except dpkt.UnpackError:
        return None
    source, destination, protocol = _inner(inner)
    return VxlanPacket(
        time_s=time_s,
        outer_source=_address(outer.src),
        outer_destination=_address(outer.dst),
        outer_source_port=udp.sport,
        outer_destination_port=udp.dport,
        vni=tail >> 8,
        inner_source_mac=inner.src.hex(":"),
        inner_destination_mac=inner.dst.hex(":"),
        inner_source=source,
        inner_destination=destination,
        protocol=protocol,
        outer_bytes=len(frame),
        inner_bytes=len(inner_frame),
        outer_ethernet_bytes=_ethernet_bytes(whole),
        outer_ipv4_bytes=outer.hl * 4,
        inner_ethernet_bytes=_ethernet_bytes(inner),
        inner_ipv4_bytes=inner.data.hl * 4 if isinstance(inner.data, dpkt.ip.IP) else 0,
    )


def _ethernet_bytes(frame: Any) -> int:
    """Length of an Ethernet header, its VLAN tags counted."""
    return int(frame.__hdr_len__) + VLAN_TAG_BYTES * len(getattr(frame, "vlan_tags", ()))


def _inner(frame: Any) -> tuple[str | None, str | None, str]:
    """Source, destination and nature of what an inner frame carries."""
    import dpkt

    packet = frame.data
    if isinstance(packet, dpkt.arp.ARP):
        kind = "ARP request" if packet.op == dpkt.arp.ARP_OP_REQUEST else "ARP reply"
        return _address(packet.spa), _address(packet.tpa), kind
    if not isinstance(packet, dpkt.ip.IP):
        return None, None, "autre"
    ends = _address(packet.src), _address(packet.dst)
    if isinstance(packet.data, dpkt.icmp.ICMP):
        kinds = {dpkt.icmp.ICMP_ECHO: "ICMP echo request", dpkt.icmp.ICMP_ECHOREPLY: "ICMP echo reply"}
        return *ends, kinds.get(packet.data.type, f"ICMP type {packet.data.type}")
    if isinstance(packet.data, dpkt.tcp.TCP):
        return *ends, f"TCP {packet.data.sport} → {packet.data.dport}{_flags(packet.data.flags)}"
    if isinstance(packet.data, dpkt.udp.UDP):
        return *ends, f"UDP {packet.data.sport} → {packet.data.dport}"
    return *ends, f"IP protocole {packet.p}"


def _flags(flags: int) -> str:
    """What opens or ends a TCP connection: ``[SYN]``, ``[SYN, ACK]``."""
    import dpkt

    opens = flags & (dpkt.tcp.TH_SYN | dpkt.tcp.TH_FIN | dpkt.tcp.TH_RST)
    bits = (("SYN", dpkt.tcp.TH_SYN), ("FIN", dpkt.tcp.TH_FIN), ("RST", dpkt.tcp.TH_RST), ("ACK", dpkt.tcp.TH_ACK))
    named = [name for name, bit in bits if flags & bit]
    return f" [{', '.join(named)}]" if opens else ""


def _address(raw: bytes) -> str:
    return ".".join(str(byte) for byte in raw)
