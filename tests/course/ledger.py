"""Which outcomes each check of the course has shown in this test session."""

from __future__ import annotations

from collections import defaultdict

from swarmkit_helpers.course.checks import CheckResult, check
from swarmkit_helpers.lab.cluster import Lab

__all__ = ["Ledger"]

SOON_S = 20.0


class Ledger:
    """Asks checks, holds them to the outcome that the scenario says, and remembers it."""

    def __init__(self) -> None:
        self.seen: dict[str, set[str]] = defaultdict(set)

    def red(self, lab: Lab, *identities: str) -> list[CheckResult]:
        """Each of these checks fails, says what it saw, and gives a hint."""
        results = [check(lab, identity, patience_s=0) for identity in identities]
        for result in results:
            self._note(result)
            assert result.outcome == "failed" or result.lack, f"should be red:\n{result}"
            assert result.observed, result
            assert result.hint, result
        return results

    def green(self, lab: Lab, *identities: str, patience_s: float = SOON_S) -> list[CheckResult]:
        """Each of these checks passes, or cannot run for a lack of the kernel."""
        results = [check(lab, identity, patience_s=patience_s) for identity in identities]
        for result in results:
            self._note(result)
            assert result.outcome == "passed" or result.lack, f"should be green:\n{result}"
        return results

    def unknown(self, lab: Lab, *identities: str) -> list[CheckResult]:
        """Each of these checks cannot tell: a node is silent."""
        results = [check(lab, identity, patience_s=0) for identity in identities]
        for result in results:
            assert result.outcome == "not_run", f"should not be able to tell:\n{result}"
            assert result.observed, result
        return results

    def _note(self, result: CheckResult) -> None:
        self.seen[result.id].add(result.lack or result.outcome)
