"""What a packet meets on its way: whether links are up, how long it takes, who sees it pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..faults import Link
from . import frames
from .capture import Tap
from .stack import Interface, Stack
from .way import NET_UNREACHABLE, Leg, Way

if TYPE_CHECKING:
    from ..world import World

__all__ = ["NEIGHBOUR_FAILED_MS", "NEIGHBOUR_FRESH_S", "Wires"]

NEAR_MS = (0.04, 0.15)
"""Round trips between two stacks of one host, as seen with real engines."""
FAR_MS = (0.1, 0.6)
NEIGHBOUR_FRESH_S = 30.0
"""How long a kernel trusts an ARP answer."""
NEIGHBOUR_FAILED_MS = 3_060.0
"""How long a kernel asks who has an address before it gives up."""


@dataclass
class Wires:
    """The state of all wires, and those who listen there."""

    world: World
    cards: dict[str, Interface] = field(default_factory=dict)
    """Host name -> its interface on the hosts' own wire."""
    taps: dict[Interface, list[Tap]] = field(default_factory=dict)
    _identification: int = 0
    _sent_encrypted: int = 0

    @property
    def watched(self) -> bool:
        """Whether anybody captures anything."""
        return bool(self.taps)

    def tap(self, interface: Interface, expression: str) -> Tap:
        """Listen on one interface until the tap is closed."""
        tap = Tap(expression, lambda ended: self._untap(interface, ended), opened_s=self.world.clock.time())
        self.taps.setdefault(interface, []).append(tap)
        return tap

    def _untap(self, interface: Interface, tap: Tap) -> None:
        left = [other for other in self.taps.get(interface, ()) if other is not tap]
        if left:
            self.taps[interface] = left
        else:
            self.taps.pop(interface, None)

    def forget(self, interface: Interface) -> None:
        """End the taps of an interface that goes."""
        for tap in list(self.taps.get(interface, ())):
            tap.close()

    def clear(self, way: Way) -> bool:
        """Whether nothing is wrong with any link on the way."""
        if not all(leg.sender.up and leg.receiver.up for leg in way.legs):
            return False
        return all(link.up and not link.delay_ms and not link.loss for link in self._links(way))

    def passes(self, leg: Leg) -> bool:
        """Whether one packet gets through, which chance may decide."""
        if not (leg.sender.up and leg.receiver.up and leg.allowed):
            return False
        if not leg.crosses:
            return True
        links = [self.world.faults.link(name) for name in _ends(leg)]
        return all(link.up and (not link.loss or self.world.random.random() >= link.loss) for link in links)

    def delay_ms(self, way: Way) -> float:
        """What faults add one way."""
        return sum(link.delay_ms for link in self._links(way))

    def rtt_ms(self, way: Way) -> float:
        """How long one packet takes to an end of the way and back."""
        low, high = FAR_MS if way.crosses else NEAR_MS
        # Most are near the shortest, a few much longer.
        drawn = low + (high - low) * min(1.0, self.world.random.betavariate(2, 5))
        return drawn + 2 * self.delay_ms(way)

    def _links(self, way: Way) -> Iterator[Link]:
        for leg in way.legs:
            if leg.crosses:
                yield from (self.world.faults.link(name) for name in _ends(leg))

    def learn(self, way: Way) -> None:
        """Note the MAC addresses that both ends of each leg now know."""
        now = self.world.clock.time()
        for leg in way.legs:
            here, there = leg.sender, leg.receiver
            here.stack.neighbours[here.name, leg.next_address] = (there.mac, now)
            there.stack.neighbours[there.name, here.address] = (here.mac, now)

    def bad_news_ms(self, way: Way, stack: Stack) -> float:
        """How long it takes `stack` to learn that somewhere cannot be reached; who looked for it in vain notes that."""
        if way.why == NET_UNREACHABLE:
            self.learn(way)
            return self.rtt_ms(Way("reached"))
        asks = way.legs[-1].receiver.stack if way.legs else stack
        card = asks.holds(way.reporter)
        if card is not None:
            self._unanswered(card, way.address)
        return NEIGHBOUR_FAILED_MS

    def _unanswered(self, card: Interface, address: str) -> None:
        """Note that nobody has an address on a segment."""
        card.stack.neighbours[card.name, address] = ("", self.world.clock.time())
        if self.watched:
            self._offer(card, self.world.clock.time(), [frames.arp(card.mac, card.address, address)])

    def show(
        self,
        legs: Sequence[Leg],
        payload: Any,
        *,
        back: bool,
        time_s: float,
        lost_on: Leg | None = None,
        **options: Any,
    ) -> None:
        """Show one packet to those who listen, on each leg of its way.

        Parameters
        ----------
        payload
            What IPv4 carries; a function of the leg where ports differ from one to the next.
        back
            From the end of the way to its beginning.
        lost_on
            Where it gets lost: it is seen up to there.
        options
            As for `frames.fragments`.
        """
        self._identification += 1
        for leg in reversed(legs) if back else legs:
            sender, receiver = (leg.receiver, leg.sender) if back else (leg.sender, leg.receiver)
            source, destination = (leg.destination, leg.source) if back else (leg.source, leg.destination)
            carried = payload(leg) if callable(payload) else payload
            packets = frames.fragments(
                source, destination, carried, mtu=sender.mtu, identification=self._identification, **options
            )
            inner = [frames.ethernet(sender.mac, receiver.mac, packet) for packet in packets]
            self._pass(sender, receiver, inner, time_s, whole=leg is not lost_on)
            if leg is lost_on:
                return

    def show_question(self, leg: Leg, time_s: float) -> None:
        """Show the ARP that comes before a first packet.

        Between hosts an overlay lets none pass: the sender's own host answers it.
        """
        here, there = leg.sender, leg.receiver
        wanted = leg.next_address
        seen = here.stack.neighbours.get((here.name, wanted), ("", 0.0))
        if seen[0] and self.world.clock.time() - seen[1] < NEIGHBOUR_FRESH_S:
            return
        question = frames.arp(here.mac, here.address, wanted)
        answer = frames.arp(there.mac, wanted, here.address, answer_from=here.mac)
        ends = (here,) if leg.crosses and here.segment.kind == "overlay" else (here, there)
        for card in ends:
            self._offer(card, time_s, [question, answer])

    def _pass(self, sender: Interface, receiver: Interface, inner: list[bytes], time_s: float, *, whole: bool) -> None:
        self._offer(sender, time_s, inner)
        here, there = sender.stack.host, receiver.stack.host
        if here is not there and sender.segment.kind == "overlay":
            out, into = self.cards.get(here.hostname), self.cards.get(there.hostname)
            if out is not None and into is not None and (out in self.taps or into in self.taps):
                outer = [self._wrapped(frame, sender, out, into) for frame in inner]
                self._offer(out, time_s, outer)
                self._offer(into, time_s, outer if whole else [])
        if whole:
            self._offer(receiver, time_s, inner)

    def _wrapped(self, frame: bytes, sender: Interface, out: Interface, into: Interface) -> bytes:
        self._identification += 1
        segment = sender.segment
        macs, ends, vni = (out.mac, into.mac), (out.address, into.address), segment.vni or 0
        if not segment.encrypted:
            return frames.vxlan(frame, macs=macs, ends=ends, vni=vni, identification=self._identification)
        self._sent_encrypted += 1
        key = (hash((vni, *ends)) & 0xFFFFFFFF, self._sent_encrypted)
        return frames.encrypted(frame, macs=macs, ends=ends, vni=vni, identification=self._identification, key=key)

    def _offer(self, card: Interface, time_s: float, seen: list[bytes]) -> None:
        for tap in self.taps.get(card, ()):
            for frame in seen:
                tap.offer(time_s, frame)


def _ends(leg: Leg) -> tuple[str, str]:
    return leg.sender.stack.host.hostname, leg.receiver.stack.host.hostname
