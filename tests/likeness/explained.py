"""Differences that are meant, each with its reason. One that no longer explains anything must go: a test says so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .compare import ABSENT, Difference

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


NONE = re.escape(ABSENT)
WITH_LABELS = r"GET /(system/df|images/json|images/\{name\}/json|containers/json|containers/\{id\}/json|events)"

EXPLAINED = (
    Explanation(
        WITH_LABELS,
        r".*\.(Labels|Attributes)\.org\.swarmlab\.packages",
        "an image of a simulated lab is not made of packages, so that its label does not list them",
        embedded=NONE,
    ),
    Explanation(
        WITH_LABELS,
        r".*\.(Labels|Attributes)\.org\.swarmlab\.simulated",
        "an image of a simulated lab is labelled as simulated",
        embedded='"1"',
        real=NONE,
    ),
    Explanation(
        r"GET /(system/df|images/json|images/\{name\}/json|containers/json)",
        r"headers\.Transfer-Encoding",
        "a body of more than 2,048 bytes is sent in chunks; without the label that lists packages it has fewer",
        embedded=NONE,
        real='"chunked"',
    ),
    Explanation(
        "GET /info",
        r"body\.Labels\[0\]",
        "an engine of a simulated lab is labelled as simulated",
        embedded='"org.swarmlab.simulated=1"',
        real=NONE,
    ),
    Explanation(
        r"GET /images/\{name\}/history",
        r"body\[0\]\.CreatedBy",
        "an image of a simulated lab is not made of packages, and says so in its history",
        embedded='"swarmlab: simulated .*"',
        real='"swarmlab: .*"',
    ),
)


def explanation(difference: Difference) -> Explanation | None:
    """The first that explains a difference; None: it is not explained."""
    return next((known for known in EXPLAINED if known.explains(difference)), None)
