"""Differences that are meant, each with its reason. One that no longer explains anything must go: a test says so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .compare import Difference

__all__ = ["EXPLAINED", "Explanation", "explanation"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why some fields differ. Its patterns match the whole operation, the whole field and the whole value."""

    operation: str
    field: str
    why: str
    embedded: str = ".*"
    real: str = ".*"

    def explains(self, difference: Difference) -> bool:
        """Whether it is about that difference."""
        pairs = (
            (self.operation, difference.operation),
            (self.field, difference.field),
            (self.embedded, difference.embedded),
            (self.real, difference.real),
        )
        return all(re.fullmatch(pattern, text, re.S) for pattern, text in pairs)


EXPLAINED: tuple[Explanation, ...] = ()


def explanation(difference: Difference) -> Explanation | None:
    """The first that explains a difference; None: it is not explained."""
    return next((known for known in EXPLAINED if known.explains(difference)), None)
