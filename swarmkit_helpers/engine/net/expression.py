"""tcpdump's expressions: which frames a capture takes (pcap-filter(7); what is used of it)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

__all__ = ["compiled"]

Test = Callable[["_Seen"], bool]
SYNTAX_ERROR = "syntax error"
MOST_WORDS = 200
WORD = re.compile(r"\(|\)|!|&&|\|\||[^\s()!&|]+")
PROTOCOLS = {
    "icmp": 1,
    "tcp": 6,
    "udp": 17,
    "sctp": 132,
    "esp": 50,
    "ah": 51,
}
WITH_PORTS = (PROTOCOLS["tcp"], PROTOCOLS["udp"], PROTOCOLS["sctp"])
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
SERVICES = {"http": 80, "https": 443, "domain": 53, "ssh": 22}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What of a frame an expression can ask for."""

    length: int
    kind: int
    """Of its Ethernet header: 0x0800 for IPv4."""
    macs: tuple[str, str]
    protocol: int | None = None
    ends: tuple[int, int] | None = None
    """Source and destination, as numbers."""
    ports: tuple[int, int] | None = None


def compiled(expression: str) -> Callable[[bytes], bool]:
    """What tells the frames that an expression wants.

    Raises
    ------
    ValueError
        « syntax error », as tcpdump says.
    """
    words = WORD.findall(expression)
    if not words:
        return lambda _: True
    if len(words) > MOST_WORDS:
        raise ValueError(SYNTAX_ERROR)
    reader = _Reader(words)
    test = reader.either()
    if reader.words:
        raise ValueError(SYNTAX_ERROR)
    return lambda frame: test(_seen(frame))


def _seen(frame: bytes) -> _Seen:
    kind = int.from_bytes(frame[12:14], "big")
    macs = frame[6:12].hex(":"), frame[:6].hex(":")
    if kind == ARP and len(frame) >= 42:
        ends = int.from_bytes(frame[28:32], "big"), int.from_bytes(frame[38:42], "big")
        return _Seen(len(frame), kind, macs, None, ends)
    if kind != IPV4 or len(frame) < 34:
        return _Seen(len(frame), kind, macs)
    ip = frame[14:]
    protocol = ip[9]
    ends = int.from_bytes(ip[12:16], "big"), int.from_bytes(ip[16:20], "big")
    start = (ip[0] & 0x0F) * 4
    first = not int.from_bytes(ip[6:8], "big") & 0x1FFF
    ports = None
    if protocol in WITH_PORTS and first and len(ip) >= start + 4:
        ports = int.from_bytes(ip[start : start + 2], "big"), int.from_bytes(ip[start + 2 : start + 4], "big")
    return _Seen(len(frame), kind, macs, protocol, ends, ports)


class _Reader:
    """Reads words one after the other: or, below it and, below it not."""

    def __init__(self, words: list[str]) -> None:
        self.words = list(reversed(words))

    def either(self) -> Test:
        test = self.both()
        while self._next_is("or", "||"):
            test = _any(test, self.both())
        return test

    def both(self) -> Test:
        test = self.one()
        while self._next_is("and", "&&"):
            test = _all(test, self.one())
        return test

    def one(self) -> Test:
        if self._next_is("not", "!"):
            refused = self.one()
            return lambda seen: not refused(seen)
        if self._next_is("("):
            test = self.either()
            if not self._next_is(")"):
                raise ValueError(SYNTAX_ERROR)
            return test
        return self._primitive()

    def _next_is(self, *words: str) -> bool:
        if self.words and self.words[-1] in words:
            self.words.pop()
            return True
        return False

    def _take(self) -> str:
        if not self.words:
            raise ValueError(SYNTAX_ERROR)
        return self.words.pop()

    def _primitive(self) -> Test:
        word = self._take()
        protocol: Test | None = None
        if word in PROTOCOLS:
            number = PROTOCOLS[word]
            protocol = lambda seen: seen.protocol == number  # noqa: E731
        elif word in ("ip", "arp", "ip6"):
            kinds = {"ip": IPV4, "arp": ARP, "ip6": IPV6}
            kind = kinds[word]
            protocol = lambda seen: seen.kind == kind  # noqa: E731
        if protocol is not None:
            if not self.words or self.words[-1] not in ("src", "dst", "host", "net", "port", "portrange"):
                return protocol
            return _all(protocol, self._directed(self._take()))
        if word in ("greater", "less"):
            limit = _integer(self._take())
            return (lambda seen: seen.length >= limit) if word == "greater" else (lambda seen: seen.length <= limit)
        if word == "ether":
            return self._ether()
        return self._directed(word)

    def _ether(self) -> Test:
        word = self._take()
        side = {"src": (0,), "dst": (1,)}.get(word, (0, 1))
        if word not in ("src", "dst", "host"):
            raise ValueError(SYNTAX_ERROR)
        if word != "host":
            self._next_is("host")
        mac = self._take().lower()
        return lambda seen: any(seen.macs[end] == mac for end in side)

    def _directed(self, word: str) -> Test:
        sides: tuple[int, ...] = (0, 1)
        if word in ("src", "dst"):
            sides = (0,) if word == "src" else (1,)
            word = self.words.pop() if self.words and self.words[-1] in ("host", "net", "port", "portrange") else "host"
        if word == "host" or _is_address(word):
            return _on_host(sides, word if _is_address(word) else self._take())
        if word == "net":
            return _on_net(sides, self._take())
        if word == "port":
            port = _port(self._take())
            return lambda seen: seen.ports is not None and any(seen.ports[side] == port for side in sides)
        if word == "portrange":
            low, _, high = self._take().partition("-")
            first, last = _port(low), _port(high or low)
            return lambda seen: seen.ports is not None and any(first <= seen.ports[side] <= last for side in sides)
        raise ValueError(SYNTAX_ERROR)


def _any(one: Test, other: Test) -> Test:
    return lambda seen: one(seen) or other(seen)


def _all(one: Test, other: Test) -> Test:
    return lambda seen: one(seen) and other(seen)


def _is_address(word: str) -> bool:
    return re.fullmatch(r"\d+\.\d+\.\d+\.\d+", word, re.ASCII) is not None


def _on_host(sides: tuple[int, ...], address: str) -> Test:
    try:
        wanted = int.from_bytes(socket.inet_aton(address), "big")
    except OSError as err:
        raise ValueError(SYNTAX_ERROR) from err
    return lambda seen: seen.ends is not None and any(seen.ends[side] == wanted for side in sides)


def _on_net(sides: tuple[int, ...], text: str) -> Test:
    try:
        found = ip_network(text)
    except ValueError as err:
        raise ValueError(SYNTAX_ERROR) from err
    network, mask = int(found.network_address), int(found.netmask)
    return lambda seen: seen.ends is not None and any(seen.ends[side] & mask == network for side in sides)


def _integer(word: str) -> int:
    if not (word.isascii() and word.isdecimal()):
        raise ValueError(SYNTAX_ERROR)
    return int(word)


def _port(word: str) -> int:
    return SERVICES[word] if word in SERVICES else _integer(word)
