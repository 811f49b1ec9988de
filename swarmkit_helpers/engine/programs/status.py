"""How a program ends."""

from __future__ import annotations

__all__ = ["SIGNALS", "KilledBy", "signal_name"]

SIGNALS = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "KILL": 9,
    "USR1": 10,
    "USR2": 12,
    "PIPE": 13,
    "ALRM": 14,
    "TERM": 15,
    "CONT": 18,
    "STOP": 19,
    "WINCH": 28,
}
SAID = {1: "Hangup", 3: "Quit", 9: "Killed", 10: "User defined signal 1", 14: "Alarm clock", 15: "Terminated"}


class KilledBy(int):
    """The exit code of a program that a signal ended: 128 and the signal's number."""

    def __new__(cls, name: str) -> KilledBy:
        """Make it from the signal's name: ``TERM`` or ``SIGTERM``."""
        return super().__new__(cls, 128 + SIGNALS.get(name.removeprefix("SIG"), 15))

    @property
    def said(self) -> str:
        """What a shell says of it; empty for a signal that it passes over."""
        return SAID.get(int(self) - 128, "")


def signal_name(word: str) -> str | None:
    """``15``, ``TERM`` or ``SIGTERM`` -> ``TERM``; None for no signal."""
    if word.isdigit():
        return next((name for name, number in SIGNALS.items() if number == int(word)), None)
    name = word.upper().removeprefix("SIG")
    return name if name in SIGNALS else None
