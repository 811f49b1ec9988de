"""Nodes: changed, drained, lost, promoted, removed, as seen on docker 20.10.24."""

from __future__ import annotations

import pytest

from swarmkit_helpers.engine.faults import Link
from swarmkit_helpers.engine.kinds import Json

from .lab import Lab, in_lab, merged, replicas, until, web
from .test_services import refusal

PRECONDITION = "rpc error: code = FailedPrecondition desc = "


def node(lab: Lab, number: int) -> Json:
    return lab.swarm.find("node", lab.hosts[number].swarm.node_id)


@in_lab
async def test_a_node_looks_as_the_api_gives_it(lab: Lab) -> None:
    shown = node(lab, 0)
    assert list(shown) == [
        *("ID", "Version", "CreatedAt", "UpdatedAt", "Spec", "Description", "Status", "ManagerStatus"),
    ]
    assert shown["Spec"] == {"Labels": {}, "Role": "manager", "Availability": "active"}
    assert shown["Status"] == {"State": "ready", "Addr": "10.0.3.62"}
    assert shown["ManagerStatus"] == {"Leader": True, "Reachability": "reachable", "Addr": "10.0.3.62:2377"}
    assert list(shown["Description"]) == ["Hostname", "Platform", "Resources", "Engine", "TLSInfo"]
    assert "ManagerStatus" not in node(lab, 1)
    assert lab.swarm.find("node", "w1.loc") == node(lab, 1)


@in_lab
async def test_a_node_that_joins_is_told_of_as_often_as_it_is_written(lab: Lab) -> None:
    nameless = ("update", {"name": ""})
    ready = ("update", {"name": "w2.loc", "state.new": "ready", "state.old": "unknown"})
    assert lab.events("node")[-5:] == [("create", {"name": ""}), nameless, nameless, nameless, ready]


@in_lab
async def test_what_is_refused_of_nodes(lab: Lab) -> None:
    swarm, worker, manager = lab.swarm, node(lab, 1), node(lab, 0)
    version = worker["Version"]["Index"]
    for spec, message in (
        ({"Role": "worker", "Availability": "zz"}, 'invalid Availability: "zz"'),
        ({"Role": "zz", "Availability": "active"}, 'invalid Role: "zz"'),
        ({"Availability": "active"}, 'invalid Role: ""'),
        ({"Role": "worker"}, 'invalid Availability: ""'),
    ):
        with refusal(400, message):
            swarm.update_node(worker["ID"], version, spec)
    with refusal(500, "rpc error: code = Unknown desc = update out of sequence"):
        swarm.update_node(worker["ID"], 1, {"Role": "worker", "Availability": "drain"})
    with refusal(400, PRECONDITION + "attempting to demote the last manager of the swarm"):
        swarm.update_node(manager["ID"], manager["Version"]["Index"], {"Role": "worker", "Availability": "active"})
    with refusal(400, PRECONDITION + f"node {worker['ID']} is not down and can't be removed"):
        swarm.remove_node(worker["ID"])
    member = f"node {manager['ID']} is a cluster manager and is a member of the raft cluster. "
    with refusal(400, PRECONDITION + member + "It must be demoted to worker before removal"):
        swarm.remove_node(manager["ID"], force=True)
    with refusal(404, "node nope not found"):
        swarm.find("node", "nope")


