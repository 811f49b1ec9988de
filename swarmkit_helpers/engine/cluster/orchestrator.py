"""The orchestrator: it makes the tasks that services ask for, and gives up those that they do not."""

from __future__ import annotations

from collections import Counter, defaultdict

from ..kinds import Json
from .background import Background, Round
from .constraints import satisfies
from .everywhere import Everywhere
from .jobs import Jobs
from .restart import Restarts
from .servicespec import mode_of
from .states import RANK, ended, observed, runnable
from .store import Change, Store
from .tasks import Tasks, mark, new_task
from .updater import Slot, Updates

__all__ = ["Orchestrator", "usable"]


class Orchestrator:
    """Hears what changes, and puts it in order soon after."""

    def __init__(
        self, store: Store, tasks: Tasks, restarts: Restarts, updates: Updates, background: Background
    ) -> None:
        self.store = store
        self.tasks = tasks
        self.restarts = restarts
        self.updates = updates
        self.everywhere = Everywhere(store, tasks, restarts, updates)
        self.jobs = Jobs(store, tasks, restarts)
        self.round = Round(background, self.work)
        self._services: dict[str, None] = {}
        self._ended: dict[str, None] = {}
        self._nodes: dict[str, None] = {}
        store.watch(self._hear)

    def work(self) -> None:
        """Put in order all that changed."""
        nodes, self._nodes = self._nodes, {}
        for identity in nodes:
            self._node_changed(identity)
        services, self._services = self._services, {}
        for identity in services:
            service = self.store.get("service", identity)
            if service is None:
                self._remove(identity)
            elif "JobStatus" in service:
                self.jobs.reconcile(service)
            elif mode_of(service["Spec"]) == "global":
                self.everywhere.reconcile(service)
            else:
                self._reconcile(service)
        ended, self._ended = self._ended, {}
        for identity in ended:
            self._restart(identity)

    def look_again(self) -> None:
        """Look at everything, as a manager does that begins to lead."""
        self._services |= {service["ID"]: None for service in self.store.all("service")}
        self._nodes |= {node["ID"]: None for node in self.store.all("node")}
        for task in self.store.all("task"):
            if task.get("ServiceID"):
                self._services[task["ServiceID"]] = None
            self._look_at(task)
            if "JobIteration" in task and self.store.get("service", task["ServiceID"]) is None:
                self.store.remove("task", task["ID"])
            elif task["DesiredState"] == "ready" and not self.restarts.delayed(task["ID"]):
                self.restarts.start_later(task["ID"], None, 0)
        self.round.ask()

    def _hear(self, change: Change) -> None:
        found = change.object
        if change.kind == "service":
            self._services[found["ID"]] = None
        elif change.kind == "node":
            self._nodes[found["ID"]] = None
        elif change.kind == "task" and found.get("ServiceID"):
            if change.after is not None:
                self._look_at(change.after)
            else:
                self.restarts.cancel(found["ID"])
                if runnable(found) and "JobIteration" not in found:
                    self._services[found["ServiceID"]] = None
        if self._services or self._nodes or self._ended:
            self.round.ask()

    def _look_at(self, task: Json) -> None:
        if not runnable(task):
            return
        service = self.store.get("service", task["ServiceID"])
        if "JobIteration" in task:
            if service is not None and ended(task):
                self._services[task["ServiceID"]] = None
        elif service is None:
            self._services[task["ServiceID"]] = None
        elif ended(task) or (task.get("NodeID") and mode_of(service["Spec"]) != "global" and self._lost(task)):
            self._ended[task["ID"]] = None

    def _lost(self, task: Json) -> bool:
        return not usable(self.store.get("node", task["NodeID"]))

    def _node_changed(self, identity: str) -> None:
        node = self.store.get("node", identity)
        if node is not None and node["Status"]["State"] == "ready" and node["Spec"]["Availability"] == "active":
            self._enforce(node)
        for task in self.tasks.of_node(identity):
            self._look_at(task)
        self._services |= self.everywhere.node_changed(identity, node)

    def _enforce(self, node: Json) -> None:
        """Reject tasks that a node no longer may run, or has no room for any more."""
        for task in self.tasks.of_node(node["ID"]):
            if not runnable(task) or not RANK["assigned"] <= observed(task) <= RANK["running"]:
                continue
            constraints = task["Spec"].get("Placement", {}).get("Constraints", ())
            if constraints and not satisfies(constraints, node):
                status = task["Status"] | {
                    "Timestamp": self.store.clock.now(),
                    "State": "rejected",
                    "Message": "task rejected by constraint enforcer",
                    "Err": "assigned node no longer meets constraints",
                }
                self.store.update("task", task["ID"], {"Status": status})

    def _remove(self, service_id: str) -> None:
        """Give up all tasks of a service that is gone."""
        self.updates.cancel(service_id)
        self.restarts.forget(service_id)
        for task in self.tasks.of_service(service_id):
            if "JobIteration" in task:
                continue
            self.restarts.cancel(task["ID"])
            mark(self.store, task, "remove")

    def _restart(self, task_id: str) -> None:
        task = self.store.get("task", task_id)
        service = self.store.get("service", (task or {}).get("ServiceID", ""))
        if task is None or service is None or not runnable(task):
            return
        if mode_of(service["Spec"]) == "global":
            self.everywhere.restart(service, task)
        else:
            self.restarts.restart(service, task)

    def _reconcile(self, service: Json) -> None:
        slots: defaultdict[int, Slot] = defaultdict(list)
        dead: defaultdict[int, Slot] = defaultdict(list)
        for task in self.tasks.of_service(service["ID"]):
            slots[task["Slot"]].append(task)
        for slot, tasks in list(slots.items()):
            live = [task for task in tasks if self.restarts.updatable(service, task)]
            # A task that ended for good counts only where none follows it.
            live = [task for task in live if runnable(task)] or live[-1:]
            if live:
                slots[slot] = live
            else:
                dead[slot] = slots.pop(slot)
        wanted: int = service["Spec"]["Mode"]["Replicated"]["Replicas"]
        if wanted >= len(slots):
            self.updates.update(service, list(slots.values()))
            self._add(service, slots, dead, wanted - len(slots))
        else:
            ordered = self._least_needed_last(list(slots.values()))
            self.updates.update(service, ordered[:wanted])
            self._give_up(ordered[wanted:])
        self._give_up(list(dead.values()), forever=True)

    def _add(self, service: Json, slots: dict[int, Slot], dead: dict[int, Slot], count: int) -> None:
        slot = 0
        for _ in range(count):
            slot += 1
            while slot in slots:
                slot += 1
            dead.pop(slot, None)
            self.store.create("task", new_task(service, slot, "", self.store.clock.now()))

    def _least_needed_last(self, slots: list[Slot]) -> list[Slot]:
        """Slots ordered so that those on the fullest nodes, and those that do not run, come last."""
        slots.sort(key=lambda slot: all(task["Status"]["State"] != "running" for task in slot))
        copies: Counter[str] = Counter()
        ranks: list[tuple[int, Slot]] = []
        for slot in slots:
            node = slot[0].get("NodeID", "") if len(slot) == 1 else ""
            copies[node] += 1
            ranks.append((copies[node] if node else -1, slot))
        return [slot for _, slot in sorted(ranks, key=lambda rank: rank[0])]

    def _give_up(self, slots: list[Slot], *, forever: bool = False) -> None:
        for slot in slots:
            for task in slot:
                if forever:
                    self.store.remove("task", task["ID"])
                else:
                    self.restarts.cancel(task["ID"])
                    mark(self.store, task, "remove")


def usable(node: Json | None) -> bool:
    """Whether tasks can stay on a node."""
    return node is not None and node["Status"]["State"] != "down" and node["Spec"]["Availability"] != "drain"
