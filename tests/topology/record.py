"""Record what three real engines answer, for the tests of the merge: python -m tests.topology.record (as root).

Join tokens and host details that no test needs are left out.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swarmkit_helpers.actions.containers import run_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.swarm import leave_swarm
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.record import home
from swarmkit_helpers.topology.fetch import fetch_raw, snapshot
from swarmkit_helpers.topology.merge import RawNode
from swarmkit_helpers.topology.model import Stack
from swarmkit_helpers.waiting import Sighting, wait_until

RECORDED = Path(__file__).parent / "recorded"
STACK = Path(__file__).parent / "app.yml"
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
    for volume in node["volumes"]:
        volume.pop("Mountpoint")
    for container in node["containers"]:
        for mount in container["Mounts"]:
            if mount["Type"] == "volume":
                mount.pop("Source", None)
    return node


def deploy(lab: Lab, name: str) -> None:
    """Deploy the stand-in of the voting application as the docker client does, and wait for it."""
    socket = home() / lab.name / "manager" / "docker.sock"
    command = ["docker", "--host", f"unix://{socket}", "stack", "deploy", "--resolve-image", "never"]
    subprocess.run([*command, "--compose-file", str(STACK), name], check=True, capture_output=True)

    def look() -> Sighting:
        stack = snapshot(lab).stack(name) or Stack(name)
        return Sighting(stack.running, max(stack.desired, 1))

    wait_until(f"pile {name}", look, timeout_s=60, remedy=f"docker stack ps {name}", quiet=True)


def main() -> None:
    """Record a swarm with a service and a standalone container, the same with one worker gone, and one with a stack."""
    RECORDED.mkdir(exist_ok=True)
    lab = local.up("record")
    try:
        restore(lab, "13")
        create_network(lab, "test-net", attachable=True)
        run_container(lab, "alpine1", node="manager", network="test-net")
        save("service", lab)
        leave_swarm(lab, "worker2")
        save("worker_gone", lab)
        restore(lab, "11")
        deploy(lab, "app")
        save("stack", lab)
    finally:
        local.down("record")


if __name__ == "__main__":
    main()
