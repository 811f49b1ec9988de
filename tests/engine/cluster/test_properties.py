"""Whatever is asked in whatever order, services become what they were asked to be."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from swarmkit_helpers.engine.cluster.states import observed, runnable
from swarmkit_helpers.engine.refusal import Refusal

from .lab import Lab, lab, merged, replicas, until, web

# An example that does not converge takes seconds: it is shown as it was found, not made smaller.
SETTINGS: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.generate),
    "suppress_health_check": [HealthCheck.too_slow],
}
NAMES = ("a", "b", "g")
REPLICAS = st.integers(0, 6)
STEPS = st.one_of(
    st.tuples(st.just("scale"), st.sampled_from("ab"), REPLICAS),
    st.tuples(st.just("change"), st.sampled_from(NAMES), st.integers(0, 99)),
    st.tuples(st.just("order"), st.sampled_from(NAMES), st.sampled_from(("start-first", "stop-first"))),
    st.tuples(st.just("remove"), st.sampled_from(NAMES), st.just(0)),
    st.tuples(st.just("place"), st.integers(1, 2), st.sampled_from(("drain", "pause", "active"))),
    st.tuples(st.just("kill"), st.integers(0, 99), st.just(0)),
    st.tuples(st.just("wait"), st.just(0), st.integers(1, 40)),
)


async def step(made: Lab, what: str, which: Any, value: Any) -> None:
    swarm = made.swarm
    present = {one["Spec"]["Name"] for one in swarm.store.all("service")}
    if what in ("scale", "change", "order") and which not in present:
        mode = {"Mode": {"Global": {}}} if which == "g" else replicas(3)
        policy = {"TaskTemplate": {"RestartPolicy": {"Delay": 0}}}
        swarm.create_service(web(which, UpdateConfig={"Parallelism": 2, "Monitor": 1}, **merged(mode, policy)))
    if what == "scale":
        made.update(which, **replicas(value))
    elif what == "change":
        made.update(which, TaskTemplate={"ContainerSpec": {"Env": [f"A={value}"]}})
    elif what == "order":
        made.update(which, UpdateConfig={"Order": value})
    elif what == "remove" and which in present:
        swarm.remove_service(which)
    elif what == "place":
        made.place(made.hosts[which], Availability=value)
    elif what == "kill":
        running = [task for task in swarm.store.all("task") if task["Status"]["State"] == "running"]
        if running:
            task = running[which % len(running)]
            swarm.report(task["ID"], "failed", Message="started", Err="task: non-zero exit (137)")
    elif what == "wait":
        await made.world.clock.sleep(value)


def converged(made: Lab) -> bool:
    swarm = made.swarm
    free = [node for node in swarm.store.all("node") if node["Spec"]["Availability"] == "active"]
    paused = {node["ID"] for node in swarm.store.all("node") if node["Spec"]["Availability"] == "pause"}
    for service in swarm.store.all("service"):
        tasks = [task for task in swarm.tasks.of_service(service["ID"]) if runnable(task)]
        if "Global" in service["Spec"]["Mode"]:
            # A task may wait on a node that was paused before it could be given to it.
            tasks = [task for task in tasks if task["NodeID"] not in paused]
        if any(task["Status"]["State"] != "running" or task["DesiredState"] != "running" for task in tasks):
            return False
        template = service["Spec"]["TaskTemplate"]
        if "Global" in service["Spec"]["Mode"]:
            if sorted(task["NodeID"] for task in tasks) != sorted(node["ID"] for node in free):
                return False
        else:
            wanted = service["Spec"]["Mode"]["Replicated"]["Replicas"]
            if (
                sorted(task["Slot"] for task in tasks) != sorted({task["Slot"] for task in tasks})
                or len(tasks) != wanted
            ):
                return False
        if any(task["Spec"]["ContainerSpec"] != template["ContainerSpec"] for task in tasks):
            return False
    services = {service["ID"] for service in swarm.store.all("service")}
    return all(task["ServiceID"] in services for task in swarm.store.all("task"))


@settings(max_examples=60, **SETTINGS)
@given(st.lists(STEPS, max_size=14))
def test_services_converge(steps: list[tuple[str, Any, Any]]) -> None:
    async def test() -> None:
        async with lab(speed=5000) as made:
            for what, which, value in steps:
                try:
                    await step(made, what, which, value)
                except Refusal as refusal:
                    assert "out of sequence" in refusal.message
            await until(lambda: converged(made), 5)
            for task in made.swarm.store.all("task"):
                assert observed(task) >= 0

    asyncio.run(test())


@settings(max_examples=30, **SETTINGS)
@given(st.lists(st.integers(0, 8), min_size=1, max_size=8), st.integers(0, 3))
def test_stop_first_never_runs_two_tasks_in_one_slot(counts: list[int], changes: int) -> None:
    async def test() -> None:
        async with lab(speed=5000) as made:
            made.swarm.create_service(web(UpdateConfig={"Parallelism": 0, "Monitor": 1}))
            for number, count in enumerate(counts):
                made.update("web", **replicas(count))
                if number < changes:
                    made.update("web", TaskTemplate={"ContainerSpec": {"Env": [f"A={number}"]}})
                await made.world.clock.sleep(count)
            await until(lambda: converged(made), 5)
            assert made.agent is not None
            assert all(count <= 1 for count in made.agent.most.values())

    asyncio.run(test())
