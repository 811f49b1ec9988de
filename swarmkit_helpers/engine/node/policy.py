"""When the engine starts a container again by itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RestartPolicy"]

FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 60.0
SETTLED_S = 10.0
"""A container that has run that long waits as if for the first time."""


@dataclass
class RestartPolicy:
    """The policy of one container, and where it stands."""

    name: str = ""
    """Empty, ``no``, ``always``, ``unless-stopped`` or ``on-failure``."""
    most: int = 0
    """How many times ``on-failure`` starts again; 0: without end."""
    count: int = 0
    wait_s: float = 0.0
    cancelled: bool = False

    def reset(self) -> None:
        """Begin anew: somebody starts the container."""
        self.count, self.wait_s, self.cancelled = 0, 0.0, False

    def restarts(self, exit_code: int, ran_s: float, stopped_by_hand: bool) -> bool:
        """Whether a container that has just ended starts again, after `wait_s`."""
        if self.cancelled or self.name in ("", "no"):
            return False
        if ran_s >= SETTLED_S or not self.wait_s:
            self.wait_s = FIRST_WAIT_S
        else:
            self.wait_s = min(2 * self.wait_s, LONGEST_WAIT_S)
        again = self.name == "always" or (self.name == "unless-stopped" and not stopped_by_hand)
        if self.name == "on-failure" and (not self.most or self.count < self.most):
            again = exit_code != 0
        self.count += again
        return again
