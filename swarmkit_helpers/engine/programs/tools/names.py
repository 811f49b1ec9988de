"""Names and addresses, as the C library gives them to programs."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address

from ..system import System

__all__ = ["is_address", "lookup", "lookup_all", "reverse"]


def is_address(text: str) -> bool:
    """Whether it is an IPv4 address."""
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def lookup_all(system: System, name: str) -> tuple[str, ...]:
    """The addresses of a name: ``/etc/hosts`` first, then DNS."""
    if is_address(name):
        return (name,)
    if name.lower() in ("localhost", "localhost."):
        return ("127.0.0.1",)
    return tuple(system.world.fabric.resolver.lookup(system.stack, name))


def lookup(system: System, name: str) -> str | None:
    """The first address of a name; None where it has none."""
    found = lookup_all(system, name)
    return found[0] if found else None


def reverse(system: System, address: str) -> str | None:
    """The name of an address; None where it has none."""
    if address.startswith("127."):
        return "localhost"
    names = system.world.fabric.resolver.reverse(system.stack, address).names
    return names[0] if names else None
