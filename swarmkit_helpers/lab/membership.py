"""How a node becomes a member of a swarm, and what it has once it wholly is one."""

from __future__ import annotations

from typing import Any

from ..errors import EngineRefused
from ..waiting import Sighting, wait_until
from .cluster import Lab
from .node import Node

__all__ = ["MANAGEMENT_PORT", "form_swarm", "has_ingress", "join"]

MANAGEMENT_PORT = 2377
GATEWAY_BRIDGE = "docker_gwbridge"
# An engine stops waiting after 20 s, however slow the machine, and says that it goes on in the background.
GOES_ON = "continue in the background"
JOIN_S = 60.0


def form_swarm(lab: Lab, timeout_s: float) -> None:
    """Make a swarm of engines that are in none: one manager, all others its workers; return once they are ready.

    Raises
    ------
    NodeUnreachable, EngineRefused, NotConverged
    """
    manager = lab.manager
    with manager.asking("créer le swarm"):
        manager.api.init_swarm(advertise_addr=manager.address)
        token = manager.api.inspect_swarm()["JoinTokens"]["Worker"]

    lab.each(lambda node: join(node, manager, token), lab.workers)

    def look() -> Sighting:
        with manager.asking("lister les nœuds"):
            ready = sum(raw["Status"]["State"] == "ready" for raw in manager.api.nodes())
        settled = sum(lab.each(has_ingress).values())
        return Sighting(ready + settled, 2 * len(lab.nodes), "des nœuds ne sont pas encore prêts")

    deadline_s = lab.patience(timeout_s)
    wait_until("Nœuds prêts", look, timeout_s=deadline_s, remedy="swarmlab status", every_s=0.05, quiet=True)


def join(node: Node, manager: Node, token: str) -> None:
    """Have a node join the manager's swarm, and return once it is a member.

    Raises
    ------
    NodeUnreachable, EngineRefused
    NotConverged
        It is still at it.
    """
    try:
        with node.asking("rejoindre le swarm"):
            node.api.join_swarm([f"{manager.address}:{MANAGEMENT_PORT}"], token, advertise_addr=node.address)
    except EngineRefused as err:
        if GOES_ON not in err.detail:
            raise
    else:
        return

    def look() -> Sighting:
        with node.asking("dire son état"):
            state = str(node.api.info()["Swarm"]["LocalNodeState"])
        return Sighting(int(state == "active"), 1, f"{node.name} est dans l'état {state}")

    title, deadline_s = f"{node.name} membre du swarm", node.patience(JOIN_S)
    wait_until(title, look, timeout_s=deadline_s, remedy="docker info, partie Swarm", quiet=True)


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
