"""``nslookup``, as BusyBox's larger one."""

from __future__ import annotations

from collections.abc import Sequence

from ..options import Usage
from ..system import System
from .names import is_address, lookup

__all__ = ["nslookup"]

PATIENCE_S = 10.0
TYPES = ("a", "aaaa", "ptr", "ns", "soa", "cname", "mx", "txt", "srv", "any")


async def nslookup(system: System, argv: Sequence[str]) -> int:
    """Ask a DNS server for a name, or for an address."""
    asked: list[str] = []
    types: list[str] = []
    for word in argv[1:]:
        if word.startswith("-"):
            key, _, value = word.lstrip("-").partition("=")
            if key in ("type", "querytype", "q") and value.lower() in TYPES:
                types.append(value.lower())
            elif key in ("type", "querytype", "q"):
                raise Usage(f'invalid query type "{value}"')
            elif key != "debug":
                raise Usage("")
        else:
            asked.append(word)
    if not asked or len(asked) > 2:
        raise Usage("")
    resolver = system.world.fabric.resolver
    own = resolver.server(system.stack)
    server = own
    if len(asked) == 2:
        server = lookup(system, asked[1]) or ""
        if not server:
            system.complain(f"nslookup: bad address '{asked[1]}'")
            return 1
    if server != own or not own:
        await system.world.clock.sleep(PATIENCE_S)
        system.say(";; connection timed out; no servers could be reached\n")
        return 1
    await system.world.clock.sleep(0.001)
    system.say(f"Server:\t\t{server}\nAddress:\t{server}:53\n")
    return _reverse(system, asked[0]) if is_address(asked[0]) else _forward(system, asked[0], types or ["a", "aaaa"])


def _reverse(system: System, address: str) -> int:
    answer = system.world.fabric.resolver.reverse(system.stack, address)
    asked = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    if answer.rcode != "NOERROR" or not answer.names:
        system.say(f"** server can't find {asked}: {'NXDOMAIN' if answer.rcode == 'NOERROR' else answer.rcode}\n")
        return 1
    system.say("Non-authoritative answer:")
    for name in answer.names:
        system.say(f"{asked}\tname = {name}")
    system.say("")
    return 0


def _forward(system: System, name: str, types: Sequence[str]) -> int:
    answer = system.world.fabric.resolver.resolve(system.stack, name)
    failed = False
    for kind in types:
        if answer.rcode != "NOERROR":
            system.say(f"** server can't find {name}: {answer.rcode}\n")
            failed = True
            continue
        if not answer.authoritative:
            system.say("Non-authoritative answer:")
        if kind in ("a", "any"):
            for address in answer.addresses:
                system.say(f"Name:\t{name}\nAddress: {address}")
        system.say("")
    return int(failed)
