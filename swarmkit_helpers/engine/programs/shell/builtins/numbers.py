"""Numbers that commands of the shell are given."""

from __future__ import annotations

from ..endings import Abort
from ..interpreter import Interpreter

__all__ = ["number"]


def number(shell: Interpreter, words: list[str], default: int) -> int:
    """The number after a command; an error ends the shell."""
    if len(words) < 2:
        return default
    if not words[1].lstrip("-").isdigit():
        shell.complain(f"Illegal number: {words[1]}", command=words[0])
        raise Abort(2)
    return int(words[1])
