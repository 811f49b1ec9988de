"""Section 00: containers on local networks of the manager, then each of them misplaced, stopped or badly wired."""

from __future__ import annotations

from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab

from ..ledger import Ledger

ALL = tuple(f"00.{number}" for number in range(1, 7))
BRIDGE = "pont-demo"


def run(lab: Lab, name: str, network: str, node: str = "manager") -> None:
    run_container(lab, name, node=node, network=network)


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "00")
    manager = lab.manager.api

    ledger.red(lab, *ALL)
    create_network(lab, BRIDGE, driver="overlay")
    (overlay,) = ledger.red(lab, "00.1")
    assert "overlay" in overlay.observed
    manager.remove_network(BRIDGE)
    create_network(lab, BRIDGE, driver="bridge", node="worker1")
    (elsewhere,) = ledger.red(lab, "00.1")
    assert "worker1" in elsewhere.observed
    create_network(lab, BRIDGE, driver="bridge", node="manager")
    (twice,) = ledger.red(lab, "00.1")
    assert "manager, worker1" in twice.observed
    lab.node("worker1").api.remove_network(BRIDGE)
    ledger.green(lab, "00.1")

    # demo1 on the wrong node, then on the bridge that every container gets when nothing is said.
    run(lab, "demo1", "bridge", "worker1")
    (displaced, _) = ledger.red(lab, "00.2", "00.3")
    assert "worker1" in displaced.observed
    remove_container(lab, "demo1")
    run(lab, "demo1", "bridge")
    ledger.red(lab, "00.2", "00.3", "00.4")
    # Two networks: two endpoints.
    manager.connect_container_to_network("demo1", BRIDGE)
    ledger.red(lab, "00.2", "00.3")
    manager.disconnect_container_from_network("demo1", "bridge")
    ledger.green(lab, "00.2", "00.3")
    # A sandbox changed from inside, which the network knows nothing of.
    remove_container(lab, "demo1")
    manager.start(privileged(lab, "demo1"))
    ledger.green(lab, "00.2", "00.3")
    inside(lab, "demo1", "ip", "route", "del", "default")
    (route,) = ledger.red(lab, "00.2")
    assert "aucune route par défaut" in route.observed
    ledger.green(lab, "00.3")
    inside(lab, "demo1", "ip", "addr", "flush", "dev", "eth0")
    ledger.red(lab, "00.2", "00.3")
    remove_container(lab, "demo1")
    run(lab, "demo1", BRIDGE)
    ledger.green(lab, "00.2", "00.3")

    ledger.red(lab, "00.4")
    run(lab, "demo2", BRIDGE)
    ledger.green(lab, "00.4")
    run(lab, "alpine1", BRIDGE)
    (third,) = ledger.red(lab, "00.4")
    assert "alpine1" in third.observed
    remove_container(lab, "alpine1")
    stop_container(lab, "demo2")
    (stopped,) = ledger.red(lab, "00.4")
    assert "exited" in stopped.observed
    manager.start("demo2")
    ledger.green(lab, "00.4")

    run(lab, "demo-host", "host", "worker2")
    ledger.red(lab, "00.5")
    remove_container(lab, "demo-host")
    run(lab, "demo-host", BRIDGE)
    ledger.red(lab, "00.5")
    remove_container(lab, "demo-host")
    run(lab, "demo-host", "host")
    ledger.green(lab, "00.5")

    run(lab, "demo-none", BRIDGE)
    (wired,) = ledger.red(lab, "00.6")
    assert BRIDGE in wired.observed
    manager.disconnect_container_from_network("demo-none", BRIDGE)
    ledger.red(lab, "00.6")
    remove_container(lab, "demo-none")
    run(lab, "demo-none", "none")
    ledger.green(lab, "00.6")
    # When demo1 cannot be shown to answer somebody else, the silence that demo-none meets proves nothing.
    stop_container(lab, "demo2")
    ledger.unknown(lab, "00.6")
    manager.start("demo2")
    stop_container(lab, "demo1")
    ledger.red(lab, "00.2", "00.3", "00.4", "00.6")
    manager.start("demo1")
    ledger.green(lab, *ALL)


def privileged(lab: Lab, name: str) -> str:
    """A container that may change its own interfaces and routes."""
    api = lab.manager.api
    created: dict[str, str] = api.create_container(
        "alpine",
        name=name,
        tty=True,
        stdin_open=True,
        stop_timeout=1,
        host_config=api.create_host_config(network_mode=BRIDGE, cap_add=["NET_ADMIN"]),
        networking_config=api.create_networking_config({BRIDGE: api.create_endpoint_config()}),
    )
    return created["Id"]


def inside(lab: Lab, name: str, *argv: str) -> None:
    """Run a command inside a container of the manager; it must succeed."""
    api = lab.manager.api
    command = api.exec_create(name, list(argv))
    output = api.exec_start(command["Id"])
    assert api.exec_inspect(command["Id"])["ExitCode"] == 0, output
