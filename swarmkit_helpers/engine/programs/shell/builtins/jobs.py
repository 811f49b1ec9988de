"""Commands on signals, and on what runs beside the shell."""

from __future__ import annotations

import asyncio

from ...status import SIGNALS, KilledBy, signal_name
from ..endings import Exit
from ..interpreter import Interpreter

__all__ = ["jobs", "kill", "trap", "wait"]


async def trap(shell: Interpreter, words: list[str]) -> int:
    """What is done when a signal comes, or the shell ends."""
    rest = words[2:] if words[1:2] == ["--"] else words[1:]
    if not rest:
        for trapped, held in shell.traps.items():
            shell.say(f"trap -- '{held}' {trapped}\n")
        return 0
    action: str | None = rest[0]
    conditions = rest[1:]
    if not conditions or rest[0] == "-":
        action, conditions = None, rest if rest[0] != "-" else conditions
    for word in conditions:
        name = "EXIT" if word in ("0", "EXIT") else signal_name(word)
        if name is None:
            said = "bad trap" if shell.dash else "invalid signal specification"
            shell.complain(f"{word}: {said}", command="trap")
            return 1
        shell.traps.pop(name, None)
        shell.system.handlers.pop(f"SIG{name}", None)
        if action is not None:
            shell.traps[name] = action
            if name != "EXIT":
                shell.system.handlers[f"SIG{name}"] = lambda name=name: shell.caught.append(name)  # type: ignore[misc]
    return 0


async def wait(shell: Interpreter, words: list[str]) -> int:
    """Wait for what runs beside the shell."""
    asked = [int(word) for word in words[1:] if word.isdigit()]
    tasks = [shell.jobs[pid] for pid in asked if pid in shell.jobs] if len(words) > 1 else list(shell.jobs.values())
    missing = len(words) > 1 and len(tasks) < len(words) - 1
    while any(not task.done() for task in tasks):
        if shell.caught:
            return 128 + SIGNALS[shell.caught[-1]]
        pending = [task for task in tasks if not task.done()]
        # It looks up now and then: a signal that is trapped ends the wait.
        await asyncio.wait(pending, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
    status = 0
    if len(words) > 1:
        last = tasks[-1] if tasks else None
        status = 127 if missing or last is None else 143 if last.cancelled() else last.result()
    for pid in [pid for pid, task in shell.jobs.items() if task in tasks]:
        del shell.jobs[pid]
    return int(status)


async def jobs(shell: Interpreter, words: list[str]) -> int:
    """List what runs beside the shell."""
    for place, (pid, task) in enumerate(shell.jobs.items(), 1):
        state = "Done" if task.done() else "Running"
        shell.say(f"[{place}]+ {pid if '-p' in words or '-l' in words else ''} {state}\n")
    return 0


async def kill(shell: Interpreter, words: list[str]) -> int:
    """Send a signal to a process, or to what runs beside the shell."""
    rest = words[1:]
    if rest[:1] == ["-l"]:
        shell.say("".join(f"{number:2d}) {name}\n" for name, number in SIGNALS.items()))
        return 0
    asked, name = "TERM", signal_name("TERM")
    if rest[:1] == ["-s"] and len(rest) > 1:
        asked, rest = rest[1], rest[2:]
        name = signal_name(asked)
    elif rest and rest[0].startswith("-") and len(rest[0]) > 1:
        asked, rest = rest[0][1:], rest[1:]
        name = "0" if asked == "0" else signal_name(asked)
    if name is None or not rest:
        said = f"bad signal name '{asked}'" if name is None else "you need to specify whom to kill"
        shell.complain(said, command="kill", applet=True)
        return 1
    status = 0
    for target in rest:
        if not target.removeprefix("%").isdigit() and not shell.dash:
            shell.complain(f"invalid number '{target}'", command="kill", applet=True)
            status = 1
        elif not _signalled(shell, target, name):
            shell.complain(f"can't kill pid {target}: No such process", command="kill", applet=True)
            status = 1
    await asyncio.sleep(0)
    return status


def _signalled(shell: Interpreter, target: str, name: str) -> bool:
    if target.startswith("%"):
        places = list(shell.jobs)
        place = int(target[1:]) - 1 if target[1:].isdigit() else len(places) - 1
        target = str(places[place]) if 0 <= place < len(places) else ""
    if not target.isdigit():
        return False
    pid = int(target)
    if pid == shell.system.pid:
        handler = shell.system.handlers.get(f"SIG{name}")
        if handler is not None:
            handler()
        elif name not in ("0", "CONT", "WINCH") and (pid != 1 or name == "KILL"):
            raise Exit(KilledBy(name))
        return True
    task = shell.jobs.get(pid)
    if task is not None and not task.done():
        if name != "0":
            task.cancel()
        return True
    process = shell.system.container.process
    if pid == 1 and process is not None:
        if name != "0":
            process.signal(f"SIG{name}")
        return True
    return False
