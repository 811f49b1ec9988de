"""Nodes of a swarm."""

from __future__ import annotations

from typing import Any

from ..steps import W1, M, Scenario, Until, delete, get, post
from .shapes import filters, running, service

__all__ = ["SCENARIOS"]


def spec(**more: Any) -> dict[str, Any]:
    return {"Role": "worker", "Availability": "active", "Labels": {}, **more}


def version(name: str = "worker1_node") -> Any:
    return get(f"/nodes/${name}", keep={"v": "Version.Index"})


SCENARIOS = (
    Scenario(
        "nodes",
        (
            get("/nodes"),
            get("/nodes/self"),
            get("/nodes/self", on=W1),
            get("/nodes/worker1.i2tch.loc"),
            get("/nodes/$worker1_node"),
            get("/nodes?" + filters(role=["manager"])),
            get("/nodes?" + filters(role=["worker"])),
            get("/nodes?" + filters(name=["worker"])),
            get("/nodes?" + filters(id=["$worker1_node"])),
            get("/nodes?" + filters(membership=["accepted"])),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Labels={"disk": "ssd"})),
            post("/nodes/$worker1_node/update?version=$v", spec()),
            version(),
            get("/nodes?" + filters(label=["disk=ssd"])),
            get("/nodes?" + filters(**{"node.label": ["disk"]})),
            post("/nodes/$worker1_node/update?version=$v", spec(Role="nothing")),
            post("/nodes/$worker1_node/update?version=$v", spec(Availability="nothing")),
            post("/nodes/$worker1_node/update?version=$v", {}),
            post("/nodes/$worker1_node/update?version=1", spec()),
            post(
                "/services/create",
                service("web", replicas=2, host=None, task={"Placement": {"Constraints": ["node.labels.disk==ssd"]}}),
            ),
            running("web", 2),
            get("/tasks?" + filters(node=["$worker1_node"], **{"desired-state": ["running"]})),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Availability="pause", Labels={"disk": "ssd"})),
            get("/nodes/$worker1_node"),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Availability="drain", Labels={"disk": "ssd"})),
            Until(
                M,
                "/tasks?" + filters(service=["web"]),
                lambda tasks: sorted(t["Status"]["State"] for t in tasks) == ["pending"] * 2 + ["shutdown"] * 2,
                "its tasks were stopped, others are pending",
            ),
            get("/tasks?" + filters(service=["web"])),
            get("/nodes/$worker1_node"),
            get("/services?status=true"),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Labels={"disk": "ssd"})),
            running("web", 2),
            get("/tasks?" + filters(service=["web"], **{"desired-state": ["running"]})),
            delete("/nodes/$worker1_node"),
            version("manager_node"),
            post("/nodes/$manager_node/update?version=$v", spec(Role="worker")),
            post("/nodes/$manager_node/update?version=$v", spec(Role="manager", Name="named")),
            get("/nodes/$manager_node"),
            delete("/nodes/$manager_node"),
            delete("/nodes/$manager_node?force=true"),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Role="manager")),
            Until(
                M,
                "/nodes/$worker1_node",
                lambda node: node["ManagerStatus"]["Reachability"] == "reachable",
                "worker1 is a manager",
            ),
            get("/nodes/$worker1_node"),
            version(),
            post("/nodes/$worker1_node/update?version=$v", spec(Role="worker")),
            Until(M, "/nodes/$worker1_node", lambda node: "ManagerStatus" not in node, "worker1 is a manager no more"),
            get("/nodes/$worker1_node"),
            delete("/nodes/$worker2_node?force=true"),
            get("/nodes"),
            get("/events?since=$start&until=$soon&" + filters(type=["node"])),
        ),
    ),
)
