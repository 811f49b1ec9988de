"""Addresses: subnets given out of pools, addresses given out of subnets, as the engine's address manager does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network
from typing import overload

from ..refusal import Refusal

__all__ = ["LOCAL_POOLS", "Numbers", "Pool", "Pools", "mac_of"]

LOCAL_POOLS: tuple[IPv4Network, ...] = (
    *(IPv4Network(f"172.{second}.0.0/16") for second in range(17, 32)),
    *IPv4Network("192.168.0.0/16").subnets(new_prefix=20),
)
"""Where an engine takes the subnets of its own bridges from."""
EXHAUSTED = "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"


def mac_of(address: str) -> str:
    """The MAC address that the engine makes from an IPv4 address: ``02:42`` and its four bytes."""
    return "02:42:" + ":".join(f"{byte:02x}" for byte in IPv4Address(address).packed)


class Numbers:
    """Numbers from `first` to `last`, each given once; given back, one is not given again before the others.

    VXLAN ids, published ports, addresses: the engine gives all of these one after the other, then starts again.
    """

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last
        self.taken: set[int] = set()
        self._next = first

    def take(self, *, lowest: bool = False, within: tuple[int, int] | None = None) -> int | None:
        """The next free number, or the lowest one; None when there is none."""
        first, last = within or (self.first, self.last)
        start = first if lowest or not first <= self._next <= last else self._next
        for number in self._from(start, first, last):
            if number not in self.taken:
                self.taken.add(number)
                self._next = number + 1
                return number
        return None

    def reserve(self, number: int) -> bool:
        """Take that very number; False when it is taken already."""
        if number in self.taken:
            return False
        self.taken.add(number)
        return True

    def give_back(self, number: int) -> None:
        """Make a number free again."""
        self.taken.discard(number)

    @staticmethod
    def _from(start: int, first: int, last: int) -> Iterator[int]:
        yield from range(start, last + 1)
        yield from range(first, start)


class Pool:
    """The addresses of one subnet.

    Parameters
    ----------
    subnet
        ``10.0.1.0/24``; bits of the host part are as good as none.
    within
        The part of it that addresses are taken from when none is asked for; empty for all of it.
    serial
        Whether addresses are given one after the other, as swarms do, or the lowest free one, as bridges do.
    """

    def __init__(self, subnet: str, within: str = "", *, serial: bool = False) -> None:
        self.subnet = IPv4Network(subnet, strict=False)
        self.serial = serial
        first, last = int(self.subnet.network_address), int(self.subnet.broadcast_address)
        self._numbers = Numbers(first, last)
        self._numbers.reserve(first)
        self._numbers.reserve(last)
        part = IPv4Network(within, strict=False) if within else self.subnet
        inside = part.subnet_of(self.subnet)
        self._within = (int(part.network_address), int(part.broadcast_address)) if inside else (first, last)

    @property
    def prefix(self) -> int:
        """Length of the prefix."""
        return self.subnet.prefixlen

    def take(self, asked: str = "") -> str:
        """An address: the one asked for, or the next one.

        Raises
        ------
        Refusal
            In the address manager's words.
        """
        if asked:
            address = IPv4Address(asked)
            if address not in self.subnet:
                raise Refusal(400, "Requested address is out of range")
            if not self._numbers.reserve(int(address)):
                raise Refusal(403, "Address already in use")
            return str(address)
        number = self._numbers.take(lowest=not self.serial, within=self._within)
        if number is None:
            raise Refusal(503, "No available addresses on this pool")
        return str(IPv4Address(number))

    def give_back(self, address: str) -> None:
        """Make an address free again."""
        self._numbers.give_back(int(IPv4Address(address)))


class Pools:
    """The subnets of one address space: those of a host's own networks, or those of a swarm's.

    Parameters
    ----------
    predefined
        Subnets that networks get which ask for none, in that order, and again from the start.
    """

    def __init__(self, predefined: Sequence[IPv4Network]) -> None:
        self._predefined = predefined
        self._next = 0
        self._taken: list[IPv4Network] = []

    @classmethod
    def of_swarm(cls, pools: Sequence[str], size: int) -> Pools:
        """Of a swarm: its pools, cut into subnets of that prefix."""
        return cls(_Cut([IPv4Network(pool, strict=False) for pool in pools], size))

    def take(self, asked: str = "") -> str:
        """A subnet: the one asked for, or the next one that overlaps no other.

        Raises
        ------
        Refusal
            In the address manager's words.
        """
        if asked:
            subnet = IPv4Network(asked, strict=False)
            if self._overlaps(subnet):
                raise Refusal(403, "Pool overlaps with other one on this address space")
            self._taken.append(subnet)
            return asked
        count = len(self._predefined)
        for step in range(count):
            place = (self._next + step) % count
            subnet = self._predefined[place]
            if not self._overlaps(subnet):
                self._next = place + 1
                self._taken.append(subnet)
                return str(subnet)
        raise Refusal(404, EXHAUSTED)

    def give_back(self, subnet: str) -> None:
        """Make a subnet free again."""
        self._taken.remove(IPv4Network(subnet, strict=False))

    def _overlaps(self, subnet: IPv4Network) -> bool:
        return any(subnet.overlaps(other) for other in self._taken)


class _Cut(Sequence[IPv4Network]):
    """Networks cut into subnets of one size: 10.0.0.0/8 has 65,536 of /24, which nobody wants to make beforehand."""

    def __init__(self, networks: Sequence[IPv4Network], size: int) -> None:
        self._networks = networks
        self._size = size
        self._counts = [1 << max(0, size - network.prefixlen) for network in networks]

    def __len__(self) -> int:
        return sum(self._counts)

    @overload
    def __getitem__(self, place: int) -> IPv4Network: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[IPv4Network]: ...
    def __getitem__(self, place: int | slice) -> IPv4Network | Sequence[IPv4Network]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        for network, count in zip(self._networks, self._counts, strict=True):
            if place < count:
                return IPv4Network((int(network.network_address) + (place << (32 - self._size)), self._size))
            place -= count
        raise IndexError(place)
