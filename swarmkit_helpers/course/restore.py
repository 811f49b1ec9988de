"""Bring the swarm to the state in which a section starts, from whatever state it is found in.

Only the course's own objects are touched: those that carry its label, and those that have a name the course gives.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from html import escape

from ..actions.containers import remove_container
from ..actions.networks import LABEL, create_network, remove_network, replace_ingress
from ..actions.services import create_service, remove_service
from ..actions.stacks import remove_stack
from ..actions.swarm import init_swarm, join_swarm, leave_swarm
from ..errors import EngineRefused, NodeUnreachable, NotConverged, ObjectNotFound
from ..lab.cluster import Lab
from ..lab.faults import faults, mend
from ..simulation import simulated_mark
from ..topology.fetch import snapshot
from ..topology.model import Topology
from ..waiting import Sighting, wait_until
from .sections import STACK, STACK_VOLUME, NetworkState, Section, ServiceState, section

__all__ = ["Restoration", "restore"]

INGRESS = "ingress"
# Names that a learner gives by hand, with a docker command, when following the course.
NETWORK_NAMES = {"nginx-net", "nginx-net-2", "test-net", "my-ingress", "pont-demo", "frontend", "backend"}
SERVICE_NAMES = {"my-nginx", "web"}
CONTAINER_NAMES = {"alpine1", "alpine2", "alpine3", "demo1", "demo2", "demo-host", "demo-none"}
CONTAINER_NAMES |= {"vote", "redis", "worker", "db", "result"}
FREED_S = 30
HEARD_S = 30


@dataclass(frozen=True, slots=True)
class Restoration:
    """What was changed to reach the starting state."""

    section: Section
    changes: tuple[str, ...]
    """In French, in the order they were made; empty when the state was right already."""
    simulated: bool = False
    """True when no real engine is behind it."""

    def __str__(self) -> str:
        done = " ; ".join(self.changes) or "rien à changer"
        return f"{self._title()} : {done}."

    def _repr_html_(self) -> str:
        if not self.changes:
            return f"<p>✔ {self._title()} : rien à changer.</p>"
        items = "".join(f"<li>{escape(change)}</li>" for change in self.changes)
        return f"<p>✔ {self._title()}. Ce qui a été changé :</p><ul>{items}</ul>"

    def _title(self) -> str:
        return simulated_mark(f"Section {self.section.id} prête", self.simulated)


def restore(lab: Lab, identity: str) -> Restoration:
    """Bring the swarm to the state in which that section starts.

    Raises
    ------
    SectionUnknown, NodeUnreachable, NotConverged, EngineRefused
    PortInUse
        A service that is not the course's holds a port that the section needs.
    """
    wanted = section(identity)
    changes: list[str] = []

    def change(said: str, action: Callable[..., object], *arguments: object, **options: object) -> None:
        action(*arguments, **options)
        changes.append(said)

    if given := faults(lab).lines:
        change(f"pannes réparées : {', '.join(given)}", _mend, lab)
    found = snapshot(lab)
    for node in found.silent_nodes:
        raise NodeUnreachable(node.name, node.error or "", lab.name)
    if not _is_whole_swarm(found):
        change("swarm refait avec ses trois nœuds", _form_swarm, lab)
        found = snapshot(lab)
    for name, entry in _ghosts(lab, found):
        change(f"ancienne entrée de {name} rayée de la liste des nœuds", _strike, lab, entry)
    for node in found.nodes:
        if node.availability != "active":
            change(f"nœud {node.name} rendu disponible", _activate, lab, node.name)
    services, networks = wanted.start.services, wanted.start.networks
    containers = [c.name for c in found.containers if not c.task and _ours(c.name, c.labels, CONTAINER_NAMES)]
    if containers:
        change(f"conteneurs supprimés : {', '.join(containers)}", _remove_containers, lab, containers)
    kept = [state.name for state in services if _matches(found, state)]
    stale = [s.name for s in found.services if _ours(s.name, s.labels, SERVICE_NAMES) and s.name not in kept]
    if stale:
        change(f"services supprimés : {', '.join(stale)}", remove_service, lab, *stale)
    stack = found.stack(STACK)
    volumes = found.volumes
    if stack and (stack.services or stack.networks or stack.secrets or stack.configs):
        change(f"pile supprimée : {STACK}", remove_stack, lab, STACK)
        # Its last tasks may have made one since.
        volumes = snapshot(lab).volumes
    for volume in (v for v in volumes if v.name == STACK_VOLUME or v.stack == STACK):
        change(f"volume supprimé sur {volume.node} : {volume.name}", _remove_volume, lab, volume.node, volume.name)
    left = [
        network.name
        for network in found.networks
        if network.scope == "swarm"
        and not network.ingress
        and not network.stack
        and _ours(network.name, network.labels, NETWORK_NAMES)
        and not any(_is_network(found, network.name, state) for state in networks)
    ]
    if left:
        change(f"réseaux supprimés : {', '.join(left)}", remove_network, lab, *left)
    for bridge in (n for n in found.networks if n.scope == "local" and _ours(n.name, n.labels, NETWORK_NAMES)):
        change(f"réseau supprimé sur {bridge.nodes[0]} : {bridge.name}", _remove_local, lab, bridge.nodes[0], bridge.id)
    ingress = next((network for network in found.networks if network.ingress), None)
    if ingress is None or ingress.name != INGRESS:
        change("réseau ingress par défaut recréé", replace_ingress, lab, INGRESS)
    for state in networks:
        if not _is_network(found, state.name, state):
            change(
                f"réseau créé : {state.name}",
                create_network,
                lab,
                state.name,
                driver="overlay",
                attachable=state.attachable,
            )
    for service in services:
        if service.name not in kept:
            change(
                f"service créé : {service.name}",
                create_service,
                lab,
                service.name,
                service.image,
                replicas=service.replicas,
                networks=service.networks,
                publish=service.publish,
            )
    return Restoration(wanted, tuple(changes), lab.simulated)


def _ours(name: str, labels: object, names: set[str]) -> bool:
    return name in names or (isinstance(labels, dict) and LABEL in labels)


def _is_whole_swarm(found: Topology) -> bool:
    return all(node.id and node.state == "ready" for node in found.nodes)


def _matches(found: Topology, state: ServiceState) -> bool:
    """True when the service is there as the section wants it, converged, on networks that are right themselves."""
    service = found.service(state.name)
    return (
        service is not None
        and service.networks == tuple(sorted(state.networks))
        and all(_is_network(found, name, NetworkState(name)) for name in state.networks)
        and service.image.removesuffix(":latest") == state.image
        and service.running == service.desired == state.replicas
        and len(found.tasks_of(state.name, running=True)) == state.replicas
        and {port.published: port.target for port in service.ports} == dict(state.publish)
    )


def _is_network(found: Topology, name: str, state: NetworkState) -> bool:
    network = found.network(name)
    return (
        network is not None
        and name == state.name
        and network.driver == "overlay"
        and network.attachable == state.attachable
        and not network.encrypted
        and network.underlay_mtu is None
    )


def _mend(lab: Lab) -> None:
    """End the faults that the lab was given, and let the manager hear of all nodes: else the swarm is made anew."""
    mend(lab)

    def look() -> Sighting:
        with lab.manager.asking("lister les nœuds"):
            listed = lab.manager.api.nodes()
        return Sighting(sum(raw["Status"]["State"] == "ready" for raw in listed), len(listed))

    with suppress(EngineRefused, NotConverged):
        wait_until("Nœuds prêts", look, timeout_s=lab.patience(HEARD_S), remedy="swarmlab status")


def _form_swarm(lab: Lab) -> None:
    leave_swarm(lab)
    init_swarm(lab)
    join_swarm(lab)


def _ghosts(lab: Lab, found: Topology) -> list[tuple[str, str]]:
    """Name and swarm id of what the lab's nodes left in the list when they left the swarm, before they joined again."""
    names = {node.hostname: node.name for node in found.nodes}
    members = {node.id for node in found.nodes}
    with lab.manager.asking("lister les nœuds"):
        listed = lab.manager.api.nodes()
    # A node that has just joined has no description yet.
    hosts = {raw["ID"]: raw.get("Description", {}).get("Hostname") for raw in listed if raw["ID"] not in members}
    return [(names[host], entry) for entry, host in hosts.items() if host in names]


