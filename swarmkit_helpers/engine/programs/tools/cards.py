"""The interfaces of a container as its kernel has them, ``lo`` among them."""

from __future__ import annotations

from dataclasses import dataclass

from ..kernel import LOOPBACK_MTU
from ..system import System

__all__ = ["Card", "cards_of"]


@dataclass(frozen=True, slots=True)
class Card:
    """An interface, ``lo`` among them."""

    index: int
    name: str
    mtu: int
    mac: str
    address: str
    prefix: int
    loop: bool = False
    veth: bool = False
    up: bool = True
    carrier: bool = True
    """False of a bridge with nothing on it."""

    @property
    def shown(self) -> str:
        """With the number of its other end."""
        return f"{self.name}@if{self.index + 1}" if self.veth else self.name


def cards_of(system: System) -> list[Card]:
    """All of them, by their number."""
    found = [Card(1, "lo", LOOPBACK_MTU, "00:00:00:00:00:00", "127.0.0.1", 8, loop=True)]
    for card in system.stack.interfaces:
        bridge = card.segment.kind == "bridge" and system.stack.of_host
        down = card.segment.kind == "underlay" and not system.world.faults.link(system.stack.host.hostname).up
        veth = not bridge
        up = card.up and not down
        carrier = not bridge or len(card.segment.addresses) > 1
        about = (card.index, card.name, card.mtu, card.mac, card.address, card.prefix)
        found.append(Card(*about, veth=veth, up=up, carrier=carrier))
    return sorted(found, key=lambda card: card.index)
