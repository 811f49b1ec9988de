"""Generated swarms of any size, spread as Swarm spreads tasks, healthy or ailing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from swarmkit_helpers.topology.model import VIP, Container, Endpoint, Network, Node, Peer, Port, Service, Task, Topology

from . import swarms

STACKS = ("boutique", "paie", "blog", "forum", "carte", "stock", "mail")
PARTS = ("frontend", "backend", "data")
ROLES = {"frontend": (("web", 6), ("cache", 2)), "backend": (("api", 5), ("worker", 3)), "data": (("db", 1),)}
"""Services of each part of a stack, with their share of the containers."""
LONGEST = 63
"""Most characters that Docker allows in a service's or a network's name."""
REFUSAL = "no suitable node (scheduling constraints not satisfied on 98 nodes)"


def fleet(
    machines: int,
    containers: int,
    networks: int = 3,
    *,
    managers: int | None = None,
    long: bool = False,
) -> Topology:
    """A healthy swarm: `containers` tasks of the services of `networks` overlays, on the least loaded nodes."""
    chiefs = managers if managers is not None else 1 if machines < 10 else 3 if machines < 50 else 5
    nodes = tuple(_node(place, chiefs, long) for place in range(machines))
    names = [f"{STACKS[k // 3]}_{PARTS[k % 3]}" for k in range(networks)]
    jobs = [(f"{name.partition('_')[0]}_{role}", k, share) for k, name in enumerate(names) for role, share in _roles(k)]
    names = [_stretched(name) if long else name for name in names]
    numbers = {name: k + 1 for k, name in enumerate(names)} | {"ingress": 0}
    total = sum(share for _, _, share in jobs)
    wanted = [containers * share // total for _, _, share in jobs]
    for place in range(containers - sum(wanted)):
        wanted[place % len(wanted)] += 1
    load: Counter[str] = Counter()
    tasks: list[Task] = []
    held: list[Container] = []
    endpoints: list[Endpoint] = []
    services: list[Service] = []
    vips: list[VIP] = []
    for number, ((label, k, _), replicas) in enumerate(zip(jobs, wanted, strict=True)):
        name = _stretched(label) if long else label
        # What stands between two networks is on both; what is published is also on ingress.
        on = [names[k], names[k - 1]] if label.endswith("_api") and k else [names[k]]
        asked = tuple(on)
        on += ["ingress"] * label.endswith("_web")
        own: Counter[str] = Counter()
        for slot in range(1, replicas + 1):
            node = min(nodes, key=lambda n: (own[n.name], load[n.name], n.name)).name
            own[node] += 1
            load[node] += 1
            key, id_ = f"{number:05d}{slot:020d}", f"{number:032x}{slot:032x}"
            given = {network: _address(numbers[network], number, slot) for network in on}
            tasks.append(
                Task(
                    key,
                    name,
                    slot,
                    node,
                    "running",
                    "running",
                    container=id_,
                    addresses=given,
                    spec_networks=asked,
                )
            )
            held.append(
                Container(id_, f"{name}.{slot}.{key}", node, "image:1.2", "running", "Up", name, key, tuple(sorted(on)))
            )
            endpoints += [
                Endpoint(network, node, f"{name}.{slot}", "container", address, 16, None, f"{network}{key}", id_, name)
                for network, address in given.items()
            ]
        ports = (Port(8080, 8000 + number),) if label.endswith("_web") else ()
        services.append(Service(f"s{number:024d}", name, "image:1.2", "replicated", replicas, replicas, asked, ports))
        vips += [VIP(name, network, _address(numbers[network], number, 0), 16) for network in on]
    return _joined(nodes, names, services, vips, tasks, held, endpoints)


def _joined(
    nodes: tuple[Node, ...],
    names: list[str],
    services: list[Service],
    vips: list[VIP],
    tasks: list[Task],
    held: list[Container],
    endpoints: list[Endpoint],
) -> Topology:
    """The same with what the engine adds by itself: where a network is listed, its balancers, its peers."""
    everyone = tuple(node.name for node in nodes)
    made, peers = [], []
    for k, name in enumerate(["ingress", *names] if names else []):
        used = {e.node for e in endpoints if e.network == name}
        members = everyone if name == "ingress" else tuple(node for node in everyone if node in used)
        listed = tuple(n.name for n in nodes if n.name in members or n.role == "manager")
        made.append(
            Network(
                f"{name}-id".ljust(25, "x")[:25],
                name,
                "overlay",
                "swarm",
                listed,
                f"10.{k}.0.0/16",
                f"10.{k}.0.1",
                4096 + k,
                ingress=not k,
            )
        )
        kind, part = ("load-balancer", f"lb-{name}") if k else ("ingress-sandbox", "ingress-sbox")
        endpoints += [
            Endpoint(name, node, part, kind, f"10.{k}.250.{place + 1}", 16, None, f"{name}{node}")
            for place, node in enumerate(members)
        ]
        where = {node.name: node.address for node in nodes}
        peers += [Peer(name, seer, seen, where[seen]) for seer in members for seen in members]
    return Topology(
        "flotte",
        "remote",
        False,
        "2026-11-23T10:00:00Z",
        nodes,
        tuple(made),
        tuple(services),
        tuple(vips),
        tuple(tasks),
        tuple(held),
        tuple(endpoints),
        tuple(peers),
    )


def ailing(topology: Topology) -> Topology:
    """The same with what goes wrong in a large swarm: a node down and silent, one drained, one back but empty.

    The first service lacks two tasks that no node may take.
    """
    names = [node.name for node in topology.nodes]
    down, drained, back = names[-2], names[len(names) // 2], names[-1]
    short = topology.services[0]
    lost = [task for task in topology.tasks_of(short.name) if task.slot in (1, 2)]
    gone = {task.container for task in lost}
    kept = tuple(c for c in topology.containers if c.node not in (drained, back) and c.id not in gone)
    ids = {c.id for c in kept}
    moved = replace(
        topology,
        nodes=tuple(replace(n, availability="drain") if n.name == drained else n for n in topology.nodes),
        services=(replace(short, running=short.desired - 2), *topology.services[1:]),
        tasks=tuple(
            replace(t, node=None, state="pending", container=None, error=REFUSAL) if t in lost else t
            for t in topology.tasks
            if t in lost or t.node not in (drained, back)
        ),
        containers=kept,
        endpoints=tuple(e for e in topology.endpoints if e.container is None or e.container in ids),
    )
    return swarms.silenced(moved, down)


def _roles(k: int) -> tuple[tuple[str, int], ...]:
    return ROLES[PARTS[k % 3]]


def _node(place: int, managers: int, long: bool) -> Node:
    chief = place < managers
    name = f"manager{place + 1}" if chief else f"worker{place + 1 - managers:02d}"
    if long:
        name = f"{name}-dans-la-salle-des-machines-du-centre-de-calcul".ljust(LONGEST - 4, "-") + f"-{place:03d}"
    return Node(
        name,
        f"{name}.example.test",
        f"192.0.2.{place + 1}",
        f"id{place}".ljust(25, "x"),
        "manager" if chief else "worker",
        not place,
        "ready",
        engine="28.5.1",
    )


def _stretched(name: str) -> str:
    tail = name.rpartition("_")[2]
    return f"{name}_de-l-environnement-de-recette-de-la-".ljust(LONGEST - len(tail), "-") + tail


def _address(network: int, service: int, slot: int) -> str:
    return f"10.{network}.{service % 40 * 6 + slot // 250}.{2 + slot % 250}"
