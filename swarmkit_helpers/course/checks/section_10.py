"""Section 10: out of any swarm, then one swarm of three nodes and the networks it brings."""

from __future__ import annotations

from typing import Any

from ...errors import EngineRefused
from ...lab.node import Node
from ...probes.execution import run_tool
from .question import Context, Verdict, define, failed, judge, passed

__all__ = ["MANAGEMENT_PORT"]

Json = dict[str, Any]
MANAGEMENT_PORT = "2377"
GATEWAY_BRIDGE = "docker_gwbridge"


def _membership(node: Node) -> Json:
    """What the engine itself says of its swarm; the manager's list would not know of one that it left."""
    with node.asking("dire son état dans le swarm"):
        found: Json = node.api.info()["Swarm"]
    return found


def _listed(context: Context, **filters: str) -> list[Json]:
    """The swarm's nodes as ``docker node ls`` lists them, filtered by the manager.

    Raises
    ------
    EngineRefused
        The manager is in no swarm.
    """
    manager = context.lab.manager
    with manager.asking("lister les nœuds du swarm"):
        found: list[Json] = manager.api.nodes(filters=filters)
    return found


def _short(context: Context, raw: Json) -> str:
    """Short name of a node of the swarm; its hostname when it is none of the lab's."""
    hostname = str(raw["Description"]["Hostname"])
    return next((node.name for node in context.lab.nodes.values() if node.hostname == hostname), hostname)


def _no_swarm(context: Context) -> str:
    """Why the manager cannot be asked about its swarm; empty when it can."""
    manager = context.lab.manager
    swarm = _membership(manager)
    if swarm["LocalNodeState"] != "active":
        return f"{manager.name} n'est dans aucun swarm (état « {swarm['LocalNodeState']} »)"
    if not swarm["ControlAvailable"]:
        return f"{manager.name} est dans un swarm, mais comme worker"
    return ""


@define(
    "10.1",
    "Aucun nœud n'est dans un swarm",
    hint="docker swarm leave --force, sur chaque nœud encore membre ; docker info, ligne Swarm, doit dire inactive",
)
def nobody_inside(context: Context) -> Verdict:
    """Each engine is asked, for a worker may still believe in a swarm whose manager has left."""
    states = {name: swarm["LocalNodeState"] for name, swarm in context.lab.each(_membership).items()}
    inside = [name for name, state in states.items() if state != "inactive"]
    seen = ", ".join(f"{name} : {state}" for name, state in states.items())
    return judge(not inside, seen, f"encore dans un swarm : {', '.join(inside)}")


@define(
    "10.2",
    "Hors d'un swarm, aucun nœud n'a de réseau overlay",
    hint="docker network ls --filter driver=overlay, sur chaque nœud ; il ne reste un overlay que sur un membre",
)
def no_overlay(context: Context) -> Verdict:
    """Ingress goes away with the swarm; docker_gwbridge, a local bridge, stays."""
    overlays = [n for n in context.topology.networks if n.driver == "overlay"]
    kept = [name for n in context.topology.networks if n.name == GATEWAY_BRIDGE for name in n.nodes]
    if overlays:
        seen = ", ".join(f"{network.name} sur {', '.join(network.nodes)}" for network in overlays)
        return failed(f"overlay encore listé : {seen}", "ces nœuds n'ont pas quitté leur swarm")
    local = f"{GATEWAY_BRIDGE}, réseau local, reste sur {', '.join(kept)}" if kept else f"pas de {GATEWAY_BRIDGE}"
    return passed(f"aucun overlay ; {local}")


@define(
    "10.3",
    "Le swarm est créé : le manager en est le leader, annoncé à son adresse",
    hint="docker swarm init --advertise-addr 10.0.3.62, sur le manager",
)
def created(context: Context) -> Verdict:
    """The manager rules it, and tells the others the address at which they reach it."""
    if fault := _no_swarm(context):
        return failed(fault)
    manager = context.lab.manager
    swarm = _membership(manager)
    own = next(raw for raw in _listed(context) if raw["ID"] == swarm["NodeID"])
    status = own.get("ManagerStatus") or {}
    leader = bool(status.get("Leader"))
    seen = (
        f"{manager.name} : {'leader' if leader else 'pas leader'}, annoncé à {status.get('Addr') or 'aucune adresse'}"
    )
    return judge(
        leader
        and swarm["NodeAddr"] == manager.address
        and status.get("Addr") == f"{manager.address}:{MANAGEMENT_PORT}",
        seen,
        f"les autres nœuds joignent le manager à {manager.address} : c'est elle qu'il faut annoncer",
    )