def _strike(lab: Lab, entry: str) -> None:
    manager = lab.manager
    with manager.asking("rayer un nœud de la liste"):
        manager.api.remove_node(entry, force=True)


def _activate(lab: Lab, name: str) -> None:
    manager = lab.manager
    with manager.asking(f"rendre disponible le nœud {name}"):
        raw = manager.api.inspect_node(lab.node(name).hostname)
        spec = raw["Spec"] | {"Availability": "active"}
        manager.api.update_node(raw["ID"], raw["Version"]["Index"], spec)


def _remove_containers(lab: Lab, names: list[str]) -> None:
    try:
        remove_container(lab, *names)
    except ObjectNotFound:
        # One of them vanished by itself since the snapshot: the others are taken one by one.
        for name in names:
            with suppress(ObjectNotFound):
                remove_container(lab, name)


def _remove_local(lab: Lab, node: str, identity: str) -> None:
    holder = lab.node(node)
    with holder.asking("supprimer un réseau local"):
        holder.api.remove_network(identity)


def _remove_volume(lab: Lab, node: str, name: str) -> None:
    """Remove a volume, once the last container that mounts it is gone."""
    holder = lab.node(node)

    def look() -> Sighting:
        try:
            with holder.asking(f"supprimer le volume « {name} »"):
                holder.api.remove_volume(name, force=True)
        except EngineRefused as err:
            return Sighting(0, 1, err.detail)
        return Sighting(1, 1)

    remedy, deadline_s = f"docker volume rm {name}", lab.patience(FREED_S)
    wait_until(f"Volume {name} supprimé", look, timeout_s=deadline_s, remedy=remedy, quiet=True)
