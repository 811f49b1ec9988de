"""Section 14: an attachable network that appears where it is needed, names on it, and its packets on the wire."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network

from ...errors import CommandFailed, ObjectNotFound
from ...lab.membership import MANAGEMENT_PORT
from ...lab.node import Node
from ...probes.capture import capture_ping
from ...probes.dns import resolve
from ...probes.execution import run_tool
from ...probes.ping import ping
from ...topology.packet import OVERHEAD_BYTES
from .observations import all_answered, get_all, running_container, running_tasks, trouble
from .question import Context, Verdict, define, failed, judge

__all__ = ["NETWORK", "SERVICE"]

NETWORK = "test-net"
SERVICE = "web"
REPLICAS = 3
NODES = ("manager", "worker1")
CONTAINERS = ("alpine1", "alpine2", "alpine3")
RESOLVER = "127.0.0.11"
NOBODY = "introuvable"
GOSSIP_PORT = 7946
VXLAN_PORT = 4789


@define(
    "14.1",
    "test-net est un overlay attachable",
    hint="docker network create -d overlay --attachable test-net, sur le manager",
)
def attachable(context: Context) -> Verdict:
    """Driver, scope and the option that lets standalone containers in."""
    network = context.network(NETWORK)
    seen = f"driver {network.driver}, portée {network.scope}, attachable : {'oui' if network.attachable else 'non'}"
    if network.driver != "overlay" or network.scope != "swarm":
        return failed(seen, "l'option -d overlay manque")
    return judge(
        network.attachable,
        f"{seen}, sous-réseau {network.subnet}, VXLAN {network.vxlan_id}",
        "l'option --attachable manque : seul un service pourrait s'y attacher",
    )


@define(
    "14.2",
    "alpine1 tourne sur le manager, attaché à test-net",
    hint="sur le manager : docker run -dit --name alpine1 --network test-net alpine",
)
def first_container(context: Context) -> Verdict:
    """On the right node, running, with an address of the network, which the manager lists."""
    return _attached(context, "alpine1", "manager")


@define(
    "14.3",
    "worker1 ne connaît pas encore test-net",
    hint="sur worker1 : docker network ls ; aucun conteneur de worker1 ne doit être attaché à test-net",
)
def not_yet(context: Context) -> Verdict:
    """Absent from worker1, while it does exist in the swarm and someone else is on it."""
    network = context.network(NETWORK)
    users = [e.name for e in context.topology.endpoints if e.network == NETWORK and e.node == "worker1"]
    if not context.topology.containers_of(NETWORK) and "worker1" not in network.nodes:
        return failed(f"aucun conteneur n'est attaché à {NETWORK}", "alpine1 doit y être, sinon l'absence ne dit rien")
    return judge(
        "worker1" not in network.nodes,
        f"{NETWORK} est listé par {', '.join(network.nodes)}",
        f"sur worker1, y sont attachés : {', '.join(users) or 'plus rien, il va disparaître'}",
    )


@define(
    "14.4",
    "Avec alpine2, test-net est apparu sur worker1, avec le même identifiant",
    hint="sur worker1 : docker run -dit --name alpine2 --network test-net alpine, puis docker network ls",
)
def appeared(context: Context) -> Verdict:
    """Two nodes list one network: same id, subnet and VXLAN id."""
    attached = _attached(context, "alpine2", "worker1")
    if attached.outcome != "passed":
        return attached
    ids = {node: [n.id for n in context.topology.networks if n.name == NETWORK and node in n.nodes] for node in NODES}
    seen = " ; ".join(f"{node} : {', '.join(i[:12] for i in found) or 'absent'}" for node, found in ids.items())
    same = len({identity for found in ids.values() for identity in found}) == 1
    return judge(
        same and ids["manager"] == ids["worker1"] != [], seen, f"deux réseaux différents portent le nom {NETWORK}"
    )


@define(
    "14.5",
    "worker2, lui, ne connaît toujours pas test-net",
    hint="sur worker2 : docker network ls ; alpine3 ne doit pas encore y tourner",
)
def still_absent(context: Context) -> Verdict:
    """The network goes where a container asks for it, nowhere else."""
    network = context.network(NETWORK)
    users = [e.name for e in context.topology.endpoints if e.network == NETWORK and e.node == "worker2"]
    seen = f"{NETWORK} est listé par {', '.join(network.nodes)}"
    if "worker2" in network.nodes:
        return failed(seen, f"sur worker2, y sont attachés : {', '.join(users) or 'plus rien, il va disparaître'}")
    return judge("worker1" in network.nodes, seen, "worker1 devrait le lister : alpine2 y tourne-t-il ?")


@define(
    "14.6",
    "alpine2 joint alpine1 par son nom : 2 paquets, aucune perte",
    hint="sur worker1 : docker container exec alpine2 ping -c 2 alpine1",
)
def ping_first(context: Context) -> Verdict:
    """From worker1 to manager."""
    return _pings(context, "alpine2", "worker1", "alpine1", "manager")


@define(
    "14.7",
    "alpine1 joint alpine2 par son nom : 2 paquets, aucune perte",
    hint="sur le manager : docker container exec alpine1 ping -c 2 alpine2",
)
def ping_back(context: Context) -> Verdict:
    """The other way."""
    return _pings(context, "alpine1", "manager", "alpine2", "worker1")


@define(
    "14.8",
    "alpine3, sur worker2, joint alpine1, et worker2 liste maintenant test-net",
    hint="sur worker2 : docker run -dit --name alpine3 --network test-net alpine, puis ping -c 2 alpine1",
)
def ping_third(context: Context) -> Verdict:
    """From worker2, where the network has appeared too."""
    attached = _attached(context, "alpine3", "worker2")
    return attached if attached.outcome != "passed" else _pings(context, "alpine3", "worker2", "alpine1", "manager")


@define(
    "14.9",
    "127.0.0.11 donne l'adresse d'un conteneur d'après son nom",
    hint="docker container exec alpine1 nslookup alpine2 ; un nom n'est connu que sur un réseau partagé",
)
def container_name(context: Context) -> Verdict:
    """The address that worker1's own network inspect shows for alpine2."""
    there = _attached(context, "alpine2", "worker1")
    if there.outcome != "passed":
        return there
    expected = {e.address for e in context.topology.containers_of(NETWORK) if e.name == "alpine2"}
    return _resolves(context, "alpine2", {address for address in expected if address})


