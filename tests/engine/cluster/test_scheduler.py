"""Where tasks run, and what is said when they cannot run anywhere."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest

from swarmkit_helpers.engine.cluster.constraints import satisfies
from swarmkit_helpers.engine.kinds import Json

from .lab import Lab, in_lab, lab, merged, replicas, until, web

NODE: Json = {
    "ID": "n1",
    "_Role": "worker",
    "Spec": {"Labels": {"zone": "East"}},
    "Description": {
        "Hostname": "w1.loc",
        "Platform": {"Architecture": "x86_64", "OS": "linux"},
        "Engine": {"Labels": {"disk": "ssd"}},
    },
    "Status": {"Addr": "10.0.3.63"},
}


@pytest.mark.parametrize(
    ("written", "accepted"),
    [
        ("node.id == n1", True),
        ("node.hostname!=w1.loc", False),
        ("node.role == WORKER", True),
        ("Node.Labels.zone == east", True),
        ("node.labels.Zone == east", False),
        ("node.labels.none != east", True),
        ("engine.labels.disk==ssd", True),
        ("node.platform.os==linux", True),
        ("node.platform.arch==amd64", False),
        ("node.ip == 10.0.3.0/24", True),
        ("node.ip != 10.0.4.1", True),
        ("node.what != 1", False),
    ],
)
def test_constraints(written: str, accepted: bool) -> None:
    assert satisfies([written], NODE) is accepted


def why(lab: Lab, service: str = "web") -> list[str]:
    return [task["Status"]["Err"] for task in lab.tasks(service) if "Err" in task["Status"]]


def placed(**keys: Any) -> Json:
    return {"TaskTemplate": {"Placement": keys}}


@in_lab
async def test_tasks_are_spread(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(7)))
    await until(lambda: len(lab.running("web")) == 7)
    assert sorted(Counter(task["NodeID"] for task in lab.running("web")).values()) == [2, 2, 3]
    lab.swarm.create_service(web("other", **replicas(2)))
    await until(lambda: len(lab.running("other")) == 2)
    fullest = Counter(task["NodeID"] for task in lab.running("web")).most_common(1)[0][0]
    assert all(task["NodeID"] != fullest for task in lab.running("other"))


@in_lab
async def test_no_node_satisfies_the_constraints(lab: Lab) -> None:
    lab.swarm.create_service(web(**placed(Constraints=["node.role==manager", "node.hostname==x"])))
    await until(lambda: why(lab))
    task = lab.tasks("web")[0]
    assert {key: task["Status"][key] for key in ("State", "Message", "Err", "PortStatus")} == {
        "State": "pending",
        "Message": "pending task scheduling",
        "Err": "no suitable node (scheduling constraints not satisfied on 3 nodes)",
        "PortStatus": {},
    }
    assert "NodeID" not in task
    lab.update("web", **placed(Constraints=["node.role==manager"]))
    await until(lambda: lab.running("web"))
    assert why(lab, "web") == []


@in_lab
async def test_no_more_than_so_many_on_a_node(lab: Lab) -> None:
    lab.swarm.create_service(web(**merged(replicas(4), placed(MaxReplicas=1))))
    await until(lambda: len(lab.running("web")) == 3 and why(lab))
    assert why(lab) == ["no suitable node (max replicas per node limit exceed)"]


@in_lab
async def test_a_port_of_the_host_is_taken_once(lab: Lab) -> None:
    ports = {"EndpointSpec": {"Ports": [{"TargetPort": 80, "PublishedPort": 8088, "PublishMode": "host"}]}}
    lab.swarm.create_service(web("gl", Mode={"Global": {}}, **ports))
    await until(lambda: len(lab.running("gl")) == 3)
    lab.swarm.create_service(web(**ports))
    await until(lambda: why(lab))
    assert why(lab) == ["no suitable node (host-mode port already in use on 3 nodes)"]
    lab.swarm.remove_service("gl")
    await until(lambda: lab.running("web"))


@in_lab
async def test_reservations_are_kept(lab: Lab) -> None:
    reserved = {"TaskTemplate": {"Resources": {"Reservations": {"NanoCPUs": 1_500_000_000}}}}
    lab.swarm.create_service(web(**merged(replicas(4), reserved)))
    await until(lambda: len(lab.running("web")) == 3 and why(lab))
    assert why(lab) == ["no suitable node (insufficient resources on 3 nodes)"]


@in_lab
async def test_nodes_that_are_not_available_are_told_of(lab: Lab) -> None:
    lab.place(lab.worker1, Availability="drain")
    lab.place(lab.worker2, Availability="pause")
    lab.swarm.create_service(web(**placed(Constraints=["node.role==worker"])))
    await until(lambda: why(lab))
    told = "2 nodes not available for new tasks; scheduling constraints not satisfied on 1 node"
    assert why(lab) == [f"no suitable node ({told})"]


@in_lab
async def test_another_platform_is_not_served(lab: Lab) -> None:
    lab.swarm.create_service(web(**placed(Platforms=[{"Architecture": "arm64", "OS": "linux"}])))
    lab.swarm.create_service(web("amd", **placed(Platforms=[{"Architecture": "amd64", "OS": "linux"}])))
    await until(lambda: why(lab) and lab.running("amd"))
    assert why(lab) == ["no suitable node (unsupported platform on 3 nodes)"]


@in_lab
async def test_a_preference_spreads_over_labels(lab: Lab) -> None:
    lab.place(lab.manager, Labels={"zone": "a"})
    for host in (lab.worker1, lab.worker2):
        lab.place(host, Labels={"zone": "b"})
    spread = placed(Preferences=[{"Spread": {"SpreadDescriptor": "node.labels.zone"}}])
    lab.swarm.create_service(web(**merged(replicas(8), spread)))
    await until(lambda: len(lab.running("web")) == 8)
    counts = Counter(task["NodeID"] for task in lab.running("web"))
    assert [counts[host.swarm.node_id] for host in lab.hosts] == [4, 2, 2]


def test_a_hundred_nodes_and_two_thousand_tasks() -> None:
    import asyncio

    async def test() -> None:
        hosts = {f"n{number}": f"10.0.3.{number}" for number in range(1, 101)}
        async with lab(hosts=hosts) as made:
            began = time.monotonic()
            for number in range(20):
                made.swarm.create_service(web(f"s{number}", **replicas(100)))
            swarm = made.swarm
            await until(lambda: sum(t["Status"]["State"] == "running" for t in swarm.store.all("task")) == 2000, 60)
            assert time.monotonic() - began < 30
            assert set(Counter(task["NodeID"] for task in swarm.store.all("task")).values()) == {20}

    asyncio.run(test())
