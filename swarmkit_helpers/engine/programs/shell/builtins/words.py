"""Commands that write, compare, or move to another directory."""

from __future__ import annotations

from ...files import FileError, FileSystem
from ..conditions import ConditionFault, condition
from ..formats import echoed, printed
from ..interpreter import Interpreter

__all__ = ["cd", "echo", "false", "printf", "pwd", "test", "true", "umask"]


async def true(shell: Interpreter, words: list[str]) -> int:
    """Succeed."""
    return 0


async def false(shell: Interpreter, words: list[str]) -> int:
    """Fail."""
    return 1


async def echo(shell: Interpreter, words: list[str]) -> int:
    """Write words."""
    shell.say(echoed(words[1:], always=shell.dash))
    return 0


async def printf(shell: Interpreter, words: list[str]) -> int:
    """Write words as a format says."""
    words = [words[0], *words[2:]] if words[1:2] == ["--"] else words
    if len(words) < 2:
        said = "usage: printf format [arg ...]" if shell.dash else "usage: printf FORMAT [ARGUMENT...]"
        shell.complain(said, command="printf", applet=True)
        return 2
    said, faults = printed(words[1], words[2:], dash=shell.dash)
    shell.say(said)
    for fault in faults:
        shell.complain(fault, command="printf", applet=True)
    return 1 if faults else 0


async def test(shell: Interpreter, words: list[str]) -> int:
    """Compare."""
    inside = words[1:]
    if words[0] == "[":
        if not inside or inside[-1] != "]":
            shell.complain("missing ]", command="[", applet=True)
            return 2
        inside = inside[:-1]
    try:
        return int(not condition(shell.surroundings(), inside))
    except ConditionFault as err:
        shell.complain(err.dash if shell.dash else str(err), command=words[0], applet=True)
        return 2
    except FileError:
        return 1


async def cd(shell: Interpreter, words: list[str]) -> int:
    """Move to another directory."""
    target = words[1] if len(words) > 1 else shell.value("HOME") or "/"
    back = target == "-"
    if back:
        target = shell.value("OLDPWD") or shell.directory
    files = FileSystem(shell.surroundings())
    if not files.is_directory(target):
        why = "Not a directory" if files.exists(target) else "No such file or directory"
        shell.complain(f"can't cd to {target}{'' if shell.dash else f': {why}'}", command="cd")
        return 2
    shell.variables["OLDPWD"] = shell.directory
    shell.exported |= {"OLDPWD", "PWD"}
    shell.directory = files.path(target)
    shell.variables["PWD"] = shell.directory
    if back:
        shell.say(f"{shell.directory}\n")
    return 0


async def pwd(shell: Interpreter, words: list[str]) -> int:
    """Write which directory this is."""
    shell.say(f"{shell.directory}\n")
    return 0


async def umask(shell: Interpreter, words: list[str]) -> int:
    """Write which rights new files lack."""
    if len(words) == 1:
        shell.say("0022\n")
    return 0
