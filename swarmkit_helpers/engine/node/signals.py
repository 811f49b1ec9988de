"""Signals: their names, their numbers, and what Linux does with those that a process does not handle."""

from __future__ import annotations

from ..refusal import Refusal

__all__ = ["IGNORED", "NUMBERS", "name_of"]

_IN_ORDER = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG "
    "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
)
NUMBERS = {f"SIG{name}": number for number, name in enumerate(_IN_ORDER.split(), start=1)}
FIRST_REAL_TIME, MIDDLE, LAST = 34, 50, 64
for _number in range(FIRST_REAL_TIME, LAST + 1):
    _offset = _number - FIRST_REAL_TIME if _number < MIDDLE else _number - LAST
    NUMBERS[f"SIGRTM{'IN' if _number < MIDDLE else 'AX'}{f'{_offset:+d}' if _offset else ''}"] = _number
ALIASES = {"CLD": "CHLD", "IOT": "ABRT", "POLL": "IO"}
IGNORED = frozenset(("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"))
"""Those that end no process; what stops one does nothing here."""
_NAMES = {32: "SIG32", 33: "SIG33", **{number: name for name, number in NUMBERS.items()}}


def name_of(asked: str) -> str:
    """The name of a signal that was asked for by name or by number: ``SIGTERM``.

    Raises
    ------
    Refusal
        400: there is none of that name; 500: nor of that number.
    """
    if asked.removeprefix("-").isdecimal():
        number = int(asked)
        if not number:
            raise Refusal(400, f"Invalid signal: {asked}")
        if not 0 < number <= LAST:
            raise Refusal(500, f"The linux daemon does not support signal {number}")
        return _NAMES[number]
    bare = asked.upper().removeprefix("SIG")
    name = f"SIG{ALIASES.get(bare, bare)}"
    if name not in NUMBERS:
        raise Refusal(400, f"Invalid signal: {asked}")
    return name
