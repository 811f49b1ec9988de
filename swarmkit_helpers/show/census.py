"""A large swarm in numbers: how many containers of which service on which node and network, and what stands out."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..topology.model import Node, Service, Topology
from .french import count, listing, natural, typeset

__all__ = ["ALONE", "Census", "Spread", "attention", "census", "marked_state", "per_node", "spreads", "without_node"]

ALONE = "autonomes"
"""What the containers that belong to no service are called together."""
FEW = 6
"""Names that a sentence still tells one by one."""


@dataclass(frozen=True)
class Census:
    """Containers counted by node and network."""

    cells: Mapping[tuple[str, str], int]
    """(node, network) -> containers attached there; no key where there is none."""
    services: Mapping[str, Mapping[str, int]]
    """Network -> service -> containers, the most numerous first; ``""`` for those of no service."""
    users: Mapping[str, frozenset[str]]
    """Network -> nodes that have a container on it."""
    held: Mapping[str, int]
    """Node -> its containers on any of the networks, each once though it may be on several."""

    def on_network(self, name: str) -> int:
        """Containers attached to a network, over all nodes."""
        return sum(self.services.get(name, {}).values())


@dataclass(frozen=True, slots=True)
class Spread:
    """How the tasks of one service are spread over the nodes."""

    service: Service
    per_node: Mapping[str, int]
    """Node -> containers of the service that run there; only nodes that have one."""

    @property
    def short(self) -> int:
        """Tasks that are wanted and do not run."""
        return max(self.service.desired - self.service.running, 0)


def census(topology: Topology, networks: Collection[str], nodes: Collection[str] | None = None) -> Census:
    """Count the containers of some networks, of all nodes or only of some, in one pass through the endpoints."""
    cells: Counter[tuple[str, str]] = Counter()
    services: dict[str, Counter[str]] = {}
    users: dict[str, set[str]] = {}
    held: dict[str, set[str]] = {}
    wanted = frozenset(networks)
    for e in topology.endpoints:
        if e.kind == "container" and e.network in wanted and (nodes is None or e.node in nodes):
            cells[e.node, e.network] += 1
            services.setdefault(e.network, Counter())[e.service or ""] += 1
            users.setdefault(e.network, set()).add(e.node)
            held.setdefault(e.node, set()).add(e.container or e.name)
    return Census(
        dict(cells),
        {
            network: dict(sorted(tally.items(), key=lambda item: (-item[1], natural(item[0]))))
            for network, tally in services.items()
        },
        {network: frozenset(some) for network, some in users.items()},
        {node: len(some) for node, some in held.items()},
    )


def per_node(topology: Topology) -> dict[str, int]:
    """Node -> containers that run there, in the lab's order; 0 where there is none."""
    tally = Counter(container.node for container in topology.containers if container.state == "running")
    return {node.name: tally[node.name] for node in topology.nodes}


def spreads(topology: Topology) -> list[Spread]:
    """How each service is spread: those that lack tasks first, then the largest."""
    tally: dict[str, Counter[str]] = {}
    for container in topology.containers:
        if container.service and container.state == "running":
            tally.setdefault(container.service, Counter())[container.node] += 1
    found = [Spread(service, dict(tally.get(service.name, {}))) for service in topology.services]
    return sorted(found, key=lambda s: (-s.short, -s.service.desired, natural(s.service.name)))


def marked_state(node: Node) -> str:
    """What sets a node apart, in the engine's own words: ``down, drain``; empty for one that is ready and active."""
    words = [] if node.role is None or node.state == "ready" else [node.state]
    if node.role and node.availability != "active":
        words.append(node.availability)
    if not node.answered:
        words.append("sans réponse")
    return ", ".join(words)


def without_node(topology: Topology) -> list[str]:
    """A sentence on the tasks that no node has been given; none when there is no such task."""
    lost = [task for task in topology.tasks if task.node is None and task.desired_state == "running"]
    if not lost:
        return []
    why = next((f" ({task.error})" for task in lost if task.error), "")
    return [typeset(f"Sans nœud : {listing([task.name for task in lost], FEW)}{why}.")]


def attention(topology: Topology) -> list[str]:
    """What an operator would look at first, one sentence each; empty when all is as it should be."""
    said = []
    for words, nodes in _nodes_apart(topology).items():
        said.append(f"{_counted(nodes, 'nœud')} {words} : {listing(nodes, FEW)}.")
    short = [
        f"{spread.service.name} {spread.service.running}/{spread.service.desired}"
        for spread in spreads(topology)
        if spread.short
    ]
    if short:
        said.append(f"{_counted(short, 'service')} en dessous du nombre voulu : {listing(short, FEW)}.")
    said += without_node(topology)
    said += _unbalanced(topology)
    managers = [node for node in topology.nodes if node.role == "manager"]
    ready = sum(node.state == "ready" for node in managers)
    if managers and ready <= len(managers) // 2:
        said.append(f"Plus de quorum : {ready} sur {count(len(managers), 'manager')} prêts.")
    return [typeset(sentence) for sentence in said]


def _nodes_apart(topology: Topology) -> dict[str, list[str]]:
    """State -> the nodes that are in it, when it is not the usual one."""
    found: dict[str, list[str]] = {}
    for node in topology.nodes:
        if words := marked_state(node):
            found.setdefault(words, []).append(node.name)
    return found


def _unbalanced(topology: Topology) -> list[str]:
    """Nodes that could work and do not, and nodes that hold twice the usual."""
    held = per_node(topology)
    able = [node.name for node in topology.nodes if node.role and not marked_state(node)]
    if len(able) < 3:
        return []
    usual = statistics.median(held[name] for name in able)
    said = []
    empty = [name for name in able if not held[name]]
    if empty and usual >= 1:
        said.append(f"{_counted(empty, 'nœud')} sans aucun conteneur, pourtant ready : {listing(empty, FEW)}.")
    loaded = [f"{name} {held[name]}" for name in able if held[name] > max(2 * usual, usual + 4)]
    if loaded:
        said.append(f"Plus du double de la médiane ({usual:g}) : {listing(loaded, FEW)}.")
    return said


def _counted(names: Sequence[str], noun: str) -> str:
    return count(len(names), noun)
