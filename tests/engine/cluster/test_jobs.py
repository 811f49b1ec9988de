"""Jobs, as they were seen on a real engine 20.10."""

from __future__ import annotations

import asyncio
from typing import Any

from swarmkit_helpers.engine.cluster.states import runnable
from swarmkit_helpers.engine.kinds import Json
from swarmkit_helpers.engine.refusal import Refusal

from .lab import Lab, in_lab, merged, until, web


def job(name: str, command: str = "true", /, *, most: int | None = None, total: int | None = None, **keys: Any) -> Json:
    """Spec of a replicated job."""
    counts = {key: value for key, value in (("MaxConcurrent", most), ("TotalCompletions", total)) if value is not None}
    command_line = ["sleep", "99"] if command == "sleep" else [command]
    template = {"TaskTemplate": {"ContainerSpec": {"Command": command_line}, "RestartPolicy": {"Delay": 1_000_000_000}}}
    return merged(web(name, Mode={"ReplicatedJob": counts}), merged(template, keys))


def everywhere(name: str, command: str = "true") -> Json:
    """Spec of a global job."""
    return {**job(name, command), "Mode": {"GlobalJob": {}}}


def states(made: Lab, name: str) -> list[tuple[int | None, str, str]]:
    tasks = sorted(made.tasks(name), key=lambda task: (task["CreatedAt"], task.get("Slot", 0)))
    return [(task.get("Slot"), task["Status"]["State"], task["DesiredState"]) for task in tasks]


def count(made: Lab, name: str) -> Json:
    services = made.swarm.listed("service", {"name": [name]}, status=True)
    found: Json = services[0]["ServiceStatus"]
    return found


@in_lab
async def test_a_job_ends_so_often_as_it_is_asked_to(made: Lab) -> None:
    peak = 0

    def hear(_: Any) -> None:
        nonlocal peak
        peak = max(peak, sum(task["Status"]["State"] not in ("complete",) for task in made.swarm.store.all("task")))

    made.swarm.store.watch(hear)
    made.swarm.create_service(job("five", most=2, total=5))
    await until(lambda: count(made, "five")["CompletedTasks"] == 5)
    await asyncio.sleep(0.02)
    # The first slot of a job is 0, which the API leaves out.
    slots = [(None, "complete", "complete")] + [(slot, "complete", "complete") for slot in range(1, 5)]
    assert sorted(states(made, "five"), key=lambda one: one[0] or 0) == slots
    assert peak == 2
    assert count(made, "five") == {"RunningTasks": 0, "DesiredTasks": 2, "CompletedTasks": 5}
    first = next(task for task in made.tasks("five") if "Slot" not in task)
    assert list(first)[-1] == "JobIteration"
    assert first["JobIteration"] == {}