@define(
    "14.10",
    "Le nom d'un service donne une seule adresse : sa VIP",
    hint="docker container exec alpine1 nslookup web ; docker service inspect web, partie Endpoint.VirtualIPs",
)
def service_name(context: Context) -> Verdict:
    """One address, that of Endpoint.VirtualIPs on this network, held by no task."""
    context.service(SERVICE)
    vips = {vip.address for vip in context.topology.vips if (vip.service, vip.network) == (SERVICE, NETWORK)}
    if not vips:
        mode = context.service(SERVICE).endpoint_mode
        return failed(f"{SERVICE} n'a pas de VIP sur {NETWORK}", f"mode d'accès {mode}, ou {SERVICE} hors de {NETWORK}")
    taken = {task.addresses.get(NETWORK) for task in running_tasks(context, SERVICE)}
    if vips & taken:
        return failed(f"la VIP {', '.join(vips)} est aussi celle d'une tâche", "")
    return _resolves(context, SERVICE, vips)


@define(
    "14.11",
    "tasks.web donne les adresses des trois tâches",
    hint="docker container exec alpine1 nslookup tasks.web ; docker service ps web",
)
def tasks_name(context: Context) -> Verdict:
    """One address per task that runs, no other."""
    tasks = running_tasks(context, SERVICE)
    addresses = {address for task in tasks if (address := task.addresses.get(NETWORK))}
    if len(addresses) != REPLICAS:
        return failed(
            f"tâches de {SERVICE} sur {NETWORK} : {len(addresses)}, {REPLICAS} attendues", trouble(context, SERVICE)
        )
    return _resolves(context, f"tasks.{SERVICE}", addresses)


@define(
    "14.12",
    "Un nom extérieur au swarm est résolu par le serveur du nœud, à travers 127.0.0.11",
    hint="docker container exec alpine1 nslookup manager.i2tch.loc ; cat /etc/resolv.conf, sur le nœud",
)
def outside_name(context: Context) -> Verdict:
    """The manager's own machine name, which no Docker network knows."""
    manager = context.lab.manager
    try:
        return _resolves(context, manager.hostname, {manager.address})
    except CommandFailed as err:
        subnet = context.network(NETWORK).subnet
        why = f"le serveur de noms extérieur ne répond pas, ou son adresse est dans {subnet}, celui de {NETWORK}"
        return failed(err.output.strip(), why)


@define(
    "14.13",
    "Un nom qui n'existe nulle part n'a pas de réponse",
    hint="docker container exec alpine1 nslookup introuvable : NXDOMAIN ; quel conteneur ou service porte ce nom ?",
)
def unknown_name(context: Context) -> Verdict:
    """No address at all; the same server does know alpine1, so that its silence tells something."""
    _source(context)
    control, asked = (resolve(context.lab, "alpine1", name) for name in ("alpine1", NOBODY))
    if not control.addresses:
        return failed(str(control), "le serveur ne connaît même pas alpine1")
    holders = [c.label for c in context.topology.containers if c.label == NOBODY]
    why = "un conteneur porte ce nom" if holders else "un serveur extérieur invente une réponse"
    return judge(not asked.addresses and asked.server == RESOLVER, str(asked), why)