@in_lab
async def test_tasks_leave_a_node_that_is_drained(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    lab.swarm.create_service(web("all", Mode={"Global": {}}))
    await until(lambda: len(lab.running("web")) == 3 and len(lab.running("all")) == 3)
    drained = lab.worker1.swarm.node_id
    lab.place(lab.worker1, Availability="drain")
    await until(lambda: len(lab.running("web")) == 3 and len(lab.running("all")) == 2)
    await until(lambda: all(task["NodeID"] != drained for task in lab.running("web")))
    assert ("update", {"availability.new": "drain", "availability.old": "active", "name": "w1.loc"}) in lab.events(
        "node"
    )
    lab.place(lab.worker1, Availability="active")
    await until(lambda: len(lab.running("all")) == 3)
    assert all(task["NodeID"] != drained for task in lab.running("web"))


@in_lab
async def test_a_paused_node_keeps_its_tasks_and_gets_no_other(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    await until(lambda: len(lab.running("web")) == 3)
    lab.place(lab.worker1, Availability="pause")
    lab.update("web", **replicas(7))
    await until(lambda: len(lab.running("web")) == 7)
    paused = lab.worker1.swarm.node_id
    assert sum(task["NodeID"] == paused for task in lab.running("web")) == 1


@in_lab
async def test_tasks_of_a_node_that_is_cut_off_run_elsewhere(lab: Lab) -> None:
    lab.swarm.create_service(web(**replicas(3)))
    await until(lambda: len(lab.running("web")) == 3)
    cut = lab.worker2.swarm.node_id
    began = lab.world.clock.time()
    lab.world.faults.links["w2.loc"] = Link(up=False)
    await until(lambda: node(lab, 2)["Status"]["State"] == "down")
    assert lab.world.clock.time() - began >= 10
    assert node(lab, 2)["Status"] == {"State": "down", "Message": "heartbeat failure", "Addr": "10.0.3.64"}
    await until(lambda: sum(task["NodeID"] != cut for task in lab.running("web")) == 3)
    assert len(lab.running("web")) == 3
    left = [task for task in lab.tasks("web", node=[cut]) if task["Status"]["State"] == "running"]
    assert [task["DesiredState"] for task in left] == ["shutdown"]
    del lab.world.faults.links["w2.loc"]
    await until(lambda: node(lab, 2)["Status"] == {"State": "ready", "Addr": "10.0.3.64"})
    assert lab.agent is not None
    lab.agent.wake()
    await until(lambda: lab.tasks("web", node=[cut])[0]["Status"]["State"] == "shutdown")
    told = [attributes for _, attributes in lab.events("node") if "state.new" in attributes]
    assert [one["state.new"] for one in told if one["name"] == "w2.loc"] == ["ready", "down", "ready"]


@in_lab
async def test_a_label_that_goes_takes_tasks_with_it(lab: Lab) -> None:
    lab.place(lab.worker1, Labels={"disk": "ssd"})
    lab.swarm.create_service(web(TaskTemplate={"Placement": {"Constraints": ["node.labels.disk == ssd"]}}))
    await until(lambda: lab.running("web"))
    assert lab.running("web")[0]["NodeID"] == lab.worker1.swarm.node_id
    lab.place(lab.worker1, Labels={})
    await until(lambda: lab.tasks("web") and not lab.running("web"))
    await until(lambda: any(task["Status"].get("Err", "").startswith("no suitable") for task in lab.tasks("web")))
    lab.place(lab.worker2, Labels={"disk": "ssd"})
    await until(lambda: lab.running("web"))
    assert lab.running("web")[0]["NodeID"] == lab.worker2.swarm.node_id


@in_lab
async def test_promoted_and_demoted(lab: Lab) -> None:
    with pytest.raises(Exception, match="not a swarm manager"):
        lab.worker1.swarm.require_manager()
    lab.place(lab.worker1, Role="manager")
    await until(lambda: lab.worker1.swarm.manager)
    assert lab.worker1.swarm.require_manager() is lab.swarm
    assert node(lab, 1)["ManagerStatus"] == {"Reachability": "reachable", "Addr": "10.0.3.63:2377"}
    info = lab.manager.swarm.info()
    assert info["Managers"] == 2
    assert info["Warnings"][0].startswith("WARNING: Running Swarm in a two-manager configuration.")
    lab.place(lab.worker1, Role="worker")
    await until(lambda: not lab.worker1.swarm.manager)
    await until(lambda: "ManagerStatus" not in node(lab, 1))
    assert "Warnings" not in lab.manager.swarm.info()
    await until(lambda: any(attributes.get("role.new") == "worker" for _, attributes in lab.events("node")))
    told = [attributes for _, attributes in lab.events("node") if "role.new" in attributes]
    assert told == [
        {"name": "w1.loc", "role.new": "manager", "role.old": "worker"},
        {"name": "w1.loc", "role.new": "worker", "role.old": "manager"},
    ]


@in_lab
async def test_a_node_that_left_is_down_and_can_be_removed(lab: Lab) -> None:
    identity = lab.worker2.swarm.node_id
    await lab.worker2.swarm.leave()
    await until(lambda: lab.swarm.find("node", identity)["Status"]["State"] == "down")
    lab.swarm.remove_node(identity)
    with refusal(404, f"node {identity} not found"):
        lab.swarm.remove_node(identity)
    assert lab.events("node")[-1] == ("remove", {"name": "w2.loc"})
    await lab.join(lab.worker2, lab.swarm.inspect()["JoinTokens"]["Worker"])
    assert len(lab.swarm.listed("node")) == 3


@in_lab
async def test_a_global_service_follows_constraints(lab: Lab) -> None:
    lab.swarm.create_service(
        web(Mode={"Global": {}}, TaskTemplate={"Placement": {"Constraints": ["node.role==worker"]}})
    )
    await until(lambda: len(lab.running("web")) == 2)
    task = lab.running("web")[0]
    assert "Slot" not in task
    spec = lab.swarm.find("service", "web")["Spec"]
    placement = {"TaskTemplate": {"Placement": {"Constraints": ["node.role==manager"]}}}
    lab.update("web", **merged({}, placement))
    await until(lambda: {task["NodeID"] for task in lab.running("web")} == {lab.manager.swarm.node_id})
    assert spec["Mode"] == {"Global": {}}
