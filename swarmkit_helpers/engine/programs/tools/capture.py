"""``tcpdump``: a pcap file on its output, or lines of text."""

from __future__ import annotations

import io
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ...net.capture import Tap, pcap_header, pcap_record
from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .waiting import Interruption

__all__ = ["described", "tcpdump"]

VXLAN_PORT = 4789
IPV4, ARP = 0x0800, 0x0806
"""Types of Ethernet frames."""
ARP_REQUEST = 1
ICMP, TCP, UDP, ESP = 1, 6, 17, 50
"""Protocols of IP (IANA, protocol numbers)."""
VERSION = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)"
FLAGS = ((0x02, "S"), (0x01, "F"), (0x04, "R"), (0x08, "P"))
ACK = 0x10
ECHO_REPLY, UNREACHABLE, ECHO = 0, 3, 8


async def tcpdump(system: System, argv: Sequence[str]) -> int:
    """Capture what passes an interface."""
    try:
        options = read_options(
            argv,
            "AbdDefhHIJKlLnNOpqStuUvxXi:c:w:r:s:Z:B:C:F:G:j:M:y:E:T:V:W:z:Q:",
            long=("immediate-mode", "version", "list-interfaces"),
        )
    except Usage as err:
        system.complain(f"tcpdump: {err}")
        return 1
    if "version" in options or "h" in options:
        system.say(VERSION)
        return 0
    if "D" in options or "list-interfaces" in options:
        names = [card.name for card in system.stack.interfaces]
        for place, name in enumerate([*names, "lo"], 1):
            system.say(f"{place}.{name} [Up, Running{', Loopback' if name == 'lo' else ', Connected'}]")
        return 0
    if "r" in options:
        return _read(system, options.get("r"))
    cards = [card.name for card in system.stack.interfaces]
    name = options.get("i") or (cards[0] if cards else "lo")
    try:
        tap = system.world.fabric.tap(
            system.stack, cards[0] if name == "any" and cards else name, " ".join(options.rest)
        )
    except ValueError:
        system.complain("tcpdump: can't parse filter expression: syntax error")
        return 1
    except OSError:
        system.complain(f"tcpdump: {name}: No such device exists\n(No such device exists)")
        return 1
    with tap:
        return await _capture(system, tap, name, options.get("w"), int(options.get("c") or 0), numeric="n" in options)


async def _capture(system: System, tap: Tap, name: str, path: str, most: int, *, numeric: bool) -> int:
    stop = Interruption(system, "SIGINT", "SIGTERM", "SIGHUP")
    if not path:
        system.complain("tcpdump: verbose output suppressed, use -v[v]... for full protocol decode")
    system.complain(
        f"{'tcpdump: ' if path else ''}listening on {name}, link-type EN10MB (Ethernet), snapshot length 262144 bytes"
    )
    files = FileSystem(system)
    if path and path != "-":
        try:
            files.write(path, pcap_header())
        except FileError as err:
            system.complain(f"tcpdump: {path}: {err}")
            return 1
    elif path:
        system.write(pcap_header())
    count = 0
    while not stop and (not most or count < most):
        found = await stop.first(_next(tap))
        frames = [found] if found else []
        if stop:
            frames += tap.taken()
        for time_s, frame in frames[: most - count if most else None]:
            count += 1
            if path == "-":
                system.write(pcap_record(time_s, frame))
            elif path:
                files.write(path, pcap_record(time_s, frame), append=True)
            else:
                system.say(f"{datetime.fromtimestamp(time_s, UTC):%H:%M:%S.%f} {described(frame)}")
        if found is None and not stop:
            break
    if (stop and system.tty) or (stop and not path):
        system.complain("")
    plural = "" if count == 1 else "s"
    system.complain(f"{count} packet{plural} captured")
    system.complain(f"{count} packet{plural} received by filter")
    system.complain(f"{tap.dropped} packets dropped by kernel")
    return 0


async def _next(tap: Tap) -> tuple[float, bytes] | None:
    return await anext(tap, None)


def _read(system: System, path: str) -> int:
    import dpkt

    try:
        raw = FileSystem(system).read(path)
    except FileError as err:
        system.complain(f"tcpdump: {path}: {err}")
        return 1
    system.complain(f"reading from file {path}, link-type EN10MB (Ethernet), snapshot length 262144")
    for time_s, frame in dpkt.pcap.Reader(io.BytesIO(raw)):
        system.say(f"{datetime.fromtimestamp(float(time_s), UTC):%H:%M:%S.%f} {described(frame)}")
    return 0


def described(frame: bytes) -> str:
    """One frame as a line, as tcpdump writes it with ``-n``."""
    import dpkt

    try:
        whole = dpkt.ethernet.Ethernet(frame)
    except dpkt.UnpackError:
        return f"[|ether] length {len(frame)}"
    return _ethernet(whole, len(frame))


def _ethernet(whole: Any, length: int) -> str:
    packet = whole.data
    if whole.type == ARP and not isinstance(packet, bytes):
        sender, target = socket.inet_ntoa(packet.spa), socket.inet_ntoa(packet.tpa)
        if packet.op == ARP_REQUEST:
            return f"ARP, Request who-has {target} tell {sender}, length {length - 14}"
        return f"ARP, Reply {sender} is-at {packet.sha.hex(':')}, length {length - 14}"
    if whole.type != IPV4 or isinstance(packet, bytes):
        return f"{whole.src.hex(':')} > {whole.dst.hex(':')}, ethertype 0x{whole.type:04x}, length {length}"
    source, target = socket.inet_ntoa(packet.src), socket.inet_ntoa(packet.dst)
    inner, size = packet.data, packet.len - packet.hl * 4
    if packet.p == ESP:
        body = bytes(inner)
        spi, sequence = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        return f"IP {source} > {target}: ESP(spi=0x{spi:08x},seq=0x{sequence:x}), length {len(body)}"
    if isinstance(inner, bytes):
        return f"IP {source} > {target}: ip-proto-{packet.p} {size}"
    if packet.p == ICMP:
        return f"IP {source} > {target}: {_icmp(inner)}, length {size}"
    if packet.p == TCP:
        return f"IP {source}.{inner.sport} > {target}.{inner.dport}: {_tcp(inner)}"
    if packet.p == UDP:
        return f"IP {source}.{inner.sport} > {target}.{inner.dport}: {_udp(inner)}"
    return f"IP {source} > {target}: ip-proto-{packet.p} {size}"


def _udp(packet: Any) -> str:
    if packet.dport == VXLAN_PORT and len(packet.data) > 8:
        vni = int.from_bytes(packet.data[4:7], "big")
        return f"VXLAN, flags [I] (0x08), vni {vni}\n{described(bytes(packet.data[8:]))}"
    return f"UDP, length {len(packet.data)}"


def _icmp(packet: Any) -> str:
    if packet.type in (ECHO, ECHO_REPLY):
        kind = "request" if packet.type == ECHO else "reply"
        return f"ICMP echo {kind}, id {packet.data.id}, seq {packet.data.seq}"
    return "ICMP unreachable" if packet.type == UNREACHABLE else f"ICMP type-#{packet.type}"


def _tcp(packet: Any) -> str:
    flags = "".join(letter for bit, letter in FLAGS if packet.flags & bit)
    flags += "." if packet.flags & ACK else ""
    length = len(packet.data)
    sequence = f"seq {packet.seq}:{packet.seq + length}, " if length else f"seq {packet.seq}, " if "S" in flags else ""
    ack = f"ack {packet.ack}, " if packet.flags & ACK else ""
    return f"Flags [{flags or 'none'}], {sequence}{ack}win {packet.win}, length {length}"
