"""The scheduler: it gives tasks that are pending to nodes, spread as evenly as can be."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..kinds import Json
from .background import Background, Round
from .placement import Pipeline, Place
from .states import RANK, observed, runnable
from .store import Change, Store

__all__ = ["Scheduler"]

DEBOUNCE_S = 0.05
LOOK_BACK_S = 300.0
MOST_FAILURES = 5
"""Failures of a service's tasks on a node, in `LOOK_BACK_S`, from which on the node is avoided."""
DESCRIPTORS = {"node.labels.": ("Spec", "Labels"), "engine.labels.": ("Description", "Engine", "Labels")}

Better = Callable[[Place], tuple[int, int, int]]


@dataclass(eq=False)
class _Branch:
    """Nodes that have the same value of a placement preference."""

    tasks: int = 0
    """Tasks of the service that are in it already."""
    places: list[Place] = field(default_factory=list)
    branches: dict[str, _Branch] = field(default_factory=dict)


class Scheduler:
    """Looks at what changed a moment ago, all at once."""

    def __init__(self, store: Store, background: Background, chance: random.Random) -> None:
        self.store = store
        self.chance = chance
        self.round = Round(background, self.schedule, DEBOUNCE_S)
        self._places: dict[str, Place] = {}
        self._counted: dict[str, Json] = {}
        """Tasks that take something on their nodes, as they were counted there."""
        self._pending: dict[str, None] = {}
        self._failures: list[tuple[float, str, str]] = []
        store.watch(self._hear)

    def schedule(self) -> None:
        """Give all tasks that wait to nodes, and say of each that cannot be why."""
        waiting = [task for identity in self._pending if (task := self.store.get("task", identity)) is not None]
        if not waiting:
            return
        places = self._looked_at()
        groups: defaultdict[tuple[str, int], list[Json]] = defaultdict(list)
        for task in waiting:
            if not runnable(task):
                self._end(task)
            elif task.get("NodeID"):
                self._confirm(task, places)
            else:
                groups[task["ServiceID"], task["_SpecVersion"]].append(task)
        for tasks in groups.values():
            self._place(tasks, list(places.values()))

    def look_again(self) -> None:
        """Look at all tasks, as a manager does that begins to lead."""
        self._pending = {task["ID"]: None for task in self.store.all("task") if _waits(task)}
        self.round.ask()

    def _hear(self, change: Change) -> None:
        if change.kind == "node":
            self._see_node(change)
            self._ask()
        if change.kind != "task":
            return
        task, before = change.object, change.before
        self._count(task["ID"], change.after)
        if change.after is not None and _waits(task):
            if task["ID"] not in self._pending or before is None or before["DesiredState"] != task["DesiredState"]:
                self._pending[task["ID"]] = None
                self.round.ask()
            return
        self._pending.pop(task["ID"], None)
        if change.after is None or (observed(task) > RANK["running"] and before and observed(before) < observed(task)):
            if task["Status"]["State"] in ("failed", "rejected") and change.after is not None and task.get("NodeID"):
                self._failures.append((self.store.clock.time(), task["NodeID"], task["ServiceID"]))
            self._ask()

    def _ask(self) -> None:
        if self._pending:
            self.round.ask()

    def _see_node(self, change: Change) -> None:
        node = change.object
        place = self._places.get(node["ID"])
        if change.after is None:
            self._places.pop(node["ID"], None)
        elif place is not None and place.node.get("Description") == node.get("Description"):
            place.node = node
        else:
            self._places[node["ID"]] = place = Place(node)
            for task in self._counted.values():
                if task["NodeID"] == node["ID"]:
                    place.take(task)

    def _count(self, identity: str, task: Json | None) -> None:
        """Count what a task takes now, and no more what it took before."""
        before = self._counted.pop(identity, None)
        if task is None or not task.get("NodeID") or not RANK["pending"] < observed(task) <= RANK["running"]:
            task = None
        if before is not None and (task is None or runnable(task) is not runnable(before)):
            if (place := self._places.get(before["NodeID"])) is not None:
                place.take(before, -1)
            before = None
        if task is not None:
            self._counted[identity] = task
            if before is None and (place := self._places.get(task["NodeID"])) is not None:
                place.take(task)

    def _looked_at(self) -> dict[str, Place]:
        """All places, with what failed there lately."""
        for _, node_id, _ in self._failures:
            if (place := self._places.get(node_id)) is not None:
                place.failures.clear()
        since = self.store.clock.time() - LOOK_BACK_S
        self._failures = [failure for failure in self._failures if failure[0] > since]
        for _, node_id, service_id in self._failures:
            if (place := self._places.get(node_id)) is not None:
                place.failures[service_id] += 1
        return self._places

    def _end(self, task: Json) -> None:
        """A task that nothing runs of, and that is not to run any more."""
        if task["DesiredState"] == "shutdown":
            status = {key: value for key, value in task["Status"].items() if key != "Err"}
            self._write(task, status | {"State": "shutdown"})

    def _confirm(self, task: Json, places: dict[str, Place]) -> None:
        place = places.get(task["NodeID"])
        if place is None:
            return
        pipeline = Pipeline(task)
        if not pipeline.fits(place):
            self._refuse(task, pipeline.explain())
            return
        self._assign(task, place, "scheduler confirmed task can run on preassigned node")

    def _place(self, tasks: list[Json], places: list[Place]) -> None:
        first = tasks[0]
        service = first["ServiceID"]
        pipeline = Pipeline(first)
        self.chance.shuffle(places)

        def better(place: Place) -> tuple[int, int, int]:
            failures = place.failures[service]
            return (failures if failures >= MOST_FAILURES else 0, place.by_service[service], place.active)

        preferences = [
            one["Spread"]["SpreadDescriptor"] for one in first["Spec"].get("Placement", {}).get("Preferences", ())
        ]
        root = _tree(places, preferences, service)
        left = deque(tasks)
        self._fill(root, len(left), left, pipeline, better)
        why = pipeline.explain()
        for task in left:
            self._refuse(task, f"no suitable node ({why})" if why else "no suitable node")

    def _fill(self, branch: _Branch, count: int, left: deque[Json], pipeline: Pipeline, better: Better) -> int:
        """Give up to `count` of the tasks that are left to nodes of a branch; return how many."""
        if not branch.branches:
            return self._fill_places(branch.places, count, left, pipeline, better)
        placed = 0
        in_use = branch.tasks
        full: set[str] = set()
        while placed != count and len(full) != len(branch.branches):
            each, rest = divmod(in_use + count - placed, len(branch.branches) - len(full))
            before = placed
            for name, one in branch.branches.items():
                if name in full or not (one.tasks < each or (one.tasks == each and rest > 0)):
                    continue
                wanted = min(each - one.tasks + (1 if rest > 0 else 0), count - placed)
                done = self._fill(one, wanted, left, pipeline, better)
                if done < wanted:
                    full.add(name)
                    in_use -= one.tasks
                else:
                    rest -= 1 if rest > 0 else 0
                    one.tasks += done
                    in_use += done
                placed += done
            if placed == before and not full:
                break
        return placed

    def _fill_places(
        self, places: list[Place], count: int, left: deque[Json], pipeline: Pipeline, better: Better
    ) -> int:
        placed = 0
        fitting = [(better(place), rank, place) for rank, place in enumerate(places) if pipeline.fits(place)]
        heapq.heapify(fitting)
        while placed < count and left and fitting:
            _, rank, best = fitting[0]
            self._assign(left.popleft(), best, "scheduler assigned task to node")
            placed += 1
            if placed < count and not pipeline.fits(best):
                heapq.heappop(fitting)
            else:
                heapq.heapreplace(fitting, (better(best), rank, best))
        return placed

    def _assign(self, task: Json, place: Place, message: str) -> None:
        status = {"Timestamp": self.store.clock.now(), "State": "assigned", "Message": message, "PortStatus": {}}
        assigned = self.store.update("task", task["ID"], {"NodeID": place.node["ID"], "Status": status})
        # The store may tell of it only later.
        self._count(task["ID"], assigned)

    def _refuse(self, task: Json, why: str) -> None:
        if task["Status"].get("Err") != why:
            status = {key: value for key, value in task["Status"].items() if key != "PortStatus"}
            self._write(task, status | {"Err": why, "PortStatus": {}})

    def _write(self, task: Json, status: Json) -> None:
        self.store.update("task", task["ID"], {"Status": status | {"Timestamp": self.store.clock.now()}})


def _waits(task: Json) -> bool:
    return observed(task) == RANK["pending"]


def _tree(places: list[Place], preferences: list[str], service: str) -> _Branch:
    root = _Branch()
    for place in places:
        tasks = place.by_service[service]
        branch = root
        branch.tasks += tasks
        for descriptor in preferences:
            value = _described(descriptor, place.node)
            if value is None:
                continue
            branch = branch.branches.setdefault(value, _Branch())
            branch.tasks += tasks
        branch.places.append(place)
    return root


def _described(descriptor: str, node: Json) -> str | None:
    """Value of a node under a preference's descriptor; None for a descriptor that says nothing."""
    for prefix, path in DESCRIPTORS.items():
        if descriptor.lower().startswith(prefix) and len(descriptor) > len(prefix):
            found = node
            for key in path:
                found = found.get(key) or {}
            return str(found.get(descriptor[len(prefix) :], ""))
    return None
