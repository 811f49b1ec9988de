"""Section 21: the voting application as a stack; where it runs, on which networks, and one vote followed to its end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from ...errors import CommandFailed
from ...probes.execution import exec_container
from ...probes.ping import ping
from ...topology.model import Network, Stack, Task
from ..sections import STACK, STACK_VOLUME
from .observations import all_answered, get_all, node_views, running_tasks, trouble
from .question import Context, Verdict, define, failed, judge

__all__ = ["NETWORKS", "REPLICAS", "VOTER"]

Json = dict[str, Any]
SECOND = 1_000_000_000
START_S = 30.0
"""What the programs of the stack may take, from a task that runs to a page that answers."""
VOTER = "decafe01"
"""Cookie of the voter whose vote the section follows."""
REPLICAS = {"db": 1, "redis": 1, "result": 1, "visualizer": 1, "vote": 2, "worker": 1}
NETWORKS = {
    "app_backend": ("db", "result", "worker"),
    "app_default": ("visualizer",),
    "app_frontend": ("redis", "vote", "worker"),
}
"""Network -> the services on it."""
PORTS = {"vote": 5000, "result": 5001, "visualizer": 8080}
ON_THE_MANAGER = ("db", "visualizer", "worker")
CHOICES = {"a": "Chats", "b": "Chiens"}
SCRIPT = "socket.io"
"""In the page of the official image of result, which has its counts sent to the browser."""
WAITING = ("redis-cli", "--raw", "lrange", "votes", "0", "-1")


@define(
    "21.1",
    "Le swarm est prêt : trois nœuds, un manager, deux workers",
    hint="docker node ls ; docker node update --availability active, ou sk.restore(lab, '21')",
)
def swarm_ready(context: Context) -> Verdict:
    """All ready and active; one of them leads."""
    nodes = context.topology.nodes
    seen = ", ".join(f"{n.name} : {n.role or 'hors du swarm'}, {n.state}, {n.availability}" for n in nodes)
    roles = sorted(node.role or "" for node in nodes)
    idle = [node.name for node in nodes if (node.state, node.availability) != ("ready", "active")]
    right = roles == ["manager", "worker", "worker"] and not idle and sum(node.leader for node in nodes) == 1
    return judge(right, seen, f"indisponible : {', '.join(idle)}" if idle else "un nœud n'est pas du swarm")


@define(
    "21.2",
    "La pile app a six services et trois réseaux, tous préfixés app_",
    hint="docker stack services app ; docker network ls --filter label=com.docker.stack.namespace=app",
)
def six_and_three(context: Context) -> Verdict:
    """What carries the label of the stack, and no more."""
    stack = context.topology.stack(STACK) or Stack(STACK)
    services = sorted(service.name for service in stack.services)
    networks = sorted(network.name for network in stack.networks)
    seen = f"services : {', '.join(services) or 'aucun'} ; réseaux : {', '.join(networks) or 'aucun'}"
    expected = {f"{STACK}_{name}" for name in REPLICAS} | set(NETWORKS)
    lost = sorted(expected - {*services, *networks})
    more = sorted({*services, *networks} - expected)
    why = [f"manquent : {', '.join(lost)}"] if lost else []
    why += [f"en trop : {', '.join(more)}"] if more else []
    return judge(not why, seen, " ; ".join(why))


@define(
    "21.3",
    "vote est à 2/2, les cinq autres services à 1/1",
    hint="docker stack services app, puis docker service ps --no-trunc sur celui qui n'y est pas",
)
def replicas(context: Context) -> Verdict:
    """Tasks that run, of those that are wanted; one in error says why."""
    said, wrong = [], []
    for name, wanted in REPLICAS.items():
        service = context.service(f"{STACK}_{name}")
        running = len(running_tasks(context, service.name))
        said.append(f"{name} {running}/{service.desired}")
        if (running, service.desired) != (wanted, wanted):
            wrong.append(f"{name} : {trouble(context, service.name) or f'attendu : {wanted}'}")
    return judge(not wrong, ", ".join(said), " ; ".join(wrong))


@define(
    "21.4",
    "Le moteur a reçu les règles de deploy : mises à jour, redémarrages, arrêt",
    hint="docker service inspect app_worker, parties UpdateConfig et RestartPolicy ; comparez au fichier",
)
def rules(context: Context) -> Verdict:
    """Four rules of the file, in the engine's own units."""
    expected: dict[str, tuple[str, Mapping[str, object]]] = {
        "redis": ("UpdateConfig", {"Parallelism": 2, "Delay": 10 * SECOND}),
        "vote": ("UpdateConfig", {"Parallelism": 2}),
        "worker": (
            "RestartPolicy",
            {"Condition": "on-failure", "Delay": 10 * SECOND, "MaxAttempts": 3, "Window": 120 * SECOND},
        ),
        "visualizer": ("ContainerSpec", {"StopGracePeriod": 90 * SECOND}),
    }
    said, wrong = [], []
    for name, (part, rule) in expected.items():
        spec = context.service(f"{STACK}_{name}").spec
        found = (spec if part == "UpdateConfig" else spec["TaskTemplate"]).get(part) or {}
        held = {key: found.get(key) for key in rule}
        said.append(f"{name} : {_spelled(held)}")
        if held != rule:
            wrong.append(f"{name} : le fichier dit {_spelled(rule)}")
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.5",
    "db, worker et visualizer tournent sur le manager, parce que leur contrainte l'exige",
    hint="docker stack ps app ; docker service inspect app_db, partie Placement.Constraints",
)
def on_the_manager(context: Context) -> Verdict:
    """The rule is in the service, and its task is where the rule says."""
    said, wrong = [], []
    for name in ON_THE_MANAGER:
        tasks = running_tasks(context, f"{STACK}_{name}")
        placement = context.service(f"{STACK}_{name}").spec["TaskTemplate"].get("Placement") or {}
        constraints = placement.get("Constraints") or []
        said.append(f"{name} sur {_where(tasks) or 'aucun nœud'} ({', '.join(constraints) or 'sans contrainte'})")
        if [rule.replace(" ", "") for rule in constraints] != ["node.role==manager"]:
            wrong.append(f"la contrainte de {name} n'est pas node.role == manager")
        if {task.node for task in tasks} != {context.lab.manager.name}:
            wrong.append(trouble(context, f"{STACK}_{name}") or f"{name} n'a pas de tâche sur le manager")
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.6",
    "Les pages de vote, de résultat et du visualiseur répondent sur le nœud de leur tâche",
    hint="docker stack ps app : sur quel nœud ? puis wget -q -O - http:// avec l'adresse du nœud et le port publié",
    patience_s=START_S,
)
def pages(context: Context) -> Verdict:
    """Asked from another node, so that the request crosses the machines' network."""
    absent = _absent(context, *PORTS)
    if absent:
        return absent
    asked, said = [], []
    for name, port in PORTS.items():
        for task in running_tasks(context, f"{STACK}_{name}"):
            host = context.lab.node(task.node or "")
            other = next(node for node in context.lab.nodes if node != host.name)
            asked.append((other, f"http://{host.address}:{port}/"))
            said.append(f"{name} sur {host.name}, port {port}")
    verdict = all_answered(get_all(context.lab, asked), f"ont répondu : {' ; '.join(said)}")
    lost = [name for name in NETWORKS if _holds_a_node(context, context.network(name))]
    if verdict.outcome != "failed" or not lost:
        return verdict
    why = f"{', '.join(lost)} a reçu le sous-réseau des machines : la réponse à une machine s'y perd"
    return failed(verdict.observed, f"{verdict.cause} ; {why}")


