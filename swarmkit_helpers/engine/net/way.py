"""The way of a packet: through which interfaces it goes to an address, and what stops it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .stack import Interface, Segment, Stack, is_loopback, number

if TYPE_CHECKING:
    from ..world import World

__all__ = ["ANY", "HOST_UNREACHABLE", "NET_UNREACHABLE", "Binding", "Leg", "Way", "Ways"]

HOST_UNREACHABLE = "Destination Host Unreachable"
NET_UNREACHABLE = "Destination Net Unreachable"
ANY = "0.0.0.0"


@dataclass(frozen=True, slots=True)
class Leg:
    """From one interface to another of the same segment."""

    sender: Interface
    receiver: Interface
    source: str
    """Address in the packet."""
    destination: str
    port: int = 0
    """To which it goes, of TCP."""

    @property
    def crosses(self) -> bool:
        """Whether it goes over the wire between two hosts."""
        return self.sender.stack.host is not self.receiver.stack.host

    @property
    def next_address(self) -> str:
        """The address whose MAC address the sender asks for: a VIP, the destination's, a gateway's."""
        vips = self.sender.segment.vips
        return self.destination if self.destination in vips else self.receiver.address

    @property
    def allowed(self) -> bool:
        """Whether the segment lets these two speak: docker_gwbridge does not let two containers."""
        return self.sender.segment.icc or self.sender.stack.of_host or self.receiver.stack.of_host


@dataclass(frozen=True, slots=True)
class Binding:
    """A container's port that its host answers for."""

    address: str
    """Of the host, on which it answers; ``0.0.0.0``: on all."""
    stack: Stack
    port: int


@dataclass(frozen=True, slots=True)
class Way:
    """Where a packet gets."""

    outcome: Literal["reached", "lost", "refused", "unreachable", "no route"]
    """``refused``: somebody answers that nobody wants it."""
    legs: tuple[Leg, ...] = ()
    """None where it does not leave its stack."""
    stack: Stack | None = None
    """Who gets it."""
    address: str = ""
    """The address it was sent to; that of a task where a VIP was asked for."""
    port: int = 0
    hops: int = 0
    """Machines that forward it."""
    reporter: str = ""
    """Who says that it cannot be reached."""
    why: str = ""

    @property
    def crosses(self) -> bool:
        """Whether any of it goes over the wire."""
        return any(leg.crosses for leg in self.legs)