@in_lab
async def test_a_job_without_numbers_runs_once(made: Lab) -> None:
    made.swarm.create_service(job("one"))
    made.swarm.create_service(job("three", most=3))
    seen = made.swarm.find("service", "one")
    assert seen["Spec"]["Mode"] == {"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 1}}
    assert "UpdateConfig" not in seen["Spec"]
    assert list(seen)[-1] == "JobStatus"
    assert seen["JobStatus"] == {"JobIteration": {}, "LastExecution": seen["JobStatus"]["LastExecution"]}
    assert made.swarm.find("service", "three")["Spec"]["Mode"]["ReplicatedJob"]["TotalCompletions"] == 3
    await until(lambda: count(made, "three")["CompletedTasks"] == 3)
    found = [one["Spec"]["Name"] for one in made.swarm.listed("service", {"mode": ["replicated-job"]})]
    assert sorted(found) == ["one", "three"]


@in_lab
async def test_a_task_that_fails_is_started_again_as_often_as_its_policy_says(made: Lab) -> None:
    policy: Json = {"TaskTemplate": {"RestartPolicy": {"Condition": "on-failure", "MaxAttempts": 2}}}
    made.swarm.create_service(job("again", "false", total=2, **policy))
    never: Json = {"TaskTemplate": {"RestartPolicy": {"Condition": "none"}}}
    made.swarm.create_service(job("never", "false", total=2, **never))
    await until(lambda: states(made, "again") == [(None, "failed", "shutdown")] * 3)
    await made.world.clock.sleep(20)
    assert states(made, "again") == [(None, "failed", "shutdown")] * 3
    assert states(made, "never") == [(None, "failed", "shutdown")]
    assert count(made, "never") == {"RunningTasks": 0, "DesiredTasks": 1, "CompletedTasks": 0}


@in_lab
async def test_an_update_begins_a_job_anew(made: Lab) -> None:
    made.swarm.create_service(job("long", "sleep", most=2, total=3))
    await until(lambda: len(made.running_jobs("long")) == 2)
    old = {task["ID"] for task in made.tasks("long")}
    made.update("long", Mode={"ReplicatedJob": {"MaxConcurrent": 1, "TotalCompletions": 3}})
    seen = made.swarm.find("service", "long")
    assert seen["JobStatus"]["JobIteration"] == {"Index": 1}
    assert "UpdateStatus" not in seen
    await until(lambda: [task["JobIteration"] for task in made.tasks("long")] == [{"Index": 1}])
    assert not old & {task["ID"] for task in made.tasks("long")}

    made.swarm.create_service(everywhere("each"))
    await until(lambda: count(made, "each")["CompletedTasks"] == 3)
    made.update("each", Labels={"a": "b"})
    await until(lambda: [task["JobIteration"] for task in made.tasks("each")] == [{"Index": 1}] * 3)
    await until(lambda: count(made, "each") == {"RunningTasks": 0, "DesiredTasks": 0, "CompletedTasks": 3})

    made.swarm.create_service(job("done", total=2))
    await until(lambda: count(made, "done")["CompletedTasks"] == 2)
    made.update("done", Labels={"a": "b"})
    await until(lambda: count(made, "done")["CompletedTasks"] == 2)
    # What was complete stays, in a replicated job.
    assert sorted(task["JobIteration"].get("Index", 0) for task in made.tasks("done")) == [0, 0, 1, 1]
    found = made.swarm.find("service", "done")
    made.swarm.update_service("done", found["Version"]["Index"], found["Spec"], rollback="previous")
    assert made.swarm.find("service", "done")["JobStatus"]["JobIteration"] == {"Index": 2}


@in_lab
async def test_a_global_job_ends_once_on_each_node(made: Lab) -> None:
    made.place(made.worker2, Availability="pause")
    made.swarm.create_service(everywhere("each"))
    await until(lambda: count(made, "each")["CompletedTasks"] == 2)
    places = {task["NodeID"] for task in made.tasks("each")}
    assert places == {made.manager.swarm.node_id, made.worker1.swarm.node_id}
    made.place(made.worker2, Availability="active")
    await made.world.clock.sleep(5)
    # Nodes are looked at only when the job or one of its tasks changes.
    assert len(made.tasks("each")) == 2


@in_lab
async def test_tasks_outlive_their_job_and_stay_on_a_drained_node(made: Lab) -> None:
    made.swarm.create_service(job("long", "sleep", most=3, total=3))
    await until(lambda: len(made.running_jobs("long")) == 3)
    service = made.swarm.find("service", "long")["ID"]
    made.place(made.worker1, Availability="drain")
    made.swarm.remove_service("long")
    await made.world.clock.sleep(5)
    tasks = made.swarm.tasks.of_service(service)
    assert [(task["Status"]["State"], task["DesiredState"]) for task in tasks] == [("running", "complete")] * 3
    assert all(runnable(task) for task in tasks)
    # A manager that begins to lead forgets them.
    made.swarm.look_again()
    assert made.swarm.tasks.of_service(service) == []


@in_lab
async def test_a_service_does_not_become_a_job(made: Lab) -> None:
    made.swarm.create_service(job("one"))
    found = made.swarm.find("service", "one")
    try:
        made.swarm.update_service("one", found["Version"]["Index"], everywhere("one"))
    except Refusal as refusal:
        words = "rpc error: code = Unimplemented desc = service mode change is not allowed"
        assert (refusal.status, refusal.message) == (501, words)
    else:
        raise AssertionError("it was accepted")
    assert made.swarm.find("service", "one")["JobStatus"]["JobIteration"] == {}