@define(
    "21.7",
    "Chaque port publié répond sur chacun des trois nœuds, même sans tâche",
    hint="depuis un autre nœud : wget -q -O - http:// avec l'adresse du nœud, ports 5000, 5001 et 8080",
    patience_s=START_S,
)
def pages_everywhere(context: Context) -> Verdict:
    """The routing mesh: nine doors."""
    context.needs("ipvs")
    for name in PORTS:
        context.service(f"{STACK}_{name}")
    nodes = list(context.lab.nodes.values())
    asked = [
        (nodes[place - 1].name, f"http://{node.address}:{port}/")
        for place, node in enumerate(nodes)
        for port in PORTS.values()
    ]
    return all_answered(get_all(context.lab, asked), f"{len(asked)} requêtes, {len(asked)} réponses")


@define(
    "21.8",
    "Chaque nœud a exactement les réseaux app_ dont ses tâches se servent ; le manager a les trois",
    hint="docker network ls sur chaque nœud, puis docker stack ps app : qui tourne où ?",
)
def networks_by_node(context: Context) -> Verdict:
    """On each node, the networks that have a load balancer or a container there, against where the tasks run."""
    needed = _needed(context)
    said, wrong = [], []
    views = {name: node_views(context, name) for name in NETWORKS}
    manager = context.lab.manager.name
    for node in context.lab.nodes:
        listed = {name for name, by_node in views.items() if by_node[node]}
        used = {e.network for e in context.topology.endpoints if e.node == node and e.network in NETWORKS}
        wanted = {name for name, nodes in needed.items() if node in nodes}
        # A manager lists every network of the swarm; what is attached there says which ones serve.
        held = used if node == manager else listed | used
        said.append(f"{node} : {', '.join(sorted(held)) or 'aucun'}")
        wrong += [f"{name} manque sur {node}, où tourne une de ses tâches" for name in sorted(wanted - used)]
        wrong += [f"{name} est sur {node} sans y servir" for name in sorted(held - wanted)]
    wrong += [f"aucune tâche de {name} sur {manager}" for name, nodes in needed.items() if manager not in nodes]
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.9",
    "Les trois réseaux ont des sous-réseaux disjoints et des VXLAN différents",
    hint="docker network inspect app_backend app_frontend app_default : Subnet, Gateway et vxlanid_list",
)
def apart(context: Context) -> Verdict:
    """Overlays of the whole swarm, each with its own addresses and VNI, none shared with any other overlay."""
    networks = [context.network(name) for name in NETWORKS]
    seen = " ; ".join(f"{n.name} : {n.subnet}, passerelle {n.gateway}, VXLAN {n.vxlan_id}" for n in networks)
    # What the swarm could not allocate has no driver yet.
    wrong = [f"{n.name} n'est pas un overlay" for n in networks if n.subnet and n.driver != "overlay"]
    wrong += [f"{n.name} n'a pas de sous-réseau" for n in networks if not n.subnet]
    others = [n for n in context.topology.networks if n.scope == "swarm" and n.subnet]
    for network in (n for n in networks if n.subnet):
        wrong += [
            f"{network.name} et {other.name} se recouvrent"
            for other in others
            if other.id != network.id and _overlap(network, other)
        ]
    return judge(not wrong and len({n.vxlan_id for n in networks}) == len(networks), seen, " ; ".join(wrong))


