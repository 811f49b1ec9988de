"""Section 13: nginx-net seen from three nodes, then my-nginx moved to nginx-net-2 and all removed."""

from __future__ import annotations

from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import move_service, remove_service, scale_service
from swarmkit_helpers.actions.swarm import wait_nodes
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.lab.locate import locate
from swarmkit_helpers.topology.fetch import snapshot
from swarmkit_helpers.waiting import Sighting, wait_until

from ..ledger import Ledger
from .section_10 import link

SEEN = ("13.1", "13.2", "13.3", "13.4")
GOSSIP_S = 90.0
MOVED = ("13.6", "13.7", "13.8", "13.9", "13.10", "13.11")


def walk(lab: Lab, ledger: Ledger) -> None:
    restore(lab, "13")
    ledger.green(lab, *SEEN)
    ledger.red(lab, "13.5", *MOVED, "13.12")
    hasten(lab)
    faults_before(lab, ledger)
    move(lab, ledger)
    faults_after(lab, ledger)
    end(lab, ledger)


def faults_before(lab: Lab, ledger: Ledger) -> None:
    """Too few tasks; another network of the same name; a container taken off the network."""
    scale_service(lab, "my-nginx", 1)
    (absent, *_) = ledger.red(lab, *SEEN)
    assert "aucune tâche de my-nginx sur" in absent.cause
    # Where nothing is left of it the name is free again: a bridge can take it.
    busy = next(task.node for task in snapshot(lab).tasks_of("my-nginx", running=True))
    idle = [node.name for node in lab.workers if node.name != busy]
    wait_unlisted(lab, idle)
    for name in idle:
        create_network(lab, "nginx-net", driver="bridge", node=name)
    (namesakes,) = ledger.red(lab, "13.1")
    assert "réseaux différents" in namesakes.cause
    for name in idle:
        lab.node(name).api.remove_network("nginx-net")
    afresh(lab)
    ledger.green(lab, *SEEN)

    # One that is not alone on its node, so that the node stays on the network.
    tasks = snapshot(lab).tasks_of("my-nginx", running=True)
    victim = next(task for task in tasks if [other.node for other in tasks].count(task.node) > 1)
    place = locate(lab, victim.name)
    place.node.api.disconnect_container_from_network(place.id, "nginx-net", force=True)
    (own, addresses) = ledger.red(lab, "13.2", "13.4")
    assert f"{victim.name} manque sur {place.node.name}" in own.cause
    assert victim.name in addresses.cause
    # The swarm starts another task in its place.
    place.node.api.remove_container(place.id, force=True)
    ledger.green(lab, *SEEN)


def move(lab: Lab, ledger: Ledger) -> None:
    create_network(lab, "nginx-net-2", driver="bridge", node="manager")
    (bridge,) = ledger.red(lab, "13.5")
    assert "-d overlay" in bridge.cause
    lab.manager.api.remove_network("nginx-net-2")
    create_network(lab, "nginx-net-2")
    ledger.green(lab, "13.5")
    ledger.red(lab, *MOVED)
    # On both networks: half of the move.
    move_service(lab, "my-nginx", add=["nginx-net-2"])
    (half, *_) = ledger.red(lab, "13.6", "13.8", "13.9")
    assert "nginx-net n'a pas été retiré" in half.cause
    afresh(lab)
    create_network(lab, "nginx-net-2")
    move_service(lab, "my-nginx", add=["nginx-net-2"], remove=["nginx-net"])
    ledger.green(lab, "13.5", *MOVED)
    ledger.red(lab, "13.1", "13.2", "13.3", "13.4")


def faults_after(lab: Lab, ledger: Ledger) -> None:
    """A cable unplugged, a container that vanishes, a replica too few."""
    link(lab, "worker1", "down")
    (cut,) = ledger.red(lab, "13.10")
    assert "réponses sur 5" in cut.observed
    link(lab, "worker1", "up")
    wait_nodes(lab)
    # Nodes that lost sight of each other may take a minute to exchange addresses again.
    ledger.green(lab, "13.10", patience_s=GOSSIP_S)

    place = locate(lab, "my-nginx.2")
    place.node.api.remove_container(place.id, force=True)
    ledger.red(lab, "13.7")
    scale_service(lab, "my-nginx", 4)
    ledger.red(lab, "13.7", "13.10")


def end(lab: Lab, ledger: Ledger) -> None:
    ledger.red(lab, "13.12")
    remove_service(lab, "my-nginx")
    (networks,) = ledger.red(lab, "13.12")
    assert "nginx-net-2" in networks.observed
    remove_network(lab, "nginx-net-2")
    ledger.red(lab, "13.12", "13.6", "13.7")
    remove_network(lab, "nginx-net")
    ledger.green(lab, "13.12")
    ledger.red(lab, "13.1", "13.8")


def afresh(lab: Lab) -> None:
    """Start again with new networks: when a node comes back to one that it just left, the others may not see it."""
    restore(lab, "14")
    restore(lab, "13")
    hasten(lab)


def wait_unlisted(lab: Lab, nodes: list[str]) -> None:
    """Wait until those nodes no longer list nginx-net."""

    def look() -> Sighting:
        network = snapshot(lab).network("nginx-net")
        left = [name for name in nodes if network and name in network.nodes]
        return Sighting(len(nodes) - len(left), len(nodes), ", ".join(left))

    wait_until("nœuds sans nginx-net", look, timeout_s=20, remedy="docker network ls", quiet=True)


def hasten(lab: Lab) -> None:
    """``docker service update --update-parallelism 0``: all tasks at once, so that the moves are short."""
    api = lab.manager.api
    service = api.inspect_service("my-nginx")
    spec = service["Spec"]
    api.update_service(
        service["ID"],
        service["Version"]["Index"],
        task_template=spec["TaskTemplate"],
        name=spec["Name"],
        labels=spec["Labels"],
        mode=spec["Mode"],
        update_config=spec["UpdateConfig"] | {"Parallelism": 0, "Monitor": 1_000_000_000},
        endpoint_spec=spec["EndpointSpec"],
    )
