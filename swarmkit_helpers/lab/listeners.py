"""Which TCP sockets listen in this process's network namespace, as the kernel tells anyone who asks."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

__all__ = ["Listener", "listeners"]

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTENING = "0A"


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening socket."""

    address: IPv4Address | IPv6Address
    port: int
    inode: int
    """Tells this socket from any other that listened, or will listen, on the same port."""


def listeners() -> Iterator[Listener]:
    """Each TCP socket that listens, from proc_net_tcp of the kernel's documentation; none where there is no /proc."""
    for table in TABLES:
        if not table.exists():
            continue
        for fields in map(str.split, table.read_text("ascii").splitlines()[1:]):
            if fields[3] == LISTENING:
                address, port = fields[1].split(":")
                yield Listener(_address(address), int(port, 16), int(fields[9]))


def _address(digits: str) -> IPv4Address | IPv6Address:
    """The address that the kernel wrote as 32-bit words of the machine's own byte order."""
    words = [int(digits[at : at + 8], 16) for at in range(0, len(digits), 8)]
    raw = struct.pack(f"={len(words)}I", *words)
    return IPv4Address(raw) if len(words) == 1 else IPv6Address(socket.inet_ntop(socket.AF_INET6, raw))
