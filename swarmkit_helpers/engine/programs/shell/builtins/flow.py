"""Commands that end something, or run something else."""

from __future__ import annotations

from ...files import FileError, FileSystem
from ..endings import Abort, Exit, Jump, Return
from ..interpreter import Interpreter
from ..parser import parse
from .numbers import number

__all__ = ["break_", "continue_", "eval_", "exit_", "return_", "source"]


async def exit_(shell: Interpreter, words: list[str]) -> int:
    """End the shell."""
    raise Exit(number(shell, words, shell.status) & 255)


async def return_(shell: Interpreter, words: list[str]) -> int:
    """End a function, or a file that is run here."""
    raise Return(number(shell, words, shell.status))


async def break_(shell: Interpreter, words: list[str]) -> int:
    """End loops."""
    return _jump(shell, words, ends=True)


async def continue_(shell: Interpreter, words: list[str]) -> int:
    """Go on to the next turn of a loop."""
    return _jump(shell, words, ends=False)


def _jump(shell: Interpreter, words: list[str], *, ends: bool) -> int:
    """Leave loops; outside of any, nothing is done."""
    levels = min(max(1, number(shell, words, 1)), shell.loops)
    if levels:
        shell.status = 0
        raise Jump(levels, ends=ends)
    return 0


async def eval_(shell: Interpreter, words: list[str]) -> int:
    """Run words as a script."""
    shell.status = 0
    return await shell.run(parse(" ".join(words[1:])))


async def source(shell: Interpreter, words: list[str]) -> int:
    """Run a file in this shell."""
    if len(words) < 2:
        shell.complain("filename argument required", command=words[0])
        return 2
    try:
        text = FileSystem(shell.surroundings()).read(words[1]).decode("utf-8", "surrogateescape")
    except FileError as err:
        if shell.dash:
            said = f"cannot open {words[1]}: No such file" if "/" in words[1] else f"{words[1]}: not found"
        else:
            said = f"can't open '{words[1]}': {err}" if "/" in words[1] else f"{words[1]}: not found"
        shell.complain(said, command=words[0])
        raise Abort(2) from None
    try:
        return await shell.run(parse(text))
    except Return as end:
        return end.status
