"""Snapshots to draw: built from records, shaped as the course's own swarm."""

from __future__ import annotations

from dataclasses import replace

from swarmkit_helpers.topology.model import (
    VIP,
    Container,
    Endpoint,
    Network,
    Node,
    Peer,
    Port,
    Service,
    Task,
    Topology,
    UpdateConfig,
)
from swarmkit_helpers.topology.packet import VxlanPacket
from swarmkit_helpers.topology.sandbox import Interface, Sandbox

NAMES = ("manager", "worker1", "worker2")
UPDATE = UpdateConfig(1, "pause", 5.0, "stop-first")


def mac(address: str) -> str:
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def nodes() -> tuple[Node, ...]:
    return tuple(
        Node(
            name=name,
            hostname=f"{name}.i2tch.loc",
            address=f"10.0.3.{62 + place}",
            id=f"node{place}" * 5,
            role="manager" if place == 0 else "worker",
            leader=place == 0,
            state="ready",
            engine="20.10.24",
        )
        for place, name in enumerate(NAMES)
    )


def local_networks() -> tuple[Network, ...]:
    found = []
    for place, name in enumerate(NAMES):
        found += [
            Network(f"bridge{place}" * 8, "bridge", "bridge", "local", (name,), "172.17.0.0/16", "172.17.0.1"),
            Network(
                f"gwbridge{place}" * 6, "docker_gwbridge", "bridge", "local", (name,), "172.18.0.0/16", "172.18.0.1"
            ),
            Network(f"host{place}" * 8, "host", "host", "local", (name,)),
            Network(f"none{place}" * 8, "none", "null", "local", (name,)),
        ]
    return tuple(found)


def overlay(name: str, place: int, listed: tuple[str, ...] = NAMES, **more: object) -> Network:
    return Network(
        id=f"{name}-id-".ljust(25, "x"),
        name=name,
        driver="overlay",
        scope="swarm",
        nodes=listed,
        subnet=f"10.0.{place}.0/24",
        gateway=f"10.0.{place}.1",
        vxlan_id=4096 + place,
        **more,  # type: ignore[arg-type]
    )


def endpoint(network: str, node: str, name: str, address: str, *, kind: str = "container", **more: object) -> Endpoint:
    return Endpoint(network, node, name, kind, address, 24, mac(address), id=f"{network}-{name}-{node}", **more)  # type: ignore[arg-type]


def mesh(network: str, seen: tuple[str, ...] = NAMES) -> tuple[Peer, ...]:
    address = {name: f"10.0.3.{62 + place}" for place, name in enumerate(NAMES)}
    return tuple(Peer(network, node, peer, address[peer]) for node in seen for peer in seen)


def nginx(
    network: Network,
    spread: tuple[str, ...],
    others: tuple[Network, ...] = (),
    generation: int = 0,
) -> Topology:
    """A swarm whose service my-nginx has its five tasks on one network, and a port in ingress mode."""
    service = Service(
        id="service-my-nginx-0123456789",
        name="my-nginx",
        image="nginx:latest",
        mode="replicated",
        running=5,
        desired=5,
        networks=(network.name,),
        ports=(Port(80, 80),),
        version=20 + generation,
        update=UPDATE,
        update_state="completed" if generation else None,
    )
    third = int((network.subnet or "").split(".")[2])
    tasks, containers, endpoints = [], [], []
    for slot, node in enumerate(spread, start=1):
        key, id_ = f"task{generation}{slot}".ljust(25, "z"), f"c{generation}{slot}".ljust(64, "0")
        own, mesh_side = f"10.0.{third}.{4 + slot}", f"10.0.0.{5 + slot + 10 * generation}"
        tasks.append(
            Task(
                key,
                "my-nginx",
                slot,
                node,
                "running",
                "running",
                container=id_,
                addresses={network.name: own, "ingress": mesh_side},
                image="nginx:latest",
                spec_networks=(network.name,),
                created=f"2026-11-23T10:0{generation}:0{slot}Z",
            )
        )
        containers.append(
            Container(
                id_,
                f"my-nginx.{slot}.{key}",
                node,
                "nginx:latest",
                "running",
                "Up 3 seconds",
                "my-nginx",
                key,
                ("ingress", network.name),
            )
        )
        endpoints += [
            endpoint(network.name, node, f"my-nginx.{slot}", own, container=id_, service="my-nginx"),
            endpoint("ingress", node, f"my-nginx.{slot}", mesh_side, container=id_, service="my-nginx"),
        ]
    for place, node in enumerate(NAMES):
        endpoints += [
            endpoint(
                network.name,
                node,
                f"lb-{network.name}",
                f"10.0.{third}.{10 + place}",
                kind="load-balancer",
            ),
            endpoint("ingress", node, "ingress-sbox", f"10.0.0.{2 + place}", kind="ingress-sandbox"),
        ]
    return Topology(
        lab="cours",
        backend="local",
        simulated=False,
        taken_at="2026-11-23T10:00:00Z",
        nodes=nodes(),
        networks=(overlay("ingress", 0, ingress=True), network, *others, *local_networks()),
        services=(service,),
        vips=(VIP("my-nginx", "ingress", "10.0.0.5", 24), VIP("my-nginx", network.name, f"10.0.{third}.2", 24)),
        tasks=tuple(tasks),
        containers=tuple(containers),
        endpoints=tuple(endpoints),
        peers=(*mesh("ingress"), *mesh(network.name)),
    )


