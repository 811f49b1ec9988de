"""The reaper: it forgets tasks of the past, but for the last few of each place."""

from __future__ import annotations

from ..kinds import Json
from .background import Background, Round
from .states import RANK, ended, observed, runnable
from .store import Change, Store
from .tasks import Tasks

__all__ = ["Reaper"]

DEBOUNCE_S = 0.25


class Reaper:
    """Looks a moment after tasks were made or have ended."""

    def __init__(self, store: Store, tasks: Tasks, background: Background) -> None:
        self.store = store
        self.tasks = tasks
        self.round = Round(background, self.reap, DEBOUNCE_S)
        self._places: dict[str, Json] = {}
        """Tasks in whose places there may be too many."""
        self._over: dict[str, None] = {}
        """Tasks to forget at once."""
        store.watch(self._hear)

    def reap(self) -> None:
        """Forget what is to be forgotten."""
        over, self._over = self._over, {}
        places, self._places = self._places, {}
        for identity in over:
            if self.store.get("task", identity) is not None:
                self.store.remove("task", identity)
        clusters = self.store.all("cluster")
        limit = clusters[0]["Spec"]["Orchestration"]["TaskHistoryRetentionLimit"] if clusters else 5
        for task in places.values():
            service = self.store.get("service", task["ServiceID"])
            # A job's tasks are all kept.
            if service is not None and "JobStatus" not in service:
                attempts = service["Spec"]["TaskTemplate"].get("RestartPolicy", {}).get("MaxAttempts", 0)
                self._trim(task, attempts + 1 if attempts else limit)

    def look_again(self) -> None:
        """Look at all tasks, as a manager does that begins to lead."""
        for task in self.store.all("task"):
            self._look_at(task)
        self.round.ask()

    def _hear(self, change: Change) -> None:
        if change.kind != "task" or change.after is None:
            return
        if change.before is None:
            self._note(change.after)
        self._look_at(change.after)
        if self._over or self._places:
            self.round.ask()

    def _look_at(self, task: Json) -> None:
        gone = ended(task) or observed(task) < RANK["assigned"]
        if task["DesiredState"] == "remove" and gone:
            self._over[task["ID"]] = None

    def _note(self, task: Json) -> None:
        place = task.get("Slot") or task.get("NodeID", "")
        self._places[f"{task['ServiceID']}.{place}"] = task

    def _trim(self, place: Json, limit: int) -> None:
        history = self.tasks.of_slot(place)
        if limit < 0:
            return
        past = [task for task in history if not runnable(task) and ended(task)]
        past.sort(key=lambda task: str(task["Status"]["Timestamp"]))
        for task in past[: max(0, len(history) - limit)]:
            self.store.remove("task", task["ID"])
        if sum(1 for task in history if runnable(task) or not ended(task)) > 1:
            # One that stops now may be too many once it has.
            self._note(place)
