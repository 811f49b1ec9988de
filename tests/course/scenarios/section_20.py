"""Section 20: the mock-up of the voting application, with each of its parts missing or misplaced in turn."""

from __future__ import annotations

from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate

from ..ledger import Ledger

ALL = tuple(f"20.{number}" for number in range(1, 10))
PLACES = {
    "vote": ("worker1", ["frontend"]),
    "redis": ("worker2", ["frontend"]),
    "worker": ("manager", ["frontend", "backend"]),
    "db": ("manager", ["backend"]),
    "result": ("worker1", ["backend"]),
}


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "20")
    ledger.green(lab, "20.10")
    ledger.red(lab, *ALL)
    networks(lab, ledger)
    containers(lab, ledger)
    doors(lab, ledger)
    end(lab, ledger)


def networks(lab: Lab, ledger: Ledger) -> None:
    """Closed to containers; without addresses; then right."""
    create_network(lab, "frontend")
    create_network(lab, "backend", attachable=True)
    (closed,) = ledger.red(lab, "20.1")
    assert "--attachable à frontend" in closed.cause
    ledger.red(lab, "20.10")
    remove_network(lab, "frontend", "backend")
    # The engine accepts a subnet that another overlay holds, and then never gives it.
    create_network(lab, "frontend", attachable=True, subnet="10.20.0.0/24")
    pool = {"Driver": "default", "Config": [{"Subnet": "10.20.0.0/25"}]}
    lab.manager.api.create_network("backend", driver="overlay", ipam=pool, scope="swarm", attachable=True)
    (taken,) = ledger.red(lab, "20.1")
    assert "sous-réseau" in taken.cause
    lab.manager.api.remove_network("backend")
    remove_network(lab, "frontend")
    create_network(lab, "frontend", attachable=True)
    create_network(lab, "backend", attachable=True)
    ledger.green(lab, "20.1")
    ledger.red(lab, *ALL[1:])


def containers(lab: Lab, ledger: Ledger) -> None:
    """One on the wrong node; worker on one network only; then all of it right."""
    run_container(lab, "vote", node="worker2", network="frontend")
    run_container(lab, "redis", node="worker2", network="frontend")
    run_container(lab, "db", node="manager", network="backend")
    run_container(lab, "result", node="worker1", network="backend")
    run_container(lab, "worker", node="manager", network="frontend")
    (astray, half, alone, *_) = ledger.red(lab, "20.2", "20.3", "20.4", "20.7", "20.8", "20.9")
    assert "worker2" in astray.observed
    assert "docker network connect backend worker" in half.cause
    assert "worker" in alone.cause
    # With new networks: when a node comes back to one that it just left, the others may not see it.
    restore(lab, "20")
    create_network(lab, "frontend", attachable=True)
    create_network(lab, "backend", attachable=True)
    for name, (node, networks) in PLACES.items():
        run_container(lab, name, node=node, networks=networks)
    ledger.green(lab, *ALL)


def doors(lab: Lab, ledger: Ledger) -> None:
    """A container on a network that the file does not give it; worker taken off one that it needs; one stopped."""
    connect(lab, "vote", "backend")
    (more, _, leak, matrix) = ledger.red(lab, "20.3", "20.4", "20.8", "20.9")
    assert "docker network disconnect backend vote" in more.cause
    assert "backend" in leak.cause
    assert "vote ne devrait pas joindre db" in matrix.cause
    disconnect(lab, "vote", "backend")
    ledger.green(lab, "20.3", "20.4", "20.8", "20.9")
    connect(lab, "redis", "backend")
    (spread,) = ledger.red(lab, "20.5")
    assert "worker2" in spread.cause
    disconnect(lab, "redis", "backend")
    ledger.green(lab, "20.5")
    disconnect(lab, "worker", "backend")
    (cut, mute) = ledger.red(lab, "20.7", "20.8")
    assert "docker network connect backend worker" in cut.cause
    assert "ne prouve rien" in mute.cause
    disconnect(lab, "vote", "frontend")
    (gone,) = ledger.red(lab, "20.6")
    assert "docker network connect frontend vote" in gone.cause
    stop_container(lab, "redis")
    (stopped, whole) = ledger.red(lab, "20.2", "20.9")
    assert "docker container start redis" in stopped.cause
    assert "redis" in whole.observed


def end(lab: Lab, ledger: Ledger) -> None:
    stop_container(lab, *PLACES)
    (left,) = ledger.red(lab, "20.10")
    assert "redis sur worker2 (exited)" in left.observed
    remove_container(lab, *PLACES)
    (both,) = ledger.red(lab, "20.10")
    assert "le réseau backend" in both.observed
    remove_network(lab, "frontend", "backend")
    ledger.green(lab, "20.10")


def connect(lab: Lab, name: str, network: str) -> None:
    place = locate(lab, name)
    place.node.api.connect_container_to_network(place.id, network)


def disconnect(lab: Lab, name: str, network: str) -> None:
    place = locate(lab, name)
    place.node.api.disconnect_container_from_network(place.id, network)