def before_move() -> Topology:
    """Section 13, first half: my-nginx 5/5 on nginx-net, as 2 + 1 + 2; nginx-net-2 waits on the manager."""
    return nginx(
        overlay("nginx-net", 1),
        ("manager", "worker1", "worker2", "worker2", "manager"),
        (overlay("nginx-net-2", 2, ("manager",)),),
    )


def after_move() -> Topology:
    """Section 13, second half: the service moved to nginx-net-2, and nginx-net is empty."""
    moved = nginx(
        overlay("nginx-net-2", 2),
        ("worker1", "manager", "worker2", "manager", "worker2"),
        (overlay("nginx-net", 1, ("manager",)),),
        generation=1,
    )
    return replace(moved, taken_at="2026-11-23T10:05:00Z")


def alpines() -> Topology:
    """Section 14: alpine1 on the manager, alpine2 on worker1, both on test-net; worker2 has not got it."""
    network = overlay("test-net", 1, NAMES[:2], attachable=True)
    containers = tuple(
        Container(
            f"alpine{n}".ljust(64, "0"), f"alpine{n}", NAMES[n - 1], "alpine", "running", "Up", networks=("test-net",)
        )
        for n in (1, 2)
    )
    endpoints = tuple(
        endpoint("test-net", c.node, c.name, address, container=c.id)
        for c, address in zip(containers, ("10.0.1.2", "10.0.1.4"), strict=True)
    )
    balancers = tuple(
        endpoint("test-net", NAMES[n], "lb-test-net", f"10.0.1.{3 + 2 * n}", kind="load-balancer") for n in (0, 1)
    )
    boxes = tuple(
        endpoint("ingress", node, "ingress-sbox", f"10.0.0.{2 + n}", kind="ingress-sandbox")
        for n, node in enumerate(NAMES)
    )
    return Topology(
        lab="cours",
        backend="local",
        simulated=False,
        taken_at="2026-11-23T10:10:00Z",
        nodes=nodes(),
        networks=(overlay("ingress", 0, ingress=True), network, *local_networks()),
        containers=containers,
        endpoints=(*endpoints, *balancers, *boxes),
        peers=(*mesh("ingress"), *mesh("test-net", NAMES[:2])),
    )


def no_swarm() -> Topology:
    """Three machines in no swarm."""
    lone = tuple(replace(node, id=None, role=None, leader=False, state="unknown") for node in nodes())
    return Topology("cours", "local", False, "2026-11-23T09:00:00Z", lone)