@define(
    "14.14",
    "La VIP de web répond, au ping comme en HTTP",
    hint="docker container exec alpine1 ping -c 2 web ; puis wget -q -O - http://web/",
)
def virtual_address(context: Context) -> Verdict:
    """IPVS takes what is sent to the VIP to one of the tasks."""
    context.needs("ipvs")
    if not running_tasks(context, SERVICE):
        return failed(f"aucune tâche de {SERVICE} en marche", trouble(context, SERVICE))
    _source(context)
    result = ping(context.lab, "alpine1", SERVICE, count=2)
    if result.outcome != "passed":
        return failed(result.reason, "la VIP est résolue, mais rien ne la porte")
    answers = get_all(context.lab, [("alpine1", f"http://{SERVICE}/")] * REPLICAS)
    return all_answered(answers, f"{result.reason} {len(answers)} requêtes HTTP, {len(answers)} réponses")


@define(
    "14.15",
    "Sans VIP, chaque tâche de web répond à sa propre adresse",
    hint="docker container exec alpine1 wget -q -O - http:// et une adresse de tasks.web",
)
def tasks_answer(context: Context) -> Verdict:
    """From alpine1, to the tasks on all nodes: VXLAN and DNS do not need IPVS."""
    _source(context)
    tasks = running_tasks(context, SERVICE)
    targets = [(task.name, address) for task in tasks if (address := task.addresses.get(NETWORK))]
    if len(targets) != REPLICAS:
        return failed(
            f"tâches de {SERVICE} sur {NETWORK} : {len(targets)}, {REPLICAS} attendues", trouble(context, SERVICE)
        )
    answers = get_all(context.lab, [("alpine1", f"http://{address}/") for _, address in targets])
    return all_answered(answers, ", ".join(f"{name} ({address}) a répondu" for name, address in targets))


@define(
    "14.16",
    "Entre les nœuds, les ports 2377/tcp et 7946/tcp sont ouverts",
    hint="depuis un autre nœud : nc -w 2, l'adresse du nœud et le port ; vérifiez le pare-feu et le câble",
)
def ports_open(context: Context) -> Verdict:
    """2377 of the manager from each worker; 7946 of each node from another. UDP tells nothing when it is silent."""
    nodes = list(context.lab.nodes.values())
    manager = context.lab.manager
    asked = [(worker, manager, MANAGEMENT_PORT) for worker in context.lab.workers]
    asked += [(nodes[place - 1], node, GOSSIP_PORT) for place, node in enumerate(nodes)]

    def is_open(question: tuple[Node, Node, int]) -> bool:
        source, target, port = question
        code, _ = run_tool(source, ["nc", "-w", "2", target.address, str(port), "-e", "true"], image="alpine")
        return code == 0

    with ThreadPoolExecutor(max_workers=len(asked)) as pool:
        answers = list(pool.map(is_open, asked))
    closed = [f"{s.name} → {t.name}:{port}" for (s, t, port), opened in zip(asked, answers, strict=True) if not opened]
    seen = f"{sum(answers)} liaisons ouvertes sur {len(asked)}"
    return judge(not closed, seen, f"fermées, ou nœud coupé : {', '.join(closed)}")


@define(
    "14.17",
    "Sur le fil, le ping voyage dans VXLAN : le VNI de test-net, 50 octets de plus",
    hint="docker network inspect test-net, option vxlanid_list ; tcpdump -n -i eth0 udp port 4789, sur worker1",
)
def on_the_wire(context: Context) -> Verdict:
    """Captured on worker1 while alpine2 pings alpine1: node to node outside, container to container inside."""
    context.needs("capture")
    for name, node in (("alpine2", "worker1"), ("alpine1", "manager")):
        there = _attached(context, name, node)
        if there.outcome != "passed":
            return there
    network = context.network(NETWORK)
    source, target = context.lab.node("worker1"), context.lab.node("manager")
    capture = capture_ping(context.lab, "alpine2", "alpine1", count=1)
    requests = [packet for packet in capture.icmp if packet.outer_source == source.address]
    if not requests:
        return failed(f"{capture} ; {capture.ping.reason}", "aucun paquet VXLAN n'est parti de worker1")
    packet = requests[0]
    seen = (
        f"{packet.outer_source} → {packet.outer_destination}, UDP {packet.outer_destination_port}, VNI {packet.vni} ; "
        f"dedans {packet.inner_source} → {packet.inner_destination}, {packet.protocol} ; "
        f"{packet.outer_bytes} octets dehors, {packet.inner_bytes} dedans"
    )
    wrong = []
    if packet.vni != network.vxlan_id:
        wrong.append(f"le VNI attendu est {network.vxlan_id}")
    if (packet.outer_destination, packet.outer_destination_port) != (target.address, VXLAN_PORT):
        wrong.append(f"la destination attendue est {target.address}, port UDP {VXLAN_PORT}")
    if packet.outer_bytes - packet.inner_bytes != OVERHEAD_BYTES:
        wrong.append(f"l'écart attendu est de {OVERHEAD_BYTES} octets")
    return judge(not wrong, seen, " ; ".join(wrong))


