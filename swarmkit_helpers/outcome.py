"""The three outcomes of whatever is tried, and how each is shown: a sign, a word and a colour, never a colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["MARKS", "Mark", "Outcome"]

Outcome = Literal["passed", "failed", "not_run"]


@dataclass(frozen=True, slots=True)
class Mark:
    """How one outcome is shown."""

    sign: str
    word: str
    """In French."""
    colour: str
    """Dark enough to be read on white."""


MARKS: Mapping[Outcome, Mark] = MappingProxyType(
    {
        "passed": Mark("✔", "réussi", "#00664b"),
        "failed": Mark("✘", "échoué", "#a33d00"),
        "not_run": Mark("–", "non fait", "#555555"),
    }
)
"""Each outcome's mark; what was not run is never marked as passed."""