@define(
    "21.10",
    "Réunis, les trois nœuds montrent sur chaque réseau les tâches de ses services, et elles seules",
    hint="docker network inspect app_frontend sur chaque nœud, partie Containers",
)
def members(context: Context) -> Verdict:
    """Endpoints of containers by network, merged over the nodes, against the tasks that run."""
    said, wrong = [], []
    for name, services in NETWORKS.items():
        context.network(name)
        held = sorted(endpoint.name for endpoint in context.topology.containers_of(name))
        wanted = sorted(task.name for s in services for task in running_tasks(context, f"{STACK}_{s}"))
        said.append(f"{name} : {', '.join(held) or 'personne'}")
        wrong += [f"{task} manque sur {name}" for task in wanted if task not in held]
        wrong += [f"{task} n'a rien à faire sur {name}" for task in held if task not in wanted]
        empty = [s for s in services if not any(task.startswith(f"{STACK}_{s}.") for task in wanted)]
        wrong += [f"{s} n'a aucune tâche en marche" for s in empty]
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.11",
    "Sur chaque réseau, les pairs sont les nœuds où tournent ses tâches ; app_default n'en a qu'un",
    hint="docker network inspect app_frontend sur chaque nœud, partie Peers ; le port 7946 est-il ouvert ?",
)
def peers(context: Context) -> Verdict:
    """Each node that carries the network names all of them, itself too, and no other."""
    needed = _needed(context)
    said, wrong = [], []
    for name in NETWORKS:
        context.network(name)
        wanted = set(needed[name])
        views = {n: {p.peer for p in context.topology.peers_of(name) if p.node == n} for n in context.lab.nodes}
        said.append(f"{name} : {', '.join(n for n in context.lab.nodes if n in wanted) or 'aucun pair'}")
        wrong += [
            f"sur {name}, {node} voit {', '.join(sorted(seen)) or 'personne'}"
            for node, seen in views.items()
            if seen != (wanted if node in wanted else set())
        ]
        if not wanted:
            wrong.append(f"{name} n'a aucune tâche")
    if not wrong and needed["app_default"] != (context.lab.manager.name,):
        wrong.append(f"app_default devrait n'être que sur {context.lab.manager.name}")
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.12",
    "vote connaît redis, et ne connaît pas db",
    hint="docker service inspect app_vote, partie Networks : app_frontend seulement ; docker stack ps app",
    patience_s=START_S,
)
def vote_apart(context: Context) -> Verdict:
    """By name and by address; worker, asked at the same time, does reach db."""
    absent = _absent(context, "vote", "worker", "db")
    if absent:
        return absent
    vote, worker, db = (running_tasks(context, f"{STACK}_{name}")[0] for name in ("vote", "worker", "db"))
    address = db.addresses.get("app_backend")
    if address is None:
        return failed("db n'a pas d'adresse sur app_backend", "docker service inspect app_db, partie Networks")
    near = ping(context.lab, vote.name, "redis", count=1)
    control = ping(context.lab, worker.name, address, count=1)
    far = [ping(context.lab, vote.name, target, count=1, wait_s=1) for target in ("db", address)]
    unsent = [result.reason for result in (near, control, *far) if result.outcome == "not_run"]
    if unsent:
        return Verdict("not_run", unsent[0])
    # A VIP answers no ping without IPVS; that the name is known says that they share a network.
    if near.address is None:
        return failed(f"depuis vote : {near.reason}", "vote n'est pas sur le réseau de redis")
    if control.outcome != "passed":
        return failed(f"depuis worker : {control.reason}", "db ne répond même pas à worker : ce silence ne prouve rien")
    reached = far[0].address is not None or any(result.received for result in far)
    seen = f"depuis vote, redis est {near.address} ; {' '.join(r.reason for r in far)} Depuis worker : {control.reason}"
    return judge(not reached, seen, "vote est aussi sur app_backend : docker service update --network-rm app_backend")


