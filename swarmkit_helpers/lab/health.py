"""What each node of a lab answers when it is asked how it is."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import NBSP, LabError, NodeUnreachable
from .cluster import Lab
from .node import Node

__all__ = ["NodeStatus", "silent", "status_of"]


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """One node of a lab, as seen now."""

    name: str
    address: str
    role: str
    answers: bool
    engine: str
    """Version of the engine; empty when it does not answer."""
    swarm: str
    """State in the swarm: ``active``, ``inactive``...; empty when it does not answer."""
    detail: str
    """Why it does not answer; empty when it does."""


def status_of(lab: Lab) -> list[NodeStatus]:
    """Each node of the lab, asked now, all at once."""
    return list(lab.each(_node_status).values())


def silent(lab: Lab) -> str:
    """The nodes that do not answer now, each with why, in French; empty when all do."""
    return " ; ".join(f"{seen.name}{NBSP}: {seen.detail}" for seen in status_of(lab) if not seen.answers)


def _node_status(node: Node) -> NodeStatus:
    try:
        with node.asking("dire son état"):
            info = node.client.info()
    except NodeUnreachable as err:
        return NodeStatus(node.name, node.address, node.role, False, "", "", err.detail)
    except LabError as err:
        return NodeStatus(node.name, node.address, node.role, False, "", "", err.problem)
    return NodeStatus(
        node.name, node.address, node.role, True, info["ServerVersion"], info["Swarm"]["LocalNodeState"], ""
    )
