"""A lab: its nodes, and what they can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from ..errors import NodeUnknown
from .node import Node

__all__ = ["Capabilities", "Lab"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the nodes of a lab can do; asked of the nodes, never assumed."""

    ipvs: bool = False
    """Load balancing by the kernel: VIPs answer, published ports answer on all nodes (routing mesh)."""
    esp: bool = False
    """IPsec encryption: ``--opt encrypted`` networks carry data."""
    netem: bool = False
    """Delay and loss can be injected."""
    capture: bool = False
    """Packets can be captured on the nodes' own interface."""
    internet: bool = False
    """The nodes have a way out: images can be pulled."""

    def asdict(self) -> dict[str, bool]:
        """As plain booleans, for the report."""
        return asdict(self)


@dataclass(frozen=True)
class Lab:
    """Three engines, or more, reached by name; nothing above asks where they come from."""

    name: str
    backend: str
    """``local``, ``dind``, ``remote`` or ``embedded``."""
    nodes: Mapping[str, Node]
    """Short name -> Node; the manager first."""
    capabilities: Capabilities = field(default_factory=Capabilities)
    simulated: bool = False
    """True when no real engine is behind it."""

    def node(self, name: str) -> Node:
        """The node of that short name or hostname.

        Raises
        ------
        NodeUnknown
        """
        for node in self.nodes.values():
            if name in (node.name, node.hostname):
                return node
        raise NodeUnknown(name, self.nodes)

    @property
    def manager(self) -> Node:
        """The node that manages the swarm in the course."""
        return next(node for node in self.nodes.values() if node.role == "manager")

    @property
    def workers(self) -> tuple[Node, ...]:
        """The other nodes."""
        return tuple(node for node in self.nodes.values() if node.role != "manager")

    def each(self, ask: Callable[[Node], T], nodes: Iterable[Node] | None = None) -> dict[str, T]:
        """Call `ask` on every node, all at once, and return the answers by node name.

        The first error is raised once all have ended.
        """
        asked = list(self.nodes.values() if nodes is None else nodes)
        with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
            answers = [(node.name, pool.submit(ask, node)) for node in asked]
        return {name: answer.result() for name, answer in answers}

    def _repr_html_(self) -> str:
        badge = " — <strong>simulé</strong>" if self.simulated else ""
        rows = "".join(
            f"<tr><td>{node.name}</td><td>{node.hostname}</td><td>{node.address}</td><td>{node.role}</td></tr>"
            for node in self.nodes.values()
        )
        return (
            f"<p>Labo « {self.name} » ({self.backend}){badge}</p><table><thead><tr><th>nœud</th><th>machine</th>"
            f"<th>adresse</th><th>rôle</th></tr></thead><tbody>{rows}</tbody></table>"
        )
