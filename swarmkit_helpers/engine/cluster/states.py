"""States of a task, in the order that a task goes through them."""

from __future__ import annotations

from ..kinds import Json

__all__ = ["RANK", "desired", "ended", "observed", "runnable"]

RANK: dict[str, int] = {
    "new": 0,
    "pending": 64,
    "assigned": 192,
    "accepted": 256,
    "preparing": 320,
    "ready": 384,
    "starting": 448,
    "running": 512,
    "complete": 576,
    "shutdown": 640,
    "failed": 704,
    "rejected": 768,
    "remove": 800,
    "orphaned": 832,
}
"""State -> its rank, as swarmkit numbers them: a task never goes back."""

RUNNING, COMPLETE = RANK["running"], RANK["complete"]


def observed(task: Json) -> int:
    """Rank of the state that the task is in."""
    return RANK[task["Status"]["State"]]


def desired(task: Json) -> int:
    """Rank of the state that the task is to be in."""
    return RANK[task["DesiredState"]]


def ended(task: Json) -> bool:
    """Whether it does not run any more, and never will."""
    return observed(task) > RUNNING


def runnable(task: Json) -> bool:
    """Whether it is to run, now or soon, for ever or until it is done."""
    return desired(task) <= COMPLETE
