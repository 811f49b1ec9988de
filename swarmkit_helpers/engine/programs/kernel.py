"""Files that the kernel makes (/proc, /sys) and that the engine does (/etc/hosts…), from what the container is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..net.dns import hosts_file, resolv_conf
from . import proc_net

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
GROUP = "root:x:0:\nnobody:x:65534:\n"
MADE: Mapping[str, Callable[[System], str]] = MappingProxyType(
    {
        "/proc/mounts": proc_net.mounts,
        "/proc/self/mounts": proc_net.mounts,
        "/proc/net/arp": proc_net.neighbours,
        "/proc/net/dev": proc_net.devices,
        "/proc/net/route": proc_net.routes,
    }
)


def paths(system: System) -> tuple[str, ...]:
    """What `content` knows."""
    cards = [card.name for card in system.stack.interfaces] + ["lo"]
    return (
        *("/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/os-release", "/etc/passwd", "/etc/group"),
        *("/.dockerenv", "/proc/1/cmdline", *MADE, "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/1/comm"),
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
        "/.dockerenv": "",
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
    if path == "/etc/passwd":
        return _users(system, "{name}:x:{number}:{number}:{name}:/:/bin/false\n", PASSWD)
    if path == "/etc/group":
        return _users(system, "{name}:x:{number}:\n", GROUP)
    if path == "/proc/1/comm":
        return f"{system.container.path.rpartition('/')[2]}\n"
    if path == "/proc/1/cmdline":
        return "".join(f"{word}\0" for word in (system.container.path, *system.container.args))
    if path in MADE:
        return MADE[path](system)
    if path.startswith("/sys/class/net/"):
        return _card(system, path.removeprefix("/sys/class/net/"))
    return None


def _users(system: System, line: str, own: str) -> str:
    """Users or groups: root, nobody, and those of the programs that the image has."""
    from ..node.users import BY_PROGRAM, OF_PROGRAM

    named = [name for name, program in BY_PROGRAM.items() if program in system.programs]
    return own + "".join(line.format(name=name, number=OF_PROGRAM) for name in named)


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
