"""Section 20: the voting application's architecture, proven with five containers before any program of it runs."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from ...errors import StackFileError
from ...probes.ping import PingResult, ping
from ...probes.reach import ping_all
from ..notebooks import notebooks_directory
from .observations import node_views, running_container
from .question import Context, Verdict, define, failed, judge

__all__ = ["CONTAINERS", "NETWORKS", "STACK_FILE"]

STACK_FILE = "docker-stack.yml"
NETWORKS = ("frontend", "backend")
CONTAINERS = {"vote": "worker1", "redis": "worker2", "worker": "manager", "db": "manager", "result": "worker1"}
"""Container -> its node: named and placed as the section does."""


@define(
    "20.1",
    "frontend et backend sont deux overlays attachables, chacun avec ses adresses et son VXLAN",
    hint="docker network create -d overlay --attachable frontend, puis backend, sur le manager",
)
def two_networks(context: Context) -> Verdict:
    """Driver, option, subnets that do not overlap, VXLAN ids that differ."""
    front, back = (context.network(name) for name in NETWORKS)
    seen = " ; ".join(
        f"{n.name} : driver {n.driver}, attachable : {'oui' if n.attachable else 'non'}, sous-réseau {n.subnet}, "
        f"VXLAN {n.vxlan_id}"
        for n in (front, back)
    )
    # What the swarm could not allocate has no driver yet.
    wrong = [f"{n.name} n'est pas un overlay : -d overlay" for n in (front, back) if n.driver not in ("overlay", "")]
    wrong += [f"il manque --attachable à {n.name}" for n in (front, back) if not n.attachable]
    wrong += [
        f"{n.name} n'a pas de sous-réseau : celui qui est demandé est pris" for n in (front, back) if not n.subnet
    ]
    if not wrong and ip_network(front.subnet or "").overlaps(ip_network(back.subnet or "")):
        wrong = ["leurs sous-réseaux se recouvrent"]
    return judge(not wrong and front.vxlan_id != back.vxlan_id, seen, " ; ".join(wrong))


@define(
    "20.2",
    "Les cinq conteneurs tournent, chacun sur le nœud prévu",
    hint="docker run -dit --name vote --network frontend alpine, sur worker1 ; de même pour les autres",
)
def five_containers(context: Context) -> Verdict:
    """All five, or the first that is not there, does not run or runs elsewhere."""
    for name, node in CONTAINERS.items():
        found = running_container(context, name, node)
        if isinstance(found, Verdict):
            return found
    return judge(True, ", ".join(f"{name} sur {node}" for name, node in CONTAINERS.items()))


@define(
    "20.3",
    "Chaque conteneur est sur les réseaux que le fichier donne à son service, et sur aucun autre",
    hint="docker container inspect, partie NetworkSettings.Networks ; docker network connect ou disconnect",
)
def as_in_the_file(context: Context) -> Verdict:
    """What each node says of its containers, against the file's key `networks`."""
    expected = _networks_of_services()
    if isinstance(expected, Verdict):
        return expected
    said, wrong = [], []
    for name in CONTAINERS:
        container = context.container(name)
        said.append(f"{name} sur {', '.join(sorted(container.networks)) or 'aucun réseau'}")
        held = set(container.networks)
        wrong += [f"docker network connect {network} {name}" for network in sorted(expected[name] - held)]
        wrong += [f"docker network disconnect {network} {name}" for network in sorted(held - expected[name])]
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "20.4",
    "worker a une adresse sur chaque réseau, les quatre autres n'en ont qu'une",
    hint="docker container exec worker ip addr : une interface par réseau, sans compter celle de docker_gwbridge",
)
def addresses(context: Context) -> Verdict:
    """Each address is in the subnet of its network, and no two are the same."""
    subnets = {name: context.network(name).subnet or "" for name in NETWORKS}
    held: dict[str, dict[str, str]] = {name: {} for name in CONTAINERS}
    for network in NETWORKS:
        for endpoint in context.topology.containers_of(network):
            if endpoint.name in held and endpoint.address:
                held[endpoint.name][network] = endpoint.address
    for name in CONTAINERS:
        context.container(name)
    seen = " ; ".join(
        f"{name} : {', '.join(f'{address} ({network})' for network, address in sorted(found.items())) or 'aucune'}"
        for name, found in held.items()
    )
    wrong = [name for name, found in held.items() if len(found) != (2 if name == "worker" else 1)]
    if wrong:
        return failed(seen, f"nombre d'adresses inattendu : {', '.join(wrong)}")
    pairs = [(network, address) for found in held.values() for network, address in found.items()]
    outside = [address for network, address in pairs if ip_address(address) not in ip_network(subnets[network])]
    return judge(not outside and len(set(pairs)) == len(pairs), seen, f"hors de leur sous-réseau : {outside}")


