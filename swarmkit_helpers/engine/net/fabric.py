"""The network of a whole world: who is where, which packet reaches whom, and how long it takes."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal, cast

from . import frames
from .capture import Tap
from .connections import FIRST_PORT, LAST_PORT, Connections
from .dns import Resolver
from .pipe import Pipe
from .stack import Handler, Interface, Neighbour, Route, Segment, Stack, number
from .way import ANY, Binding, Way, Ways
from .wires import NEIGHBOUR_FAILED_MS, NEIGHBOUR_FRESH_S, Wires

if TYPE_CHECKING:
    from ..node.host import Host
    from ..world import World

__all__ = ["Delivery", "Fabric"]

TTL = 64
HEADERS_BYTES = 28
"""Of IPv4, and of ICMP or UDP."""
LONGEST = 65_535 - HEADERS_BYTES
"""Data of one packet at most."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one packet, and of its answer."""

    outcome: Literal["reached", "lost", "unreachable", "no route", "too long", "expired"]
    """``lost``: silence; ``unreachable``, ``expired``: somebody on the way said so; ``no route``, ``too long``: it was
    not sent."""
    rtt_ms: float = 0.0
    """When the answer comes, or the bad news."""
    source: str = ""
    """Who answers, or gives the bad news."""
    ttl: int = TTL
    """Of the answer, as it comes."""
    mtu: int = 0
    """Of the interface that it is too long for."""
    wire: bool = False
    """Whether it goes over the wire between hosts."""
    why: str = ""
    """``Destination Host Unreachable``, ``Destination Net Unreachable``."""


@dataclass(frozen=True, slots=True)
class _Outside:
    """A machine without an engine: nothing but its name is asked of it."""

    hostname: str
    address: str


