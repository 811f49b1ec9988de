"""What a node has once it is wholly a member of its swarm."""

from __future__ import annotations

from typing import Any

from .node import Node

__all__ = ["has_ingress"]

GATEWAY_BRIDGE = "docker_gwbridge"


def has_ingress(node: Node) -> bool:
    """True when the node has the ingress network, with its sandbox in place on docker_gwbridge.

    The engine makes them a moment after it says that the node is ready; leaving the swarm meanwhile can leave a sandbox
    behind that bars the next one (moby/moby#40184).

    Raises
    ------
    NodeUnreachable
    """
    with node.asking("lister les réseaux"):
        listed: list[dict[str, Any]] = node.api.networks()
        ingress = next((raw["Name"] for raw in listed if raw.get("Ingress")), None)
        bridge = next((raw["Id"] for raw in listed if raw["Name"] == GATEWAY_BRIDGE), None)
        if ingress is None or bridge is None:
            return False
        return f"{ingress}-sbox" in node.api.inspect_network(bridge)["Containers"]