@define(
    "21.13",
    "worker connaît redis et db ; result connaît db, et pas redis",
    hint="docker service inspect app_worker, partie Networks : app_frontend et app_backend",
    patience_s=START_S,
)
def worker_in_between(context: Context) -> Verdict:
    """Names that 127.0.0.11 gives an address for, and names that it does not."""
    expected = {("worker", "redis"): True, ("worker", "db"): True, ("result", "db"): True, ("result", "redis"): False}
    absent = _absent(context, "worker", "result")
    if absent:
        return absent
    said, wrong = [], []
    for (source, target), known in expected.items():
        context.service(f"{STACK}_{target}")
        result = ping(context.lab, running_tasks(context, f"{STACK}_{source}")[0].name, target, count=1, wait_s=1)
        if result.outcome == "not_run":
            return Verdict("not_run", result.reason)
        said.append(f"{source} → {target} : {result.address or 'nom inconnu'}")
        if (result.address is not None) != known:
            wrong.append(f"{source} {'devrait' if known else 'ne devrait pas'} connaître {target}")
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "21.14",
    "worker arrêté, le vote attend dans redis, et pas encore dans PostgreSQL",
    hint="docker service scale app_worker=0, votez, puis docker container exec app_redis… redis-cli lrange votes 0 -1",
    patience_s=START_S,
)
def vote_waits(context: Context) -> Verdict:
    """The list `votes` holds one of the followed voter; no task of worker runs."""
    waiting = _waiting(context)
    mine = [vote for vote in waiting if vote.get("voter_id") == VOTER]
    seen = f"dans redis : {', '.join(_vote(vote) for vote in waiting) or 'aucun vote'}"
    at_work = running_tasks(context, f"{STACK}_worker")
    if at_work:
        return failed(seen, "worker tourne encore, et vide la file : docker service scale app_worker=0")
    if not mine:
        return failed(seen, f"le votant {VOTER} n'a pas voté depuis l'arrêt de worker")
    stored = dict(_rows(context)).get(VOTER)
    return judge(stored != mine[-1]["vote"], f"{seen} ; dans PostgreSQL : {stored or 'rien'}", "le vote y est déjà")


