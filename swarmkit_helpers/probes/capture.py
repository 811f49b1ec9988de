"""What passes between the nodes while a container pings another, or asks for a page."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from functools import partial
from html import escape

from ..errors import NBSP
from ..lab.cluster import Capabilities, Lab
from ..lab.images import TOOLS
from ..lab.locate import Place, locate
from ..lab.node import Node
from ..simulation import simulated_html
from ..topology.fetch import snapshot
from ..topology.model import Container, Topology
from ..topology.packet import VxlanPacket
from .http import HttpResult, http_get, url_host
from .listener import FILTER, MOST_PACKETS, Listener
from .live import LivePing, ping_live
from .names import NameAnswer, ask_name
from .pcap import count_esp, decode_pcap
from .ping import PingResult
from .route import Route, own_packets, route_of
from .target import check_target, is_address

__all__ = ["Capture", "LiveCapture", "capture_http", "capture_live", "capture_ping"]

LOOK_S = 0.1
"""How often what tcpdump wrote is read."""
SPARE_S = 60
"""What tcpdump is given beyond the time of the packets themselves."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What passed on one node's interface while a container pinged, or asked for a page, and what its DNS had said."""

    node: str
    """Where it was captured."""
    result: PingResult | HttpResult
    """What came of the ping, or of the request."""
    packets: tuple[VxlanPacket, ...]
    target: str
    """The name or address that was asked for."""
    asked: NameAnswer | None = None
    """What the DNS of the source answered for the target just before; None when it was given as an address."""
    topology: Topology | None = None
    """A snapshot taken just before."""
    source: Container | None = None
    """The container that sent, in that snapshot."""
    capabilities: Capabilities | None = None
    """What the nodes can do, without IPVS no VIP answers; None when that is not known."""
    esp: int = 0
    """Packets of IPsec seen: on an encrypted network, VXLAN is inside."""
    interface: str = "eth0"
    """Where tcpdump listened on that node."""

    @property
    def ping(self) -> PingResult:
        """The ping.

        Raises
        ------
        TypeError
            It was a request for a page: see `result`.
        """
        if not isinstance(self.result, PingResult):
            raise TypeError("cette capture est celle d'une requête HTTP : voyez son attribut « result »")
        return self.result

    @property
    def answered(self) -> bool:
        """True when the source received at least one answer."""
        result = self.result
        return result.received > 0 if isinstance(result, PingResult) else result.status is not None

    @property
    def address(self) -> str | None:
        """Where it was sent; None when the name gave nothing."""
        if is_address(self.target):
            return self.target
        # A name of several addresses gives them in another order each time: ping says which one it took.
        if isinstance(self.result, PingResult) and self.result.address:
            return self.result.address
        given = self.asked.holders if self.asked else ()
        wire = {packet.inner_destination for packet in self.packets if not packet.protocol.startswith("ARP")}
        here = self.source.node if self.source else None
        # What the wire did not show is more likely one that needs no wire.
        likely = sorted(given, key=lambda holder: (holder.address not in wire, holder.node != here))
        return next((holder.address for holder in likely), None)

    @property
    def label(self) -> str:
        """Short name of the source."""
        return self.source.label if self.source else self.result.source

    @property
    def ipvs(self) -> bool:
        """Whether VIPs answer on these nodes."""
        return self.capabilities is None or self.capabilities.ipvs

    @property
    def esp_works(self) -> bool:
        """Whether encrypted networks carry data between these nodes."""
        return self.capabilities is None or self.capabilities.esp

    @property
    def icmp(self) -> tuple[VxlanPacket, ...]:
        """The ping's own packets, without ARP and without those of others; empty when none passed there."""
        return tuple(packet for packet in self.own if packet.protocol.startswith("ICMP"))

    @property
    def own(self) -> tuple[VxlanPacket, ...]:
        """The packets of this exchange."""
        return own_packets(self)

    @property
    def full(self) -> bool:
        """True when tcpdump had all the packets that it may take: later ones are missing."""
        return len(self.packets) + self.esp >= MOST_PACKETS

    @property
    def route(self) -> Route:
        """How far it went, and why."""
        return route_of(self)

    @property
    def commands(self) -> tuple[tuple[str, str], ...]:
        """The docker commands it stands for, each after the node on which it is typed."""
        where = self.source.node if self.source else self.node
        name = self.source.name if self.source else self.result.source
        listen = f'docker run --rm --network host --cap-add NET_RAW {TOOLS} tcpdump -n -i {self.interface} "{FILTER}"'
        asked = [(where, f"docker container exec {name} nslookup {self.target}")] if self.asked else []
        sent = self.result.command
        if isinstance(self.result, HttpResult):
            sent = f"docker container exec {name} {sent.partition('   # ')[0]}"
        return (*asked, (self.node, listen), (where, sent))

    def __str__(self) -> str:
        what = "du ping" if isinstance(self.result, PingResult) else "de la requête"
        said = f"{len(self.packets)} paquets VXLAN capturés sur {self.node}, dont {len(self.own)} {what}"
        if self.full:
            said += f" (la capture s'arrête à {MOST_PACKETS})"
        return f"{said}. {self.route.reason}"

    def _repr_html_(self) -> str:
        typed = "".join(
            f"<li>{escape(node)}{NBSP}: <code>{escape(command)}</code></li>" for node, command in self.commands
        )
        return f"{simulated_html(self.result.simulated)}<ul>{typed}</ul><p>{escape(str(self))}</p>"