class Fabric:
    """Joins stacks by segments, and brings packets from one to another.

    All is found by address in dictionaries: what a packet costs does not grow with the number of hosts and containers.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.wires = Wires(world)
        self.ways = Ways(world)
        self.resolver = Resolver(world)
        self._indexes: dict[str, int] = {}
        self._next_port: dict[str, int] = {}
        self.connections = Connections(world, self.ways, self.wires)

    # -- who is where

    def join(
        self,
        stack: Stack,
        segment: Segment,
        name: str,
        mac: str,
        address: str,
        prefix: int,
        gateway: str = "",
        *,
        balancer: bool = False,
    ) -> Interface:
        """Give a stack an interface on a segment.

        Parameters
        ----------
        gateway
            Its default route, if it is to leave by here.
        balancer
            It is the segment's load balancer on that host (``lb-net``, ``ingress-sbox``); on the ingress network it
            makes the host take part in the routing mesh.

        Raises
        ------
        ValueError
            Somebody has that address there already, or it is none.
        """
        number(address)
        if address in segment.addresses:
            raise ValueError(f"{address} is in use on {segment.name}")
        hostname = stack.host.hostname
        own = segment.kind == "underlay" or stack.of_host
        index = self._indexes.get(hostname, 2)
        # A container's interface is one end of a pair; the other end has the next number.
        self._indexes[hostname] = index + (1 if own else 2)
        card = Interface(name, mac, address, prefix, segment, stack, gateway, index, balancer)
        segment.addresses[address] = card
        stack.interfaces.append(card)
        if segment.kind == "underlay":
            self.wires.cards[hostname] = card
            self.resolver.hosts.setdefault(hostname.lower(), address)
        if balancer:
            segment.balancers[hostname] = card
            if segment.ingress:
                self.ways.ingress[hostname] = segment
        return card

    def leave(self, interface: Interface) -> None:
        """Take an interface away, with its names; twice does no harm."""
        segment, stack = interface.segment, interface.stack
        hostname = stack.host.hostname
        if segment.addresses.get(interface.address) is not interface:
            return
        del segment.addresses[interface.address]
        stack.interfaces.remove(interface)
        stack.neighbours = {key: seen for key, seen in stack.neighbours.items() if key[0] != interface.name}
        self.resolver.unregister(interface)
        self.wires.forget(interface)
        if segment.balancers.get(hostname) is interface:
            del segment.balancers[hostname]
            if self.ways.ingress.get(hostname) is segment:
                del self.ways.ingress[hostname]
        if segment.kind == "underlay":
            self.wires.cards.pop(hostname, None)
            self.resolver.hosts.pop(hostname.lower(), None)
        if not stack.interfaces:
            self.close(stack)

    def outside(self, name: str, address: str) -> Stack:
        """A machine on the hosts' wire that has no engine: the learner's own.

        Raises
        ------
        ValueError
            Somebody has that address.
        """
        stack = Stack(cast("Host", _Outside(name, address)), name)
        wire = self.world.wire
        mac = "02:42:" + IPv4Address(address).packed.hex(":")
        self.join(stack, wire, "eth0", mac, address, int(wire.subnet.partition("/")[2]))
        self.resolver.hosts.pop(name.lower(), None)
        return stack

    def routes(self, stack: Stack) -> list[Route]:
        """The stack's routing table, as ``ip route`` shows it."""
        out = stack.by_default()
        table = [Route("default", out.gateway, out.name, "")] if out else []
        near = sorted((card for card in stack.interfaces if card.up), key=lambda card: (card.network, card.prefix))
        return table + [
            Route(f"{IPv4Address(card.network)}/{card.prefix}", "", card.name, card.address) for card in near
        ]

    def neighbours(self, stack: Stack) -> list[Neighbour]:
        """Whom the stack has spoken to on its segments, or tried to: its ARP table."""
        now, failed_s = self.world.clock.time(), NEIGHBOUR_FAILED_MS / 1000
        found = []
        for (name, address), (mac, seen) in stack.neighbours.items():
            age = now - seen
            if mac:
                state: Literal["REACHABLE", "STALE", "INCOMPLETE", "FAILED"] = (
                    "REACHABLE" if age < NEIGHBOUR_FRESH_S else "STALE"
                )
            else:
                state = "INCOMPLETE" if age < failed_s else "FAILED"
            found.append(Neighbour(address, mac, name, state))
        return found

    # -- one packet and its answer

    def way(self, stack: Stack, destination: str, port: int | None = None) -> Way:
        """The way to an address; see `Ways.find`."""
        return self.ways.find(stack, destination, port)

    def send(
        self,
        stack: Stack,
        destination: str,
        *,
        size: int = 56,
        ttl: int = TTL,
        dont_fragment: bool = False,
        kind: Literal["icmp", "udp"] = "icmp",
        sequence: int = 1,
        identifier: int = 1,
    ) -> Delivery:
        """Send one packet, and tell what becomes of it; who calls waits for the round trip.

        Parameters
        ----------
        size
            Bytes of data; the packet has 28 more.
        kind
            ``icmp``: an echo request; ``udp``: to a port where nobody listens, as traceroute does.

        Raises
        ------
        ValueError
            The destination is not an IPv4 address.
        """
        number(destination)
        way = self.way(stack, destination)
        if way.outcome == "no route":
            return Delivery("no route", why=os.strerror(errno.ENETUNREACH))
        if size > LONGEST:
            return Delivery("too long", mtu=LONGEST + HEADERS_BYTES)
        if dont_fragment and way.legs and size + HEADERS_BYTES > way.legs[0].sender.mtu:
            return Delivery("too long", mtu=way.legs[0].sender.mtu, source=way.legs[0].source)
        if ttl <= way.hops and way.legs:
            self.wires.learn(Way("reached", way.legs[:1]))
            return Delivery(
                "expired", self.wires.rtt_ms(Way("reached")), way.legs[0].receiver.address, why="Time to live exceeded"
            )
        lost_on = next((leg for leg in way.legs if not self.wires.passes(leg)), None)
        seen = self.wires.watched and bool(way.legs)
        now, date_s = self.world.clock.time(), time.time()
        if seen:
            self.wires.show_question(way.legs[0], now)
            if kind == "udp":
                body = frames.probe(identifier, sequence, size)
            else:
                body = frames.echo(reply=False, identifier=identifier, sequence=sequence, size=size, time_s=date_s)
            # Linux sets that bit wherever the packet is short enough.
            self.wires.show(way.legs, body, back=False, time_s=now, lost_on=lost_on, ttl=ttl, dont_fragment=True)
        if way.outcome == "unreachable":
            return Delivery("unreachable", self.wires.bad_news_ms(way, stack), way.reporter, why=way.why)
        if way.outcome != "reached" or lost_on is not None:
            return Delivery("lost", wire=way.crosses)
        self.wires.learn(way)
        rtt_ms = self.wires.rtt_ms(way)
        lost_back = next((leg for leg in reversed(way.legs) if not self.wires.passes(leg)), None)
        if seen and kind == "icmp":
            body = frames.echo(reply=True, identifier=identifier, sequence=sequence, size=size, time_s=date_s)
            self.wires.show(way.legs, body, back=True, time_s=now + rtt_ms / 1000, lost_on=lost_back)
        if lost_back is not None:
            return Delivery("lost", wire=way.crosses)
        return Delivery("reached", rtt_ms, destination, TTL - way.hops, wire=way.crosses)

    # -- connections

    def listen(self, stack: Stack, port: int, handler: Handler) -> None:
        """Let `handler` answer on a TCP port; see `Connections.listen`."""
        self.connections.listen(stack, port, handler)

    def unlisten(self, stack: Stack, port: int) -> None:
        """Answer there no more, and end what was answered; twice does no harm."""
        self.connections.unlisten(stack, port)

    def close(self, stack: Stack) -> None:
        """End all connections of a stack, and all that listens there."""
        self.connections.close(stack)

    def shut(self) -> None:
        """End all connections."""
        self.connections.shut()

    async def connect(self, stack: Stack, address: str, port: int) -> Pipe:
        """Open a TCP connection; see `Connections.connect` for what it raises."""
        return await self.connections.connect(stack, address, port)

    # -- published ports of one host

    def publish(self, host: Host, protocol: str, port: int, stack: Stack, target: int, address: str = ANY) -> None:
        """Let a host answer for a container: ``docker run -p``, ``mode=host``.

        Raises
        ------
        OSError
            EADDRINUSE: « port is already allocated » for another container, or « address already in use » by the host.
        """
        bound = self.ways.bindings.setdefault(host.hostname, {}).setdefault((protocol, port), [])
        if any(other.address == address or ANY in (other.address, address) for other in bound):
            raise OSError(errno.EADDRINUSE, "port is already allocated")
        if protocol == "tcp" and port in host.stack.listening:
            if not bound:
                del self.ways.bindings[host.hostname][protocol, port]
            raise OSError(errno.EADDRINUSE, "address already in use")
        bound.append(Binding(address, stack, target))

    def unpublish(self, host: Host, protocol: str, port: int, address: str = ANY) -> None:
        """Answer there no more; twice does no harm."""
        ports = self.ways.bindings.get(host.hostname, {})
        left = [binding for binding in ports.get((protocol, port), ()) if binding.address != address]
        if left:
            ports[protocol, port] = left
        else:
            ports.pop((protocol, port), None)

    def free_port(self, host: Host, protocol: str = "tcp") -> int:
        """A port that the host does not publish yet, as engines choose them: one after the other.

        Raises
        ------
        OSError
            There is none left.
        """
        taken = self.ways.bindings.get(host.hostname, {})
        start = self._next_port.get(host.hostname, FIRST_PORT)
        for port in _round(start, FIRST_PORT, LAST_PORT):
            if (protocol, port) not in taken:
                self._next_port[host.hostname] = port + 1
                return port
        raise OSError(errno.EADDRINUSE, "all ports are allocated")

    # -- captures

    def tap(self, stack: Stack, interface: str = "eth0", expression: str = "") -> Tap:
        """Capture what passes one interface, from now on; a host's ``eth0`` is on the wire.

        Raises
        ------
        OSError
            ENODEV: the stack has no interface of that name.
        ValueError
            « syntax error » in the expression.
        """
        card = stack.interface(interface)
        if card is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return self.wires.tap(card, expression)


def _round(start: int, first: int, last: int) -> Iterator[int]:
    start = start if first <= start <= last else first
    yield from range(start, last + 1)
    yield from range(first, start)
