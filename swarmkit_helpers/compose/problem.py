"""One thing that is wrong in a stack file."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["StackProblem", "unread"]


class StackProblem(NamedTuple):
    """Where it stands, and what is wrong."""

    file: str
    line: int
    """From 1; 0 for the whole file."""
    path: str
    """``services.vote.ports[0].target``; empty for the whole file."""
    message: str
    """In French, without a full stop."""


def unread(err: OSError) -> str:
    """Why a file cannot be read, in French."""
    match err:
        case FileNotFoundError():
            return "il n'existe pas"
        case IsADirectoryError():
            return "c'est un dossier"
        case PermissionError():
            return "vous n'en avez pas le droit"
        case _:
            return err.strerror or str(err)
