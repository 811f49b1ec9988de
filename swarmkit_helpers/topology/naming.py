"""Names in a swarm: which of them a container may ask for, what each is, and why one is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..errors import NBSP
from .holders import Holder, shared_networks
from .model import Container, Topology

__all__ = ["NameKind", "kind_of_name", "known_names", "why_unknown"]

NameKind = Literal["container", "service", "tasks", "alias", "node", "outside", "unknown"]
TASKS = "tasks."


def known_names(topology: Topology, asker: Container) -> tuple[str, ...]:
    """Names worth asking from a container: those of its networks, then the machine of a node.

    Containers, services and ``tasks.<service>`` of the networks that it is on, 12 at most; its own name is not in it.
    """
    near = [c for c in topology.containers if c.id != asker.id and shared_networks(topology, asker, c)]
    alone = [c.name for c in near if c.task is None and c.state == "running"]
    services = [s.name for s in topology.services if set(s.networks) & set(asker.networks)]
    names = [*alone[:4], *(name for service in services[:3] for name in (service, f"{TASKS}{service}"))]
    return (*names, *(node.hostname for node in topology.nodes[:1]))


def kind_of_name(topology: Topology, name: str, holders: Sequence[Holder]) -> NameKind:
    """What a name is, by what carries it and by who holds the addresses that a DNS server gave for it."""
    bare = name.rstrip(".")
    if any(bare == node.hostname for node in topology.nodes):
        return "node"
    if bare.startswith(TASKS) and topology.service(bare.removeprefix(TASKS)):
        return "tasks"
    if any(bare == service.name for service in topology.services):
        return "service"
    if any(bare in (c.name, c.label) or (len(bare) == 12 and c.id.startswith(bare)) for c in topology.containers):
        return "container"
    if any(holder.shared and holder.kind in ("container", "vip") for holder in holders):
        return "alias"
    if any(holder.kind == "node" for holder in holders):
        return "node"
    return "outside" if holders else "unknown"


def why_unknown(topology: Topology, asker: Container, name: str) -> str:
    """Why the DNS of a container gives no address for a name, in French."""
    bare = name.rstrip(".")
    service = topology.service(bare.removeprefix(TASKS))
    if service is not None and set(service.networks) & set(asker.networks):
        return f"Le service {service.name} n'a aucune tâche qui tourne, donc aucune adresse à donner."
    if service is not None:
        return _apart(f"Le service {service.name}", service.networks, asker)
    container = topology.container(bare)
    if container is None:
        return "Ni conteneur, ni service, ni alias de ce nom sur les réseaux de ce conteneur, et rien au-dehors."
    if container.state != "running":
        return f"Le conteneur {container.label} ne tourne pas{NBSP}: il n'a pas d'adresse."
    if not shared_networks(topology, asker, container):
        return _apart(f"Le conteneur {container.label}", container.networks, asker)
    if container.task and bare != container.name:
        return f"Pour le DNS, cette tâche s'appelle {container.name}."
    return f"{container.label} et {asker.label} n'ont en commun qu'un réseau sans noms, comme bridge."


def _apart(who: str, networks: Sequence[str], asker: Container) -> str:
    mine, theirs = (", ".join(names) or "aucun réseau" for names in (asker.networks, networks))
    return f"{who} est sur {theirs}, {asker.label} sur {mine}{NBSP}: aucun réseau en commun."
