"""Frames, as a capture shows them: Ethernet, ARP, IPv4, ICMP, TCP, VXLAN (RFC 7348) and ESP (RFC 4303)."""

from __future__ import annotations

import hashlib
import socket
import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import dpkt

__all__ = [
    "VXLAN_PORT",
    "arp",
    "echo",
    "encrypted",
    "ethernet",
    "fragments",
    "packed_mac",
    "probe",
    "tcp",
    "udp",
    "vxlan",
]

IPV4, ARP = 0x0800, 0x0806
"""What an Ethernet frame carries."""
ICMP, TCP, UDP, ESP = 1, 6, 17, 50
"""What an IPv4 packet carries."""
VXLAN_PORT = 4789
VXLAN_HEADER = struct.Struct("!B3xI")
VNI_PRESENT = 0x08
TRACEROUTE_PORT = 33_434
WINDOW_SEGMENTS = 46
WINDOW = 64
"""Of 1024 bytes each, once both ends have said so."""
IP_BYTES = 20
IP_TTL = 64
NO_MAC = "00:00:00:00:00:00"
BROADCAST = "ff:ff:ff:ff:ff:ff"
FIRST_PORT, PORTS = 32_768, 28_232
"""Ports from which packets leave, as Linux has them."""
# What iputils puts in a packet after the time.
PATTERN = bytes(range(256)) * 257
STAMP_BYTES = 16
ICV_BYTES, ESP_ALIGNMENT = 8, 4


@lru_cache(maxsize=65_536)
def packed_mac(mac: str) -> bytes:
    """A MAC address in bytes."""
    return bytes.fromhex(mac.replace(":", ""))


def ethernet(source_mac: str, destination_mac: str, packet: bytes, kind: int = IPV4) -> bytes:
    """An Ethernet frame."""
    return packed_mac(destination_mac) + packed_mac(source_mac) + kind.to_bytes(2, "big") + packet


def arp(source_mac: str, source: str, destination: str, answer_from: str = "") -> bytes:
    """An ARP frame: the question for `destination`; with `answer_from`, the MAC that asked, the answer.

    Parameters
    ----------
    source, destination
        IPv4 addresses of who speaks and of who is spoken to.
    """
    import dpkt

    body = dpkt.arp.ARP(
        op=dpkt.arp.ARP_OP_REPLY if answer_from else dpkt.arp.ARP_OP_REQUEST,
        sha=packed_mac(source_mac),
        spa=socket.inet_aton(source),
        tha=packed_mac(answer_from or NO_MAC),
        tpa=socket.inet_aton(destination),
    )
    return ethernet(source_mac, answer_from or BROADCAST, bytes(body), ARP)


def echo(*, reply: bool, identifier: int, sequence: int, size: int, time_s: float) -> bytes:
    """An ICMP echo of `size` bytes of data, as iputils' ping fills them."""
    import dpkt

    stamp = struct.pack("<qq", int(time_s), int(time_s % 1 * 1_000_000))
    data = (stamp + PATTERN[STAMP_BYTES:])[:size] if size >= STAMP_BYTES else PATTERN[:size]
    kind = dpkt.icmp.ICMP_ECHOREPLY if reply else dpkt.icmp.ICMP_ECHO
    body = dpkt.icmp.ICMP.Echo(id=identifier & 0xFFFF, seq=sequence & 0xFFFF, data=data)
    return bytes(dpkt.icmp.ICMP(type=kind, data=body))


def tcp(
    ports: tuple[int, int],
    *,
    sequence: int,
    acknowledged: int,
    flags: int,
    data: bytes = b"",
    clocks: tuple[int, int] | None = None,
    mss: int = 0,
) -> dpkt.tcp.TCP:
    """A TCP segment, with the options that Linux gives it.

    Parameters
    ----------
    ports
        Of who sends, and of who receives.
    clocks
        Timestamps: the sender's, and the last one seen of the other's; None: no options, as in a refusal.
    mss
        Told where it opens a connection: the longest segment taken.
    """
    import dpkt

    options, window = b"", 0
    if clocks is not None:
        stamps = struct.pack("!BBII", 8, 10, clocks[0] & 0xFFFFFFFF, clocks[1] & 0xFFFFFFFF)
        opening = struct.pack("!BBHBB", 2, 4, mss, 4, 2) + stamps + b"\x01\x03\x03\x0a"
        options = opening if mss else b"\x01\x01" + stamps
        window = mss * WINDOW_SEGMENTS if mss else WINDOW
    return dpkt.tcp.TCP(
        sport=ports[0],
        dport=ports[1],
        seq=sequence & 0xFFFFFFFF,
        ack=acknowledged & 0xFFFFFFFF,
        off=5 + len(options) // 4,
        flags=flags,
        win=min(window, 0xFFFF),
        opts=options,
        data=data,
    )


