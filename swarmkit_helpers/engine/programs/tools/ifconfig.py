"""``ifconfig`` and ``route``, as BusyBox's."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_network

from ..options import read_options
from ..system import System
from .cards import cards_of

__all__ = ["ifconfig", "route"]


async def route(system: System, argv: Sequence[str]) -> int:
    """The routing table."""
    options = read_options(argv, "neA:")
    if options.rest:
        system.complain("route: SIOCADDRT: Operation not permitted")
        return 1
    system.say("Kernel IP routing table")
    system.say("Destination     Gateway         Genmask         Flags Metric Ref    Use Iface")
    for one in system.world.fabric.routes(system.stack):
        if one.destination == "default":
            shown = ("0.0.0.0" if "n" in options else "default", one.gateway, "0.0.0.0", "UG")
        else:
            network = ip_network(one.destination)
            shown = (str(network.network_address), "0.0.0.0" if "n" in options else "*", str(network.netmask), "U")
        destination, gateway, mask, flags = shown
        system.say(f"{destination:<15} {gateway:<15} {mask:<15} {flags:<5} 0      0        0 {one.interface}")
    return 0


async def ifconfig(system: System, argv: Sequence[str]) -> int:
    """The interfaces."""
    cards = sorted(cards_of(system), key=lambda card: card.name)
    name = argv[1] if len(argv) > 1 and not argv[1].startswith("-") else ""
    if name and name not in {card.name for card in cards}:
        system.complain(f"ifconfig: {name}: error fetching interface information: Device not found")
        return 1
    for card in cards:
        if name and card.name != name:
            continue
        if card.loop:
            system.say(f"{card.name:<9} Link encap:Local Loopback  ")
            system.say(f"          inet addr:{card.address}  Mask:255.0.0.0")
            system.say(f"          UP LOOPBACK RUNNING  MTU:{card.mtu}  Metric:1")
        else:
            network = ip_network(f"{card.address}/{card.prefix}", strict=False)
            system.say(f"{card.name:<9} Link encap:Ethernet  HWaddr {card.mac.upper()}  ")
            mask = f"Bcast:{network.broadcast_address}  Mask:{network.netmask}"
            system.say(f"          inet addr:{card.address}  {mask}")
            up = "UP BROADCAST RUNNING MULTICAST" if card.up else "BROADCAST MULTICAST"
            system.say(f"          {up}  MTU:{card.mtu}  Metric:1")
        system.say("          RX packets:0 errors:0 dropped:0 overruns:0 frame:0")
        system.say("          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0")
        system.say(f"          collisions:0 txqueuelen:{1000 if card.loop else 0} ")
        system.say("          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n")
    return 0
