"""Where a container is: asked of every node, by name, id or short task name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import NameAmbiguous, ObjectNotFound

if TYPE_CHECKING:
    from .cluster import Lab
    from .node import Node

__all__ = ["Place", "locate"]

SERVICE_LABEL = "com.docker.swarm.service.name"
TASK_LABEL = "com.docker.swarm.task.id"


@dataclass(frozen=True, slots=True)
class Place:
    """A container and the node that runs it."""

    node: Node
    id: str
    name: str
    """Its whole name: ``alpine1``, ``my-nginx.3.<task id>``."""
    state: str
    image: str
    networks: tuple[str, ...]


def locate(lab: Lab, name: str) -> Place:
    """Find a container anywhere in the lab; a running one before others, then the youngest.

    Parameters
    ----------
    name
        ``alpine1``; for a task ``my-nginx.3`` or its container's whole name; an id; or the name of a service that has
        one task.

    Raises
    ------
    ObjectNotFound
        No node has it.
    NameAmbiguous
        A service's name, and several of its tasks run.
    NodeUnreachable
    """

    def ask(node: Node) -> list[dict[str, Any]]:
        with node.asking(f"chercher le conteneur « {name} »"):
            listed: list[dict[str, Any]] = node.api.containers(all=True)
        return listed

    everywhere = [(lab.nodes[node], raw) for node, listed in lab.each(ask).items() for raw in listed]
    found = [(node, raw) for node, raw in everywhere if _answers_to(raw, name)]
    if not found:
        found = [(node, raw) for node, raw in everywhere if raw["Labels"].get(SERVICE_LABEL) == name]
        running = sorted({_short(raw) for _, raw in found if raw["State"] == "running"})
        if len(running) > 1:
            raise NameAmbiguous(name, running)
    if not found:
        raise ObjectNotFound("container", name)
    return _place(*max(found, key=lambda each: (each[1]["State"] == "running", each[1]["Created"])))


def _place(node: Node, raw: dict[str, Any]) -> Place:
    return Place(
        node=node,
        id=raw["Id"],
        name=_name(raw),
        state=raw["State"],
        image=raw["Image"],
        networks=tuple(raw["NetworkSettings"]["Networks"]),
    )


def _name(raw: dict[str, Any]) -> str:
    names: list[str] = raw.get("Names") or [raw["Id"][:12]]
    return names[0].lstrip("/")


def _answers_to(raw: dict[str, Any], name: str) -> bool:
    return name in (_name(raw), _short(raw), raw["Id"]) or (len(name) >= 12 and raw["Id"].startswith(name))


def _short(raw: dict[str, Any]) -> str:
    """The container's name, without the id of its task: ``my-nginx.3``."""
    task = raw["Labels"].get(TASK_LABEL)
    return _name(raw).removesuffix(f".{task}") if task else _name(raw)