@define(
    "14.18",
    "alpine2 arrêté, test-net a disparu de worker1",
    hint="sur worker1 : docker container stop alpine2, puis docker network ls",
)
def vanished(context: Context) -> Verdict:
    """The container is there, stopped; the network left worker1 and is still where others use it."""
    container = context.topology.container("alpine2")
    network = context.network(NETWORK)
    seen = f"{NETWORK} est listé par {', '.join(network.nodes)}"
    if container is None or container.state == "running":
        return failed(f"alpine2 {'tourne encore' if container else 'a disparu'} ; {seen}", "il doit être arrêté")
    users = [e.name for e in context.topology.endpoints if e.network == NETWORK and e.node == "worker1"]
    return judge(
        "worker1" not in network.nodes and "manager" in network.nodes,
        f"alpine2 est arrêté ({container.state}) ; {seen}",
        f"encore attachés sur worker1 : {', '.join(users)}" if users else f"{NETWORK} n'est plus utilisé nulle part",
    )


@define(
    "14.19",
    "Les conteneurs, le service web et test-net ont disparu des trois nœuds",
    hint="docker container rm -f sur chaque nœud ; docker service rm web ; docker network rm test-net",
)
def removed(context: Context) -> Verdict:
    """Nothing of this section is left, on any node."""
    topology = context.swarm
    left = [f"{c.label} sur {c.node} ({c.state})" for c in topology.containers if c.label in CONTAINERS]
    left += [f"le service {s.name}" for s in topology.services if s.name == SERVICE]
    left += [f"le réseau {n.name} sur {', '.join(n.nodes)}" for n in topology.networks if n.name == NETWORK]
    return judge(
        not left,
        f"restent : {', '.join(left)}" if left else f"ni conteneurs, ni {SERVICE}, ni {NETWORK}",
        f"{NETWORK} reste tant qu'un conteneur en marche ou un service l'utilise" if NETWORK in str(left) else "",
    )


def _attached(context: Context, name: str, node: str) -> Verdict:
    """The container runs on that node with an address of the network, which that node lists."""
    found = running_container(context, name, node)
    if isinstance(found, Verdict):
        return found
    network = context.network(NETWORK)
    held = [e.address for e in context.topology.containers_of(NETWORK) if e.container == found.id and e.address]
    if not held:
        return failed(
            f"{name} tourne sur {node}, attaché à {', '.join(found.networks) or 'aucun réseau'}",
            f"{name} n'est pas sur {NETWORK} : docker network connect {NETWORK} {name}, sur {node}",
        )
    inside = bool(network.subnet) and ip_address(held[0]) in ip_network(network.subnet or "")
    return judge(
        inside and node in network.nodes,
        f"{name} tourne sur {node}, adresse {held[0]} sur {NETWORK} ({network.subnet}), listé par "
        f"{', '.join(network.nodes)}",
        f"{held[0]} n'est pas une adresse de {network.subnet}, ou {node} ne liste pas {NETWORK}",
    )


def _pings(context: Context, source: str, source_node: str, target: str, target_node: str) -> Verdict:
    """Two packets by name, both back, to the address that the target has on the network."""
    for name, node in ((source, source_node), (target, target_node)):
        there = _attached(context, name, node)
        if there.outcome != "passed":
            return there
    expected = {e.address for e in context.topology.containers_of(NETWORK) if e.name == target}
    result = ping(context.lab, source, target, count=2)
    if result.outcome == "not_run":
        return Verdict("not_run", result.reason)
    right = result.outcome == "passed" and result.sent == 2 and result.address in expected
    return judge(
        right, result.reason, f"le chemin entre {source_node} et {target_node} est coupé : port {VXLAN_PORT}/udp ?"
    )


def _source(context: Context) -> None:
    """The container that asks must run.

    Raises
    ------
    ObjectNotFound
        It does not.
    """
    found = context.topology.container("alpine1")
    if found is None or found.state != "running":
        raise ObjectNotFound("container", "alpine1")


def _resolves(context: Context, name: str, expected: set[str]) -> Verdict:
    """Asked by alpine1, 127.0.0.11 gives these addresses for that name, and no other."""
    _source(context)
    answer = resolve(context.lab, "alpine1", name)
    why = f"attendu : {', '.join(sorted(expected)) or 'une adresse'}"
    if not answer.addresses:
        why += f" ; alpine1 et {name} n'ont pas de réseau en commun, ou le nom n'existe pas"
    return judge(set(answer.addresses) == expected and answer.server == RESOLVER, str(answer), why)
