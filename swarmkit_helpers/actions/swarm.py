"""``docker swarm`` and ``docker node``: create a swarm, join it, leave it."""

from __future__ import annotations

from ..errors import NotConverged
from ..lab.cluster import Lab
from ..lab.membership import has_ingress, join
from ..lab.node import Node
from ..waiting import Sighting, wait_until

__all__ = ["init_swarm", "join_swarm", "leave_swarm", "wait_nodes"]

FIRST_INGRESS_S = 20.0


def leave_swarm(lab: Lab, node: str | None = None) -> list[str]:
    """``docker swarm leave --force`` on one node, or on every node; names of those that were in a swarm.

    Raises
    ------
    NodeUnknown, NodeUnreachable, NotConverged
    """
    nodes = [lab.node(node)] if node else list(lab.nodes.values())
    states = lab.each(_swarm_state, nodes)
    members = [asked for asked in nodes if states[asked.name] != "inactive"]

    def leave(member: Node) -> None:
        with member.asking("quitter le swarm"):
            member.api.leave_swarm(force=True)

    # Workers first: a manager that is gone cannot take note of their leaving.
    for group in (
        [m for m in members if m.name != lab.manager.name],
        [m for m in members if m.name == lab.manager.name],
    ):
        lab.each(leave, group)

    def left(node: Node) -> bool:
        # A node that joins again before its old ingress network is gone never gets the new one (moby/moby#40184).
        with node.asking("lister les réseaux"):
            return _swarm_state(node) == "inactive" and not any(raw.get("Ingress") for raw in node.api.networks())

    def look() -> Sighting:
        inside = [name for name, out in lab.each(left, nodes).items() if not out]
        missing = f"encore dans un swarm\N{NO-BREAK SPACE}: {', '.join(inside)}" if inside else ""
        return Sighting(len(nodes) - len(inside), len(nodes), missing)

    remedy = "docker swarm leave --force, sur chaque nœud nommé"
    wait_until("Nœuds hors du swarm", look, timeout_s=lab.patience(60), remedy=remedy)
    return [member.name for member in members]


def init_swarm(lab: Lab, advertise_addr: str | None = None) -> None:
    """``docker swarm init --advertise-addr`` on the manager.

    Raises
    ------
    NodeUnreachable
    EngineRefused
        It is in a swarm already.
    """
    manager = lab.manager
    with manager.asking("créer le swarm"):
        manager.api.init_swarm(advertise_addr=advertise_addr or manager.address)
    wait_nodes(lab, [manager])
    _wait_ingress(lab, [manager])


def join_swarm(lab: Lab, *nodes: str) -> None:
    """``docker swarm join`` on those nodes (all workers when none is named); the token passes unseen.

    Raises
    ------
    NodeUnknown, NodeUnreachable, EngineRefused, NotConverged
    """
    joining = [lab.node(name) for name in nodes] or list(lab.workers)
    manager = lab.manager
    with manager.asking("donner le jeton des workers"):
        token = manager.api.inspect_swarm()["JoinTokens"]["Worker"]

    def enter(node: Node) -> None:
        join(node, manager, token)

    lab.each(enter, joining)
    wait_nodes(lab, joining)
    try:
        _wait_ingress(lab, joining, timeout_s=FIRST_INGRESS_S)
    except NotConverged:
        # The engine sets the ingress network up once, and does not try again when that failed: a new member does.
        late = [node for node in joining if not has_ingress(node)]
        for node in late:
            _forget(lab, node)
        lab.each(enter, late)
        wait_nodes(lab, late)
        _wait_ingress(lab, late)


def wait_nodes(lab: Lab, nodes: list[Node] | None = None, *, timeout_s: float = 60, quiet: bool = False) -> None:
    """Wait until the manager sees those nodes (all when None) as ready.

    Raises
    ------
    NotConverged
    """
    wanted = {_node_id(node): node.name for node in nodes or lab.nodes.values()}

    def look() -> Sighting:
        with lab.manager.asking("lister les nœuds"):
            listed = lab.manager.api.nodes()
        ready = {raw["ID"] for raw in listed if raw["Status"]["State"] == "ready"}
        late = [name for node_id, name in wanted.items() if node_id not in ready]
        return Sighting(len(wanted) - len(late), len(wanted), f"pas encore prêt : {', '.join(late)}" if late else "")

    wait_until("Nœuds prêts", look, timeout_s=lab.patience(timeout_s), remedy="docker node ls", quiet=quiet)


def _forget(lab: Lab, node: Node) -> None:
    """Make a node leave, and strike it off the manager's list."""
    identity = _node_id(node)
    leave_swarm(lab, node.name)
    with lab.manager.asking(f"rayer le nœud {node.name}"):
        lab.manager.api.remove_node(identity, force=True)


def _wait_ingress(lab: Lab, nodes: list[Node], *, timeout_s: float = 60) -> None:
    """Wait until new members have what every member has."""

    def look() -> Sighting:
        late = [name for name, has in lab.each(has_ingress, nodes).items() if not has]
        return Sighting(len(nodes) - len(late), len(nodes), f"pas encore sur {', '.join(late)}" if late else "")

    remedy = "docker network ls, sur chaque nœud nommé"
    wait_until("Réseau ingress sur les nœuds", look, timeout_s=lab.patience(timeout_s), remedy=remedy)


def _swarm_state(node: Node) -> str:
    with node.asking("dire son état"):
        return str(node.api.info()["Swarm"]["LocalNodeState"])


def _node_id(node: Node) -> str:
    with node.asking("dire son identité"):
        return str(node.api.info()["Swarm"]["NodeID"])
