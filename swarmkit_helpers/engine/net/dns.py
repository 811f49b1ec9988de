"""Names: what the engine's DNS, 127.0.0.11, answers to each stack, and the one outside that it asks in turn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from .stack import Interface, Segment, Stack
from .way import Way

if TYPE_CHECKING:
    from ..world import World

__all__ = ["EMBEDDED", "OUTSIDE", "Answer", "Resolver", "hosts_file", "resolv_conf"]

EMBEDDED = "127.0.0.11"
OUTSIDE = "192.0.2.53"
"""The hosts' own server: it knows the hosts, and nothing else (RFC 5737 keeps that address for examples)."""
LONGEST_LABEL = 63
LOCALHOST = (
    "127.0.0.1\tlocalhost\n"
    "::1\tlocalhost ip6-localhost ip6-loopback\n"
    "fe00::0\tip6-localnet\n"
    "ff00::0\tip6-mcastprefix\n"
    "ff02::1\tip6-allnodes\n"
    "ff02::2\tip6-allrouters\n"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    name: str
    """As it was asked."""
    server: str
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Of a reverse question."""
    rcode: Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "FORMERR", "TIMEOUT"] = "NOERROR"
    """``TIMEOUT``: no server answered."""
    authoritative: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """The names of one interface on its network."""

    name: str
    own: tuple[str, ...]
    service: tuple[str, ...]
    vip: str


@dataclass
class _Zone:
    """The names of one network, in lower case."""

    own: dict[str, dict[Interface, None]] = field(default_factory=dict)
    services: dict[str, dict[Interface, None]] = field(default_factory=dict)
    tasks: dict[str, dict[Interface, None]] = field(default_factory=dict)


class Resolver:
    """Answers to stacks: a container knows the names on its own networks, and through its host those of the hosts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hosts: dict[str, str] = {}
        """Host name -> address, as the server outside knows them."""
        self._zones: dict[Segment, _Zone] = {}
        self._entries: dict[Interface, _Entry] = {}

    def register(
        self,
        interface: Interface,
        name: str,
        *,
        aliases: Iterable[str] = (),
        service: str = "",
        service_aliases: Iterable[str] = (),
        vip: str = "",
    ) -> None:
        """Give an interface its names on its network; those that it had there are forgotten.

        Parameters
        ----------
        name
            Of the container; a reverse question gives it, with the network's name.
        aliases
            Of the container only, its short id among them.
        service, service_aliases
            Of its service: they give the VIP, or the addresses of all tasks where there is no VIP.
        vip
            Of its service on this network; empty without (``dnsrr``).
        """
        self.unregister(interface)
        if not interface.segment.answers_names:
            return
        shared = tuple(_key(text) for text in (service, *service_aliases) if text)
        entry = _Entry(name, tuple(_key(text) for text in (name, *aliases) if text), shared, vip)
        self._entries[interface] = entry
        zone = self._zones.setdefault(interface.segment, _Zone())
        for kept, names in _places(zone, entry):
            for text in names:
                kept.setdefault(text, {})[interface] = None

    def unregister(self, interface: Interface) -> None:
        """Forget its names; twice does no harm."""
        entry = self._entries.pop(interface, None)
        zone = self._zones.get(interface.segment)
        if entry is None or zone is None:
            return
        for kept, names in _places(zone, entry):
            for text in names:
                holders = kept.get(text, {})
                holders.pop(interface, None)
                if not holders:
                    kept.pop(text, None)
        if not (zone.own or zone.services):
            del self._zones[interface.segment]

    def server(self, stack: Stack) -> str:
        """Whom the stack asks: the engine, or, on a host and on the default bridge, the hosts' own server."""
        return _server(stack)

    def lookup(self, stack: Stack, name: str) -> tuple[str, ...]:
        """Addresses of a name as a program finds them: in ``/etc/hosts`` first, then by DNS; none: unknown."""
        wanted = _key(name)
        if wanted == "localhost":
            return ("127.0.0.1",)
        for known, addresses in stack.names.items():
            if known.lower() == wanted:
                return addresses
        if wanted == stack.hostname.lower():
            own = tuple(card.address for card in _named(stack))
            if own:
                return own
        return self.resolve(stack, name).addresses

    def resolve(self, stack: Stack, name: str) -> Answer:
        """Ask for the IPv4 addresses of a name."""
        wanted = _key(name)
        if not wanted or any(not label or len(label) > LONGEST_LABEL for label in wanted.split(".")):
            return Answer(name, _server(stack), rcode="FORMERR")
        if _server(stack) == EMBEDDED:
            head, _, network = wanted.rpartition(".")
            for text, within in ((wanted, ""), (head, network)):
                for card in _in_order(stack):
                    if not text or (within and card.segment.name.lower() != within):
                        continue
                    found = self._on(card, text)
                    if found:
                        return Answer(name, EMBEDDED, self._shuffled(found))
        address = self.hosts.get(wanted)
        return self._from_outside(stack, name, (address,) if address else ())

    def reverse(self, stack: Stack, address: str) -> Answer:
        """Ask for the name of an address."""
        if _server(stack) == EMBEDDED:
            for card in _in_order(stack):
                holder = card.segment.addresses.get(address)
                entry = self._entries.get(holder) if holder else None
                if holder is not None and entry is not None and self._told(card, holder):
                    return Answer(address, EMBEDDED, names=(f"{entry.name}.{card.segment.name}",))
        names = tuple(name for name, known in self.hosts.items() if known == address)
        return self._from_outside(stack, address, names=names)

    def _from_outside(
        self, stack: Stack, name: str, addresses: tuple[str, ...] = (), names: tuple[str, ...] = ()
    ) -> Answer:
        server = _server(stack)
        if not self.world.faults.link(stack.host.hostname).up or not stack.interfaces:
            return Answer(name, server, rcode="SERVFAIL" if server == EMBEDDED else "TIMEOUT")
        fabric = self.world.fabric
        fabric.wires.learn(Way("reached", fabric.way(stack, OUTSIDE).legs[:1]))
        if not addresses and not names:
            return Answer(name, server, rcode="NXDOMAIN")
        return Answer(name, server, addresses, names, authoritative=True)

    def _on(self, card: Interface, name: str) -> list[str]:
        """Addresses of a name on one network, as the host of `card` has been told."""
        zone = self._zones.get(card.segment)
        if zone is None:
            return []
        if name in zone.own:
            found = [holder.address for holder in zone.own[name] if self._told(card, holder)]
            if found:
                return found
        shared = zone.services.get(name)
        if shared is not None:
            found = []
            for holder in shared:
                if self._told(card, holder):
                    if self._entries[holder].vip:
                        return [self._entries[holder].vip]
                    found.append(holder.address)
            return found
        return [holder.address for holder in zone.tasks.get(name, ()) if self._told(card, holder)]

    def _told(self, card: Interface, holder: Interface) -> bool:
        """Whether gossip brings the news of `holder` to the host of `card`."""
        return self.world.joined(card.stack.host, holder.stack.host)

    def _shuffled(self, addresses: list[str]) -> tuple[str, ...]:
        found = list(dict.fromkeys(addresses))
        self.world.random.shuffle(found)
        return tuple(found)


def hosts_file(stack: Stack) -> str:
    """Text of ``/etc/hosts``, as the engine writes it."""
    added = [f"{address}\t{name}" for name, addresses in stack.names.items() for address in addresses]
    own = [f"{card.address}\t{stack.hostname}" for card in _named(stack)]
    return LOCALHOST + "".join(f"{line}\n" for line in [*added, *own])


def resolv_conf(stack: Stack) -> str:
    """Text of ``/etc/resolv.conf``, as the engine writes it."""
    server = _server(stack)
    return f"nameserver {server}\n" + ("options ndots:0\n" if server == EMBEDDED else "")


def _server(stack: Stack) -> str:
    embedded = not stack.of_host and any(card.segment.answers_names for card in stack.interfaces)
    return EMBEDDED if embedded else OUTSIDE


def _key(name: str) -> str:
    return name.lower().removesuffix(".")


def _places(zone: _Zone, entry: _Entry) -> tuple[tuple[dict[str, dict[Interface, None]], tuple[str, ...]], ...]:
    tasks = tuple(f"tasks.{name}" for name in entry.service)
    return (zone.own, entry.own), (zone.services, entry.service), (zone.tasks, tasks)


def _in_order(stack: Stack) -> list[Interface]:
    """The networks in which a name is looked for: overlays, the ingress network, bridges; by name among them."""
    kinds = {"overlay": 0, "bridge": 2}
    asked = [card for card in stack.interfaces if card.segment.answers_names]
    return sorted(asked, key=lambda card: (card.segment.ingress or kinds[card.segment.kind], card.segment.name))


def _named(stack: Stack) -> list[Interface]:
    """Interfaces whose addresses ``/etc/hosts`` gives for the container's own host name."""
    if stack.of_host:
        return []
    return [card for card in stack.interfaces if card.segment.name != "docker_gwbridge"]
