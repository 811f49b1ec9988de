"""Section 15: an ingress network of one's own, and its MTU measured."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ...lab.locate import locate
from ...probes.execution import run_tool
from ...probes.ping import ping
from ...topology.model import Network, Node, Task
from ...topology.packet import IPV4_BYTES, OVERHEAD_BYTES
from ...topology.sandbox import Interface, parse_ip_addr
from .observations import all_answered, get_all, running_container, running_tasks, trouble
from .question import Context, Verdict, define, failed, judge

__all__ = ["INGRESS", "SERVICE"]

INGRESS = "my-ingress"
DEFAULT = "ingress"
SERVICE = "my-nginx"
REPLICAS = 5
PORT = 80
SUBNET = "10.11.0.0/16"
GATEWAY = "10.11.0.2"
OPTION = 1200
PLAIN = "test-net"
WITNESS = "alpine1"
ICMP_BYTES = 8
HEADERS = IPV4_BYTES + ICMP_BYTES


@define(
    "15.1",
    "L'ingress peut être remplacé : même moteur sur les trois nœuds, aucun port publié",
    hint="docker node ls, colonne ENGINE VERSION ; docker service ls, colonne PORTS : docker service rm ce qui publie",
)
def replaceable(context: Context) -> Verdict:
    """What Docker's warning asks for, and what it refuses otherwise."""
    versions = {node.name: node.engine for node in context.swarm.nodes}
    if not any(network.ingress for network in context.topology.networks):
        return failed("le swarm n'a aucun réseau de type ingress", "il a été supprimé : il n'y a plus qu'à le recréer")
    publishers = [s.name for s in context.topology.services if any(port.mode == "ingress" for port in s.ports)]
    seen = f"moteurs : {', '.join(f'{name} {version}' for name, version in versions.items())}"
    if len(set(versions.values())) > 1:
        return failed(seen, "les versions diffèrent : la suppression pourrait ne pas aboutir partout")
    return judge(
        not publishers,
        f"{seen} ; services qui publient un port : {', '.join(publishers) or 'aucun'}",
        f"docker service rm {' '.join(publishers)}",
    )


@define(
    "15.2",
    "L'ancien réseau ingress a disparu des trois nœuds, et le swarm n'a qu'un ingress",
    hint="docker network ls, sur chaque nœud ; docker network rm ingress, sur le manager",
)
def single(context: Context) -> Verdict:
    """The default one is listed by no node; exactly one network carries the routing mesh."""
    old = [n for n in context.topology.networks if n.name == DEFAULT]
    meshes = [n.name for n in context.topology.networks if n.ingress]
    seen = f"réseaux de type ingress : {', '.join(meshes) or 'aucun'}"
    if old:
        holders = ", ".join(node for n in old for node in n.nodes)
        return failed(f"{seen} ; {DEFAULT} est encore listé par {holders}", "il n'a pas été supprimé")
    return judge(meshes == [INGRESS], seen, "sans réseau ingress, aucun port ne peut être publié par le routing mesh")


@define(
    "15.3",
    "my-ingress est de type ingress, avec le sous-réseau, la passerelle et la MTU demandés",
    hint="docker network inspect my-ingress ; pour le refaire : docker network rm my-ingress, puis network create",
)
def defined(context: Context) -> Verdict:
    """Overlay, --ingress, --subnet, --gateway and the MTU option."""
    network = context.network(INGRESS)
    seen = (
        f"driver {network.driver}, ingress : {'oui' if network.ingress else 'non'}, sous-réseau {network.subnet}, "
        f"passerelle {network.gateway}, option MTU {network.underlay_mtu or 'absente'}"
    )
    expected = ("overlay", True, SUBNET, GATEWAY, OPTION)
    found = (network.driver, network.ingress, network.subnet, network.gateway, network.underlay_mtu)
    names = ("-d overlay", "--ingress", "--subnet", "--gateway", "--opt com.docker.network.driver.mtu")
    wrong = [f"{name} {want}" for name, want, have in zip(names, expected, found, strict=True) if want != have]
    return judge(not wrong, seen, f"attendu : {', '.join(wrong)}")


