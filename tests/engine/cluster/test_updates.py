"""Rolling updates, and what happens when one fails."""

from __future__ import annotations

from typing import Any

from swarmkit_helpers.engine.cluster.store import Change

from .lab import Lab, in_lab, replicas, until, web

SECOND = 1_000_000_000


def state(lab: Lab, service: str = "web") -> Any:
    return lab.swarm.find("service", service).get("UpdateStatus", {}).get("State")


def broken(**keys: Any) -> dict[str, Any]:
    return {"TaskTemplate": {"ContainerSpec": {"Image": "nope:latest"}}, **keys}


def changed(value: str = "1", **keys: Any) -> dict[str, Any]:
    return {"TaskTemplate": {"ContainerSpec": {"Env": [f"A={value}"]}}, **keys}


@in_lab
async def test_an_update_replaces_one_task_after_another(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    await until(lambda: len(lab.running("web")) == 3)
    fewest = 3

    def hear(change: Change) -> None:
        nonlocal fewest
        if change.kind == "task":
            fewest = min(fewest, len(lab.running("web")))

    lab.swarm.store.watch(hear)
    lab.update("web", **changed())
    await until(lambda: state(lab) == "completed")
    status = lab.swarm.find("service", "web")["UpdateStatus"]
    assert list(status) == ["State", "StartedAt", "CompletedAt", "Message"]
    assert status["Message"] == "update completed"
    assert all(task["Spec"]["ContainerSpec"]["Env"] == ["A=1"] for task in lab.running("web"))
    assert fewest == 2
    assert [told for told in lab.events("service") if "updatestate.new" in told[1]] == [
        ("update", {"name": "web", "updatestate.new": "updating"}),
        ("update", {"name": "web", "updatestate.new": "completed", "updatestate.old": "updating"}),
    ]


@in_lab
async def test_start_first_never_has_too_few(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3), UpdateConfig={"Parallelism": 1, "Order": "start-first"}))
    await until(lambda: len(lab.running("web")) == 3)
    counts = set()
    lab.swarm.store.watch(lambda change: counts.add(len(lab.running("web"))))
    lab.update("web", **changed())
    await until(lambda: state(lab) == "completed")
    assert min(counts) == 3
    assert max(counts) == 4


@in_lab
async def test_a_failure_pauses_an_update(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    await until(lambda: len(lab.running("web")) == 3)
    lab.update("web", **broken())
    await until(lambda: state(lab) == "paused")
    status = lab.swarm.find("service", "web")["UpdateStatus"]
    message, task = status["Message"].rsplit(" ", 1)
    assert message == "update paused due to failure or early termination of task"
    rejected = lab.swarm.find("task", task)
    assert rejected["Status"]["Err"] == "No such image: nope:latest"
    assert len(lab.running("web")) == 2


@in_lab
async def test_a_failure_rolls_an_update_back(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3), UpdateConfig={"Parallelism": 1, "FailureAction": "rollback"}))
    await until(lambda: len(lab.running("web")) == 3)
    lab.update("web", **broken())
    await until(lambda: state(lab) == "rollback_completed")
    shown = lab.swarm.find("service", "web")
    assert shown["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == "alpine:latest"
    assert "PreviousSpec" not in shown
    assert shown["UpdateStatus"]["Message"] == "rollback completed"
    assert len(lab.running("web")) == 3


@in_lab
async def test_a_failure_is_passed_over(lab: Lab) -> None:
    config = {"Parallelism": 2, "FailureAction": "continue", "Monitor": SECOND}
    lab.swarm.create_service(web(**replicas(3), UpdateConfig=config))
    await until(lambda: len(lab.running("web")) == 3)
    lab.update("web", **broken())
    await until(lambda: state(lab) == "completed")
    assert lab.running("web") == []


@in_lab
async def test_some_failures_are_borne(lab: Lab) -> None:
    config = {"Parallelism": 1, "MaxFailureRatio": 1, "Monitor": SECOND}
    lab.swarm.create_service(web(**replicas(2), UpdateConfig=config))
    await until(lambda: len(lab.running("web")) == 2)
    lab.update("web", **broken())
    await until(lambda: state(lab) == "completed")


@in_lab
async def test_an_update_is_taken_back_by_hand(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    await until(lambda: len(lab.running("web")) == 3)
    lab.update("web", **changed())
    await until(lambda: state(lab) == "completed")
    found = lab.swarm.find("service", "web")
    lab.swarm.update_service("web", found["Version"]["Index"], found["Spec"], rollback="previous")
    assert lab.swarm.find("service", "web")["UpdateStatus"]["Message"] == "manually requested rollback"
    await until(lambda: state(lab) == "rollback_completed")
    assert all("Env" not in task["Spec"]["ContainerSpec"] for task in lab.running("web"))
    assert len(lab.running("web")) == 3
    assert lab.swarm.find("service", "web")["PreviousSpec"]["TaskTemplate"]["ContainerSpec"]["Env"] == ["A=1"]


@in_lab
async def test_another_update_takes_the_place_of_the_first(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(5), UpdateConfig={"Parallelism": 1, "Delay": 10 * SECOND}))
    await until(lambda: len(lab.running("web")) == 5)
    lab.update("web", **changed("1"))
    await until(lambda: state(lab) == "updating")
    lab.update("web", **changed("2", UpdateConfig={"Parallelism": 0, "Delay": 0}))
    await until(lambda: state(lab) == "completed")
    assert [task["Spec"]["ContainerSpec"]["Env"] for task in lab.running("web")] == [["A=2"]] * 5


@in_lab
async def test_the_delay_is_kept_between_tasks(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3), UpdateConfig={"Parallelism": 1, "Delay": 60 * SECOND}))
    await until(lambda: len(lab.running("web")) == 3)
    began = lab.world.clock.time()
    lab.update("web", **changed())
    await until(lambda: state(lab) == "completed")
    assert lab.world.clock.time() - began >= 180


@in_lab
async def test_a_forced_update_replaces_tasks_that_are_the_same(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(2)))
    await until(lambda: len(lab.running("web")) == 2)
    before = {task["ID"] for task in lab.running("web")}
    lab.update("web", TaskTemplate={"ForceUpdate": 1})
    await until(lambda: state(lab) == "completed")
    assert before.isdisjoint(task["ID"] for task in lab.running("web"))


@in_lab
async def test_constraints_that_the_nodes_satisfy_replace_no_task(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(2)))
    await until(lambda: len(lab.running("web")) == 2)
    before = {task["ID"] for task in lab.running("web")}
    lab.update("web", TaskTemplate={"Placement": {"Constraints": ["node.platform.os == linux"]}})
    await lab.world.clock.sleep(10)
    assert before == {task["ID"] for task in lab.running("web")}
    assert state(lab) is None
