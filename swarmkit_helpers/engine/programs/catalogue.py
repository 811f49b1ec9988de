"""Which program a name is, and which names each image has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .files import kept
from .options import Usage, usage_of

if TYPE_CHECKING:
    from .system import Program, System

__all__ = [
    "BUSYBOX",
    "NGINX",
    "POSTGRES",
    "REDIS",
    "RESULT",
    "TOOLS",
    "VISUALIZER",
    "VOTE",
    "WORKER",
    "available",
    "child",
    "find",
    "path_of",
    "program",
    "run",
]

BUSYBOX = frozenset(
    [
        "[",
        "arp",
        "ash",
        "base64",
        "basename",
        "busybox",
        "cat",
        "chmod",
        "chown",
        "clear",
        "cp",
        "cut",
        "date",
        "df",
        "dirname",
        "echo",
        "env",
        "expr",
        "false",
        "find",
        "free",
        "grep",
        "head",
        "hostname",
        "id",
        "ifconfig",
        "ip",
        "kill",
        "ln",
        "ls",
        "md5sum",
        "mkdir",
        "mkfifo",
        "mktemp",
        "mv",
        "nc",
        "netstat",
        "nproc",
        "nslookup",
        "ping",
        "printf",
        "ps",
        "pwd",
        "readlink",
        "realpath",
        "rm",
        "rmdir",
        "route",
        "sed",
        "seq",
        "sh",
        "sha256sum",
        "sleep",
        "sort",
        "stat",
        "sync",
        "tac",
        "tail",
        "tee",
        "test",
        "timeout",
        "top",
        "touch",
        "tr",
        "traceroute",
        "true",
        "tty",
        "uname",
        "uniq",
        "uptime",
        "wc",
        "wget",
        "which",
        "whoami",
        "xargs",
        "yes",
    ]
)
"""The programs of BusyBox that are here."""
TOOLS = BUSYBOX | {"bridge", "curl", "dash", "tcpdump"}
"""swarmlab/outils: its ping is that of iputils, its ip that of iproute2, its sh is dash."""
NGINX = BUSYBOX | {"nginx", "curl"}
REDIS = BUSYBOX | {"docker-entrypoint.sh", "redis-cli", "redis-server"}
POSTGRES = BUSYBOX | {"docker-entrypoint.sh", "initdb", "pg_isready", "postgres", "psql"}
VOTE = RESULT = WORKER = VISUALIZER = BUSYBOX | {"python3"}
EVERYTHING = TOOLS | NGINX | REDIS | POSTGRES | VOTE
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def _table() -> dict[str, Program]:
    from .servers import commands as servers
    from .shell import sh
    from .tools import commands as tools

    return {**tools.COMMANDS, **servers.COMMANDS, "sh": sh, "ash": sh, "dash": sh}


_PROGRAMS: dict[str, Program] = {}


def program(image_programs: frozenset[str], name: str) -> Program | None:
    """The program of that name in an image; None where it has none.

    Parameters
    ----------
    image_programs
        Names that the image has; none: all that are known.
    name
        A name, or a path in a folder of programs.
    """
    folder, slash, base = name.rpartition("/")
    if slash and f"/{folder.strip('/')}" not in FOLDERS:
        return None
    if base not in (image_programs or EVERYTHING):
        return None
    if not _PROGRAMS:
        _PROGRAMS.update(_table())
    found = _PROGRAMS.get(base)
    return None if found is None else _careful(found, base)


def _careful(found: Program, name: str) -> Program:
    """Have a wrong command line told as BusyBox tells it."""

    async def careful(system: System, argv: Sequence[str]) -> int:
        try:
            return await found(system, argv)
        except Usage as err:
            if str(err):
                system.complain(f"{name}: {err}")
            system.error(usage_of(name).encode())
            return 2 if name == "grep" else 1

    return careful


def available(system: System) -> frozenset[str]:
    """Names of the programs that the container has now."""
    return (system.programs or EVERYTHING) - kept(system.container).gone


def find(system: System, name: str) -> Program | None:
    """The program of that name in a container, but those that were removed there."""
    return None if name.rpartition("/")[2] in kept(system.container).gone else program(system.programs, name)


def path_of(system: System, name: str) -> str | None:
    """Where a program is."""
    if find(system, name) is None:
        return None
    return name if "/" in name else f"/usr/bin/{name}"


def child(system: System, argv: Sequence[str]) -> System:
    """Surroundings of a program that another one runs."""
    return replace(system, handlers={}, pid=system.container.next_pid())


async def run(system: System, argv: Sequence[str]) -> int:
    """Run a program to its end; 127 where there is none of that name."""
    found = find(system, argv[0])
    if found is None:
        return 127
    return await found(system, argv)
