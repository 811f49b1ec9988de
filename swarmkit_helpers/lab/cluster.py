"""A lab: its nodes, and what they can do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import TypeVar

from ..errors import NodeUnknown, PageUnavailable
from .node import Node
from .page import PROXY_VARIABLE, Url, jupyter_base

__all__ = ["Capabilities", "Lab"]

T = TypeVar("T")
HIGHEST_PORT = 65535


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
    forward: Callable[[Node, int], int] | None = field(default=None, repr=False, compare=False)
    """Leads a port of this machine's loopback, which it returns, to a node's port; None where nothing can."""

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

    def patience(self, seconds: float) -> float:
        """A deadline of a usual machine, in seconds, as it is on the slowest node."""
        return max((node.patience(seconds) for node in self.nodes.values()), default=seconds)

    def url(self, node: str, port: int) -> Url:
        """The address on this machine's loopback of what a node publishes on that port: for the learner's browser.

        Asked again it is the same one. Nothing need answer there yet: the page may come later.

        Parameters
        ----------
        node
            A node's name: ``worker1``.
        port
            A port that the node publishes, by itself (``mode: host``) or with all others (the routing mesh).

        Raises
        ------
        NodeUnknown, LabNotUp, LabDamaged
        PageUnavailable
            No such port, or nothing leads to this kind of lab, or $SWARMLAB_PROXY is no address.
        """
        known = self.node(node)
        if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= HIGHEST_PORT:
            raise PageUnavailable(
                known.name, port, f"un port est un nombre de 1 à {HIGHEST_PORT}", "docker service ls, colonne PORTS"
            )
        if self.forward is None:
            raise PageUnavailable(
                known.name, port, f"rien ne mène d'ici aux pages d'un labo « {self.backend} »", "swarmlab up"
            )
        try:
            base = jupyter_base()
        except ValueError as err:
            raise PageUnavailable(
                known.name,
                port,
                f"{PROXY_VARIABLE}={err} n'est ni une adresse http, ni un chemin",
                f"export {PROXY_VARIABLE}=/ ou l'adresse de Jupyter dans votre navigateur, puis relancez Jupyter",
            ) from err
        return Url(self.forward(known, port), node=known.name, port=port, base=base)

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
