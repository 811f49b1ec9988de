"""How a shell, a function or a loop ends before its last command."""

from __future__ import annotations

__all__ = ["Abort", "Exit", "Jump", "Return"]


class Exit(Exception):
    """The shell ends."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Abort(Exit):
    """It ends on an error, which it has told."""


class Return(Exception):
    """A function or a sourced file ends."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Jump(Exception):
    """``break`` and ``continue``."""

    def __init__(self, levels: int, *, ends: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.ends = ends
