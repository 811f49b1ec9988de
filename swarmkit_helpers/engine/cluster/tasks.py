"""The tasks of a swarm: how they are made, where they are found, and who waits for them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

from ..kinds import Json
from .states import RANK, ended, observed
from .store import Change, Store

__all__ = ["Tasks", "mark", "new_task", "task_name"]

Condition = Callable[[Json | None], bool]


def new_task(service: Json, slot: int | None, node_id: str, now: str) -> Json:
    """Body of a task for a service, before anything has been done about it.

    Parameters
    ----------
    slot
        Of a replicated service; the first of a job's is 0, which is as good as none.
    node_id
        Of a global service.
    """
    spec = service["Spec"]
    endpoint = spec.get("EndpointSpec")
    body: Json = {
        "Labels": {},
        "Spec": {key: value for key, value in spec["TaskTemplate"].items() if key != "Runtime"},
        "ServiceID": service["ID"],
    }
    if slot:
        body["Slot"] = slot
    if node_id:
        body["NodeID"] = node_id
    if "JobStatus" in service:
        body["JobIteration"] = service["JobStatus"]["JobIteration"]
    return body | {
        "Status": {"Timestamp": now, "State": "new", "Message": "created", "PortStatus": {}},
        "DesiredState": "running",
        "_SpecVersion": service["_SpecVersion"],
        "_ServiceName": spec["Name"],
        "_ServiceLabels": spec["Labels"],
        "_Endpoint": {"Spec": endpoint or {}, "Ports": (endpoint or {}).get("Ports", [])},
    }


def task_name(task: Json) -> str:
    """``web.1.abcdef…``, or ``agent.<node>.abcdef…``."""
    return f"{task.get('_ServiceName', '')}.{task.get('Slot') or task.get('NodeID', '')}.{task['ID']}"


def mark(store: Store, task: Json, state: str) -> None:
    """Say in which state a task is to be."""
    if task["DesiredState"] != state:
        store.update("task", task["ID"], {"DesiredState": state})


class Tasks:
    """Tasks by service and by node, so that nobody has to look through all of them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._by_service: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._by_node: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._waiting: defaultdict[str, list[tuple[Condition, asyncio.Future[None]]]] = defaultdict(list)
        store.watch(self._hear)

    def of_service(self, service_id: str) -> list[Json]:
        """Tasks of a service, oldest first."""
        return self._get(self._by_service.get(service_id, {}))

    def of_node(self, node_id: str) -> list[Json]:
        """Tasks given to a node, oldest first."""
        return self._get(self._by_node.get(node_id, {}))

    def of_slot(self, task: Json) -> list[Json]:
        """Tasks that have had the place of one: its slot, or its node in a global service."""
        key = "Slot" if task.get("Slot") else "NodeID"
        return [one for one in self.of_service(task["ServiceID"]) if one.get(key) == task.get(key)]

    async def stopped(self, task: Json) -> None:
        """Wait until a task has ended, or is gone, or its node is."""

        def over(seen: Json | None) -> bool:
            node = self.store.get("node", (seen or {}).get("NodeID", ""))
            assigned = bool((seen or {}).get("NodeID"))
            return seen is None or ended(seen) or (assigned and (node is None or node["Status"]["State"] == "down"))

        await self._until(task["ID"], over)

    async def started(self, task_id: str) -> Json | None:
        """Wait until a task runs or has ended; None when it is gone."""
        await self._until(task_id, lambda seen: seen is None or observed(seen) >= RANK["running"])
        return self.store.get("task", task_id)

    async def _until(self, task_id: str, condition: Condition) -> None:
        while not condition(self.store.get("task", task_id)):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting = (condition, future)
            self._waiting[task_id].append(waiting)
            try:
                await future
            finally:
                self._waiting[task_id].remove(waiting)
                if not self._waiting[task_id]:
                    del self._waiting[task_id]

    def _get(self, ids: dict[str, None]) -> list[Json]:
        found = (self.store.get("task", identity) for identity in ids)
        return [task for task in found if task is not None]

    def _hear(self, change: Change) -> None:
        if change.kind == "node":
            for identity in list(self._by_node.get(change.object["ID"], ())):
                self._wake(identity)
        if change.kind != "task":
            return
        identity, before, after = change.object["ID"], change.before, change.after
        if after is None:
            self._by_service[change.object.get("ServiceID", "")].pop(identity, None)
            self._by_node[change.object.get("NodeID", "")].pop(identity, None)
        else:
            if before is None:
                self._by_service[after.get("ServiceID", "")][identity] = None
            if after.get("NodeID") and (before is None or not before.get("NodeID")):
                self._by_node[after["NodeID"]][identity] = None
        self._wake(identity)

    def _wake(self, task_id: str) -> None:
        for condition, future in list(self._waiting.get(task_id, ())):
            if not future.done() and condition(self.store.get("task", task_id)):
                future.set_result(None)