@define(
    "21.15",
    "worker reparti, le vote est une ligne de PostgreSQL : a, et plus rien n'attend dans redis",
    hint="docker service scale app_worker=1 ; docker service logs app_worker ; la table votes, avec psql",
    patience_s=START_S,
)
def vote_stored(context: Context) -> Verdict:
    """The row of the followed voter is there."""
    waiting, rows = _waiting(context), dict(_rows(context))
    seen = f"votes en attente dans redis : {len(waiting)} ; ligne de {VOTER} : {rows.get(VOTER) or 'aucune'}"
    if waiting:
        return failed(seen, trouble(context, f"{STACK}_worker") or "worker ne vide pas la file")
    return judge(rows.get(VOTER) == "a", seen, f"le votant {VOTER} n'a pas voté a (Chats)")


@define(
    "21.16",
    "Chaque vote est compté une fois : autant de lignes que de votants",
    hint="docker container exec app_db… psql -U postgres -c 'SELECT vote, count(id) FROM votes GROUP BY vote'",
    patience_s=START_S,
)
def counted(context: Context) -> Verdict:
    """The counts, from PostgreSQL; at least one vote, of known choices, and none left in the queue."""
    rows, waiting = _rows(context), _waiting(context)
    strange = sorted({vote for _, vote in rows} - set(CHOICES))
    seen = f"{_counts(vote for _, vote in rows)} ; lignes : {len(rows)}, votants : {len(dict(rows))}"
    if waiting:
        return failed(seen, f"des votes attendent encore dans redis ({len(waiting)}) : worker tourne-t-il ?")
    if not rows:
        return failed(seen, "personne n'a encore voté")
    return judge(not strange and len(rows) == len(dict(rows)), seen, f"choix inconnus : {', '.join(strange)}")