@define(
    "10.4",
    "Chaque worker atteint le port de gestion du manager, 2377/tcp",
    hint="depuis le worker : nc -w 2 10.0.3.62 2377 ; vérifiez le lien, le pare-feu, et que le swarm est créé",
)
def management_port(context: Context) -> Verdict:
    """A TCP connection from each worker's own network: what joining needs first."""
    address = context.lab.manager.address

    def connect(worker: Node) -> tuple[int, str]:
        return run_tool(worker, ["nc", "-w", "2", address, MANAGEMENT_PORT, "-e", "true"], image="alpine")

    answers = context.lab.each(connect, context.lab.workers)
    words = {
        name: "connecté" if not code else output.strip().rpartition(": ")[2] or "aucune réponse"
        for name, (code, output) in answers.items()
    }
    seen = ", ".join(f"{name} → {address}:{MANAGEMENT_PORT} : {word}" for name, word in words.items())
    return judge(
        not any(code for code, _ in answers.values()),
        seen,
        _no_swarm(context) or "le manager est dans un swarm : c'est le chemin jusqu'à lui qui est coupé",
    )


@define(
    "10.5",
    "Seul le manager sait donner les jetons d'adhésion, un par rôle",
    hint="docker swarm join-token worker ne répond que sur un manager ; docker node ls dit qui l'est",
)
def tokens(context: Context) -> Verdict:
    """The tokens are compared, never shown; a worker must refuse to give them."""

    def given(node: Node) -> list[str]:
        try:
            with node.asking("donner les jetons"):
                return sorted(node.api.inspect_swarm()["JoinTokens"].values())
        except EngineRefused:
            return []

    answers = context.lab.each(given)
    manager = context.lab.manager.name
    givers = [name for name, found in answers.items() if found]
    refusing = [name for name, found in answers.items() if not found]
    if manager not in givers:
        return failed(f"{manager} n'a aucun jeton à donner", _no_swarm(context))
    different = len(set(answers[manager]))
    seen = (
        f"donnés par {', '.join(givers)} ({different} jetons différents, non affichés) ; "
        f"refusés par {', '.join(refusing) or 'personne'}"
    )
    others = [name for name in givers if name != manager]
    cause = f"{', '.join(others)} a le rôle manager : docker node demote" if others else "un jeton par rôle est attendu"
    return judge(not others and different == 2, seen, cause)


def _joined(context: Context, name: str) -> Verdict:
    """One worker: member of this very swarm, as a worker, ready, at its own address."""
    if fault := _no_swarm(context):
        return failed(fault)
    worker, manager = context.lab.node(name), context.lab.manager
    swarm = _membership(worker)
    if swarm["LocalNodeState"] != "active":
        return failed(
            f"{name} n'est pas membre (état « {swarm['LocalNodeState']} »)",
            swarm.get("Error") or "il n'a pas rejoint le swarm, ou l'a quitté",
        )
    raw = next((found for found in _listed(context) if found["ID"] == swarm["NodeID"]), None)
    if raw is None:
        return failed(f"{name} est membre d'un autre swarm", f"{manager.name} ne le connaît pas")
    role, state = raw["Spec"]["Role"], raw["Status"]["State"]
    heard = sorted(remote["Addr"] for remote in swarm.get("RemoteManagers") or [])
    seen = f"{name} : {role}, {state}, à {swarm['NodeAddr']} ; manager connu : {', '.join(heard) or 'aucun'}"
    if role != "worker":
        return failed(seen, f"{name} a été promu : docker node demote {worker.hostname}")
    if state != "ready":
        return failed(seen, raw["Status"].get("Message") or "le manager ne l'entend plus")
    return judge(
        swarm["NodeAddr"] == worker.address and heard == [f"{manager.address}:{MANAGEMENT_PORT}"],
        seen,
        f"attendu : {worker.address}, et le manager à {manager.address}:{MANAGEMENT_PORT}",
    )


@define(
    "10.6",
    "worker1 a rejoint le swarm comme worker",
    hint="docker swarm join-token worker sur le manager, puis la commande qu'il affiche sur worker1",
)
def worker1_joined(context: Context) -> Verdict:
    """As both the worker and the manager say."""
    return _joined(context, "worker1")


@define(
    "10.7",
    "worker2 a rejoint le swarm comme worker",
    hint="docker swarm join-token worker sur le manager, puis la commande qu'il affiche sur worker2",
)
def worker2_joined(context: Context) -> Verdict:
    """As both the worker and the manager say."""
    return _joined(context, "worker2")


