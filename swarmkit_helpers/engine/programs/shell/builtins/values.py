"""Commands on what the shell holds: variables, options, arguments."""

from __future__ import annotations

from ..endings import Abort
from ..interpreter import Interpreter
from .numbers import number

__all__ = ["export", "local", "readonly", "set_", "shift", "unset"]


async def export(shell: Interpreter, words: list[str]) -> int:
    """Have programs be given variables."""
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


async def readonly(shell: Interpreter, words: list[str]) -> int:
    """Have variables change no more."""
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if equals:
            shell.assign(name, value)
        shell.readonly.add(name)
    return 0


async def local(shell: Interpreter, words: list[str]) -> int:
    """Have variables hold what they held once the function has ended."""
    if not shell.locals:
        shell.complain("not in a function", command="local")
        raise Abort(2)
    for word in words[1:]:
        name, equals, value = word.partition("=")
        shell.locals[-1].setdefault(name, shell.variables.get(name))
        if equals:
            shell.assign(name, value)
    return 0


async def unset(shell: Interpreter, words: list[str]) -> int:
    """Forget variables or functions."""
    functions = "-f" in words[1:2]
    for name in words[1:]:
        if functions:
            shell.functions.pop(name, None)
        else:
            shell.variables.pop(name, None)
            shell.exported.discard(name)
    return 0


async def set_(shell: Interpreter, words: list[str]) -> int:
    """Set options and arguments; alone, write all variables."""
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
                shell.complain(f"{'Illegal' if shell.dash else 'illegal'} option -{letter}", command="set")
                raise Abort(2)
        shell.options = shell.options | set(letters) if word[0] == "-" else shell.options - set(letters)
    if rest:
        shell.arguments = rest
    return 0


async def shift(shell: Interpreter, words: list[str]) -> int:
    """Forget the first arguments."""
    count = number(shell, words, 1)
    if count > len(shell.arguments):
        if shell.dash:
            shell.complain("can't shift that many", command="shift")
            raise Abort(2)
        return 1
    shell.arguments = shell.arguments[count:]
    return 0