@define(
    "20.5",
    "Chaque réseau n'est que là où il sert : backend manque sur worker2",
    hint="docker network ls sur chaque nœud ; redis, seul sur worker2, ne doit être que sur frontend",
)
def where_they_are(context: Context) -> Verdict:
    """A worker lists a network when one of its containers is on it, and only then."""
    said, wrong = [], []
    for network in NETWORKS:
        context.network(network)
        listing = [node for node, found in node_views(context, network).items() if found]
        users = {endpoint.node for endpoint in context.topology.containers_of(network)}
        said.append(f"{network} : {', '.join(listing)}")
        wrong += [f"{network} n'a aucun conteneur"] if not users else []
        # A manager lists every network of the swarm, used or not.
        wrong += [f"{network} est sur {node} sans y servir" for node in listing if node not in {*users, "manager"}]
        wrong += [f"{network} manque sur {node}" for node in sorted(users) if node not in listing]
        unexpected = [node for node in users if network == "backend" and node == "worker2"]
        wrong += [f"un conteneur de {node} est sur {network}" for node in unexpected]
    return judge(not wrong, " ; ".join(said), " ; ".join(wrong))


@define(
    "20.6",
    "vote joint redis par son nom, d'un nœud à l'autre",
    hint="docker container exec vote ping -c 2 redis, sur worker1 ; les deux sont-ils sur frontend ?",
)
def vote_to_redis(context: Context) -> Verdict:
    """Two packets to the address that redis has on frontend."""
    return _all_pings(context, [("vote", "redis", "frontend")])


@define(
    "20.7",
    "worker joint redis et db, et result joint db",
    hint="docker container exec worker ping -c 2 redis, puis db ; worker doit être sur les deux réseaux",
)
def worker_in_between(context: Context) -> Verdict:
    """Each by the network that they share."""
    routes = [("worker", "redis", "frontend"), ("worker", "db", "backend"), ("result", "db", "backend")]
    return _all_pings(context, routes)


@define(
    "20.8",
    "vote ne joint pas db : ni par son nom, ni par son adresse",
    hint="docker container exec vote ping -c 1 db ; vote ne doit pas être sur backend",
)
def vote_apart_from_db(context: Context) -> Verdict:
    """While worker, asked at the same time, does reach db: without it a silence would prove nothing."""
    context.container("vote")
    held = [e.address for e in context.topology.containers_of("backend") if e.name == "db" and e.address]
    if not held:
        return failed("db n'a pas d'adresse sur backend", "docker network connect backend db")
    control = ping(context.lab, "worker", "db", count=1)
    asked = [ping(context.lab, "vote", target, count=1, wait_s=1) for target in ("db", held[0])]
    if any(result.outcome == "not_run" for result in (control, *asked)):
        return Verdict("not_run", " ; ".join(r.reason for r in (control, *asked) if r.outcome == "not_run"))
    if control.outcome != "passed":
        return failed(f"depuis worker : {control.reason}", "db ne répond même pas à worker : ce silence ne prouve rien")
    reached = [result for result in asked if result.received or (result.target == "db" and result.address)]
    seen = f"depuis vote : {' '.join(result.reason for result in asked)} Depuis worker : {control.reason}"
    shared = sorted(set(context.container("vote").networks) & set(context.container("db").networks))
    why = f"vote et db ont un réseau en commun : {', '.join(shared)}" if shared else "une route mène à db"
    return judge(not reached, seen, why)