@define(
    "21.17",
    "La page de résultat annonce le décompte de PostgreSQL",
    hint="ouvrez la page du port 5001 ; docker service logs app_result",
    patience_s=START_S,
)
def announced(context: Context) -> Verdict:
    """The counts in the page's HTML; where an official image writes them by script only, that script must be there."""
    rows = _rows(context)
    if not rows:
        return failed("la table votes est vide", "personne n'a encore voté")
    absent = _absent(context, "result")
    if absent:
        return absent
    node = context.lab.node(running_tasks(context, f"{STACK}_result")[0].node or "")
    (answer,) = get_all(context.lab, [(node.name, f"http://{node.address}:{PORTS['result']}/")])
    if answer.outcome == "not_run":
        return Verdict("not_run", answer.reason)
    if answer.outcome != "passed":
        return failed(answer.reason, trouble(context, f"{STACK}_result"))
    shown = dict(re.findall(r'id="count-([ab])"[^>]*>\s*(\d+)\s*<', answer.body))
    stored = _counts(vote for _, vote in rows)
    if not shown:
        seen = f"PostgreSQL : {stored} ; la page répond, et reçoit le décompte dans le navigateur (socket.io)"
        return judge(SCRIPT in answer.body, seen, "la page n'annonce aucun décompte")
    page = ", ".join(f"{name} {shown.get(choice, '?')}" for choice, name in CHOICES.items())
    return judge(page == stored, f"page : {page} ; PostgreSQL : {stored}", "la page n'a pas relu la base")


@define(
    "21.18",
    "Le votant a changé d'avis : sa seule ligne dit maintenant Chiens",
    hint="votez b avec le même cookie voter_id ; docker service logs app_worker",
    patience_s=START_S,
)
def changed(context: Context) -> Verdict:
    """One row for the followed voter, with the second choice."""
    mine = [vote for voter, vote in _rows(context) if voter == VOTER]
    seen = f"{VOTER} : {', '.join(CHOICES.get(vote, vote) for vote in mine) or 'aucune ligne'}"
    waiting = [vote for vote in _waiting(context) if vote.get("voter_id") == VOTER]
    why = (
        "son second vote attend encore dans redis"
        if waiting
        else "il n'a pas voté b, ou la ligne n'a pas été remplacée"
    )
    return judge(mine == ["b"], seen, why)


@define(
    "21.19",
    "La pile supprimée, il ne reste d'elle que le volume app_db-data, sur le manager",
    hint="docker stack rm app ; docker service ls ; docker network ls ; docker volume ls, sur chaque nœud",
)
def only_the_volume(context: Context) -> Verdict:
    """No service, container, network, secret or config of the stack, on any node; the volume, on the manager."""
    topology = context.topology
    stack = topology.stack(STACK) or Stack(STACK)
    left = [f"le service {service.name}" for service in stack.services]
    left += [
        f"le conteneur {c.label} ({c.node})" for c in topology.containers if f"{c.service}".startswith(f"{STACK}_")
    ]
    left += [f"le réseau {network.name} ({', '.join(network.nodes)})" for network in stack.networks]
    left += [f"le secret {secret.name}" for secret in stack.secrets]
    left += [f"la configuration {config.name}" for config in stack.configs]
    volumes = [f"{volume.name} ({volume.node})" for volume in topology.volumes if volume.name == STACK_VOLUME]
    if left:
        return failed(f"restent : {', '.join(left)}", "docker stack rm app rend la main avant que tout ait disparu")
    return judge(
        volumes == [f"{STACK_VOLUME} ({context.lab.manager.name})"],
        f"ni service, ni conteneur, ni réseau ; volume : {', '.join(volumes) or 'aucun'}",
        "le volume naît sur le nœud où db a tourné, avec la pile, et docker stack rm le garde",
    )