def large(machines: int = 100, each: int = 20, networks: int = 4) -> Topology:
    """A generated swarm of `machines` nodes, each with `each` containers over `networks` networks."""
    names = [f"worker{n:03d}" if n else "manager" for n in range(machines)]
    made = tuple(
        Node(name, f"{name}.example.test", f"192.0.2.{n + 1}", f"id{n}", "worker" if n else "manager", not n, "ready")
        for n, name in enumerate(names)
    )
    nets = tuple(
        Network(
            f"net{k}".ljust(25, "x"),
            f"app_reseau-{k}",
            "overlay",
            "swarm",
            tuple(names),
            f"10.{k}.0.0/16",
            f"10.{k}.0.1",
            4097 + k,
        )
        for k in range(networks)
    )
    containers, endpoints, tasks, peers = [], [], [], []
    for n, node in enumerate(names):
        for c in range(each):
            slot, service = n * each + c + 1, f"app_service{c % networks}"
            id_, key = f"{slot:064x}", f"{slot:025d}"
            on = [f"app_reseau-{c % networks}"] + (["app_reseau-0"] if c % networks and c % 5 == 0 else [])
            tasks.append(Task(key, service, slot, node, "running", "running", container=id_))
            containers.append(
                Container(id_, f"{service}.{slot}.{key}", node, "image", "running", "Up", service, key, tuple(on))
            )
            endpoints += [
                Endpoint(
                    k,
                    node,
                    f"{service}.{slot}",
                    "container",
                    f"10.{k[-1]}.{1 + slot // 250}.{slot % 250}",
                    16,
                    None,
                    f"{k}{slot}",
                    id_,
                    service,
                )
                for k in on
            ]
        endpoints += [
            Endpoint(k.name, node, f"lb-{k.name}", "load-balancer", f"10.{k.name[-1]}.200.{n}", 16, None) for k in nets
        ]
    peers = [Peer(k.name, a.name, b.name, b.address) for k in nets[:1] for a in made for b in made]
    services = tuple(
        Service(
            f"s{k}",
            f"app_service{k}",
            "image",
            "replicated",
            machines * each // networks,
            machines * each // networks,
            (f"app_reseau-{k}",),
        )
        for k in range(networks)
    )
    vips = tuple(VIP(f"app_service{k}", f"app_reseau-{k}", f"10.{k}.0.2", 16) for k in range(networks))
    return Topology(
        "grand",
        "remote",
        False,
        "2026-11-23T10:00:00Z",
        made,
        nets,
        services,
        vips,
        tuple(tasks),
        tuple(containers),
        tuple(endpoints),
        tuple(peers),
    )


def silenced(topology: Topology, name: str) -> Topology:
    """What a snapshot holds when one engine does not answer: all that only this engine knows is missing."""
    return replace(
        topology,
        nodes=tuple(
            replace(node, error="connexion refusée", state="down") if node.name == name else node
            for node in topology.nodes
        ),
        networks=tuple(
            replace(n, nodes=tuple(node for node in n.nodes if node != name))
            for n in topology.networks
            if n.nodes != (name,)
        ),
        containers=tuple(c for c in topology.containers if c.node != name),
        endpoints=tuple(e for e in topology.endpoints if e.node != name),
        peers=tuple(p for p in topology.peers if p.node != name),
    )


PING = VxlanPacket(
    time_s=0.0125,
    outer_source="10.0.3.63",
    outer_destination="10.0.3.62",
    outer_source_port=45678,
    outer_destination_port=4789,
    vni=4097,
    inner_source_mac="02:42:0a:00:01:04",
    inner_destination_mac="02:42:0a:00:01:02",
    inner_source="10.0.1.4",
    inner_destination="10.0.1.2",
    protocol="ICMP echo request",
    outer_bytes=148,
    inner_bytes=98,
)
ARP = VxlanPacket(
    time_s=0.001,
    outer_source="10.0.3.63",
    outer_destination="10.0.3.62",
    outer_source_port=50000,
    outer_destination_port=4789,
    vni=4097,
    inner_source_mac="02:42:0a:00:01:04",
    inner_destination_mac="ff:ff:ff:ff:ff:ff",
    inner_source=None,
    inner_destination=None,
    protocol="ARP who-has 10.0.1.2",
    outer_bytes=92,
    inner_bytes=42,
)
SANDBOX = Sandbox(
    interfaces=(
        Interface("lo", "127.0.0.1/8", None, 65536),
        Interface("eth0", "10.0.1.2/24", "02:42:0a:00:01:02", 1450),
        Interface("eth1", "172.18.0.3/16", "02:42:ac:12:00:03", 1500),
    ),
    routes=(
        "default via 172.18.0.1 dev eth1",
        "10.0.1.0/24 dev eth0 scope link src 10.0.1.2",
        "172.18.0.0/16 dev eth1 scope link src 172.18.0.3",
    ),
    resolvers=("127.0.0.11",),
)
