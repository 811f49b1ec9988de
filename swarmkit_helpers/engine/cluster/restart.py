"""Restarts: whether a task that ended is started again, when, and how often."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from ..kinds import Json
from .background import Background
from .servicespec import RESTART_DELAY, mode_of
from .states import ended, runnable
from .store import Store
from .tasks import Tasks, mark, new_task

__all__ = ["Restarts"]

SECOND = 1_000_000_000
PATIENCE_S = 60.0
"""How long a new task waits for the one before it to stop."""

Place = tuple[int, str]


@dataclass
class _History:
    """Restarts in one place."""

    version: int
    times: list[float] = field(default_factory=list)


@dataclass
class _Delay:
    """A task that waits to be started."""

    work: asyncio.Task[None]
    waiter: bool = False
    """Whether its own restart waits for that."""


class Restarts:
    """Starts again what the services' restart policies say."""

    def __init__(self, store: Store, tasks: Tasks, background: Background) -> None:
        self.store = store
        self.tasks = tasks
        self.background = background
        self._delays: dict[str, _Delay] = {}
        self._histories: defaultdict[str, dict[Place, _History]] = defaultdict(dict)

    def restart(self, service: Json, task: Json) -> None:
        """Give up a task, and make the one that follows it if the policy says so."""
        delay = self._delays.get(task["ID"])
        if delay is not None:
            if not delay.waiter:
                delay.waiter = True
                self.background.spawn(self._restart_after(delay, task["ID"]))
            return
        if not runnable(task):
            return
        mark(self.store, task, "shutdown")
        if not self.wanted(service, task):
            return
        node = self.store.get("node", task.get("NodeID", ""))
        replicated = mode_of(service["Spec"]).startswith("replicated")
        slot = task.get("Slot", 0) if replicated else None
        body = new_task(service, slot, "" if replicated else task["NodeID"], self.store.clock.now())
        made = self.store.create("task", body | {"DesiredState": "ready"})
        drained = node is not None and node["Spec"]["Availability"] == "drain"
        delay_ns = 0 if drained else task["Spec"].get("RestartPolicy", {}).get("Delay", RESTART_DELAY)
        down = node is not None and node["Status"]["State"] == "down"
        self._record(service, made)
        self.start_later(made["ID"], None if down or ended(task) else task, delay_ns / SECOND)

    def wanted(self, service: Json, task: Json) -> bool:
        """Whether the policy wants an ended task to be started again."""
        policy = task["Spec"].get("RestartPolicy", {})
        condition = policy.get("Condition", "any")
        if condition == "none" or (condition == "on-failure" and task["Status"]["State"] == "complete"):
            return False
        most = policy.get("MaxAttempts", 0)
        history = self._histories.get(service["ID"], {}).get(_place(service, task))
        if not most or history is None or history.version != task["_SpecVersion"]:
            return True
        if window := policy.get("Window", 0):
            since = self.store.clock.time() - window / SECOND
            history.times = [moment for moment in history.times if moment > since]
        return bool(len(history.times) < most)

    def updatable(self, service: Json, task: Json) -> bool:
        """Whether an update has to look at a task: it is to run, or it will never run again."""
        if runnable(task):
            return True
        rolling_back = (service.get("UpdateStatus") or {}).get("State") == "rollback_started"
        return not rolling_back and not self.wanted(service, task)

    def start_later(self, task_id: str, old: Json | None, delay_s: float) -> asyncio.Task[None]:
        """Start a task that is ready, once a time has passed and the one before it has stopped.

        Parameters
        ----------
        old
            The task before it; None when it need not be waited for.

        Returns
        -------
        asyncio.Task
            Ends when it has been told to start.
        """
        self.cancel(task_id)
        work = self.background.spawn(self._start(task_id, old, delay_s))
        self._delays[task_id] = delay = _Delay(work)
        work.add_done_callback(lambda _: self._delays.get(task_id) is delay and self._delays.pop(task_id))
        return work

    def delayed(self, task_id: str) -> bool:
        """Whether a task waits to be started."""
        return task_id in self._delays

    def cancel(self, task_id: str) -> None:
        """Do not start a task after all."""
        delay = self._delays.pop(task_id, None)
        if delay is not None:
            delay.work.cancel()

    def cancel_all(self) -> None:
        """Do not start any."""
        for task_id in list(self._delays):
            self.cancel(task_id)

    def forget(self, service_id: str) -> None:
        """Forget how often the tasks of a service were started again."""
        self._histories.pop(service_id, None)

    async def _start(self, task_id: str, old: Json | None, delay_s: float) -> None:
        waiting = self.background.spawn(self._stopped(old)) if old is not None else None
        if delay_s > 0:
            await self.store.clock.sleep(delay_s)
        if waiting is not None:
            await waiting
        task = self.store.get("task", task_id)
        if task is not None and task["DesiredState"] == "ready":
            mark(self.store, task, "complete" if "JobIteration" in task else "running")

    async def _stopped(self, old: Json) -> None:
        patience = PATIENCE_S / self.store.clock.speed
        try:
            await asyncio.wait_for(self.tasks.stopped(old), patience)
        except TimeoutError:
            return

    async def _restart_after(self, delay: _Delay, task_id: str) -> None:
        await asyncio.wait({delay.work})
        task = self.store.get("task", task_id)
        service = self.store.get("service", (task or {}).get("ServiceID", ""))
        if task is not None and service is not None and runnable(task):
            self._delays.pop(task_id, None)
            self.restart(service, task)

    def _record(self, service: Json, made: Json) -> None:
        if not made["Spec"].get("RestartPolicy", {}).get("MaxAttempts"):
            return
        histories = self._histories[made["ServiceID"]]
        place = _place(service, made)
        history = histories.get(place)
        if history is None or history.version != made["_SpecVersion"]:
            history = histories[place] = _History(made["_SpecVersion"])
        history.times.append(self.store.clock.time())


def _place(service: Json, task: Json) -> Place:
    replicated = mode_of(service["Spec"]).startswith("replicated")
    return (task.get("Slot", 0), "" if replicated else task.get("NodeID", ""))
