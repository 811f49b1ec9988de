"""``/proc/net`` and ``/proc/mounts``, in the formats of Linux (proc(5), proc_pid_net(5), fstab(5))."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .system import System

__all__ = ["devices", "mounts", "neighbours", "routes"]

ROUTE_WIDTH = 127
ETHERNET = 1
COMPLETE = 0x2
"""Flag of a neighbour whose MAC address is known (``linux/if_arp.h``)."""
UP, GATEWAY = 0x1, 0x2
"""Flags of a route (``linux/route.h``)."""
ALWAYS = (
    "overlay / overlay rw,relatime 0 0",
    "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0",
    "tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0",
    "devpts /dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666 0 0",
    "sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0",
    "mqueue /dev/mqueue mqueue rw,nosuid,nodev,noexec,relatime 0 0",
    "shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k 0 0",
)
DISK = "/dev/vda1"
FROM_ENGINE = ("/etc/resolv.conf", "/etc/hostname", "/etc/hosts")


def devices(system: System) -> str:
    """``/proc/net/dev``; nothing here counts bytes."""
    lines = [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|"
        "bytes    packets errs drop fifo colls carrier compressed",
    ]
    received = f"{0:7d} {0:7d} {0:4d} {0:4d} {0:4d} {0:5d} {0:10d} {0:9d}"
    sent = f"{0:8d} {0:7d} {0:4d} {0:4d} {0:4d} {0:5d} {0:7d} {0:10d}"
    cards = sorted(system.stack.interfaces, key=lambda card: card.index)
    lines += [f"{name:>6}: {received} {sent}" for name in ("lo", *(card.name for card in cards))]
    return "".join(f"{line}\n" for line in lines)


def routes(system: System) -> str:
    """``/proc/net/route``: addresses in the order of this machine's bytes."""

    def hexadecimal(address: str) -> str:
        return "".join(f"{int(part):02X}" for part in reversed(address.split(".")))

    lines = ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"]
    for one in system.world.fabric.routes(system.stack):
        network = ip_network("0.0.0.0/0" if one.destination == "default" else one.destination)
        flags = UP | (GATEWAY if one.gateway else 0)
        target, mask = hexadecimal(str(network.network_address)), hexadecimal(str(network.netmask))
        via = hexadecimal(one.gateway or "0.0.0.0")
        lines.append(f"{one.interface}\t{target}\t{via}\t{flags:04X}\t0\t0\t0\t{mask}\t0\t0\t0")
    return "".join(f"{line:<{ROUTE_WIDTH}}\n" for line in lines)


def neighbours(system: System) -> str:
    """``/proc/net/arp``."""
    lines = ["IP address       HW type     Flags       HW address            Mask     Device"]
    for one in system.world.fabric.neighbours(system.stack):
        flags, mac = (COMPLETE, one.mac) if one.mac else (0, "00:00:00:00:00:00")
        lines.append(f"{one.address:<16} 0x{ETHERNET:<10x}0x{flags:<10x}{mac:<17}     *        {one.interface}")
    return "".join(f"{line}\n" for line in lines)


def mounts(system: System) -> str:
    """``/proc/mounts``: what each container has, then what is mounted in this one."""
    lines = [*ALWAYS, *(f"{DISK} {path} ext4 rw,relatime 0 0" for path in FROM_ENGINE)]
    for one in system.container.mounts:
        rights = "rw" if one.get("RW", True) else "ro"
        if one.get("Type") == "tmpfs":
            lines.append(f"tmpfs {one['Destination']} tmpfs {rights},nosuid,nodev,noexec,relatime 0 0")
        else:
            lines.append(f"{DISK} {one['Destination']} ext4 {rights},relatime 0 0")
    return "".join(f"{line}\n" for line in lines)
