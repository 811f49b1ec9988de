"""What a container's sandbox holds, read from inside it: interfaces, routes, DNS.

The parsers take what BusyBox (or iproute2) prints and never run anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Interface", "Sandbox", "parse_ip_addr", "parse_ip_route", "parse_resolv_conf"]


@dataclass(frozen=True, slots=True)
class Interface:
    """One interface of a sandbox."""

    name: str
    """Without the index of its other end: ``eth0``, not ``eth0@if12``."""
    address: str | None
    """With its prefix: ``10.0.1.5/24``; None when it has no IPv4 address."""
    mac: str | None
    """None for the loopback."""
    mtu: int | None = None
    """In bytes."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The network configuration of one container, as it sees it from inside."""

    interfaces: tuple[Interface, ...] = ()
    routes: tuple[str, ...] = ()
    """``default via 172.18.0.1 dev eth1``."""
    resolvers: tuple[str, ...] = ()
    """Addresses of the DNS servers: ``127.0.0.11``."""


HEADING = re.compile(r"^\d+: (?P<name>[^:@\s]+)(?:@[^:\s]+)?:(?P<rest>.*)$")
LINK = re.compile(r"^\s+link/(?P<kind>\S+)(?:\s+(?P<mac>[0-9a-fA-F:]{17}))?")
INET = re.compile(r"^\s+inet (?P<address>\d+\.\d+\.\d+\.\d+(?:/\d+)?)")
MTU = re.compile(r"\bmtu (\d+)")


def parse_ip_addr(text: str) -> tuple[Interface, ...]:
    """Read the output of ``ip addr``.

    An interface that has several IPv4 addresses gives one record for each: a load-balancing sandbox holds the VIPs
    this way.

    Parameters
    ----------
    text
        Output of BusyBox's or iproute2's ``ip addr``.

    Returns
    -------
    tuple of Interface
        In the order of the output; empty when no interface is in it.
    """
    found: list[Interface] = []
    name, mac, mtu = "", None, None
    for line in text.splitlines():
        if heading := HEADING.match(line):
            name, mac = heading["name"], None
            stated = MTU.search(heading["rest"])
            mtu = int(stated[1]) if stated else None
            found.append(Interface(name, None, None, mtu))
        elif not found:
            continue
        elif link := LINK.match(line):
            mac = link["mac"].lower() if link["kind"] == "ether" and link["mac"] else None
            found[-1] = Interface(name, found[-1].address, mac, mtu)
        elif inet := INET.match(line):
            if found[-1].address is None:
                found[-1] = Interface(name, inet["address"], mac, mtu)
            else:
                found.append(Interface(name, inet["address"], mac, mtu))
    return tuple(found)


def parse_ip_route(text: str) -> tuple[str, ...]:
    """Read the output of ``ip route``: one route per line, single spaces, no empty line."""
    return tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())


def parse_resolv_conf(text: str) -> tuple[str, ...]:
    """Read ``/etc/resolv.conf``: the addresses of its ``nameserver`` lines, in order (resolv.conf(5))."""
    lines = (line.split("#")[0].split(";")[0].split() for line in text.splitlines())
    return tuple(words[1] for words in lines if len(words) >= 2 and words[0] == "nameserver")