@define(
    "21.20",
    "Redéployée, la pile retrouve les votes : la base est plus vieille que le service",
    hint="docker stack deploy -c docker-stack.yml app, sans supprimer le volume ; docker volume inspect app_db-data",
    patience_s=START_S,
)
def kept(context: Context) -> Verdict:
    """The row of the followed voter, in a database that was there before the service."""
    absent = _absent(context, "db")
    if absent:
        return absent
    manager = context.lab.manager
    with manager.asking("inspecter le service « app_db »"):
        created = datetime.fromisoformat(manager.api.inspect_service(f"{STACK}_db")["CreatedAt"])
    # The volume's own date is that of the last change in it; PostgreSQL's system identifier begins with the instant
    # of initdb, in seconds.
    (identifier,) = _psql(context, "SELECT system_identifier >> 32 FROM pg_control_system()")
    born = datetime.fromtimestamp(int(identifier), UTC)
    rows = _rows(context)
    seen = f"{_counts(vote for _, vote in rows)} ; base créée à {born:%H:%M:%S}, service à {created:%H:%M:%S} (UTC)"
    if born >= created:
        return failed(
            seen, f"base neuve : la pile n'a pas été redéployée, ou {STACK_VOLUME} a été supprimé entre-temps"
        )
    return judge(VOTER in dict(rows), seen, f"la ligne de {VOTER} n'y est pas")


def _needed(context: Context) -> dict[str, tuple[str, ...]]:
    """Network -> the nodes on which tasks of its services run, in the lab's order.

    Raises
    ------
    ObjectNotFound
        One of the services does not exist.
    """
    found = {}
    for name, services in NETWORKS.items():
        nodes = {task.node for service in services for task in running_tasks(context, f"{STACK}_{service}")}
        found[name] = tuple(node for node in context.lab.nodes if node in nodes)
    return found


def _overlap(one: Network, other: Network) -> bool:
    return ip_network(one.subnet or "").overlaps(ip_network(other.subnet or ""))


def _holds_a_node(context: Context, network: Network) -> bool:
    """True when an address of the machines is in the network's own subnet."""
    subnet = ip_network(network.subnet or "0.0.0.0/32")
    return any(ip_address(node.address) in subnet for node in context.lab.nodes.values())


def _where(tasks: Sequence[Task]) -> str:
    return ", ".join(sorted({task.node or "?" for task in tasks}))


def _spelled(rule: Mapping[str, object]) -> str:
    """``Parallelism 2, Delay 10 s``: the engine counts in nanoseconds."""
    return ", ".join(
        f"{key} {value // SECOND} s" if isinstance(value, int) and value >= SECOND else f"{key} {value or 'absent'}"
        for key, value in rule.items()
    )


def _absent(context: Context, *services: str) -> Verdict | None:
    """The verdict on the first of these services that has no running task; None when all have.

    Raises
    ------
    ObjectNotFound
        One of them does not exist.
    """
    for name in services:
        if not running_tasks(context, f"{STACK}_{name}"):
            return failed(f"{name} n'a aucune tâche en marche", trouble(context, f"{STACK}_{name}"))
    return None


def _waiting(context: Context) -> list[dict[str, str]]:
    """The votes that wait in redis, oldest first."""
    context.service(f"{STACK}_redis")
    said = exec_container(context.lab, f"{STACK}_redis.1", *WAITING).output
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def _rows(context: Context) -> list[tuple[str, str]]:
    """(voter, choice) of the table votes; empty while the table does not exist."""
    try:
        lines = _psql(context, "SELECT id, vote FROM votes ORDER BY id")
    except CommandFailed as err:
        if 'relation "votes" does not exist' in err.output:
            return []
        raise
    return [(voter, vote) for line in lines for voter, _, vote in [line.partition("|")]]


def _psql(context: Context, query: str) -> list[str]:
    """The lines of an answer of PostgreSQL, columns apart by a bar."""
    context.service(f"{STACK}_db")
    said = exec_container(context.lab, f"{STACK}_db.1", "psql", "-U", "postgres", "-A", "-t", "-c", query).output
    return [line for line in said.splitlines() if line]


def _vote(vote: Mapping[str, str]) -> str:
    return f"{CHOICES.get(vote.get('vote', ''), '?')} de {vote.get('voter_id', '?')}"


def _counts(votes: Iterable[str]) -> str:
    """``Chats 1, Chiens 0``."""
    cast = list(votes)
    return ", ".join(f"{name} {cast.count(choice)}" for choice, name in CHOICES.items())
