"""Files that the kernel makes (/proc, /sys) and that the engine does (/etc/hosts…), from what the container is."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from ..net.dns import hosts_file, resolv_conf

if TYPE_CHECKING:
    from .system import System

__all__ = ["RELEASE", "content", "paths"]

RELEASE = "6.1.0-simulated"
LOOPBACK_MTU = 65_536
OS_RELEASE = """\
NAME="Conteneur simulé"
PRETTY_NAME="Conteneur simulé : aucun vrai processus n'y tourne"
ID=swarmlab
ID_LIKE=debian
"""
PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"


def paths(system: System) -> tuple[str, ...]:
    """What `content` knows."""
    cards = [card.name for card in system.stack.interfaces] + ["lo"]
    return (
        *("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/os-release", "/etc/passwd", "/etc/group"),
        *("/proc/net/dev", "/proc/net/route", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/1/comm"),
        *("/proc/sys/net/ipv4/ip_forward", "/proc/sys/kernel/hostname", "/proc/meminfo", "/proc/cpuinfo"),
        *(f"/sys/class/net/{card}/{name}" for card in cards for name in ("mtu", "address", "operstate", "ifindex")),
    )


def content(system: System, path: str) -> bytes | None:
    """Content of such a file; None for another path."""
    text = _text(system, path)
    return None if text is None else text.encode()


def _text(system: System, path: str) -> str | None:
    stack = system.stack
    simple = {
        "/etc/hostname": f"{stack.hostname}\n",
        "/etc/os-release": OS_RELEASE,
        "/etc/passwd": PASSWD,
        "/etc/group": GROUP,
        "/proc/version": f"Linux version {RELEASE} (simulated)\n",
        "/proc/uptime": f"{system.world.clock.time():.2f} 0.00\n",
        "/proc/loadavg": "0.00 0.00 0.00 1/64 1\n",
        "/proc/sys/net/ipv4/ip_forward": "1\n",
        "/proc/sys/kernel/hostname": f"{stack.hostname}\n",
        "/proc/meminfo": "MemTotal:        2097152 kB\nMemFree:         1048576 kB\nMemAvailable:    1572864 kB\n",
        "/proc/cpuinfo": "processor\t: 0\nmodel name\t: simulated\n\n",
    }
    if path in simple:
        return simple[path]
    if path == "/etc/hosts":
        return hosts_file(stack)
    if path == "/etc/resolv.conf":
        return resolv_conf(stack)
    if path == "/proc/1/comm":
        return f"{system.container.path.rpartition('/')[2]}\n"
    if path == "/proc/net/dev":
        return _devices(system)
    if path == "/proc/net/route":
        return _routes(system)
    if path.startswith("/sys/class/net/"):
        return _card(system, path.removeprefix("/sys/class/net/"))
    return None


def _devices(system: System) -> str:
    lines = [
        "Inter-|   Receive                                                |  Transmit",
        " face |bytes    packets errs drop fifo frame compressed multicast|"
        "bytes    packets errs drop fifo colls carrier compressed",
    ]
    received = "       0       0    0    0    0     0          0         0"
    sent = "        0       0    0    0    0     0       0          0"
    zeros = received + sent
    lines += [f"{name:>6}:{zeros}" for name in ("lo", *(card.name for card in system.stack.interfaces))]
    return "\n".join(lines) + "\n"


def _routes(system: System) -> str:
    def hexadecimal(address: str) -> str:
        return "".join(f"{int(part):02X}" for part in reversed(address.split(".")))

    lines = ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"]
    for card in system.stack.interfaces:
        network = ip_network(f"{card.address}/{card.prefix}", strict=False)
        if card.gateway:
            lines.append(f"{card.name}\t00000000\t{hexadecimal(card.gateway)}\t0003\t0\t0\t0\t00000000\t0\t0\t0")
        target, mask = hexadecimal(str(network.network_address)), hexadecimal(str(network.netmask))
        lines.append(f"{card.name}\t{target}\t00000000\t0001\t0\t0\t0\t{mask}\t0\t0\t0")
    return "\n".join(lines) + "\n"


def _card(system: System, rest: str) -> str | None:
    name, _, what = rest.partition("/")
    if name == "lo":
        loopback = {"mtu": LOOPBACK_MTU, "address": "00:00:00:00:00:00", "operstate": "unknown", "ifindex": 1}
        return f"{loopback[what]}\n" if what in loopback else None
    card = next((card for card in system.stack.interfaces if card.name == name), None)
    if card is None:
        return None
    known = {
        "mtu": card.mtu,
        "address": card.mac,
        "operstate": "up" if card.up else "down",
        "ifindex": card.index,
    }
    return f"{known[what]}\n" if what in known else None
