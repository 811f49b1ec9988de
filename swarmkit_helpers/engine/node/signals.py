"""Signals: their names, their numbers, and what Linux does with those that a process does not handle."""

from __future__ import annotations

from ..refusal import Refusal

__all__ = ["IGNORED", "NUMBERS", "name_of"]

_IN_ORDER = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG "
    "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
NUMBERS = {f"SIG{name}": number for number, name in enumerate(_IN_ORDER.split(), start=1)}
ALIASES = {"CLD": "CHLD", "IOT": "ABRT", "POLL": "IO"}
LAST = 64
IGNORED = frozenset(("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"))
"""Those that end no process; what stops one does nothing here."""
_NAMES = {number: name for name, number in NUMBERS.items()}


def name_of(asked: str) -> str:
    """The name of a signal that was asked for by name or by number: ``SIGTERM``.

    Raises
    ------
    Refusal
        400: there is none of that name.
    """
    if asked.isdecimal():
        number = int(asked)
        if not 0 < number <= LAST:
            raise Refusal(400, f"Invalid signal: {asked}")
        return _NAMES.get(number, f"SIGRT{number}")
    bare = asked.upper().removeprefix("SIG")
    name = f"SIG{ALIASES.get(bare, bare)}"
    if name not in NUMBERS:
        raise Refusal(400, f"Invalid signal: {asked}")
    return name
