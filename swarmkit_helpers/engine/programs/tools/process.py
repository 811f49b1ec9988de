"""Programs on processes: ``sleep``, ``timeout``, ``ps``, ``env``, ``xargs`` and others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from .. import catalogue
from ..files import kept
from ..options import Usage, read_options, usage_of
from ..status import KilledBy, signal_name
from ..system import System

__all__ = ["busybox", "env", "false", "kill", "ps", "sleep", "timeout", "top", "true", "xargs", "yes"]

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
COLUMNS = {
    "user": ("USER", 8),
    "group": ("GROUP", 8),
    "comm": ("COMMAND", 16),
    "args": ("COMMAND", 256),
    "pid": ("PID", 5),
    "ppid": ("PPID", 5),
    "pgid": ("PGID", 5),
    "nice": ("NI", 5),
    "rgroup": ("RGROUP", 8),
    "ruser": ("RUSER", 8),
    "tty": ("TT", 6),
    "vsz": ("VSZ", 4),
    "sid": ("SID", 5),
    "stat": ("STAT", 4),
    "rss": ("RSS", 4),
}
"""What ps can show: title, and how wide."""


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
    options = read_options([word for word in argv if word not in ("aux", "ax")], "o:T")
    own = " ".join(argv)
    rows = [(pid, user, title or own) for pid, user, title in _processes(system)]
    if "o" not in options:
        system.say("PID   USER     COMMAND")
        for pid, user, title in rows:
            system.say(f"{pid:5d} {user:<8} {title}")
        return 0
    names = [column.partition("=")[0] for column in ",".join(options.all("o")).split(",")]
    wrong = next((name for name in names if name not in COLUMNS), None)
    if wrong is not None:
        system.complain(f"ps: bad -o argument '{wrong}', supported arguments: {','.join(COLUMNS)}")
        return 1
    system.say(_row(names, {name: title for name, (title, _) in COLUMNS.items()}))
    for pid, user, title in rows:
        program = title.split()[0].rpartition("/")[2]
        said = {"user": user, "comm": program, "args": title, "pid": str(pid), "ppid": "0", "pgid": str(pid)}
        said |= {"group": user, "rgroup": user, "ruser": user, "nice": "0", "tty": "?", "vsz": "2268", "sid": str(pid)}
        system.say(_row(names, said | {"stat": "S", "rss": "4"}))
    return 0


def _row(names: list[str], values: dict[str, str]) -> str:
    """Columns as wide as they are wanted; the last one as long as it is."""
    said = [f"{values[name][: COLUMNS[name][1]]:<{COLUMNS[name][1]}}" for name in names[:-1]]
    last = names[-1]
    return " ".join([*said, values[last] if last == "args" else values[last][: COLUMNS[last][1]]])


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
