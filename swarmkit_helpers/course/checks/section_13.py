"""Section 13: one network seen from three nodes, then a service moved from it to another."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ...topology.model import Task
from .observations import all_answered, get_all, node_views, running_tasks, trouble
from .question import Context, Verdict, define, failed, judge

__all__ = ["NEW", "OLD", "PORT", "REPLICAS", "SERVICE"]

SERVICE = "my-nginx"
OLD = "nginx-net"
NEW = "nginx-net-2"
REPLICAS = 5
PORT = 80
VXLAN_OPTION = "com.docker.network.driver.overlay.vxlanid_list"


@define(
    "13.1",
    "nginx-net est un seul et même réseau sur les trois nœuds",
    hint="docker network inspect nginx-net, sur chaque nœud : comparez Id, Subnet, Gateway et vxlanid_list",
)
def same_everywhere(context: Context) -> Verdict:
    """Each node, asked by itself, gives the same id, subnet, gateway and VXLAN id."""
    views = node_views(context, OLD)
    absent = [node for node, found in views.items() if not found]
    if absent:
        idle = [n for n in absent if not any(t.node == n for t in context.topology.tasks_of(SERVICE, running=True))]
        why = f"aucune tâche de {SERVICE} sur {', '.join(idle)}" if idle else "ses tâches sont sur un autre réseau"
        return failed(f"{OLD} manque sur {', '.join(absent)}", why)
    facts = {
        node: {
            (
                network["Id"][:12],
                network["Driver"],
                *((config.get("Subnet"), config.get("Gateway")) for config in network["IPAM"]["Config"] or []),
                network["Options"].get(VXLAN_OPTION),
            )
            for network in found
        }
        for node, found in views.items()
    }
    different = set().union(*facts.values())
    if len(different) > 1:
        seen = " ; ".join(f"{node} : {', '.join(sorted(map(str, found)))}" for node, found in facts.items())
        return failed(seen, f"des réseaux différents portent le nom {OLD}")
    network = context.network(OLD)
    return judge(
        network.driver == "overlay" and network.vxlan_id is not None,
        f"sur {', '.join(views)} : id {network.id[:12]}, sous-réseau {network.subnet}, passerelle {network.gateway}, "
        f"VXLAN {network.vxlan_id}",
        f"le driver est {network.driver}, pas overlay",
    )


@define(
    "13.2",
    "Chaque nœud ne liste que les conteneurs de ses propres tâches, plus lb-nginx-net",
    hint="docker network inspect nginx-net sur chaque nœud, partie Containers ; docker service ps my-nginx",
)
def own_containers(context: Context) -> Verdict:
    """On each node: a container for each task it runs and no other, and one load balancer."""
    return _carried(context, OLD)


@define(
    "13.3",
    "Sur chaque nœud, Peers nomme les trois nœuds",
    hint="docker network inspect nginx-net sur chaque nœud, partie Peers ; le port 7946 (tcp et udp) est-il ouvert ?",
)
def peers_everywhere(context: Context) -> Verdict:
    """All three say that all three are peers."""
    context.network(OLD)
    return _peered(context, OLD, list(context.lab.nodes))


@define(
    "13.4",
    "Cinq conteneurs, cinq adresses différentes, toutes dans le sous-réseau de nginx-net",
    hint="docker network inspect nginx-net sur chaque nœud : IPv4Address de chaque conteneur",
)
def addresses(context: Context) -> Verdict:
    """What the nodes hold is what the manager allocated to each task, in the subnet, and nothing twice."""
    network = context.network(OLD)
    tasks = running_tasks(context, SERVICE)
    allocated = {(task.name, task.addresses.get(OLD)) for task in tasks}
    held = sorted((e.name, e.address or "sans adresse") for e in context.topology.containers_of(OLD))
    seen = f"{network.subnet} : {', '.join(f'{name} {address}' for name, address in held) or 'aucun conteneur'}"
    if len(held) != REPLICAS or set(held) != allocated:
        lost = sorted(name for name, _ in allocated ^ set(held))
        return failed(seen, f"écart avec les tâches : {', '.join(dict.fromkeys(lost))}" if lost else _short(tasks))
    distinct = {address for _, address in held}
    outside = [address for address in distinct if ip_address(address) not in ip_network(network.subnet or "")]
    return judge(len(distinct) == REPLICAS and not outside, seen, f"adresses en double ou hors de {network.subnet}")


@define(
    "13.5",
    "nginx-net-2 existe, avec un sous-réseau et un identifiant VXLAN qui ne sont qu'à lui",
    hint="docker network create -d overlay nginx-net-2, sur le manager",
)
def second_network(context: Context) -> Verdict:
    """An overlay of the whole swarm that shares neither addresses nor VNI with another."""
    network = context.network(NEW)
    seen = f"driver {network.driver}, sous-réseau {network.subnet or 'aucun'}, VXLAN {network.vxlan_id or 'aucun'}"
    if network.driver != "overlay" or not network.subnet:
        return failed(seen, "ce n'est pas un overlay : l'option -d overlay manque")
    others = [n for n in context.topology.networks if n.driver == "overlay" and n.id != network.id]
    shared = [
        other.name
        for other in others
        if other.vxlan_id == network.vxlan_id
        or (other.subnet and ip_network(other.subnet).overlaps(ip_network(network.subnet)))
    ]
    return judge(not shared, seen, f"son sous-réseau ou son VXLAN est aussi celui de {', '.join(shared)}")


@define(
    "13.6",
    "my-nginx est sur nginx-net-2 et n'est plus sur nginx-net",
    hint="docker service update --network-add nginx-net-2 --network-rm nginx-net my-nginx",
)
def moved(context: Context) -> Verdict:
    """The service's definition, and each task that runs, ask for the new network only."""
    service = context.service(SERVICE)
    tasks = running_tasks(context, SERVICE)
    seen = f"réseaux du service : {', '.join(service.networks) or 'aucun'}"
    if service.networks != (NEW,):
        why = f"{OLD} n'a pas été retiré" if NEW in service.networks else f"{NEW} n'a pas été ajouté"
        return failed(seen, why)
    late = [task.name for task in tasks if task.spec_networks != (NEW,) or OLD in task.addresses]
    if late or not tasks:
        why = trouble(context, SERVICE) or f"état de la mise à jour : {service.update_state}"
        return failed(f"{seen} ; encore dans l'ancienne version : {', '.join(late) or 'aucune tâche'}", why)
    return judge(
        service.update_state != "paused",
        f"{seen} ; {len(tasks)} tâches remplacées, mise à jour : {service.update_state or 'aucune'}",
        trouble(context, SERVICE),
    )


