"""What can go wrong with the guest: one message, the command that mends it."""

from __future__ import annotations

__all__ = ["GuestError", "GuestLate"]

NBSP = "\N{NO-BREAK SPACE}"


class GuestError(Exception):
    """The guest could not be built, or did not bring its report.

    Parameters
    ----------
    problem
        What failed and what was seen, in French.
    remedy
        The command that helps, or where to look.
    """

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{problem}\n→ {remedy}")


class GuestLate(GuestError):
    """The guest was stopped at its deadline."""
