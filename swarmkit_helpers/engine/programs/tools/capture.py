"""``tcpdump``: a pcap file on its output, or lines of text."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dpkt

from ...net.capture import Tap, pcap_header, pcap_record
from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .waiting import Interruption

__all__ = ["described", "tcpdump"]

VXLAN_PORT = 4789
VERSION = "tcpdump version 4.99.3\nlibpcap version 1.10.3 (with TPACKET_V3)"
FLAGS = ((dpkt.tcp.TH_SYN, "S"), (dpkt.tcp.TH_FIN, "F"), (dpkt.tcp.TH_RST, "R"), (dpkt.tcp.TH_PUSH, "P"))


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
    import io

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
    try:
        whole = dpkt.ethernet.Ethernet(frame)
    except dpkt.UnpackError:
        return f"[|ether] length {len(frame)}"
    return _ethernet(whole, len(frame))


def _ethernet(whole: Any, length: int) -> str:
    packet = whole.data
    if isinstance(packet, dpkt.arp.ARP):
        sender, target = socket.inet_ntoa(packet.spa), socket.inet_ntoa(packet.tpa)
        if packet.op == dpkt.arp.ARP_OP_REQUEST:
            return f"ARP, Request who-has {target} tell {sender}, length {length - 14}"
        return f"ARP, Reply {sender} is-at {packet.sha.hex(':')}, length {length - 14}"
    if not isinstance(packet, dpkt.ip.IP):
        return f"{whole.src.hex(':')} > {whole.dst.hex(':')}, ethertype 0x{whole.type:04x}, length {length}"
    source, target = socket.inet_ntoa(packet.src), socket.inet_ntoa(packet.dst)
    inner = packet.data
    if isinstance(inner, dpkt.icmp.ICMP):
        return f"IP {source} > {target}: {_icmp(inner)}, length {packet.len - packet.hl * 4}"
    if isinstance(inner, dpkt.tcp.TCP):
        return f"IP {source}.{inner.sport} > {target}.{inner.dport}: {_tcp(inner)}"
    if isinstance(inner, dpkt.udp.UDP):
        said = f"IP {source}.{inner.sport} > {target}.{inner.dport}: "
        if inner.dport == VXLAN_PORT and len(inner.data) > 8:
            vni = int.from_bytes(inner.data[4:7], "big")
            return f"{said}VXLAN, flags [I] (0x08), vni {vni}\n{described(bytes(inner.data[8:]))}"
        return f"{said}UDP, length {len(inner.data)}"
    if packet.p == dpkt.ip.IP_PROTO_ESP:
        body = bytes(packet.data)
        spi, sequence = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
        return f"IP {source} > {target}: ESP(spi=0x{spi:08x},seq=0x{sequence:x}), length {len(body)}"
    return f"IP {source} > {target}: ip-proto-{packet.p} {packet.len - packet.hl * 4}"


def _icmp(packet: Any) -> str:
    if packet.type in (dpkt.icmp.ICMP_ECHO, dpkt.icmp.ICMP_ECHOREPLY):
        kind = "request" if packet.type == dpkt.icmp.ICMP_ECHO else "reply"
        return f"ICMP echo {kind}, id {packet.data.id}, seq {packet.data.seq}"
    if packet.type == dpkt.icmp.ICMP_UNREACH:
        return "ICMP unreachable"
    return f"ICMP type-#{packet.type}"


def _tcp(packet: Any) -> str:
    flags = "".join(letter for bit, letter in FLAGS if packet.flags & bit)
    flags += "." if packet.flags & dpkt.tcp.TH_ACK else ""
    length = len(packet.data)
    sequence = f"seq {packet.seq}:{packet.seq + length}, " if length else f"seq {packet.seq}, " if "S" in flags else ""
    ack = f"ack {packet.ack}, " if packet.flags & dpkt.tcp.TH_ACK else ""
    return f"Flags [{flags or 'none'}], {sequence}{ack}win {packet.win}, length {length}"