def udp(source_port: int, destination_port: int, data: bytes) -> dpkt.udp.UDP:
    """A UDP datagram."""
    import dpkt

    return dpkt.udp.UDP(sport=source_port, dport=destination_port, ulen=8 + len(data), data=data)


def probe(identifier: int, sequence: int, size: int) -> dpkt.udp.UDP:
    """A UDP datagram to a port where nobody listens, as traceroute sends them."""
    return udp(FIRST_PORT + identifier % PORTS, TRACEROUTE_PORT + sequence - 1, bytes(size))


def fragments(
    source: str,
    destination: str,
    payload: bytes | dpkt.tcp.TCP | dpkt.udp.UDP,
    *,
    mtu: int,
    identification: int,
    ttl: int = IP_TTL,
    dont_fragment: bool = False,
) -> list[bytes]:
    """The IPv4 packets that carry a payload: several where it is longer than the MTU."""
    import dpkt

    protocol = ICMP
    if not isinstance(payload, bytes):
        protocol = TCP if isinstance(payload, dpkt.tcp.TCP) else UDP
    ends = {"src": socket.inet_aton(source), "dst": socket.inet_aton(destination)}
    whole = dpkt.ip.IP(
        **ends, id=identification & 0xFFFF, ttl=ttl, p=protocol, df=int(dont_fragment), len=IP_BYTES, data=payload
    )
    whole.len += len(whole.data)
    # The checksum of TCP and UDP is written with the packet's own, over the addresses too.
    packet = bytes(whole)
    if len(packet) <= mtu:
        return [packet]
    body, room = packet[IP_BYTES:], (mtu - IP_BYTES) & ~7
    cut = []
    for start in range(0, len(body), room):
        part = body[start : start + room]
        piece = dpkt.ip.IP(
            **ends,
            id=identification & 0xFFFF,
            ttl=ttl,
            p=protocol,
            mf=int(start + room < len(body)),
            offset=start // 8,
            len=IP_BYTES + len(part),
        )
        cut.append(bytes(piece) + part)
    return cut


def vxlan(inner: bytes, *, macs: tuple[str, str], ends: tuple[str, str], vni: int, identification: int) -> bytes:
    """A frame as VXLAN carries it between two hosts.

    Parameters
    ----------
    macs, ends
        MAC and IPv4 addresses of the host that sends, and of the one that receives.
    """
    return ethernet(*macs, _outer(ends, identification, _tunnel(inner, vni)))


def encrypted(
    inner: bytes, *, macs: tuple[str, str], ends: tuple[str, str], vni: int, identification: int, key: tuple[int, int]
) -> bytes:
    """The same on an encrypted network: all that follows the outer addresses is hidden.

    Parameters
    ----------
    key
        Security parameters index (SPI), and how many packets went before under it.
    """
    import dpkt

    clear = bytes(_tunnel(inner, vni))
    padding = -(len(clear) + 2) % ESP_ALIGNMENT
    length = len(clear) + padding + 2
    spi, sent = key
    # Not a cipher: only what nobody can read, of the right length.
    hidden = hashlib.shake_128(clear + sent.to_bytes(8, "big")).digest(length + ICV_BYTES)
    body = struct.pack("!IIQ", spi, sent & 0xFFFFFFFF, sent) + hidden
    outer = dpkt.ip.IP(
        src=socket.inet_aton(ends[0]),
        dst=socket.inet_aton(ends[1]),
        id=identification & 0xFFFF,
        p=ESP,
        len=IP_BYTES + len(body),
    )
    return ethernet(*macs, bytes(outer) + body)


def _tunnel(inner: bytes, vni: int) -> dpkt.udp.UDP:
    return udp(_flow(inner), VXLAN_PORT, VXLAN_HEADER.pack(VNI_PRESENT, vni << 8) + inner)


def _outer(ends: tuple[str, str], identification: int, datagram: dpkt.udp.UDP) -> bytes:
    import dpkt

    whole = dpkt.ip.IP(
        src=socket.inet_aton(ends[0]),
        dst=socket.inet_aton(ends[1]),
        id=identification & 0xFFFF,
        ttl=IP_TTL,
        p=UDP,
        len=IP_BYTES + datagram.ulen,
        data=datagram,
    )
    return bytes(whole)


def _flow(inner: bytes) -> int:
    """The port that a frame leaves from: the same for all of a flow, so that links can be shared out."""
    body = inner[14:]
    if inner[12:14] != b"\x08\x00":
        return FIRST_PORT
    # Pings leave from the same port both ways; each way of a TCP connection has its own.
    if body[9] == ICMP:
        key = b"".join(sorted((body[12:16], body[16:20])))
    else:
        key = body[12:20] + (body[20:24] if body[9] in (TCP, UDP) else b"")
    return FIRST_PORT + zlib.crc32(key) % PORTS