@dataclass
class Ways:
    """Finds them."""

    world: World
    bindings: dict[str, dict[tuple[str, int], list[Binding]]] = field(default_factory=dict)
    """Host name -> protocol and port -> what answers there."""
    ingress: dict[str, Segment] = field(default_factory=dict)
    """Host name -> the ingress network that the host takes part in."""
    turns: dict[tuple[str, str, str, int], int] = field(default_factory=dict)
    """Whose turn it is, of each host's IPVS: host name, network, VIP, published port."""

    def find(self, stack: Stack, destination: str, port: int | None = None) -> Way:
        """The way to an address, as routes, bridges, NAT and IPVS make it; whether its wires are up is not looked at.

        Parameters
        ----------
        port
            Of TCP; None for a ping, which IPVS does not share out.
        """
        if is_loopback(destination) or stack.holds(destination):
            return self._arrived(stack, (), destination, port)
        card = stack.on_link(number(destination))
        if card is not None:
            return self._beside(card, (), destination, port)
        out = stack.by_default()
        if out is None:
            return Way("no route", address=destination)
        router = out.segment.addresses.get(out.gateway)
        if router is None or not router.up:
            return Way("unreachable", address=destination, reporter=out.address, why=HOST_UNREACHABLE)
        return self._forwarded(Leg(out, router, out.address, destination, port or 0), port)

    def _beside(self, card: Interface, legs: tuple[Leg, ...], destination: str, port: int | None) -> Way:
        """On a segment that `card` is on."""
        segment = card.segment
        if destination in segment.vips:
            return self._through_vip(card, destination, port)
        target = segment.addresses.get(destination)
        if target is None or not target.up:
            return Way(
                "unreachable", legs, address=destination, hops=len(legs), reporter=card.address, why=HOST_UNREACHABLE
            )
        legs = (*legs, Leg(card, target, card.address, destination, port or 0))
        if not legs[-1].allowed:
            return Way("lost", legs, address=destination)
        return self._arrived(target.stack, legs, destination, port)

    def _through_vip(self, card: Interface, vip: str, port: int | None) -> Way:
        segment, host = card.segment, card.stack.host
        balancer = segment.balancers.get(host.hostname)
        behind = segment.vips[vip]
        if not behind:
            # As in libnetwork, the VIP goes with the last task.
            return Way("unreachable", address=vip, reporter=card.address, why=HOST_UNREACHABLE)
        first = (Leg(card, balancer, card.address, vip, port or 0),) if balancer else ()
        if port is None:
            return Way("reached", first, balancer.stack if balancer else card.stack, vip)
        chosen = self._choose(segment, host.hostname, behind, vip, 0)
        if chosen is None:
            return Way("refused", first, address=vip, port=port)
        sender = balancer or card
        legs = (*first, Leg(sender, chosen, sender.address, chosen.address, port))
        return Way("reached" if chosen.up else "lost", legs, chosen.stack, chosen.address, port)

    def _arrived(self, stack: Stack, legs: tuple[Leg, ...], destination: str, port: int | None) -> Way:
        """At a stack that has the address, which may be a host that answers for others."""
        hops = max(0, len(legs) - 1)
        if port is None or not stack.of_host:
            return Way("reached", legs, stack, destination, port or 0, hops)
        hostname = stack.host.hostname
        for binding in self.bindings.get(hostname, {}).get(("tcp", port), ()):
            if binding.address in (ANY, destination):
                return self._bound(binding, stack, legs, destination)
        ingress = self.ingress.get(hostname)
        published = ingress.published.get(("tcp", port)) if ingress else None
        if ingress is None or published is None:
            return Way("reached", legs, stack, destination, port, hops)
        chosen = self._choose(ingress, hostname, published.backends, "", port)
        if chosen is None:
            return Way("refused", legs, address=destination, port=port, hops=hops)
        balancer = ingress.balancers[hostname]
        last = Leg(balancer, chosen, balancer.address, chosen.address, published.target)
        return Way("reached", (*legs, last), chosen.stack, chosen.address, published.target, hops)

    def _bound(self, binding: Binding, stack: Stack, legs: tuple[Leg, ...], destination: str) -> Way:
        """Through a port that the host publishes for one container."""
        pairs = ((near, card) for card in binding.stack.interfaces for near in [self._shared(stack, card)] if near)
        near, card = next(pairs, (None, None))
        if near is None or card is None:
            return Way("refused", legs, address=destination)
        came = legs[-1] if legs else None
        if came is None:
            source = near.address if is_loopback(destination) else destination
        else:
            # docker-proxy speaks for the host's own containers; others keep their address.
            source = near.address if came.sender.stack.host is stack.host else came.source
        last = Leg(near, card, source, card.address, binding.port)
        return Way("reached", (*legs, last), binding.stack, card.address, binding.port, max(0, len(legs) - 1))

    @staticmethod
    def _shared(host: Stack, card: Interface) -> Interface | None:
        """The host's own interface on a container's bridge."""
        if card.segment.kind != "bridge":
            return None
        return next((own for own in host.interfaces if own.segment is card.segment), None)

    def _forwarded(self, leg: Leg, port: int | None) -> Way:
        """By the host that is a container's gateway, under the host's own address."""
        router, destination = leg.receiver.stack, leg.destination
        if router.holds(destination):
            return self._arrived(router, (leg,), destination, port)
        card = router.on_link(number(destination))
        if card is None and router.by_default() is None:
            return Way("unreachable", (leg,), address=destination, reporter=leg.receiver.address, why=NET_UNREACHABLE)
        if card is None or card.segment.kind == "bridge":
            # One bridge's containers do not reach those of another.
            return Way("lost", (leg,), address=destination)
        return self._beside(card, (leg,), destination, port)

    def _choose(self, segment: Segment, hostname: str, behind: list[str], vip: str, port: int) -> Interface | None:
        """IPVS, round robin, on one host: the next task that is there."""
        here = self.world.hosts.get(hostname)
        turn = (hostname, segment.network, vip, port)
        for tried in range(len(behind)):
            index = (self.turns.get(turn, 0) + tried) % len(behind)
            target = segment.addresses.get(behind[index])
            if target is not None and (here is None or self.world.joined(here, target.stack.host)):
                self.turns[turn] = index + 1
                return target
        return None
