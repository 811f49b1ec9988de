"""Record what three real engines answer, for the tests of the merge: python -m tests.topology.record (as root).

Join tokens and host details that no test needs are left out.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swarmkit_helpers.actions.containers import run_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.swarm import leave_swarm
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.topology.fetch import fetch_raw
from swarmkit_helpers.topology.merge import RawNode

RECORDED = Path(__file__).parent / "recorded"
INFO = ("ServerVersion", "Name", "Swarm")
SWARM = ("NodeID", "NodeAddr", "LocalNodeState", "ControlAvailable")


def load(name: str) -> list[RawNode]:
    """What the three engines answered, as fetched."""
    return [RawNode(**raw) for raw in json.loads((RECORDED / f"{name}.json").read_text("utf-8"))]


def save(name: str, lab: Lab) -> None:
    """Write what the engines answer now."""
    raw = [_lean(asdict(node)) for node in fetch_raw(lab)]
    (RECORDED / f"{name}.json").write_text(json.dumps(raw, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _lean(node: dict[str, Any]) -> dict[str, Any]:
    info = {key: node["info"][key] for key in INFO if key in node["info"]}
    info["Swarm"] = {key: info["Swarm"][key] for key in SWARM if key in info["Swarm"]}
    node["info"] = info
    for member in node["nodes"]:
        member["Description"].pop("TLSInfo", None)
        member["Description"]["Engine"].pop("Plugins", None)
    return node


def main() -> None:
    """Record a swarm with a service and a standalone container, then the same with one worker gone."""
    RECORDED.mkdir(exist_ok=True)
    lab = local.up("record")
    try:
        restore(lab, "13")
        create_network(lab, "test-net", attachable=True)
        run_container(lab, "alpine1", node="manager", network="test-net")
        save("service", lab)
        leave_swarm(lab, "worker2")
        save("worker_gone", lab)
    finally:
        local.down("record")


if __name__ == "__main__":
    main()
