"""Jobs: services whose tasks are to end, so many times in all, or once on each node.

As 20.10 has it, a job's tasks outlive it, and a node that is drained keeps those that run there.
"""

from __future__ import annotations

from ..kinds import Json
from .constraints import satisfies
from .restart import Restarts
from .servicespec import mode_of
from .states import RANK, ended, observed, runnable
from .store import Store
from .tasks import Tasks, mark, new_task

__all__ = ["Jobs", "iteration", "status"]


def status(now: str, before: Json | None = None) -> Json:
    """``JobStatus`` of a job that is created, or that begins anew."""
    index = 0 if before is None else before["JobIteration"].get("Index", 0) + 1
    return {"JobIteration": {"Index": index} if index else {}, "LastExecution": now}


def iteration(service: Json) -> Json | None:
    """What a job's tasks are marked with; None for what is no job."""
    found: Json | None = (service.get("JobStatus") or {}).get("JobIteration")
    return found


class Jobs:
    """The part of the orchestrator for jobs."""

    def __init__(self, store: Store, tasks: Tasks, restarts: Restarts) -> None:
        self.store = store
        self.tasks = tasks
        self.restarts = restarts

    def reconcile(self, service: Json) -> None:
        """Make the tasks that a job lacks, start again those that failed, and give up those of the time before."""
        mine: list[Json] = []
        past: list[Json] = []
        for task in self.tasks.of_service(service["ID"]):
            (mine if task["JobIteration"] == iteration(service) else past).append(task)
        if mode_of(service["Spec"]) == "global-job":
            self._have_one_everywhere(service, mine)
        else:
            self._have_enough(service, mine)
            past = [task for task in past if not ended(task)]
        for task in mine:
            if runnable(task) and observed(task) > RANK["complete"]:
                self.restarts.restart(service, task)
        for task in past:
            mark(self.store, task, "remove")

    def _have_enough(self, service: Json, tasks: list[Json]) -> None:
        complete = [task for task in tasks if observed(task) == RANK["complete"]]
        running = [task for task in tasks if observed(task) != RANK["complete"] and runnable(task)]
        mode = service["Spec"]["Mode"]["ReplicatedJob"]
        free = min(mode["MaxConcurrent"], mode["TotalCompletions"] - len(complete)) - len(running)
        taken = {task.get("Slot", 0) for task in complete + running}
        slots = (slot for slot in range(mode["TotalCompletions"]) if slot not in taken)
        for _ in range(free):
            self._create(service, next(slots, 0), "")

    def _have_one_everywhere(self, service: Json, tasks: list[Json]) -> None:
        here = {task["NodeID"]: task for task in tasks if runnable(task)}
        constraints = service["Spec"]["TaskTemplate"].get("Placement", {}).get("Constraints", ())
        for node in self.store.all("node"):
            if not satisfies(constraints, node):
                continue
            task = here.get(node["ID"])
            state, availability = node["Status"]["State"], node["Spec"]["Availability"]
            if state == "down" or availability == "drain":
                if task is not None and not ended(task):
                    mark(self.store, task, "shutdown")
            elif task is None and state == "ready" and availability == "active":
                self._create(service, None, node["ID"])

    def _create(self, service: Json, slot: int | None, node_id: str) -> None:
        body = new_task(service, slot, node_id, self.store.clock.now())
        self.store.create("task", body | {"DesiredState": "complete"})
