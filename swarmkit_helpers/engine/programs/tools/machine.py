"""Programs that tell of the container and its machine: ``hostname``, ``uname``, ``id``, ``date`` and others."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from ..files import FileSystem
from ..kernel import RELEASE
from ..options import read_options
from ..system import System
from .names import lookup

__all__ = ["date", "free", "hostname", "id_", "nproc", "tty", "uname", "uptime", "whoami"]


def _listed(system: System, path: str) -> dict[int, list[str]]:
    """Number -> the fields of its line, in the file of users or that of groups."""
    text = FileSystem(system).read(path).decode("utf-8", "replace")
    lines = (line.split(":") for line in text.splitlines())
    return {int(line[2]): line for line in lines if len(line) > 2 and line[2].isdigit()}


async def id_(system: System, argv: Sequence[str]) -> int:
    """Who one is."""
    options = read_options(argv, "ugGnr")
    users, groups = _listed(system, "/etc/passwd"), _listed(system, "/etc/group")
    number, group = system.uid, system.gid
    if options.rest:
        line = next((line for line in users.values() if line[0] == options.rest[0]), None)
        if line is None:
            system.complain(f"id: unknown user {options.rest[0]}")
            return 1
        number, group = int(line[2]), int(line[3])
    if any(letter in options for letter in "ugG"):
        known, value = (users, number) if "u" in options else (groups, group)
        if "n" in options and value not in known:
            system.complain(f"id: unknown ID {value}")
            system.say(str(value))
            return 1
        system.say(known[value][0] if "n" in options else str(value))
        return 0
    user = f"({users[number][0]})" if number in users else ""
    of_group = f"({groups[group][0]})" if group in groups else ""
    system.say(f"uid={number}{user} gid={group}{of_group} groups={group}{of_group}")
    return 0


async def whoami(system: System, argv: Sequence[str]) -> int:
    """The name of who one is."""
    users = _listed(system, "/etc/passwd")
    if system.uid not in users:
        system.complain(f"whoami: unknown uid {system.uid}")
        return 1
    system.say(users[system.uid][0])
    return 0


async def hostname(system: System, argv: Sequence[str]) -> int:
    """The container's name, or its address."""
    options = read_options(argv, "isdfF:")
    name = system.stack.hostname
    if "i" in options:
        cards = [card.address for card in system.stack.interfaces if card.address]
        found = lookup(system, name) or (cards[0] if cards else None)
        if found is None:
            system.complain(f"hostname: {name}: Host not found")
            return 1
        system.say(found)
        return 0
    if options.rest:
        system.complain("hostname: sethostname: Operation not permitted")
        return 1
    system.say(name.partition(".")[0] if "s" in options else name.partition(".")[2] if "d" in options else name)
    return 0


async def uname(system: System, argv: Sequence[str]) -> int:
    """What the kernel says it is."""
    options = read_options(argv, "amnrspvio")
    values = {
        "s": "Linux",
        "n": system.stack.hostname,
        "r": RELEASE,
        "v": "#1 SMP PREEMPT_DYNAMIC simulated",
        "m": "x86_64",
        "o": "GNU/Linux",
    }
    wanted = list(values) if "a" in options else [letter for letter in values if letter in options] or ["s"]
    system.say(" ".join(values[letter] for letter in wanted))
    return 0


async def date(system: System, argv: Sequence[str]) -> int:
    """The date."""
    options = read_options(argv, "Rs:uI:d:r:D:")
    form = next((word[1:] for word in options.rest if word.startswith("+")), "")
    if "s" in options:
        system.complain("date: can't set date: Operation not permitted")
        return 1
    moment = datetime.now(UTC)
    if "d" in options:
        given = options.get("d")
        found = _moment(given)
        if found is None:
            system.complain(f"date: invalid date '{given}'")
            return 1
        moment = found
    if "R" in options:
        form = "%a, %d %b %Y %H:%M:%S %z"
    if form:
        form = form.replace("%s", str(int(moment.timestamp()))).replace("%N", "")
    system.say(moment.strftime(form or "%a %b %e %H:%M:%S UTC %Y"))
    return 0


def _moment(said: str) -> datetime | None:
    """``@0``, ``2020-01-02 03:04:05``, ``03:04``; None for what is none of these."""
    if re.fullmatch(r"@\d+", said):
        return datetime.fromtimestamp(int(said[1:]), UTC)
    today = datetime.now(UTC)
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"):
        try:
            found = datetime.strptime(said, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return found if "%Y" in form else found.replace(year=today.year, month=today.month, day=today.day)
    return None


async def uptime(system: System, argv: Sequence[str]) -> int:
    """How long the machine is up."""
    up = int(system.world.clock.time()) // 60
    clock = time.strftime("%H:%M:%S", time.gmtime())
    system.say(f" {clock} up {up // 60:2d}:{up % 60:02d},  0 users,  load average: 0.00, 0.00, 0.00")
    return 0


async def free(system: System, argv: Sequence[str]) -> int:
    """The memory of a machine that is simulated."""
    system.say("              total        used        free      shared  buff/cache   available")
    system.say("Mem:        2097152      524288     1310720           0      262144     1572864")
    system.say("Swap:             0           0           0")
    return 0


async def nproc(system: System, argv: Sequence[str]) -> int:
    """Processors."""
    system.say("2")
    return 0


async def tty(system: System, argv: Sequence[str]) -> int:
    """The terminal."""
    system.say("/dev/pts/0" if system.tty else "not a tty")
    return int(not system.tty)
