"""Global services: one task on each node that may run it."""

from __future__ import annotations

from collections import defaultdict

from ..kinds import Json
from .constraints import satisfies
from .restart import Restarts
from .servicespec import mode_of
from .states import runnable
from .store import Store
from .tasks import Tasks, mark, new_task
from .updater import Slot, Updates

__all__ = ["Everywhere"]


class Everywhere:
    """The part of the orchestrator for global services."""

    def __init__(self, store: Store, tasks: Tasks, restarts: Restarts, updates: Updates) -> None:
        self.store = store
        self.tasks = tasks
        self.restarts = restarts
        self.updates = updates

    def reconcile(self, service: Json) -> None:
        """Have one task on each node that may run the service, and none elsewhere."""
        by_node: defaultdict[str, Slot] = defaultdict(list)
        for task in self.tasks.of_service(service["ID"]):
            if self.restarts.updatable(service, task):
                by_node[task["NodeID"]].append(task)
        slots: list[Slot] = []
        constraints = service["Spec"]["TaskTemplate"].get("Placement", {}).get("Constraints", ())
        for node in self.store.all("node"):
            if not _usable(node):
                continue
            tasks = by_node.pop(node["ID"], [])
            # A task that ended for good counts only where none follows it.
            tasks = [task for task in tasks if runnable(task)] or tasks[-1:]
            if not satisfies(constraints, node):
                self._shut_down(tasks)
            elif node["Spec"]["Availability"] == "pause":
                continue
            elif tasks:
                slots.append(tasks)
            elif node["Status"]["State"] == "ready":
                body = new_task(service, None, node["ID"], self.store.clock.now())
                self.store.create("task", body)
        self.updates.update(service, slots)
        for node_id, tasks in by_node.items():
            found = self.store.get("node", node_id)
            if found is None or found["Spec"]["Availability"] == "drain":
                self._shut_down(tasks)

    def node_changed(self, identity: str, node: Json | None) -> dict[str, None]:
        """Give up tasks of a node that is drained or gone; return the global services to look at."""
        services = {one["ID"]: one for one in self.store.all("service") if mode_of(one["Spec"]) == "global"}
        if node is None or node["Spec"]["Availability"] == "drain":
            for task in self.tasks.of_node(identity):
                if task.get("ServiceID") in services and node is None:
                    self.store.remove("task", task["ID"])
                elif task.get("ServiceID") in services:
                    self._shut_down([task])
        return dict.fromkeys(services)

    def restart(self, service: Json, task: Json) -> None:
        """Start a task again that ended, where its node may still run it."""
        node = self.store.get("node", task["NodeID"])
        if node is None or not _usable(node):
            return
        constraints = service["Spec"]["TaskTemplate"].get("Placement", {}).get("Constraints", ())
        if node["Spec"]["Availability"] == "pause" or not satisfies(constraints, node):
            mark(self.store, task, "shutdown")
        else:
            self.restarts.restart(service, task)

    def _shut_down(self, tasks: Slot) -> None:
        for task in tasks:
            if runnable(task):
                self.restarts.cancel(task["ID"])
                mark(self.store, task, "shutdown")


def _usable(node: Json) -> bool:
    return bool(node["Status"]["State"] != "down" and node["Spec"]["Availability"] != "drain")
