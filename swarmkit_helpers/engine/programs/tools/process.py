"""Programs on processes and on time: ``sleep``, ``timeout``, ``ps``, ``env`` and others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from .. import catalogue
from ..files import kept
from ..kernel import RELEASE
from ..options import Usage, read_options, usage_of
from ..status import KilledBy, signal_name
from ..system import System
from .names import lookup

__all__ = [
    "busybox", "date", "env", "expr", "false", "free", "hostname", "id_", "kill", "nproc", "ps", "seq", "sleep",
    "timeout", "top", "true", "tty", "uname", "uptime", "whoami", "xargs", "yes",
]  # fmt: skip

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
GRACE_S = 60.0


def _seconds(text: str) -> float | None:
    unit = text[-1:] if text[-1:].isalpha() else ""
    try:
        value = float(text.removesuffix(unit))
    except ValueError:
        return None
    return value * UNITS[unit] if unit in UNITS and value >= 0 else None


async def sleep(system: System, argv: Sequence[str]) -> int:
    """Wait."""
    if len(argv) < 2:
        raise Usage("")
    whole = 0.0
    for word in argv[1:]:
        seconds = None if word == "infinity" else _seconds(word)
        if word == "infinity":
            seconds = 1e9
        if seconds is None:
            system.complain(f"sleep: invalid number '{word}'")
            return 1
        whole += seconds
    await system.world.clock.sleep(whole)
    return 0


async def timeout(system: System, argv: Sequence[str]) -> int:
    """Run a program, and end it when its time is over."""
    options = read_options(argv, "s:k:", first=True)
    words = options.rest
    if len(words) < 2:
        raise Usage("")
    seconds = _seconds(words[0])
    if seconds is None:
        system.complain(f"timeout: invalid number '{words[0]}'")
        return 1
    name = signal_name(options.get("s") or "TERM")
    if name is None:
        system.complain(f"timeout: bad signal name '{options.get('s')}'")
        return 1
    program = catalogue.find(system, words[1])
    if program is None:
        system.complain(f"timeout: can't execute '{words[1]}': No such file or directory")
        return 127
    # BusyBox's timeout becomes the program itself, and a child of it keeps the time: signals go to the program.
    running = asyncio.ensure_future(program(system, words[1:]))
    try:
        await asyncio.wait({running}, timeout=seconds / system.world.clock.speed)
        if running.done():
            return running.result()
        handler = system.handlers.get(f"SIG{name}")
        if handler is None:
            running.cancel()
        else:
            handler()
        await asyncio.wait({running})
        return KilledBy(name) if running.cancelled() else running.result()
    finally:
        if not running.done():
            running.cancel()


async def true(system: System, argv: Sequence[str]) -> int:
    """Succeed."""
    return 0


async def false(system: System, argv: Sequence[str]) -> int:
    """Fail."""
    return 1


def _processes(system: System) -> list[tuple[int, str, str]]:
    """Number, user and command of what runs in the container."""
    container = system.container
    found = []
    for place, process in enumerate([container.process, *container.execs.values()]):
        if process is None or not process.running:
            continue
        words = " ".join(process.argv)
        title = getattr(process.system, "title", "") or words
        found.append((1 if place == 0 else process.system.pid, "root", title))
    shown = {pid for pid, _, _ in found}
    return sorted(found) if system.pid in shown else sorted([*found, (system.pid, "root", "")])


async def ps(system: System, argv: Sequence[str]) -> int:
    """What runs in the container."""
    options = (
        read_options(["ps", *(word for word in argv[1:] if word.startswith("-"))], "o:T")
        if not any(word == "-o" for word in argv)
        else read_options(argv, "o:T")
    )
    own = " ".join(argv)
    rows = [(pid, user, title or own) for pid, user, title in _processes(system)]
    if "o" not in options:
        system.say("PID   USER     COMMAND")
        for pid, user, title in rows:
            system.say(f"{pid:5d} {user:<8} {title}")
        return 0
    columns = options.get("o").split(",")
    titles = {
        "pid": "PID  ",
        "user": "USER    ",
        "args": "COMMAND",
        "comm": "COMMAND         ",
        "ppid": "PPID ",
        "stat": "STAT",
    }
    if any(column.partition("=")[0] not in titles for column in columns):
        system.complain(f"ps: bad -o argument '{columns[0]}', supported arguments: {','.join(titles)}")
        return 1
    system.say(" ".join(titles[column.partition("=")[0]] for column in columns))
    for pid, user, title in rows:
        values = {
            "pid": f"{pid:5d}",
            "user": f"{user:<8}",
            "args": title,
            "comm": f"{title.split()[0][:16]:<16}",
            "ppid": "    0",
            "stat": "S   ",
        }
        system.say(" ".join(values[column.partition("=")[0]] for column in columns))
    return 0


async def top(system: System, argv: Sequence[str]) -> int:
    """What runs in the container, again and again."""
    options = read_options(argv, "bn:d:m")
    turns = int(options.get("n") or 10**9)
    own = " ".join(argv)
    for turn in range(turns):
        if turn:
            await system.world.clock.sleep(float(options.get("d") or 5))
        if "b" not in options:
            system.write(b"\x1b[H\x1b[J")
        system.say("Mem: 524288K used, 1572864K free, 0K shrd, 0K buff, 262144K cached")
        system.say("CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq")
        system.say("Load average: 0.00 0.00 0.00 1/64 1")
        system.say("  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND")
        for pid, user, title in _processes(system):
            state = "R" if not title else "S"
            system.say(f"{pid:5d}     0 {user:<8} {state}     2268   0%   0% {title or own}")
        system.say("")
    return 0


async def kill(system: System, argv: Sequence[str]) -> int:
    """Send a signal to process 1, or to an exec."""
    words = list(argv[1:])
    name: str | None = "TERM"
    if words[:1] == ["-s"] and len(words) > 1:
        name, words = signal_name(words[1]), words[2:]
    elif words and words[0].startswith("-"):
        name, words = ("0" if words[0] == "-0" else signal_name(words[0][1:])), words[1:]
    if name is None or not words:
        raise Usage("" if words else "you need to specify whom to kill")
    status = 0
    processes = [system.container.process, *system.container.execs.values()]
    for word in words:
        found = [
            one
            for place, one in enumerate(processes)
            if one and one.running and word == str(1 if not place else one.system.pid)
        ]
        if not found:
            system.complain(f"kill: can't kill pid {word}: No such process")
            status = 1
        elif name != "0":
            found[0].signal(f"SIG{name}")
    return status


async def env(system: System, argv: Sequence[str]) -> int:
    """Show the environment, or run a program in another one."""
    options = read_options(argv, "iu:0", first=True)
    values = {} if "i" in options else dict(system.environment)
    for name in options.all("u"):
        values.pop(name, None)
    words = options.rest
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        values[name] = value
    if not words:
        for name, value in values.items():
            system.say(f"{name}={value}")
        return 0
    if catalogue.find(system, words[0]) is None:
        system.complain(f"env: can't execute '{words[0]}': No such file or directory")
        return 127
    return await catalogue.run(replace(system, environment=values), words)


async def id_(system: System, argv: Sequence[str]) -> int:
    """Who one is: always root."""
    options = read_options(argv, "ugGnr")
    if options.rest and options.rest[0] not in ("root", "nobody"):
        system.complain(f"id: unknown user {options.rest[0]}")
        return 1
    number, name = (65_534, "nobody") if options.rest[:1] == ["nobody"] else (0, "root")
    group = "nogroup" if number else name
    if any(letter in options for letter in "ugG"):
        said = name if "u" in options else group
        system.say(said if "n" in options else str(number))
        return 0
    system.say(f"uid={number}({name}) gid={number}({group}) groups={number}({group})")
    return 0


async def whoami(system: System, argv: Sequence[str]) -> int:
    """Always root."""
    system.say("root")
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
        if not given.startswith("@") or not given[1:].isdigit():
            system.complain(f"date: invalid date '{given}'")
            return 1
        moment = datetime.fromtimestamp(int(given[1:]), UTC)
    if "R" in options:
        form = "%a, %d %b %Y %H:%M:%S %z"
    if form:
        form = form.replace("%s", str(int(moment.timestamp()))).replace("%N", "")
    system.say(moment.strftime(form or "%a %b %e %H:%M:%S UTC %Y"))
    return 0


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


async def seq(system: System, argv: Sequence[str]) -> int:
    """Numbers in their order."""
    words = [word for word in argv[1:] if word != "-w"]
    try:
        numbers = [int(word) for word in words]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3:
        raise Usage("")
    first = numbers[0] if len(numbers) > 1 else 1
    step = numbers[1] if len(numbers) == 3 else 1
    last = numbers[-1]
    for place, number in enumerate(range(first, last + (1 if step > 0 else -1), step or 1)):
        system.say(str(number))
        if place % 1000 == 999:
            await asyncio.sleep(0)
    return 0


async def yes(system: System, argv: Sequence[str]) -> int:
    """Write a line again and again."""
    from ..streams import BrokenPipe

    line = " ".join(argv[1:]) or "y"
    while True:
        try:
            system.say(line)
        except BrokenPipe:
            return 141
        await asyncio.sleep(0.001)


async def xargs(system: System, argv: Sequence[str]) -> int:
    """Run a program with words read from the input."""
    import shlex

    options = read_options(argv, "0n:rtI:", first=True)
    command = options.rest or ["echo"]
    raw = b""
    while part := await system.stdin.read(65_536):
        raw += part
    text = raw.decode("utf-8", "surrogateescape")
    words = text.split("\0") if "0" in options else shlex.split(text)
    words = [word for word in words if word]
    if "I" in options:
        calls = [[word.replace(options.get("I"), line) for word in command] for line in text.splitlines() if line]
    else:
        size = int(options.get("n") or max(1, len(words)))
        calls = [[*command, *words[place : place + size]] for place in range(0, len(words), size)]
        calls = calls or ([] if "r" in options else [command])
    status = 0
    for call in calls:
        code = await catalogue.run(catalogue.child(system, call), call)
        if code == 127:
            system.complain(f"xargs: {call[0]}: No such file or directory")
            return 127
        status = 123 if code else status
    return status


async def expr(system: System, argv: Sequence[str]) -> int:
    """The value of a simple expression."""
    words = list(argv[1:])
    if len(words) == 1:
        system.say(words[0])
        return int(words[0] in ("", "0"))
    if len(words) != 3:
        system.complain("expr: syntax error")
        return 2
    left, operator, right = words
    if operator in ("=", "!=", "<", "<=", ">", ">="):
        pair = (int(left), int(right)) if left.lstrip("-").isdigit() and right.lstrip("-").isdigit() else (left, right)
        table = {"=": pair[0] == pair[1], "!=": pair[0] != pair[1]}
        ordered = (pair[0] > pair[1]) - (pair[0] < pair[1])  # type: ignore[operator]
        table |= {"<": ordered < 0, "<=": ordered <= 0, ">": ordered > 0, ">=": ordered >= 0}
        value = int(table[operator])
    else:
        try:
            one, other = int(left), int(right)
            value = {
                "+": lambda: one + other,
                "-": lambda: one - other,
                "*": lambda: one * other,
                "/": lambda: one // other,
                "%": lambda: one % other,
            }[operator]()
        except (ValueError, KeyError):
            system.complain("expr: non-numeric argument")
            return 2
        except ZeroDivisionError:
            system.complain("expr: division by zero")
            return 2
    system.say(str(value))
    return int(not value)


async def busybox(system: System, argv: Sequence[str]) -> int:
    """One of BusyBox's programs."""
    names = sorted(catalogue.BUSYBOX - kept(system.container).gone)
    if len(argv) < 2:
        listed = ", ".join(names)
        system.say(f"{usage_of('busybox')}\nCurrently defined functions (simulated):\n\t{listed}")
        return 0
    if argv[1] == "--list":
        for name in names:
            system.say(name)
        return 0
    if argv[1] not in catalogue.BUSYBOX:
        system.complain(f"{argv[1]}: applet not found")
        return 127
    return await catalogue.run(system, argv[1:])