class LiveCapture:
    """A capture under way: iterate over it to get each VXLAN packet as it passes.

    Nothing is sent or captured before the iteration starts; when it ends, for whatever reason, neither tcpdump nor ping
    is left. `close`, or ``with``, ends an iteration that is left before its end.

    >>> with capture_live(lab, "alpine2", "alpine1") as live:
    ...     for packet in live:
    ...         print(packet.protocol)
    >>> live.result
    """

    def __init__(
        self,
        lab: Lab,
        place: Place,
        target: str,
        watched: Node,
        send: Callable[[], PingResult | HttpResult],
        longest_s: float,
        stop: threading.Event,
    ) -> None:
        self.result: Capture | None = None
        """What `capture_ping` gives; None as long as it has not ended."""
        self._lab = lab
        self._place = place
        self._target = target
        self._watched = watched
        self._send = send
        self._longest_s = longest_s
        self._stop = stop
        self._packets = self._run()

    @property
    def node(self) -> str:
        """Where it listens."""
        return self._watched.name

    def stop(self) -> None:
        """Ask for the end, from any thread: the iteration then ends by itself."""
        self._stop.set()

    def close(self) -> None:
        """End it here and now."""
        self._packets.close()

    def __enter__(self) -> LiveCapture:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[VxlanPacket]:
        return self._packets

    def _run(self) -> Generator[VxlanPacket]:
        """Ask the name, then listen while it is sent; yield what passes, and note the result."""
        seen = snapshot(self._lab)
        source = seen.container(self._place.id)
        asked = None
        if source is not None and not is_address(self._target):
            asked = ask_name(seen, source, self._place, self._target, ipvs=self._lab.capabilities.ipvs)
        longest_s = self._watched.patience(self._longest_s + SPARE_S)
        with Listener(self._lab, self._watched, longest_s) as listener, ThreadPoolExecutor(1) as pool:
            sent = pool.submit(self._send)
            told = 0
            try:
                while not sent.done():
                    wait_for([sent], LOOK_S)
                    new = self._decoded(listener.pcap)[told:]
                    told += len(new)
                    yield from new
            except BaseException:
                # The sending ends too; the end of the block waits for it.
                self._stop.set()
                raise
            result = sent.result()
            raw = listener.finish()
        packets = tuple(self._decoded(raw))
        self.result = Capture(
            node=self._watched.name,
            result=result,
            packets=packets,
            target=self._target,
            asked=asked,
            topology=seen,
            source=source,
            capabilities=self._lab.capabilities,
            esp=count_esp(raw),
            interface=listener.interface,
        )
        yield from packets[told:]

    def _decoded(self, pcap: bytes) -> list[VxlanPacket]:
        """The packets so far, with what is known of the lab that they passed in."""
        return [replace(packet, simulated=self._lab.simulated) for packet in decode_pcap(pcap)]


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
    ImageUnavailable
        The node has no image with tcpdump, and it can be had nowhere.
    EngineRefused
        The capture could not be started.
    """
    check_target(target)
    return _whole(capture_live(lab, source, target, count=count, node=node))


def capture_http(lab: Lab, source: str, url: str, *, node: str | None = None) -> Capture:
    """Capture VXLAN on a node while a container asks for a page: TCP, which IPVS shares out where a ping is not.

    Parameters
    ----------
    source
        A container, on any node.
    url
        ``http://web/``.
    node
        Where to capture; by default the node that runs `source`.

    Raises
    ------
    TargetRefused
        It is no address of a page.
    ObjectNotFound, NodeUnknown, NodeUnreachable, ImageUnavailable, EngineRefused
    """
    url_host(url)
    return _whole(capture_live(lab, source, url, node=node))


def capture_live(
    lab: Lab,
    source: str,
    target: str,
    *,
    count: int = 2,
    node: str | None = None,
    stop: threading.Event | None = None,
) -> LiveCapture:
    """Capture VXLAN on a node while a container sends, and tell each packet as it passes.

    Parameters
    ----------
    source, target, count, node
        As for `capture_ping`; a target that begins with ``http://`` is asked for a page, as by `capture_http`.
    stop
        Set by anyone, from any thread, it ends the ping and the capture; by default `LiveCapture.stop` does.

    Raises
    ------
    TargetRefused, ObjectNotFound, NodeUnknown, NodeUnreachable
    """
    stop = stop or threading.Event()
    if target.startswith("http://"):
        host = url_host(target)
        place = locate(lab, source)
        watched = lab.node(node) if node else place.node
        return LiveCapture(lab, place, host, watched, partial(http_get, lab, target, source=place.id), 0, stop)
    pinging = ping_live(lab, source, target, count=count, stop=stop)
    place = pinging.plan.place
    watched = lab.node(node) if node else place.node
    return LiveCapture(lab, place, target, watched, partial(_send, pinging), pinging.count, stop)


def _send(pinging: LivePing) -> PingResult:
    for _ in pinging:
        pass
    assert pinging.result is not None
    return pinging.result


def _whole(live: LiveCapture) -> Capture:
    for _ in live:
        pass
    assert live.result is not None
    return live.result