@define(
    "20.9",
    "Qui joint qui : les vingt essais donnent exactement ce que le fichier prédit",
    hint="comparez sk.reach_table(stack) et sk.ping_all ; docker container inspect, partie NetworkSettings.Networks",
)
def as_predicted(context: Context) -> Verdict:
    """Each pair of containers pings by name; they may when their services share a network in the file."""
    expected = _networks_of_services()
    if isinstance(expected, Verdict):
        return expected
    there = five_containers(context)
    if there.outcome != "passed":
        return there
    observed = ping_all(context.lab, tuple(CONTAINERS))
    unsent = [result.reason for result in observed.pings.values() if result.outcome == "not_run"]
    if unsent:
        return Verdict("not_run", unsent[0])
    predicted = {pair for pair in observed.pings if expected[pair[0]] & expected[pair[1]]}
    wrong = [f"{source} devrait joindre {target}" for source, target in sorted(predicted - observed.answered)]
    wrong += [f"{source} ne devrait pas joindre {target}" for source, target in sorted(observed.answered - predicted)]
    return judge(not wrong, f"{len(observed.answered)} sur {len(observed.pings)} : {observed}", " ; ".join(wrong))


@define(
    "20.10",
    "Les cinq conteneurs et les deux réseaux ont disparu des trois nœuds",
    hint="docker container rm --force sur chaque nœud, puis docker network rm frontend backend",
)
def removed(context: Context) -> Verdict:
    """Nothing of this section is left, on any node."""
    topology = context.swarm
    left = [f"{c.label} sur {c.node} ({c.state})" for c in topology.containers if c.label in CONTAINERS]
    left += [f"le réseau {n.name} sur {', '.join(n.nodes)}" for n in topology.networks if n.name in NETWORKS]
    return judge(
        not left,
        f"restent : {', '.join(left)}" if left else "ni conteneurs, ni frontend, ni backend",
        "un réseau reste tant qu'un conteneur en marche l'utilise" if "le réseau" in str(left) else "",
    )


def _networks_of_services() -> dict[str, set[str]] | Verdict:
    """Service -> its networks, as the course's stack file has them; or what is wrong with the file."""
    from ...compose.file import read_stack

    try:
        stack = read_stack(notebooks_directory() / STACK_FILE)
    except StackFileError as err:
        return failed(err.problem)
    absent = [name for name in CONTAINERS if name not in stack.services]
    if absent:
        return failed(f"{STACK_FILE} n'a pas de service {', '.join(absent)}", "le fichier du cours a été modifié")
    return {name: set(stack.services[name].networks) for name in CONTAINERS}


def _all_pings(context: Context, routes: list[tuple[str, str, str]]) -> Verdict:
    """Passed when each source reaches each target by name, at the address that it has on that network."""
    results: list[PingResult] = []
    for source, target, network in routes:
        for name in (source, target):
            context.container(name)
        context.network(network)
        held = {e.address for e in context.topology.containers_of(network) if e.name == target}
        result = ping(context.lab, source, target, count=2)
        if result.outcome == "not_run":
            return Verdict("not_run", result.reason)
        if result.outcome != "passed" or result.address not in held:
            where = [name for name in (source, target) if network not in context.container(name).networks]
            why = f"docker network connect {network} {where[0]}" if where else "port 4789/udp entre les deux nœuds ?"
            return failed(f"depuis {source} : {result.reason}", why)
        results.append(result)
    return judge(True, " ".join(f"Depuis {result.source} : {result.reason}" for result in results))
