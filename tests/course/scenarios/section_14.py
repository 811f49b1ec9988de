"""Section 14: alpine1, alpine2 and alpine3 on test-net, their names, their packets, and the end of it all."""

from __future__ import annotations

from swarmkit_helpers.actions.containers import remove_container, run_container, stop_container
from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import create_service, remove_service, scale_service
from swarmkit_helpers.actions.swarm import wait_nodes
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate

from ..ledger import Ledger
from .section_10 import link

# Where the outside name server of a local lab is.
HIDING = "192.0.2.0/24"
GOSSIP_S = 90.0


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "14")
    ledger.green(lab, "14.16", "14.19")
    ledger.red(lab, *(f"14.{number}" for number in range(1, 19) if number != 16))
    network(lab, ledger)
    containers(lab, ledger)
    names(lab, ledger)
    cable(lab, ledger)
    end(lab, ledger)


def network(lab: Lab, ledger: Ledger) -> None:
    create_network(lab, "test-net")
    (closed,) = ledger.red(lab, "14.1")
    assert "--attachable" in closed.cause
    remove_network(lab, "test-net")
    # It hides the outside name server: the question to it goes to the overlay.
    create_network(lab, "test-net", attachable=True, subnet=HIDING)
    run_container(lab, "alpine1", node="manager", network="test-net")
    (lost,) = ledger.red(lab, "14.12")
    assert HIDING in lost.cause
    remove_container(lab, "alpine1")
    remove_network(lab, "test-net")

    create_network(lab, "test-net", attachable=True)
    ledger.green(lab, "14.1")
    (nobody,) = ledger.red(lab, "14.3")
    assert "alpine1 doit y être" in nobody.cause


def containers(lab: Lab, ledger: Ledger) -> None:
    run_container(lab, "alpine1", node="worker2", network="test-net")
    (astray,) = ledger.red(lab, "14.2")
    assert "worker2" in astray.observed
    remove_container(lab, "alpine1")
    run_container(lab, "alpine1", node="manager")
    (apart,) = ledger.red(lab, "14.2")
    assert "n'est pas sur test-net" in apart.cause
    remove_container(lab, "alpine1")
    run_container(lab, "alpine1", node="manager", network="test-net")
    ledger.green(lab, "14.2", "14.3")
    ledger.red(lab, "14.4", "14.5", "14.6", "14.9")

    run_container(lab, "alpine2", node="worker1", network="test-net")
    ledger.green(lab, "14.4", "14.5", "14.6", "14.7", "14.9", "14.17")
    ledger.red(lab, "14.3", "14.8", "14.18")
    there = locate(lab, "alpine2")
    there.node.api.disconnect_container_from_network(there.id, "test-net")
    ledger.red(lab, "14.4", "14.6", "14.7", "14.9", "14.17")
    there.node.api.connect_container_to_network(there.id, "test-net")
    ledger.green(lab, "14.4", "14.6", "14.7", "14.9", "14.17", patience_s=GOSSIP_S)

    run_container(lab, "alpine3", node="worker2", network="test-net")
    ledger.green(lab, "14.8")
    (present,) = ledger.red(lab, "14.5")
    assert "alpine3" in present.cause
    stop_container(lab, "alpine3")
    (stopped,) = ledger.red(lab, "14.8")
    assert "docker container start alpine3" in stopped.cause
    lab.node("worker2").api.start("alpine3")
    ledger.green(lab, "14.8", patience_s=GOSSIP_S)


def names(lab: Lab, ledger: Ledger) -> None:
    create_service(lab, "web", "nginx", replicas=3, networks=["test-net"], endpoint_mode="dnsrr")
    (direct,) = ledger.red(lab, "14.10")
    assert "dnsrr" in direct.cause
    remove_service(lab, "web")
    create_service(lab, "web", "nginx", replicas=2, networks=["test-net"])
    ledger.red(lab, "14.11", "14.15")
    scale_service(lab, "web", 3)
    ledger.green(lab, "14.10", "14.11", "14.12", "14.13", "14.14", "14.15")
    run_container(lab, "introuvable", node="manager", network="test-net")
    (known,) = ledger.red(lab, "14.13")
    assert "un conteneur porte ce nom" in known.cause
    remove_container(lab, "introuvable")
    ledger.green(lab, "14.13")


def cable(lab: Lab, ledger: Ledger) -> None:
    link(lab, "worker1", "down")
    (closed, _) = ledger.red(lab, "14.16", "14.6")
    assert "worker1" in closed.cause
    link(lab, "worker1", "up")
    wait_nodes(lab)
    # Nodes that lost sight of each other may take a minute to exchange names again.
    ledger.green(lab, "14.16", "14.6", "14.7", patience_s=GOSSIP_S)


def end(lab: Lab, ledger: Ledger) -> None:
    stop_container(lab, "alpine2")
    (held,) = ledger.red(lab, "14.18")
    assert "web." in held.cause
    ledger.red(lab, "14.4", "14.6", "14.7", "14.9", "14.17", "14.19")
    remove_service(lab, "web")
    ledger.green(lab, "14.18")
    ledger.red(lab, "14.10", "14.11", "14.14", "14.15")
    remove_container(lab, "alpine2", "alpine3")
    stop_container(lab, "alpine1")
    (left,) = ledger.red(lab, "14.19")
    assert "alpine1 sur manager (exited)" in left.observed
    ledger.red(lab, "14.2", "14.12", "14.13")
    remove_container(lab, "alpine1")
    ledger.red(lab, "14.19")
    remove_network(lab, "test-net")
    ledger.green(lab, "14.19")
