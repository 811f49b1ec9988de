"""Restarts and the tasks of the past."""

from __future__ import annotations

from typing import Any

from swarmkit_helpers.engine.cluster.states import ended

from .lab import Lab, in_lab, merged, replicas, until, web

SECOND = 1_000_000_000


def failing(**policy: Any) -> dict[str, Any]:
    return {"TaskTemplate": {"ContainerSpec": {"Command": ["false"]}, "RestartPolicy": policy}}


@in_lab
async def test_a_task_that_fails_is_started_again_so_often(lab: Lab) -> None:
    lab.swarm.create_service(web(**failing(Delay=SECOND, MaxAttempts=2)))
    await until(lambda: len(lab.tasks("web")) == 3 and all(map(ended, lab.tasks("web"))))
    await lab.world.clock.sleep(20)
    tasks = lab.tasks("web")
    assert len(tasks) == 3
    assert {task["DesiredState"] for task in tasks} == {"shutdown"}
    assert {task["Status"]["Err"] for task in tasks} == {"task: non-zero exit (1)"}
    lab.update("web", TaskTemplate={"ContainerSpec": {"Command": ["sleep", "1"]}})
    await until(lambda: lab.running("web"))


@in_lab
async def test_never_means_never(lab: Lab) -> None:
    lab.swarm.create_service(web(**failing(Condition="none")))
    await until(lambda: lab.tasks("web") and all(map(ended, lab.tasks("web"))))
    await lab.world.clock.sleep(20)
    assert len(lab.tasks("web")) == 1


@in_lab
async def test_the_delay_goes_by(lab: Lab) -> None:
    lab.swarm.create_service(web(**failing(Delay=60 * SECOND, MaxAttempts=1)))
    await until(lambda: len(lab.tasks("web")) == 2)
    began = lab.world.clock.time()
    waiting = [task for task in lab.tasks("web") if task["DesiredState"] == "ready"]
    assert len(waiting) == 1
    await until(lambda: all(map(ended, lab.tasks("web"))))
    assert lab.world.clock.time() - began >= 55


@in_lab
async def test_attempts_of_long_ago_do_not_count(lab: Lab) -> None:
    made: set[str] = set()
    lab.swarm.store.watch(lambda change: made.add(change.object["ID"]) if change.kind == "task" else None)
    lab.swarm.create_service(web(**failing(Delay=SECOND, MaxAttempts=1, Window=SECOND // 2)))
    await until(lambda: len(made) >= 4)


@in_lab
async def test_one_more_than_the_attempts_is_kept(lab: Lab) -> None:
    lab.swarm.create_service(web("many", **failing(Delay=SECOND, MaxAttempts=8)))
    lab.swarm.create_service(web("few", **failing(Delay=SECOND, MaxAttempts=1, Window=SECOND // 2)))
    await until(lambda: len(lab.tasks("many")) == 9 and all(map(ended, lab.tasks("many"))))
    await lab.world.clock.sleep(2)
    assert len(lab.tasks("many")) == 9
    # One that was made a moment ago may be over.
    await until(lambda: len(lab.tasks("few")) == 2)


@in_lab
async def test_five_tasks_of_a_place_are_kept(lab: Lab) -> None:
    lab.swarm.create_service(web(**failing(Delay=SECOND)))
    made: set[str] = set()
    lab.swarm.store.watch(lambda change: made.add(change.object["ID"]) if change.kind == "task" else None)
    await until(lambda: len(made) > 10)
    await lab.world.clock.sleep(1)
    assert 4 <= len(lab.tasks("web")) <= 6


@in_lab
async def test_a_drained_node_waits_for_no_delay(lab: Lab) -> None:
    lab.swarm.create_service(web(**merged(replicas(3), {"TaskTemplate": {"RestartPolicy": {"Delay": 3600 * SECOND}}})))
    await until(lambda: len(lab.running("web")) == 3)
    lab.place(lab.worker1, Availability="drain")
    gone = lab.worker1.swarm.node_id
    await until(lambda: len([task for task in lab.running("web") if task["NodeID"] != gone]) == 3)
