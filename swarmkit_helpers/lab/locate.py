"""Where a container is: asked of every node, by name, id or short task name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ObjectNotFound

if TYPE_CHECKING:
    from .cluster import Lab
    from .node import Node

__all__ = ["Place", "locate"]


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
    """Find a container anywhere in the lab; a running one before others.

    Parameters
    ----------
    name
        ``alpine1``; for a task ``my-nginx.3`` or its container's whole name; or an id.

    Raises
    ------
    ObjectNotFound
        No node has it.
    NodeUnreachable
    """

    def ask(node: Node) -> list[Place]:
        with node.asking(f"chercher le conteneur « {name} »"):
            listed: list[dict[str, Any]] = node.api.containers(all=True)
        return [_place(node, raw) for raw in listed if _answers_to(raw, name)]

    found = [place for places in lab.each(ask).values() for place in places]
    if not found:
        raise ObjectNotFound("container", name)
    return min(found, key=lambda place: place.state != "running")


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
    whole = _name(raw)
    task = raw["Labels"].get("com.docker.swarm.task.id")
    short = whole.removesuffix(f".{task}") if task else whole
    return name in (whole, short, raw["Id"]) or (len(name) >= 12 and raw["Id"].startswith(name))
