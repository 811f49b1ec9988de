"""Section 15: the ingress network replaced, wrongly and rightly; its MTU with and without the option."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import patch

from swarmkit_helpers.actions.containers import remove_container, run_container
from swarmkit_helpers.actions.networks import create_network, remove_network, replace_ingress
from swarmkit_helpers.actions.services import create_service, remove_service, scale_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.topology.fetch import snapshot
from swarmkit_helpers.topology.model import Topology

from ..ledger import Ledger
from .section_10 import set_node

NETWORK = ("15.2", "15.3")
SERVICE = ("15.4", "15.5", "15.6", "15.7", "15.8", "15.9", "15.11")


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "15")
    ledger.green(lab, "15.1")
    ledger.red(lab, *NETWORK, *SERVICE, "15.10", "15.12")
    create_service(lab, "my-nginx", "nginx", replicas=1, publish={80: 80})
    (published,) = ledger.red(lab, "15.1")
    assert "docker service rm my-nginx" in published.cause
    remove_service(lab, "my-nginx")
    # Three engines of one package cannot differ: the record of one is altered, the judgement is the check's own.
    with patch("swarmkit_helpers.course.checks.question.snapshot", other_version):
        (mixed,) = ledger.red(lab, "15.1")
        assert "19.03.0" in mixed.observed
    ledger.green(lab, "15.1")

    without_mtu(lab, ledger)
    replace_ingress(lab, "my-ingress", subnet="10.11.0.0/16", gateway="10.11.0.2", mtu=1200)
    ledger.green(lab, *NETWORK, "15.12")
    wrong_services(lab, ledger)

    create_service(lab, "my-nginx", "nginx", replicas=5, publish={80: 80})
    ledger.green(lab, *NETWORK, *SERVICE)
    ledger.red(lab, "15.1", "15.12")
    witness(lab, ledger)
    set_node(lab, "worker2", Availability="drain")
    (drained, carried) = ledger.red(lab, "15.5", "15.7")
    assert "worker2 est drain" in drained.cause
    assert "worker2" in carried.cause
    remove_service(lab, "my-nginx")
    ledger.green(lab, "15.12", *NETWORK)
    ledger.red(lab, *SERVICE)


def without_mtu(lab: Lab, ledger: Ledger) -> None:
    """Another subnet and no option: an ingress network that works, and is not the one that was asked for."""
    replace_ingress(lab, "my-ingress", subnet="10.12.0.0/16")
    ledger.green(lab, "15.2")
    (other,) = ledger.red(lab, "15.3")
    assert "--subnet 10.11.0.0/16" in other.cause
    create_service(lab, "my-nginx", "nginx", replicas=3, publish={80: 80})
    ledger.green(lab, "15.6", "15.7")
    (plain, *_) = ledger.red(lab, "15.8", "15.9", "15.4", "15.5")
    assert "1450" in plain.observed
    remove_service(lab, "my-nginx")


def wrong_services(lab: Lab, ledger: Ledger) -> None:
    """No published port; then a network of its own."""
    create_service(lab, "my-nginx", "nginx", replicas=2)
    (silent, *_) = ledger.red(lab, "15.4", "15.6", "15.7", "15.8", "15.9", "15.12")
    assert "--publish 80:80" in silent.cause
    remove_service(lab, "my-nginx")
    create_network(lab, "nginx-net")
    create_service(lab, "my-nginx", "nginx", replicas=1, networks=["nginx-net"], publish={80: 80})
    (several, virtual, carried, far) = ledger.red(lab, "15.4", "15.6", "15.7", "15.9")
    assert "--network" in several.cause
    assert "nginx-net" in virtual.observed
    # Its sandbox comes to the nodes without a task too, a moment later.
    assert "tâches aucune" in carried.cause
    assert "ailleurs que" in far.observed
    scale_service(lab, "my-nginx", 3)
    ledger.green(lab, "15.7", "15.8")
    remove_service(lab, "my-nginx")
    remove_network(lab, "nginx-net")


def witness(lab: Lab, ledger: Ledger) -> None:
    create_network(lab, "test-net", attachable=True, mtu=1200)
    run_container(lab, "alpine1", node="manager", network="test-net")
    (small,) = ledger.red(lab, "15.10")
    assert "1200" in small.observed
    remove_container(lab, "alpine1")
    remove_network(lab, "test-net")
    create_network(lab, "test-net", attachable=True)
    ledger.red(lab, "15.10")
    run_container(lab, "alpine1", node="manager")
    (apart,) = ledger.red(lab, "15.10")
    assert "docker network connect" in apart.cause
    remove_container(lab, "alpine1")
    run_container(lab, "alpine1", node="manager", network="test-net")
    ledger.green(lab, "15.10")


def other_version(lab: Lab) -> Topology:
    """A snapshot in which one engine is older."""
    found = snapshot(lab)
    first, *others = found.nodes
    return replace(found, nodes=(replace(first, engine="19.03.0"), *others))
