"""Commands that the shell runs itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from ... import catalogue
from ..interpreter import Interpreter
from . import flow, jobs, reading, values, words

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


BUILTINS: Mapping[str, Builtin] = MappingProxyType(
    {
        ":": words.true,
        "true": words.true,
        "false": words.false,
        "echo": words.echo,
        "printf": words.printf,
        "test": words.test,
        "[": words.test,
        "cd": words.cd,
        "pwd": words.pwd,
        "exit": flow.exit_,
        "return": flow.return_,
        "break": flow.break_,
        "continue": flow.continue_,
        "export": values.export,
        "readonly": values.readonly,
        "local": values.local,
        "unset": values.unset,
        "set": values.set_,
        "shift": values.shift,
        "read": reading.read,
        "eval": flow.eval_,
        ".": flow.source,
        "trap": jobs.trap,
        "wait": jobs.wait,
        "jobs": jobs.jobs,
        "kill": jobs.kill,
        "type": _type,
        "command": _command,
        "umask": words.umask,
    }
)
