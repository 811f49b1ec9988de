"""What tells of the way of packets: ``traceroute``, ``arp``, ``netstat``."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from ..options import Usage, read_options
from ..system import System
from .names import lookup, reverse

__all__ = ["arp", "netstat", "traceroute"]

DATA_BYTES = 38
PROBES = 3


async def traceroute(system: System, argv: Sequence[str]) -> int:
    """Find each router on the way."""
    options = read_options(argv, "46FIlnrvf:m:q:p:s:i:w:t:g:z:")
    if not options.rest:
        raise Usage("")
    name = options.rest[0]
    address = lookup(system, name)
    if address is None:
        system.complain(f"traceroute: bad address '{name}'")
        return 1
    most, wait_s = int(options.get("m") or 30), float(options.get("w") or 5)
    probes = int(options.get("q") or PROBES)
    system.say(f"traceroute to {name} ({address}), {most} hops max, {DATA_BYTES + 8} byte packets")
    for ttl in range(int(options.get("f") or 1), most + 1):
        line, last, arrived = f"{ttl:2d} ", "", False
        for _ in range(probes):
            delivery = system.world.fabric.send(system.stack, address, size=DATA_BYTES, ttl=ttl, kind="udp")
            if delivery.outcome == "no route":
                system.complain("traceroute: sendto: Network is unreachable")
                return 1
            if delivery.outcome not in ("reached", "expired", "unreachable"):
                await system.world.clock.sleep(wait_s)
                line += " *"
                continue
            await system.world.clock.sleep(delivery.rtt_ms / 1000)
            source = delivery.source or address
            if source != last:
                found = None if "n" in options else reverse(system, source)
                shown = source if "n" in options else f"{found or source} ({source})"
                line += f" {shown}"
                last = source
            mark = {"unreachable": " !N" if "Net" in (delivery.why or "") else " !H"}.get(delivery.outcome, "")
            line += f"  {delivery.rtt_ms:.3f} ms{mark}"
            arrived = arrived or delivery.outcome != "expired"
        system.say(line)
        if arrived:
            break
    return 0


async def arp(system: System, argv: Sequence[str]) -> int:
    """The neighbours that are known."""
    options = read_options(argv, "vnDi:A:H:ads")
    wanted = options.rest[0] if options.rest else ""
    if wanted and lookup(system, wanted) is None:
        system.complain(f"arp: {wanted}: Unknown host")
        return 1
    wanted = lookup(system, wanted) or "" if wanted else ""
    found = False
    for one in system.world.fabric.neighbours(system.stack):
        if ("i" in options and one.interface != options.get("i")) or (wanted and wanted != one.address):
            continue
        name = None if "n" in options else reverse(system, one.address)
        mac = f"{one.mac} [ether] " if one.mac else "<incomplete> "
        system.say(f"{name or '?'} ({one.address}) at {mac} on {one.interface}")
        found = True
    if wanted and not found:
        system.complain(f"No match found in {len(system.world.fabric.neighbours(system.stack))} entries")
        return 1
    return 0


async def netstat(system: System, argv: Sequence[str]) -> int:
    """The ports that are listened on, or the routing table."""
    options = read_options(argv, "laentuwxrWpi")
    if "r" in options:
        system.say("Kernel IP routing table")
        system.say("Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface")
        for one in system.world.fabric.routes(system.stack):
            if one.destination == "default":
                target, gateway, mask, flags = "0.0.0.0" if "n" in options else "default", one.gateway, "0.0.0.0", "UG"
            else:
                network = ip_network(one.destination)
                target, gateway, flags = str(network.network_address), "0.0.0.0" if "n" in options else "*", "U"
                mask = str(network.netmask)
            system.say(f"{target:<15} {gateway:<15} {mask:<15} {flags:<6}    0 0          0 {one.interface}")
        return 0
    system.say(f"Active Internet connections ({'only servers' if 'l' in options else 'w/o servers'})")
    system.say("Proto Recv-Q Send-Q Local Address           Foreign Address         State       ")
    if "l" in options or "a" in options:
        for port in sorted(system.stack.listening):
            system.say(f"tcp        0      0 {f'0.0.0.0:{port}':<23} {'0.0.0.0:*':<23} LISTEN      ")
    return 0
