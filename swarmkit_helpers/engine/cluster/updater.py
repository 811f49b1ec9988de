"""Rolling updates of a service, slot after slot, and what is done when one fails."""

from __future__ import annotations

import asyncio
from collections import deque

from ..kinds import Json
from .background import Background
from .constraints import satisfies
from .restart import Restarts
from .servicespec import MONITOR, mode_of
from .states import RANK, desired, observed, runnable
from .store import Change, Store
from .tasks import Tasks, mark, new_task

__all__ = ["Slot", "Updates", "outdated"]

SECOND = 1_000_000_000
Slot = list[Json]
"""Tasks in one place: mostly one, two while the one replaces the other."""


def outdated(service: Json, task: Json, node: Json | None) -> bool:
    """Whether a task is not what its service asks for now."""
    if task["_SpecVersion"] == service["_SpecVersion"]:
        return False
    wanted = {key: value for key, value in service["Spec"]["TaskTemplate"].items() if key != "Runtime"}
    seen = dict(task["Spec"])
    if wanted != seen and node is not None:
        placement = wanted.get("Placement", {})
        if placement != seen.get("Placement", {}) and satisfies(placement.get("Constraints", ()), node):
            only_constraints = {key: value for key, value in placement.items() if key != "Constraints"}
            before = {key: value for key, value in seen.get("Placement", {}).items() if key != "Constraints"}
            if only_constraints == before:
                wanted.pop("Placement", None)
                seen.pop("Placement", None)
    if wanted != seen:
        return True
    return bool(task["_Endpoint"].get("Spec", {}) != service["Spec"].get("EndpointSpec", {}))


class Updates:
    """Updates under way, one for a service at most."""

    def __init__(self, store: Store, tasks: Tasks, restarts: Restarts, background: Background) -> None:
        self.store = store
        self.tasks = tasks
        self.restarts = restarts
        self.background = background
        self._running: dict[str, tuple[_Update, asyncio.Task[None]]] = {}

    def update(self, service: Json, slots: list[Slot]) -> None:
        """Bring slots to what their service asks for; an update that is under way to something else ends."""
        identity = service["ID"]
        running = self._running.get(identity)
        if running is not None:
            if running[0].service["Spec"] == service["Spec"]:
                return
            self.cancel(identity)
        update = _Update(self, service)
        if not update.prepare(slots):
            return
        work = self.background.spawn(update.run())
        self._running[identity] = mine = (update, work)
        work.add_done_callback(lambda _: self._running.get(identity) is mine and self._running.pop(identity))

    def cancel(self, service_id: str) -> None:
        """End the update of a service where it is."""
        running = self._running.pop(service_id, None)
        if running is not None:
            # It hears nothing from now on, though its work ends a moment later.
            running[0].stopped.set()
            running[1].cancel()

    def cancel_all(self) -> None:
        """End all."""
        for service_id in list(self._running):
            self.cancel(service_id)