@define(
    "15.4",
    "my-nginx est à 5/5, publie 80 et ne demande aucun autre réseau",
    hint="docker service create --replicas 5 --publish 80:80 --name my-nginx nginx ; docker service ps --no-trunc",
)
def converged(context: Context) -> Verdict:
    """All tasks run on my-ingress; an error such as "ingress sandbox already present" is shown."""
    service = context.service(SERVICE)
    tasks = running_tasks(context, SERVICE)
    ports = [(port.published, port.target, port.mode) for port in service.ports]
    seen = (
        f"{len(tasks)}/{service.desired} tâches, ports {', '.join(f'{p}->{t} ({mode})' for p, t, mode in ports)}, "
        f"réseaux demandés : {', '.join(service.networks) or 'aucun'}"
    )
    if service.networks:
        return failed(seen, "le service a été créé avec --network")
    if ports != [(PORT, PORT, "ingress")]:
        return failed(seen, f"attendu : --publish {PORT}:{PORT}")
    astray = [task.name for task in tasks if set(task.addresses) != {INGRESS}]
    if astray:
        return failed(f"{seen} ; hors de {INGRESS} : {', '.join(astray)}", "elles datent d'avant le nouvel ingress")
    why = trouble(context, SERVICE) or f"docker service scale {SERVICE}={REPLICAS}"
    return judge(len(tasks) == service.desired == REPLICAS, seen, why)


@define(
    "15.5",
    "Les cinq tâches sont réparties sur les trois nœuds, à une près",
    hint="docker service ps my-nginx, colonne NODE ; docker node ls : un nœud est-il drain ou down ?",
)
def spread(context: Context) -> Verdict:
    """No node has two more than another, and each has at least one."""
    tasks = running_tasks(context, SERVICE)
    loads = {name: sum(task.node == name for task in tasks) for name in context.lab.nodes}
    unfit = [f"{n.name} est {n.availability}, {n.state}" for n in context.topology.nodes if not _fit(n)]
    why = ", ".join(unfit) or trouble(context, SERVICE) or "une contrainte de placement"
    return judge(
        len(tasks) == REPLICAS and min(loads.values()) > 0 and max(loads.values()) - min(loads.values()) <= 1,
        ", ".join(f"{name} : {load}" for name, load in loads.items()),
        why,
    )


@define(
    "15.6",
    "La VIP de my-nginx est sur my-ingress, et seulement là",
    hint="docker service inspect my-nginx, partie Endpoint.VirtualIPs",
)
def virtual_address(context: Context) -> Verdict:
    """One VIP, in the subnet of my-ingress, held by no task."""
    context.service(SERVICE)
    network = context.network(INGRESS)
    vips = [vip for vip in context.topology.vips if vip.service == SERVICE]
    seen = ", ".join(f"{vip.address}/{vip.prefix} sur {vip.network}" for vip in vips) or "aucune VIP"
    if [vip.network for vip in vips] != [INGRESS]:
        return failed(seen, f"une seule VIP est attendue, sur {INGRESS} : le service publie-t-il un port ?")
    taken = {task.addresses.get(INGRESS) for task in running_tasks(context, SERVICE)}
    inside = ip_address(vips[0].address) in ip_network(network.subnet or "")
    return judge(inside and vips[0].address not in taken, seen, f"{INGRESS} est {network.subnet}")


