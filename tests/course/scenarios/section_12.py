"""Section 12: my-nginx made right, made wrong in each way, and hurt while it runs."""

from __future__ import annotations

from typing import Any

from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.actions.services import create_service, remove_service, scale_service, wait_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.errors import NBSP
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate
from swarmkit_helpers.probes.execution import run_tool
from swarmkit_helpers.topology.fetch import snapshot

from ..ledger import Ledger

ALL = tuple(f"12.{number}" for number in range(1, 11))
SERVICE, NETWORK = "my-nginx", "nginx-net"
IDLE = ["sh", "-c", "trap exit TERM; while :; do sleep 0.2; done"]


def make(lab: Lab, image: str = "nginx", **changes: Any) -> None:
    create_service(lab, SERVICE, image, **{"replicas": 5, "networks": [NETWORK], "publish": {80: 80}} | changes)


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "12")
    ledger.red(lab, *ALL)

    make(lab, image="alpine", command=IDLE, publish=None, endpoint_mode="dnsrr")
    (image, vip, silent, _, _) = ledger.red(lab, "12.1", "12.6", "12.7", "12.9", "12.10")
    assert "alpine" in image.observed
    assert "aucun port" in vip.cause
    assert "n'a pas répondu" in silent.cause
    ledger.unknown(lab, "12.8")
    remove_service(lab, SERVICE)
    create_network(lab, "nginx-net-2")
    make(lab, networks=["nginx-net-2"], publish={8080: 80})
    (port, *_) = ledger.red(lab, "12.1", "12.4", "12.6", "12.7", "12.8", "12.9", "12.10")
    assert "8080->80" in port.observed
    remove_service(lab, SERVICE)
    make(lab, publish=None, constraints=["node.role == worker"])
    (_, loads, carried, _) = ledger.red(lab, "12.1", "12.3", "12.4", "12.6")
    assert f"manager{NBSP}: 0" in loads.observed
    assert "manager" in carried.cause
    remove_service(lab, SERVICE)
    # As the SDK makes it when nothing is said: no UpdateConfig at all.
    lab.manager.client.services.create("nginx", name=SERVICE)
    ledger.red(lab, "12.5")
    remove_service(lab, SERVICE)

    make(lab)
    ledger.green(lab, *ALL)

    # A route by the back door, through docker_gwbridge: what was closed is open.
    found = snapshot(lab)
    target = found.tasks_of(SERVICE, running=True)[1]
    (door,) = (e for e in found.endpoints if e.network == "docker_gwbridge" and e.container == target.container)
    assert target.node is not None
    route = [f"{target.addresses[NETWORK]}/32", "via", str(door.address)]
    tool(lab, target.node, "ip", "route", "add", *route)
    (opened,) = ledger.red(lab, "12.8")
    assert target.node in opened.cause
    tool(lab, target.node, "ip", "route", "del", *route)
    ledger.green(lab, "12.8")

    change(lab, Order="start-first")
    (order,) = ledger.red(lab, "12.5")
    assert "start-first" in order.observed
    change(lab, Order="stop-first")
    ledger.green(lab, "12.5")
    scale_service(lab, SERVICE, 4)
    ledger.red(lab, "12.1", "12.2", "12.7")
    scale_service(lab, SERVICE, 5)
    wait_service(lab, SERVICE, quiet=True)
    ledger.green(lab, *ALL)

    # A container killed behind the swarm's back: the swarm waits 5 s, then starts another.
    hurt = locate(lab, f"{SERVICE}.3")
    hurt.node.api.remove_container(hurt.id, force=True)
    (lost, _) = ledger.red(lab, "12.2", "12.7")
    assert f"{SERVICE}.3" in lost.cause
    ledger.green(lab, "12.2", "12.4", "12.7")

    # A cable unplugged: that node's tasks answer nobody any more.
    asking, *others = snapshot(lab).tasks_of(SERVICE, running=True)
    cut = next(task.node for task in others if task.node not in (asking.node, "manager"))
    assert cut is not None
    tool(lab, cut, "ip", "link", "set", "eth0", "down")
    (unheard,) = ledger.red(lab, "12.7")
    assert "n'a pas répondu" in unheard.cause
    tool(lab, cut, "ip", "link", "set", "eth0", "up")


def change(lab: Lab, **update: object) -> None:
    """``docker service update --update-...``."""
    api = lab.manager.api
    raw = api.inspect_service(SERVICE)
    spec = raw["Spec"]
    api.update_service(
        raw["ID"],
        raw["Version"]["Index"],
        task_template=spec["TaskTemplate"],
        name=SERVICE,
        labels=spec["Labels"],
        mode=spec["Mode"],
        update_config=spec["UpdateConfig"] | update,
        endpoint_spec=spec["EndpointSpec"],
    )
    wait_service(lab, SERVICE, quiet=True)


def tool(lab: Lab, name: str, *argv: str) -> None:
    """Run a command in a node's own network; it must succeed."""
    code, output = run_tool(lab.node(name), argv)
    assert code == 0, output
