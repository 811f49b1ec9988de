"""Commands that the shell runs itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from .. import catalogue
from ..files import FileError, FileSystem
from ..status import SIGNALS, KilledBy, signal_name
from .conditions import ConditionFault, condition
from .formats import echoed, printed
from .interpreter import Abort, Exit, Interpreter, Jump, Return

__all__ = ["BUILTINS", "SPECIAL"]

Builtin = Callable[[Interpreter, list[str]], Awaitable[int]]
SPECIAL = frozenset(
    [
        ":",
        ".",
        "break",
        "continue",
        "eval",
        "exec",
        "exit",
        "export",
        "readonly",
        "return",
        "set",
        "shift",
        "times",
        "trap",
        "unset",
    ]
)
"""Whose errors end the shell, and before which assignments stay (POSIX, XCU 2.14)."""


async def _true(shell: Interpreter, words: list[str]) -> int:
    return 0


async def _false(shell: Interpreter, words: list[str]) -> int:
    return 1


async def _echo(shell: Interpreter, words: list[str]) -> int:
    shell.say(echoed(words[1:], always=shell.dash))
    return 0


async def _printf(shell: Interpreter, words: list[str]) -> int:
    if len(words) < 2:
        shell.complain("usage: printf format [arg ...]" if shell.dash else "printf: usage: printf FORMAT [ARG]...")
        return 2
    said, faults = printed(words[1], words[2:])
    shell.say(said)
    for fault in faults:
        shell.complain(f"printf: {fault}")
    return 1 if faults else 0


async def _test(shell: Interpreter, words: list[str]) -> int:
    inside = words[1:]
    if words[0] == "[":
        if not inside or inside[-1] != "]":
            shell.complain("[: missing ]")
            return 2
        inside = inside[:-1]
    try:
        return int(not condition(shell.surroundings(), inside))
    except ConditionFault as err:
        shell.complain(f"{words[0]}: {err}" if shell.dash else str(err))
        return 2
    except FileError:
        return 1


async def _cd(shell: Interpreter, words: list[str]) -> int:
    target = words[1] if len(words) > 1 else shell.value("HOME") or "/"
    back = target == "-"
    if back:
        target = shell.value("OLDPWD") or shell.directory
    files = FileSystem(shell.surroundings())
    if not files.is_directory(target):
        why = "Not a directory" if files.exists(target) else "No such file or directory"
        shell.complain(f"cd: can't cd to {target}" if shell.dash else f"cd: line 0: can't cd to {target}: {why}")
        return 2
    shell.variables["OLDPWD"] = shell.directory
    shell.directory = files.path(target)
    shell.variables["PWD"] = shell.directory
    if back:
        shell.say(f"{shell.directory}\n")
    return 0


async def _pwd(shell: Interpreter, words: list[str]) -> int:
    shell.say(f"{shell.directory}\n")
    return 0


async def _exit(shell: Interpreter, words: list[str]) -> int:
    raise Exit(_number(shell, words, shell.status) & 255)


async def _return(shell: Interpreter, words: list[str]) -> int:
    raise Return(_number(shell, words, shell.status))


async def _break(shell: Interpreter, words: list[str]) -> int:
    raise Jump(max(1, _number(shell, words, 1)), ends=True)


async def _continue(shell: Interpreter, words: list[str]) -> int:
    raise Jump(max(1, _number(shell, words, 1)), ends=False)


def _number(shell: Interpreter, words: list[str], default: int) -> int:
    if len(words) < 2:
        return default
    if not words[1].lstrip("-").isdigit():
        shell.complain(f"{words[0]}: Illegal number: {words[1]}" if shell.dash else f"Illegal number: {words[1]}")
        raise Abort(2)
    return int(words[1])


async def _export(shell: Interpreter, words: list[str]) -> int:
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals:
            shell.assign(name, value)
        if name != "-p":
            shell.exported.add(name)
    if len(words) == 1 or words[1] == "-p":
        for name in sorted(shell.exported & set(shell.variables)):
            shell.say(f"export {name}='{shell.variables[name]}'\n")
    return 0


async def _readonly(shell: Interpreter, words: list[str]) -> int:
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals:
            shell.assign(name, value)
        shell.readonly.add(name)
    return 0


async def _local(shell: Interpreter, words: list[str]) -> int:
    if not shell.locals:
        shell.complain("local: not in a function")
        return 1
    for word in words[1:]:
        name, equals, value = word.partition("=")
        shell.locals[-1].setdefault(name, shell.variables.get(name))
        if equals:
            shell.assign(name, value)
    return 0


async def _unset(shell: Interpreter, words: list[str]) -> int:
    functions = "-f" in words[1:2]
    for name in words[1:]:
        if functions:
            shell.functions.pop(name, None)
        else:
            shell.variables.pop(name, None)
            shell.exported.discard(name)
    return 0


async def _set(shell: Interpreter, words: list[str]) -> int:
    rest = words[1:]
    if not rest:
        for name in sorted(shell.variables):
            shell.say(f"{name}='{shell.variables[name]}'\n")
        return 0
    while rest and rest[0][:1] in ("-", "+") and len(rest[0]) > 1:
        word = rest.pop(0)
        if word == "--":
            shell.arguments = rest
            return 0
        if word[1:] == "o" and rest:
            letters = {"errexit": "e", "nounset": "u", "xtrace": "x", "noglob": "f"}.get(rest.pop(0), "")
        else:
            letters = word[1:]
        for letter in letters:
            if letter not in "abCefhmnuvx":
                shell.complain(f"set: Illegal option -{letter}" if shell.dash else f"set: illegal option -{letter}")
                raise Abort(2)
        shell.options = shell.options | set(letters) if word[0] == "-" else shell.options - set(letters)
    if rest:
        shell.arguments = rest
    return 0


async def _shift(shell: Interpreter, words: list[str]) -> int:
    count = _number(shell, words, 1)
    if count > len(shell.arguments):
        if shell.dash:
            shell.complain("shift: can't shift that many")
            raise Abort(2)
        return 1
    shell.arguments = shell.arguments[count:]
    return 0


async def _read(shell: Interpreter, words: list[str]) -> int:
    names = words[1:]
    raw = False
    while names and names[0].startswith("-") and len(names[0]) > 1:
        option = names.pop(0)
        raw = raw or "r" in option
        if "p" in option and names:
            shell.complain(names.pop(0))
        elif "t" in option and names:
            names.pop(0)
    source = shell.descriptors.get(0)
    reader = source.reader if source else None
    line = b""
    while reader is not None:
        part = await reader.readline()
        line += part
        if raw or not line.endswith(b"\\\n"):
            break
        line = line[:-2]
    whole = line.endswith(b"\n")
    text = line.removesuffix(b"\n").decode("utf-8", "surrogateescape").replace("\0", "")
    for name, value in _fields(shell, text, names or ["REPLY"], raw=raw):
        shell.assign(name, value)
    return 0 if whole else 1


def _fields(shell: Interpreter, text: str, names: list[str], *, raw: bool) -> list[tuple[str, str]]:
    found = shell.value("IFS")
    separators = " \t\n" if found is None else found
    blanks = "".join(char for char in separators if char in " \t\n")
    pairs: list[tuple[str, bool]] = []
    place = 0
    while place < len(text):
        escaped = not raw and text[place] == "\\" and place + 1 < len(text)
        place += escaped
        pairs.append((text[place], escaped))
        place += 1

    def is_in(pair: tuple[str, bool], what: str) -> bool:
        return pair[0] in what and not pair[1]

    def skip() -> None:
        while pairs and is_in(pairs[0], blanks):
            pairs.pop(0)

    values = []
    skip()
    for _ in names[:-1]:
        value = ""
        while pairs and not is_in(pairs[0], separators):
            value += pairs.pop(0)[0]
        skip()
        if pairs and is_in(pairs[0], separators):
            pairs.pop(0)
            skip()
        values.append(value)
    while pairs and is_in(pairs[-1], blanks):
        pairs.pop()
    others = [pair for pair in pairs if is_in(pair, separators) and pair[0] not in blanks]
    if len(others) == 1 and pairs and pairs[-1] is others[0]:
        pairs.pop()
        while pairs and is_in(pairs[-1], blanks):
            pairs.pop()
    values.append("".join(char for char, _ in pairs))
    return list(zip(names, values, strict=True))


async def _eval(shell: Interpreter, words: list[str]) -> int:
    from .parser import parse

    shell.status = 0
    return await shell.run(parse(" ".join(words[1:])))


async def _source(shell: Interpreter, words: list[str]) -> int:
    from .parser import parse

    if len(words) < 2:
        shell.complain(".: filename argument required")
        return 2
    try:
        text = FileSystem(shell.surroundings()).read(words[1]).decode("utf-8", "surrogateescape")
    except FileError:
        shell.complain(f".: cannot open {words[1]}: No such file" if shell.dash else f".: can't open '{words[1]}'")
        raise Abort(2) from None
    try:
        return await shell.run(parse(text))
    except Return as end:
        return end.status


async def _trap(shell: Interpreter, words: list[str]) -> int:
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
            shell.complain(
                f"trap: {word}: bad trap" if shell.dash else f"trap: line 0: {word}: invalid signal specification"
            )
            return 1
        shell.traps.pop(name, None)
        shell.system.handlers.pop(f"SIG{name}", None)
        if action is not None:
            shell.traps[name] = action
            if name != "EXIT":
                shell.system.handlers[f"SIG{name}"] = lambda name=name: shell.caught.append(name)  # type: ignore[misc]
    return 0


async def _wait(shell: Interpreter, words: list[str]) -> int:
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


async def _jobs(shell: Interpreter, words: list[str]) -> int:
    for place, (pid, task) in enumerate(shell.jobs.items(), 1):
        state = "Done" if task.done() else "Running"
        shell.say(f"[{place}]+ {pid if '-p' in words or '-l' in words else ''} {state}\n")
    return 0


async def _kill(shell: Interpreter, words: list[str]) -> int:
    rest = words[1:]
    if rest[:1] == ["-l"]:
        shell.say("".join(f"{number:2d}) {name}\n" for name, number in SIGNALS.items()))
        return 0
    name: str | None = "TERM"
    if rest[:1] == ["-s"] and len(rest) > 1:
        name, rest = signal_name(rest[1]), rest[2:]
    elif rest and rest[0].startswith("-") and len(rest[0]) > 1:
        name, rest = ("0" if rest[0] == "-0" else signal_name(rest[0][1:])), rest[1:]
    if name is None or not rest:
        shell.complain("kill: bad signal name" if name is None else "kill: you need to specify whom to kill")
        return 1
    status = 0
    for target in rest:
        if not _signalled(shell, target, name):
            shell.complain(f"kill: can't kill pid {target}: No such process")
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


async def _type(shell: Interpreter, words: list[str]) -> int:
    status = 0
    for name in words[1:]:
        found = _whereabouts(shell, name)
        said = {"builtin": "is a shell builtin", "function": "is a function"}.get(found or "", f"is {found}")
        shell.say(f"{name}{'' if found else ':'} {said if found else 'not found'}\n")
        status = status if found else 127
    return status


def _whereabouts(shell: Interpreter, name: str) -> str | None:
    if name in shell.functions:
        return "function"
    if name in BUILTINS or name == "exec":
        return "builtin"
    return catalogue.path_of(shell.surroundings(), name)


async def _command(shell: Interpreter, words: list[str]) -> int:
    rest = words[1:]
    if rest[:1] in (["-v"], ["-V"]):
        status = 0
        for name in rest[1:]:
            found = _whereabouts(shell, name)
            if found is None:
                status = 127
            else:
                shell.say(f"{name if found in ('builtin', 'function') else found}\n")
        return status
    if not rest:
        return 0
    if rest[0] in BUILTINS:
        return await BUILTINS[rest[0]](shell, rest)
    return await shell.external(rest)


async def _umask(shell: Interpreter, words: list[str]) -> int:
    if len(words) == 1:
        shell.say("0022\n")
    return 0


BUILTINS: Mapping[str, Builtin] = MappingProxyType(
    {
        ":": _true,
        "true": _true,
        "false": _false,
        "echo": _echo,
        "printf": _printf,
        "test": _test,
        "[": _test,
        "cd": _cd,
        "pwd": _pwd,
        "exit": _exit,
        "return": _return,
        "break": _break,
        "continue": _continue,
        "export": _export,
        "readonly": _readonly,
        "local": _local,
        "unset": _unset,
        "set": _set,
        "shift": _shift,
        "read": _read,
        "eval": _eval,
        ".": _source,
        "trap": _trap,
        "wait": _wait,
        "jobs": _jobs,
        "kill": _kill,
        "type": _type,
        "command": _command,
        "umask": _umask,
    }
)