@define(
    "15.7",
    "Chaque nœud porte sur my-ingress ses propres tâches et my-ingress-sbox, et voit trois pairs",
    hint="docker network inspect my-ingress, sur chaque nœud : Containers et Peers ; docker service ps my-nginx",
)
def carried(context: Context) -> Verdict:
    """On each node: its tasks' containers, one sandbox of the mesh, three peers."""
    network = context.network(INGRESS)
    tasks = running_tasks(context, SERVICE)
    said, wrong = [], []
    for node in context.lab.nodes:
        held = [e for e in context.topology.endpoints if e.network == INGRESS and e.node == node]
        names = sorted(e.name for e in held if e.kind == "container")
        boxes = [e for e in held if e.kind == "ingress-sandbox"]
        peers = {peer.peer for peer in context.topology.peers_of(INGRESS) if peer.node == node}
        wanted = sorted(task.name for task in tasks if task.node == node)
        addresses = ", ".join(f"{e.name} {e.address}" for e in held)
        said.append(f"{node} : {addresses or 'rien'}, {len(peers)} pairs")
        if names != wanted or not wanted:
            wrong.append(
                f"sur {node}, tâches {', '.join(wanted) or 'aucune'}, conteneurs {', '.join(names) or 'aucun'}"
            )
        if [e.name for e in boxes] != [f"{INGRESS}-sbox"] or not _inside(boxes[0].address, network):
            wrong.append(f"{INGRESS}-sbox manque sur {node}")
        if peers != set(context.lab.nodes):
            wrong.append(f"{node} ne voit pas {', '.join(sorted(set(context.lab.nodes) - peers))}")
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "15.8",
    "Dans une tâche, la MTU de l'interface est celle de l'option moins 50 octets",
    hint="docker container exec, dans une tâche : ip addr ; docker network inspect my-ingress, partie Options",
)
def interface_mtu(context: Context) -> Verdict:
    """Read in the container's sandbox; what VXLAN adds is taken off the option's value."""
    network = context.network(INGRESS)
    task = _first(context)
    if isinstance(task, Verdict):
        return task
    found = _interface(context, task.name, network)
    if found is None:
        return failed(f"{task.name} n'a pas d'interface sur {network.subnet}", trouble(context, SERVICE))
    seen = f"{found.name} de {task.name} : MTU {found.mtu} ; option {network.underlay_mtu or 'absente'}"
    if network.underlay_mtu is None:
        return failed(seen, f"{INGRESS} a été créé sans --opt com.docker.network.driver.mtu")
    return judge(
        found.mtu == network.underlay_mtu - OVERHEAD_BYTES, seen, f"attendu : {network.underlay_mtu - OVERHEAD_BYTES}"
    )


@define(
    "15.9",
    "Sans fragmentation, le plus grand paquet permis passe d'un nœud à l'autre, un octet de plus ne passe pas",
    hint="dans le réseau d'une tâche : ping -M do -s TAILLE, vers une tâche d'un autre nœud ; -s = MTU - 28",
)
def measured(context: Context) -> Verdict:
    """Both sizes come from the option that the network has now."""
    network = context.network(INGRESS)
    task = _first(context)
    if isinstance(task, Verdict):
        return task
    away = [e for e in context.topology.containers_of(INGRESS) if e.node != task.node and e.address]
    if not away:
        return failed(f"aucun conteneur sur {INGRESS} ailleurs que sur {task.node}", trouble(context, SERVICE))
    if network.underlay_mtu is None:
        return failed(f"{INGRESS} n'a pas d'option MTU", "il a été créé sans --opt com.docker.network.driver.mtu")
    largest = network.underlay_mtu - OVERHEAD_BYTES - HEADERS
    fits, excess = (
        ping(context.lab, task.name, str(away[0].address), count=1, size=size, dont_fragment=True)
        for size in (largest, largest + 1)
    )
    for result in (fits, excess):
        if result.outcome == "not_run":
            return Verdict("not_run", result.reason)
    seen = f"{largest} octets de données : {fits.reason} {largest + 1} octets : {excess.reason}"
    if fits.outcome != "passed":
        return failed(seen, f"{away[0].name}, sur {away[0].node}, ne répond pas")
    return judge(excess.received == 0, seen, f"la MTU réelle dépasse {largest + HEADERS}")


