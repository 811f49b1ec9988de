"""VXLAN packets, captured on a node's own interface by tcpdump and decoded with dpkt (RFC 7348)."""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ..errors import EngineRefused
from ..lab.cluster import Lab
from ..lab.images import TOOLS
from ..lab.locate import locate
from ..lab.node import Node
from ..topology.packet import VxlanPacket
from .execution import TOOL_LABEL
from .ping import PingResult, ping

__all__ = ["Capture", "capture_ping", "decode_pcap"]

VXLAN_PORT = 4789
VXLAN_HEADER = struct.Struct("!B3xI")
READY_S = 10.0
LAST_PACKETS_S = 0.2
MOST_PACKETS = 1000
# tcpdump on the interface that holds the node's address, whatever its name; the address is $1.
SCRIPT = """\
exec tcpdump -Z root --immediate-mode -U -n -w - -c "$2" \
  -i "$(ip -o -4 addr show to "$1" | { read -r index name rest; echo "$name"; })" udp port 4789
"""


@dataclass(frozen=True, slots=True)
class Capture:
    """What passed on one node's interface while a ping ran."""

    node: str
    """Where it was captured."""
    ping: PingResult
    packets: tuple[VxlanPacket, ...]

    @property
    def icmp(self) -> tuple[VxlanPacket, ...]:
        """The ping's own packets, without ARP and the rest."""
        return tuple(packet for packet in self.packets if packet.protocol.startswith("ICMP"))

    def __str__(self) -> str:
        return f"{len(self.packets)} paquets VXLAN capturés sur {self.node}, dont {len(self.icmp)} du ping"


def capture_ping(lab: Lab, source: str, target: str, *, count: int = 2, node: str | None = None) -> Capture:
    """Capture VXLAN on a node while a container pings another.

    Parameters
    ----------
    source, target, count
        As for ``ping``.
    node
        Where to capture; by default the node that runs `source`.

    Raises
    ------
    TargetRefused, ObjectNotFound, NodeUnknown, NodeUnreachable
    EngineRefused
        The capture could not be started.
    """
    watched = lab.node(node) if node else locate(lab, source).node
    listener = _Listener(watched)
    try:
        listener.start()
        result = ping(lab, source, target, count=count)
        raw = listener.finish()
    finally:
        listener.remove()
    return Capture(watched.name, result, tuple(decode_pcap(raw)))


class _Listener:
    """A tool container that writes a pcap to its output, read as it comes."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.pcap = bytearray()
        self.said = ""
        self.ready = threading.Event()
        api = node.api
        with node.asking("préparer une capture"):
            self.id: str = api.create_container(
                TOOLS,
                command=["sh", "-c", SCRIPT, "capture", node.address, str(MOST_PACKETS)],
                labels={TOOL_LABEL: "1"},
                host_config=api.create_host_config(network_mode="host", cap_add=["NET_RAW", "NET_ADMIN"]),
            )["Id"]
        self.reader = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        """Return once tcpdump listens."""
        with self.node.asking("lancer une capture"):
            self.stream = self.node.api.attach(self.id, stdout=True, stderr=True, stream=True, demux=True)
            self.node.api.start(self.id)
        self.reader.start()
        if not self.ready.wait(READY_S) or "listening on" not in self.said:
            raise EngineRefused("capturer des paquets", self.said.strip() or "tcpdump n'écoute pas", self.node.name)

    def finish(self) -> bytes:
        """Let the last packets come, stop tcpdump, return all that it wrote."""
        threading.Event().wait(LAST_PACKETS_S)
        with self.node.asking("arrêter une capture"):
            self.node.api.kill(self.id, signal="SIGINT")
        self.reader.join(READY_S)
        return bytes(self.pcap)

    def remove(self) -> None:
        """Remove the container, whatever happened."""
        with suppress(Exception):
            self.node.api.remove_container(self.id, force=True)

    def _read(self) -> None:
        for out, err in self.stream:
            self.pcap += out or b""
            self.said += (err or b"").decode("utf-8", "replace")
            if "listening on" in self.said:
                self.ready.set()
        self.ready.set()


def decode_pcap(raw: bytes) -> Iterator[VxlanPacket]:
    """Each VXLAN packet of a pcap file, in its order; what is not VXLAN over IPv4 and UDP is passed over.

    A file that was cut short gives the packets that are whole.
    """
    import dpkt

    if len(raw) < 24:
        return
    first: float | None = None
    with suppress(dpkt.dpkt.NeedData, EOFError):
        for instant, frame in dpkt.pcap.Reader(io.BytesIO(raw)):
            first = instant if first is None else first
            packet = _decode(float(instant - first), frame)
            if packet:
                yield packet


def _decode(time_s: float, frame: bytes) -> VxlanPacket | None:
    import dpkt

    try:
        outer = dpkt.ethernet.Ethernet(frame).data
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
    )


def _inner(frame: object) -> tuple[str | None, str | None, str]:
    """Source, destination and nature of what an inner frame carries."""
    import dpkt

    packet = frame.data  # type: ignore[attr-defined]
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
        return *ends, f"TCP {packet.data.sport} → {packet.data.dport}"
    if isinstance(packet.data, dpkt.udp.UDP):
        return *ends, f"UDP {packet.data.sport} → {packet.data.dport}"
    return *ends, f"IP protocole {packet.p}"


def _address(raw: bytes) -> str:
    return ".".join(str(byte) for byte in raw)