class _Update:
    """One update of one service."""

    def __init__(self, updates: Updates, service: Json) -> None:
        self.store = updates.store
        self.tasks = updates.tasks
        self.restarts = updates.restarts
        self.service = service
        status = (service.get("UpdateStatus") or {}).get("State")
        self.rolling_back = status == "rollback_started"
        config = service["Spec"].get("RollbackConfig" if self.rolling_back else "UpdateConfig", {"Parallelism": 1})
        self.parallelism: int = config.get("Parallelism", 0)
        self.delay_s: float = config.get("Delay", 0) / SECOND
        self.monitor_s: float = config.get("Monitor", MONITOR) / SECOND
        self.action: str = config.get("FailureAction", "pause")
        self.ratio: float = config.get("MaxFailureRatio", 0)
        self.start_first: bool = config.get("Order", "stop-first") == "start-first"
        self.slots: deque[Slot] = deque()
        self.count = 0
        self.began: dict[str, float | None] = {}
        """Id of a task made here -> when it began to run."""
        self.failed: set[str] = set()
        self.stopped = asyncio.Event()

    def prepare(self, slots: list[Slot]) -> bool:
        """Find what there is to do; False when there is nothing."""
        status = (self.service.get("UpdateStatus") or {}).get("State")
        if status in ("paused", "rollback_paused"):
            return False
        self.slots = deque(slot for slot in slots if len(slot) > 1 or self._outdated(slot[0]))
        self.count = len(self.slots)
        if not self.slots:
            if status in ("updating", "rollback_started"):
                self._complete()
            return False
        if status is None:
            started = {"State": "updating", "StartedAt": self.store.clock.now(), "Message": "update in progress"}
            self._write(started, anew=True)
        return True

    async def run(self) -> None:
        """Do it."""
        forget = self.store.watch(self._hear) if self.action != "continue" else lambda: None
        workers: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        try:
            for _ in range(min(self.parallelism or self.count, self.count)):
                workers.append(loop.create_task(self._work()))
            await asyncio.gather(*workers)
            if not self.stopped.is_set():
                speed = self.store.clock.speed
                try:
                    await asyncio.wait_for(self.stopped.wait(), self.monitor_s / speed)
                except TimeoutError:
                    self._complete()
        finally:
            for worker in workers:
                worker.cancel()
            forget()

    async def _work(self) -> None:
        while self.slots and not self.stopped.is_set():
            slot = self.slots.popleft()
            # A task of the slot may have failed, and been followed by another, since the update began.
            current = [one for one in self.tasks.of_slot(slot[0]) if runnable(one)]
            clean = [task for task in current if runnable(task) and not self._outdated(task)]
            clean.sort(key=desired, reverse=True)
            if clean:
                await self._keep(clean[0], [task for task in current if task["ID"] != clean[0]["ID"]])
            else:
                await self._replace(slot[0], current)
            if self.delay_s:
                await self.store.clock.sleep(self.delay_s)

    async def _keep(self, kept: Json, others: Slot) -> None:
        old = self._shut_down(others)
        if kept["DesiredState"] != "running":
            await asyncio.wait({self.restarts.start_later(kept["ID"], old, 0)})

    async def _replace(self, place: Json, current: Slot) -> None:
        if self.store.get("service", self.service["ID"]) is None:
            return
        replicated = mode_of(self.service["Spec"]) == "replicated"
        slot = place["Slot"] if replicated else None
        body = new_task(self.service, slot, "" if replicated else place["NodeID"], self.store.clock.now())
        made = self.store.create("task", body | {"DesiredState": "ready"})
        self.began[made["ID"]] = None
        old = None if self.start_first else self._shut_down(current)
        await asyncio.wait({self.restarts.start_later(made["ID"], old, 0)})
        seen = await self.tasks.started(made["ID"])
        if seen is None:
            return
        self.began[made["ID"]] = self.store.clock.time()
        if self.start_first and seen["Status"]["State"] == "running":
            self._shut_down(current)

    def _shut_down(self, tasks: Slot) -> Json | None:
        """Have tasks stop; return one that does so now."""
        last = None
        for one in tasks:
            task = self.store.get("task", one["ID"])
            if task is not None and runnable(task):
                mark(self.store, task, "shutdown")
                last = task
        return last

    def _outdated(self, task: Json) -> bool:
        return outdated(self.service, task, self.store.get("node", task.get("NodeID", "")))

    def _hear(self, change: Change) -> None:
        task = change.after
        if change.kind != "task" or task is None or task["ID"] not in self.began or self.stopped.is_set():
            return
        if observed(task) <= RANK["running"] or task["ID"] in self.failed:
            return
        began = self.began[task["ID"]]
        if began is not None and self.store.clock.time() - began > self.monitor_s:
            return
        self.failed.add(task["ID"])
        if len(self.failed) / self.count > self.ratio:
            self.stopped.set()
            self._fail(task["ID"])

    def _fail(self, task_id: str) -> None:
        why = f"due to failure or early termination of task {task_id}"
        paused = "rollback_paused" if self.rolling_back else "paused"
        if self.action == "pause":
            self._write({"State": paused, "Message": f"update paused {why}"})
        elif self.rolling_back:
            self._write({"State": paused, "Message": f"rollback paused {why}"})
        else:
            self._roll_back(f"update rolled back {why}")

    def _roll_back(self, message: str) -> None:
        service = self.store.get("service", self.service["ID"])
        if service is None or not service.get("UpdateStatus") or service.get("PreviousSpec") is None:
            return
        status = service["UpdateStatus"] | {"State": "rollback_started", "Message": message}
        body = {"Spec": service["PreviousSpec"], "_SpecVersion": service["_PreviousSpecVersion"]}
        self.store.update("service", service["ID"], body | {"PreviousSpec": None, "UpdateStatus": status})

    def _complete(self) -> None:
        service = self.store.get("service", self.service["ID"])
        status = ((service or {}).get("UpdateStatus") or {}).get("State")
        if status not in ("updating", "rollback_started"):
            return
        back = status == "rollback_started"
        state, word = ("rollback_completed", "rollback") if back else ("completed", "update")
        self._write({"State": state, "CompletedAt": self.store.clock.now(), "Message": f"{word} completed"})

    def _write(self, status: Json, *, anew: bool = False) -> None:
        service = self.store.get("service", self.service["ID"])
        if service is None or (service.get("UpdateStatus") is not None) is anew:
            return
        order = ("State", "StartedAt", "CompletedAt", "Message")
        merged = (service.get("UpdateStatus") or {}) | status
        ordered = {key: merged[key] for key in order if key in merged}
        self.store.update("service", service["ID"], {"UpdateStatus": ordered})