@define(
    "15.10",
    "Sans l'option, l'interface d'un overlay a 50 octets de moins que celle du nœud",
    hint="sur le manager : docker run -dit --name alpine1 --network test-net alpine ; puis ip addr, dedans et dehors",
)
def without_option(context: Context) -> Verdict:
    """alpine1 on test-net, beside the node's own interface."""
    network = context.network(PLAIN)
    found = running_container(context, WITNESS, "manager")
    if isinstance(found, Verdict):
        return found
    if network.driver != "overlay" or network.underlay_mtu is not None:
        return failed(f"{PLAIN} : driver {network.driver}, option MTU {network.underlay_mtu or 'absente'}", "")
    inner = _interface(context, WITNESS, network)
    node = context.lab.node(found.node)
    _, output = run_tool(node, ["ip", "addr"], image="alpine")
    outer = next((i for i in parse_ip_addr(output) if (i.address or "").split("/")[0] == node.address), None)
    if inner is None or outer is None or outer.mtu is None:
        where = f"{WITNESS} n'est pas sur {PLAIN}" if inner is None else f"{node.name} n'a pas {node.address}"
        return failed(where, f"docker network connect {PLAIN} {WITNESS}")
    return judge(
        inner.mtu == outer.mtu - OVERHEAD_BYTES,
        f"{inner.name} de {WITNESS} : MTU {inner.mtu} ; {outer.name} de {node.name} : MTU {outer.mtu}",
        f"attendu : {outer.mtu - OVERHEAD_BYTES}",
    )


@define(
    "15.11",
    "Par my-ingress, le port 80 répond sur les trois nœuds",
    hint="depuis un autre nœud : wget -q -O - http:// et l'adresse du nœud ; docker service ps --no-trunc my-nginx",
)
def published(context: Context) -> Verdict:
    """The routing mesh works through the new network, asked of each node from another one."""
    context.needs("ipvs")
    network = context.network(INGRESS)
    if not network.ingress or not running_tasks(context, SERVICE):
        return failed(f"{INGRESS} : ingress {network.ingress} ; tâches en marche : aucune", trouble(context, SERVICE))
    nodes = list(context.lab.nodes.values())
    results = get_all(
        context.lab, [(nodes[place - 1].name, f"http://{n.address}:{PORT}/") for place, n in enumerate(nodes)]
    )
    return all_answered(results, f"ont répondu : {', '.join(n.address for n in nodes)}, port {PORT}")


@define(
    "15.12",
    "my-nginx a disparu, plus aucun conteneur n'est sur my-ingress, et my-ingress reste",
    hint="docker service rm my-nginx, puis docker network inspect my-ingress sur chaque nœud",
)
def removed(context: Context) -> Verdict:
    """The service and its containers are gone; the network outlives them, ready for the next service."""
    topology = context.topology
    network = context.network(INGRESS)
    left = [f"le service {s.name}" for s in topology.services if s.name == SERVICE]
    left += [f"{c.label} sur {c.node}" for c in topology.containers if c.service == SERVICE and c.state == "running"]
    left += [f"{e.name} sur {e.node}" for e in topology.containers_of(INGRESS) if e.service != SERVICE]
    seen = f"{INGRESS} est listé par {', '.join(network.nodes)}"
    return judge(
        not left and network.ingress,
        f"restent : {', '.join(left)}" if left else f"plus de conteneur ; {seen}",
        f"docker service rm {SERVICE}" if left else f"{INGRESS} n'est pas de type ingress",
    )


def _fit(node: Node) -> bool:
    return node.availability == "active" and node.state == "ready"


def _inside(address: str | None, network: Network) -> bool:
    return bool(address and network.subnet) and ip_address(address or "") in ip_network(network.subnet or "")


def _first(context: Context) -> Task | Verdict:
    """A task that runs on the network; else the verdict that says why there is none."""
    tasks = [task for task in running_tasks(context, SERVICE) if INGRESS in task.addresses]
    return tasks[0] if tasks else failed(f"aucune tâche en marche sur {INGRESS}", trouble(context, SERVICE))


def _interface(context: Context, container: str, network: Network) -> Interface | None:
    """The container's interface that has an address of that network, read in its own sandbox."""
    place = locate(context.lab, container)
    # Beside it rather than inside: the official nginx image has no ip command.
    _, output = run_tool(place.node, ["ip", "addr"], image="alpine", network=f"container:{place.id}")
    for interface in parse_ip_addr(output):
        if interface.address and _inside(interface.address.split("/")[0], network):
            return interface
    return None