@define(
    "10.8",
    "docker node ls montre trois nœuds, tous Ready et Active",
    hint="docker node ls ; un nœud Down qui figure deux fois est un ancien membre : docker node rm",
)
def three_nodes(context: Context) -> Verdict:
    """Exactly the lab's nodes: none missing, none left over from an earlier membership."""
    if fault := _no_swarm(context):
        return failed(fault)
    listed = _listed(context)
    rows = [(_short(context, raw), raw["Status"]["State"], raw["Spec"]["Availability"]) for raw in listed]
    seen = ", ".join(f"{name} {state} {availability}" for name, state, availability in sorted(rows))
    names = [name for name, _, _ in rows]
    present = context.lab.each(_membership)
    ids = {raw["ID"] for raw in listed}
    wrong = [f"{name} manque" for name in context.lab.nodes if name not in names]
    # The manager takes some seconds to notice that a node has gone: the node itself is asked too.
    wrong += [f"{name} dit ne pas en être" for name, swarm in present.items() if swarm["NodeID"] not in ids]
    wrong += sorted({f"{name} figure deux fois" for name in names if names.count(name) > 1})
    wrong += [f"{name} n'est pas du labo" for name in names if name not in context.lab.nodes]
    wrong += [f"{name} est {state}" for name, state, _ in rows if state != "ready"]
    wrong += [f"{name} est {availability}" for name, _, availability in rows if availability != "active"]
    return judge(not wrong, seen, " ; ".join(wrong))


@define(
    "10.9",
    "Le filtre par rôle donne un manager et deux workers",
    hint="docker node ls --filter role=manager, puis role=worker ; docker node demote rend son rôle à un worker promu",
)
def roles(context: Context) -> Verdict:
    """The manager itself filters."""
    if fault := _no_swarm(context):
        return failed(fault)
    found = {
        role: sorted(_short(context, raw) for raw in _listed(context, role=role)) for role in ("manager", "worker")
    }
    expected = {
        "manager": [context.lab.manager.name],
        "worker": sorted(worker.name for worker in context.lab.workers),
    }
    seen = " ; ".join(f"role={role} : {', '.join(names) or 'personne'}" for role, names in found.items())
    misplaced = [name for role, names in found.items() for name in names if name not in expected[role]]
    absent = [name for role, names in expected.items() for name in names if name not in found[role]]
    cause = f"rôle inattendu : {', '.join(misplaced)}" if misplaced else f"absent : {', '.join(absent)}"
    return judge(found == expected, seen, cause)


@define(
    "10.10",
    "Le réseau overlay ingress est le même sur les trois nœuds, qui s'y voient l'un l'autre",
    hint="docker network ls --filter driver=overlay, sur chaque nœud : même nom, même identifiant, portée swarm",
)
def ingress_everywhere(context: Context) -> Verdict:
    """One network of the routing mesh, with addresses, listed by every node, each of which sees all as peers."""
    found = [network for network in context.topology.networks if network.ingress]
    if not found:
        return failed("aucun réseau ingress", _no_swarm(context) or "il a été supprimé et pas encore recréé")
    if len(found) > 1:
        names = ", ".join(f"{network.name} ({network.id[:12]})" for network in found)
        return failed(f"plusieurs réseaux ingress : {names}", "ces nœuds ne sont pas tous du même swarm")
    network = found[0]
    late = [name for name in context.lab.nodes if name not in network.nodes]
    seen = (
        f"{network.name}, {network.driver}, portée {network.scope}, {network.subnet or 'sans sous-réseau'}, "
        f"id {network.id[:12]} sur {', '.join(network.nodes)}"
    )
    right = network.name == "ingress" and network.driver == "overlay" and network.scope == "swarm"
    cause = f"pas listé par {', '.join(late)}" if late else "le réseau ingress d'origine se nomme ingress"
    if late or not right or not network.subnet:
        return failed(seen, cause)
    views = {(peer.node, peer.peer) for peer in context.topology.peers_of(network.name)}
    blind = [f"{a} ne voit pas {b}" for a in context.lab.nodes for b in context.lab.nodes if (a, b) not in views]
    return judge(not blind, f"{seen} ; {len(views)} vues de pair à pair", " ; ".join(blind))


@define(
    "10.11",
    "Chaque nœud a son propre bridge docker_gwbridge, relié au sandbox d'ingress",
    hint="docker network inspect docker_gwbridge, sur chaque nœud : la partie Containers cite gateway_ingress-sbox",
)
def gateway_bridges(context: Context) -> Verdict:
    """Local bridges, one id per node; each holds the ingress network's own way out of the node."""
    bridges = {name: n for n in context.topology.networks if n.name == GATEWAY_BRIDGE for name in n.nodes}
    lacking = [name for name in context.lab.nodes if name not in bridges]
    if lacking:
        return failed(f"pas de {GATEWAY_BRIDGE} sur {', '.join(lacking)}", _no_swarm(context))
    linked = {e.node for e in context.topology.endpoints if e.network == GATEWAY_BRIDGE and e.kind == "ingress-sandbox"}
    seen = ", ".join(f"{name} : {found.driver} {found.scope} {found.id[:12]}" for name, found in bridges.items())
    if any((found.driver, found.scope) != ("bridge", "local") for found in bridges.values()):
        return failed(seen, "un bridge local est attendu sur chaque nœud")
    alone = [name for name in context.lab.nodes if name not in linked]
    if alone:
        return failed(f"{seen} ; ingress n'y est pas relié sur {', '.join(alone)}", _no_swarm(context))
    return judge(len({found.id for found in bridges.values()}) == len(bridges), seen, "deux nœuds donnent le même id")