@define(
    "13.7",
    "Le service est de nouveau à 5/5, et ses cinq conteneurs sont sur nginx-net-2",
    hint="docker service ps --no-trunc my-nginx ; puis docker network inspect nginx-net-2 sur chaque nœud",
)
def converged(context: Context) -> Verdict:
    """Each node holds its own tasks' containers on the new network, and those nodes are each other's peers."""
    carried = _carried(context, NEW)
    if carried.outcome != "passed":
        return carried
    holders = [name for name in context.lab.nodes if any(e.node == name for e in context.topology.containers_of(NEW))]
    peered = _peered(context, NEW, holders)
    return peered if peered.outcome != "passed" else carried


@define(
    "13.8",
    "nginx-net existe encore, sans aucun conteneur ni aucun pair, sur aucun nœud",
    hint="docker network inspect nginx-net sur chaque nœud : ni Containers ni Peers ; sinon relancez la mise à jour",
)
def emptied(context: Context) -> Verdict:
    """Nothing is left on the old network: no container, no load balancer, no peer, whichever node is asked."""
    context.network(OLD)
    left = []
    for node, found in node_views(context, OLD).items():
        for network in found:
            names = sorted(held["Name"].split(".", 2)[0] for held in (network.get("Containers") or {}).values())
            left += [f"{name} sur {node}" for name in names]
            left += [f"pair {peer['IP']} vu de {node}" for peer in network.get("Peers") or []]
    listed = [node for node, found in node_views(context, OLD).items() if found]
    if left:
        users = sorted(s.name for s in context.topology.services if OLD in s.networks)
        return failed(", ".join(left), f"services encore sur {OLD} : {', '.join(users) or 'aucun'}")
    return judge(bool(listed), f"ni conteneur ni pair ; {OLD} est listé par {', '.join(listed)}", "")


@define(
    "13.9",
    "La VIP du service a changé de réseau",
    hint="docker service inspect my-nginx, partie Endpoint.VirtualIPs",
)
def virtual_address(context: Context) -> Verdict:
    """One on nginx-net-2, in its subnet; one still on ingress; none on nginx-net."""
    context.service(SERVICE)
    network = context.network(NEW)
    ingress = next((n.name for n in context.topology.networks if n.ingress), "ingress")
    vips = {vip.network: vip.address for vip in context.topology.vips if vip.service == SERVICE}
    seen = ", ".join(f"{address} sur {name}" for name, address in sorted(vips.items())) or "aucune VIP"
    if sorted(vips) != sorted((ingress, NEW)):
        return failed(seen, f"attendu : une VIP sur {ingress} et une sur {NEW}, aucune ailleurs")
    return judge(ip_address(vips[NEW]) in ip_network(network.subnet or ""), seen, f"{NEW} est {network.subnet}")


