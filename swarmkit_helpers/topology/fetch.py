"""One pass over the engines, nodes concurrently: what each one answers, as plain JSON, then merged."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..errors import NodeUnreachable
from .merge import RawNode, merge
from .model import Topology

if TYPE_CHECKING:
    from ..lab.cluster import Lab
    from ..lab.node import Node

__all__ = ["fetch_node", "fetch_raw", "snapshot"]


def fetch_node(node: Node) -> RawNode:
    """All that one engine knows: itself, its networks with their endpoints and peers, its containers.

    A manager also gives the swarm's nodes, services and tasks, and the names of its secrets and configs. An engine that
    does not answer gives a RawNode with only its error. Engine API 1.41: /info, /networks, /networks/{id},
    /containers/json, /volumes, /nodes, /services, /tasks, /secrets, /configs.
    """
    raw = RawNode(name=node.name, hostname=node.hostname, address=node.address)
    try:
        with node.asking("décrire son état"):
            api = node.api
            raw.info = api.info()
            raw.networks = [found for listed in api.networks() if (found := _inspect(api, listed["Id"]))]
            # The low-level list: the high-level one inspects each container again, and fails when one has vanished.
            raw.containers = api.containers(all=True)
            raw.volumes = api.volumes()["Volumes"] or []
            if raw.info["Swarm"].get("ControlAvailable"):
                raw.nodes = api.nodes()
                raw.services = api.services(status=True)
                raw.tasks = api.tasks()
                raw.secrets = [_without_data(secret) for secret in api.secrets()]
                raw.configs = [_without_data(config) for config in api.configs()]
    except NodeUnreachable as err:
        return RawNode(name=node.name, hostname=node.hostname, address=node.address, error=err.detail)
    return raw


def fetch_raw(lab: Lab) -> list[RawNode]:
    """What each node answers, in the lab's order."""
    return list(lab.each(fetch_node).values())


def snapshot(lab: Lab) -> Topology:
    """The whole swarm at this instant, merged from all nodes.

    A node that does not answer is in ``silent_nodes``, and what it alone knows is missing.

    Raises
    ------
    NodeUnreachable
        The manager does not answer: nothing is known of the swarm.
    """
    raw = fetch_raw(lab)
    manager = next(node for node in raw if node.name == lab.manager.name)
    if manager.error:
        raise NodeUnreachable(manager.name, manager.error, lab.name)
    return merge(
        raw,
        lab=lab.name,
        backend=lab.backend,
        simulated=lab.simulated,
        taken_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _without_data(sealed: dict[str, Any]) -> dict[str, Any]:
    """A secret or a config without what it holds: the engine gives a config's whole text."""
    return {**sealed, "Spec": {key: value for key, value in sealed["Spec"].items() if key != "Data"}}


def _inspect(api: Any, network: str) -> dict[str, Any] | None:
    """One network as this node sees it; None when it vanished since it was listed."""
    import docker.errors

    try:
        found: dict[str, Any] = api.inspect_network(network)
    except docker.errors.NotFound:
        return None
    return found