@define(
    "13.10",
    "Sur nginx-net-2, chaque tâche répond aux autres, d'un nœud à l'autre",
    hint="docker container exec, dans une tâche : wget -q -O - http:// et l'adresse d'une autre tâche",
)
def answered_inside(context: Context) -> Verdict:
    """A request to each task's own address, from one of them: the data travels in VXLAN, no VIP is needed."""
    tasks = running_tasks(context, SERVICE)
    targets = [address for task in tasks if (address := task.addresses.get(NEW))]
    if len(targets) < REPLICAS:
        return failed(f"tâches avec une adresse sur {NEW} : {len(targets)}", _short(tasks))
    source = tasks[0].name
    results = get_all(context.lab, [(source, f"http://{address}:{PORT}/") for address in targets])
    return all_answered(results, f"depuis {source}, {len(targets)} tâches ont répondu : {', '.join(targets)}")


@define(
    "13.11",
    "Après le déplacement, le port publié répond toujours sur les trois nœuds",
    hint="depuis un autre nœud : wget -q -O - http:// et l'adresse du nœud ; docker service ls, colonne PORTS",
)
def published(context: Context) -> Verdict:
    """Asked of each node from another one; it counts only once the service has moved."""
    context.needs("ipvs")
    service = context.service(SERVICE)
    if service.networks != (NEW,):
        return failed(f"réseaux du service : {', '.join(service.networks) or 'aucun'}", "il n'a pas été déplacé")
    nodes = list(context.lab.nodes.values())
    results = get_all(
        context.lab, [(nodes[place - 1].name, f"http://{n.address}:{PORT}/") for place, n in enumerate(nodes)]
    )
    return all_answered(results, f"ont répondu : {', '.join(n.address for n in nodes)}, port {PORT}")


@define(
    "13.12",
    "Le service et ses deux réseaux ont disparu des trois nœuds",
    hint="docker service rm my-nginx, puis docker network rm nginx-net nginx-net-2, sur le manager",
)
def removed(context: Context) -> Verdict:
    """No service, no network of those names, no container of its tasks, on any node."""
    topology = context.swarm
    left = [f"le service {s.name}" for s in topology.services if s.name == SERVICE]
    left += [f"le réseau {n.name} ({', '.join(n.nodes)})" for n in topology.networks if n.name in (OLD, NEW)]
    left += [
        f"le conteneur {c.label} ({c.node})"
        for c in topology.containers
        if c.service == SERVICE and c.state == "running"
    ]
    return judge(
        not left,
        f"restent : {', '.join(left)}" if left else f"ni {SERVICE}, ni {OLD}, ni {NEW}, sur aucun nœud",
        "un réseau ne peut être supprimé tant que le service l'utilise" if SERVICE in str(left) else "",
    )


def _short(tasks: tuple[Task, ...]) -> str:
    return f"{len(tasks)} tâches en marche sur {REPLICAS} : docker service ps {SERVICE} dit pourquoi"


def _carried(context: Context, network: str) -> Verdict:
    """Each node holds on that network its own tasks' containers and one load balancer; five tasks in all."""
    context.network(network)
    tasks = running_tasks(context, SERVICE)
    said, wrong = [], []
    for node in context.lab.nodes:
        held = [e for e in context.topology.endpoints if e.network == network and e.node == node]
        names = sorted(e.name for e in held if e.kind == "container")
        balancers = [e.name for e in held if e.kind == "load-balancer"]
        wanted = sorted(task.name for task in tasks if task.node == node)
        said.append(f"{node} : {', '.join(names + balancers) or 'rien'}")
        wrong += [f"{name} manque sur {node}" for name in wanted if name not in names]
        wrong += [f"{name} n'est pas une tâche de {node}" for name in names if name not in wanted]
        if balancers != ([f"lb-{network}"] if wanted else []):
            wrong.append(f"sur {node}, répartiteur : {', '.join(balancers) or 'aucun'}")
    if len(tasks) != REPLICAS:
        wrong.append(trouble(context, SERVICE) or _short(tasks))
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


def _peered(context: Context, network: str, expected: list[str]) -> Verdict:
    """Each of these nodes names all of these as peers on that network, and no other."""
    views = {node: {peer.peer for peer in context.topology.peers_of(network) if peer.node == node} for node in expected}
    said = " ; ".join(f"{node} voit {', '.join(sorted(seen)) or 'personne'}" for node, seen in views.items())
    wrong = [
        f"{node} ne voit pas {', '.join(sorted(set(expected) - seen)) or 'que les bons'}"
        for node, seen in views.items()
        if seen != set(expected)
    ]
    idle = [node for node in expected if not any(e.node == node for e in context.topology.containers_of(network))]
    why = " ; ".join(wrong) + (f" ; sans conteneur sur {network} : {', '.join(idle)}" if idle else "")
    return judge(bool(expected) and not wrong, f"{network} : {said or 'aucun pair'}", why)
