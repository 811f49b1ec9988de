"""From what each engine answers to one Topology: a pure function of plain JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .model import (
    VIP,
    Config,
    Container,
    Endpoint,
    Network,
    Node,
    Peer,
    Port,
    Secret,
    Service,
    Task,
    Topology,
    UpdateConfig,
    Volume,
)

__all__ = ["RawNode", "merge"]

Json = dict[str, Any]
NANOSECONDS = 1e9
SERVICE_LABEL = "com.docker.swarm.service.name"
# Key of an endpoint that no sandbox has yet, or any more.
UNATTACHED = "ep-"
TASK_LABEL = "com.docker.swarm.task.id"


@dataclass
class RawNode:
    """What one engine answered, as the Engine API spells it; recorded as JSON by the tests."""

    name: str
    hostname: str
    address: str
    info: Json = field(default_factory=dict)
    networks: list[Json] = field(default_factory=list)
    """Each from /networks/{id}: with this node's Containers and Peers."""
    containers: list[Json] = field(default_factory=list)
    nodes: list[Json] = field(default_factory=list)
    services: list[Json] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    volumes: list[Json] = field(default_factory=list)
    secrets: list[Json] = field(default_factory=list)
    """Without what they hold, as `configs`."""
    configs: list[Json] = field(default_factory=list)
    error: str | None = None


def merge(raw: Iterable[RawNode], *, lab: str, backend: str, simulated: bool, taken_at: str) -> Topology:
    """Merge the answers of all nodes.

    Parameters
    ----------
    raw
        One per node, in the lab's order; the swarm's own objects come from the first that has them.
    taken_at
        ISO 8601.
    """
    raw = list(raw)
    control = next((node for node in raw if node.nodes), None)
    names = {node.info["Swarm"]["NodeID"]: node.name for node in raw if node.info.get("Swarm", {}).get("NodeID")}
    listed = control.nodes if control else []
    for swarm_node in listed:
        hostname = _hostname(swarm_node)
        names.setdefault(swarm_node["ID"], next((n.name for n in raw if n.hostname == hostname), hostname))
    networks = _networks(raw)
    network_names = {network.id: network.name for network in networks}
    services = _services(control, network_names) if control else []
    tasks = _tasks(control, services, names, network_names) if control else []
    containers = _containers(raw)
    return Topology(
        lab=lab,
        backend=backend,
        simulated=simulated,
        taken_at=taken_at,
        nodes=tuple(_node(node, listed) for node in raw),
        networks=tuple(networks),
        services=tuple(services),
        vips=tuple(_vips(control, network_names)) if control else (),
        tasks=tuple(tasks),
        containers=tuple(sorted(containers, key=lambda c: (_natural(c.label), c.node, c.id))),
        endpoints=tuple(
            sorted(_endpoints(raw, containers), key=lambda e: (e.network, e.kind, _natural(e.name), e.node))
        ),
        peers=tuple(sorted(_peers(raw), key=lambda p: (p.network, p.node, p.address))),
        volumes=tuple(sorted(_volumes(raw), key=lambda v: (v.name, v.node))),
        secrets=tuple(sorted(_secrets(control), key=lambda s: s.name)) if control else (),
        configs=tuple(sorted(_configs(control), key=lambda c: c.name)) if control else (),
    )


def _node(raw: RawNode, listed: list[Json]) -> Node:
    """One node of the lab; what the manager lists of it counts only while it says itself that it is a member."""
    swarm = raw.info.get("Swarm", {})
    engine = raw.info.get("ServerVersion", "")
    member = raw.error is not None or swarm.get("LocalNodeState") == "active"
    candidates = [
        node for node in listed if (node["ID"] == swarm.get("NodeID") if swarm else _hostname(node) == raw.hostname)
    ]
    if not member or not candidates:
        return Node(raw.name, raw.hostname, raw.address, engine=engine, error=raw.error)
    # A machine that left and came back is listed twice: the last one is the machine of now.
    seen = max(candidates, key=lambda node: str(node["CreatedAt"]))
    return Node(
        name=raw.name,
        hostname=raw.hostname,
        address=raw.address,
        id=seen["ID"],
        role=seen["Spec"]["Role"],
        leader=bool(seen.get("ManagerStatus", {}).get("Leader")),
        state=seen["Status"]["State"],
        availability=seen["Spec"]["Availability"],
        engine=engine or seen.get("Description", {}).get("Engine", {}).get("EngineVersion", ""),
        error=raw.error,
    )


def _hostname(swarm_node: Json) -> str:
    """Empty for a node that has just joined: its description comes a moment later."""
    return str(swarm_node.get("Description", {}).get("Hostname", ""))


def _networks(raw: list[RawNode]) -> list[Network]:
    seen: dict[str, tuple[Json, list[str]]] = {}
    for node in raw:
        for network in node.networks:
            seen.setdefault(network["Id"], (network, []))[1].append(node.name)
    order = [node.name for node in raw]
    found = [_network(network, tuple(nodes)) for network, nodes in seen.values()]
    return sorted(found, key=lambda n: (n.scope != "swarm", not n.ingress, n.name, order.index(n.nodes[0])))


def _network(raw: Json, nodes: tuple[str, ...]) -> Network:
    options: dict[str, str] = raw.get("Options") or {}
    config: Json = next(iter((raw.get("IPAM") or {}).get("Config") or []), {})
    vxlan = options.get("com.docker.network.driver.overlay.vxlanid_list", "").split(",")[0]
    return Network(
        id=raw["Id"],
        name=raw["Name"],
        driver=raw["Driver"],
        scope=raw["Scope"],
        nodes=nodes,
        subnet=config.get("Subnet"),
        gateway=config.get("Gateway"),
        vxlan_id=int(vxlan) if vxlan else None,
        attachable=raw.get("Attachable", False),
        ingress=raw.get("Ingress", False),
        internal=raw.get("Internal", False),
        encrypted="encrypted" in options,
        options=options,
        labels=raw.get("Labels") or {},
    )


def _services(control: RawNode, networks: Mapping[str, str]) -> list[Service]:
    found = []
    for raw in control.services:
        spec: Json = raw["Spec"]
        template: Json = spec["TaskTemplate"]
        status: Json = raw.get("ServiceStatus") or {}
        restart: Json = template.get("RestartPolicy") or {}
        update: Json | None = spec.get("UpdateConfig")
        found.append(
            Service(
                id=raw["ID"],
                name=spec["Name"],
                image=template["ContainerSpec"]["Image"].partition("@")[0],
                mode=next(iter(spec.get("Mode") or {"Replicated": {}})).lower(),
                running=status.get("RunningTasks", 0),
                desired=status.get("DesiredTasks", 0),
                networks=_network_names(template.get("Networks") or spec.get("Networks"), networks),
                ports=tuple(_port(port) for port in (raw.get("Endpoint") or {}).get("Ports") or []),
                endpoint_mode=(spec.get("EndpointSpec") or {}).get("Mode", "vip"),
                version=raw["Version"]["Index"],
                update=_update(update) if update else None,
                update_state=(raw.get("UpdateStatus") or {}).get("State"),
                restart_condition=restart.get("Condition", "any"),
                restart_delay_s=restart.get("Delay", 5 * NANOSECONDS) / NANOSECONDS,
                labels=spec.get("Labels") or {},
                spec=spec,
            )
        )
    return sorted(found, key=lambda service: service.name)


def _port(raw: Json) -> Port:
    return Port(
        raw["TargetPort"], raw.get("PublishedPort"), raw.get("Protocol", "tcp"), raw.get("PublishMode", "ingress")
    )


def _update(raw: Json) -> UpdateConfig:
    return UpdateConfig(
        parallelism=raw["Parallelism"],
        failure_action=raw.get("FailureAction", "pause"),
        monitor_s=raw.get("Monitor", 5 * NANOSECONDS) / NANOSECONDS,
        order=raw.get("Order", "stop-first"),
        delay_s=raw.get("Delay", 0) / NANOSECONDS,
    )


def _network_names(raw: list[Json] | None, networks: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted(networks.get(network["Target"], network["Target"]) for network in raw or []))


def _vips(control: RawNode, networks: Mapping[str, str]) -> list[VIP]:
    found = []
    for service in control.services:
        for vip in (service.get("Endpoint") or {}).get("VirtualIPs") or []:
            if address := vip.get("Addr"):
                host, _, prefix = address.partition("/")
                network = networks.get(vip["NetworkID"], vip["NetworkID"])
                found.append(VIP(service["Spec"]["Name"], network, host, int(prefix)))
    return sorted(found, key=lambda vip: (vip.service, vip.network))


def _tasks(
    control: RawNode, services: list[Service], nodes: Mapping[str, str], networks: Mapping[str, str]
) -> list[Task]:
    names = {service.id: service.name for service in services}
    found = []
    for raw in control.tasks:
        if raw.get("ServiceID") not in names:
            continue  # a standalone container's attachment, or what is left of a service that was removed
        status: Json = raw["Status"]
        attachments = raw.get("NetworksAttachments") or []
        found.append(
            Task(
                id=raw["ID"],
                service=names[raw["ServiceID"]],
                slot=raw.get("Slot"),
                node=nodes.get(raw["NodeID"], raw["NodeID"]) if raw.get("NodeID") else None,
                state=status["State"],
                desired_state=raw["DesiredState"],
                message=status.get("Message", ""),
                error=status.get("Err"),
                container=(status.get("ContainerStatus") or {}).get("ContainerID") or None,
                addresses={
                    a["Network"]["Spec"]["Name"]: a["Addresses"][0].partition("/")[0]
                    for a in attachments
                    if a.get("Addresses")
                },
                image=raw["Spec"].get("ContainerSpec", {}).get("Image", "").partition("@")[0],
                spec_networks=_network_names(raw["Spec"].get("Networks"), networks),
                created=raw["CreatedAt"],
            )
        )
    newest_first = sorted(found, key=lambda task: task.created, reverse=True)
    return sorted(newest_first, key=lambda task: (task.service, task.slot or 0, task.node or ""))


def _containers(raw: list[RawNode]) -> list[Container]:
    return [
        Container(
            id=container["Id"],
            name=_whole_name(container),
            node=node.name,
            image=container["Image"].partition("@")[0],
            state=container["State"],
            status=container.get("Status", ""),
            service=container["Labels"].get(SERVICE_LABEL),
            task=container["Labels"].get(TASK_LABEL),
            networks=tuple(sorted(container["NetworkSettings"]["Networks"])),
            labels=container["Labels"],
            volumes=tuple(sorted(m["Name"] for m in container.get("Mounts") or [] if m.get("Type") == "volume")),
        )
        for node in raw
        for container in node.containers
    ]


def _volumes(raw: list[RawNode]) -> list[Volume]:
    return [
        Volume(
            name=volume["Name"],
            node=node.name,
            driver=volume["Driver"],
            options=volume.get("Options") or {},
            labels=volume.get("Labels") or {},
        )
        for node in raw
        for volume in node.volumes
    ]


def _secrets(control: RawNode) -> list[Secret]:
    return [Secret(raw["ID"], raw["Spec"]["Name"], raw["Spec"].get("Labels") or {}) for raw in control.secrets]


def _configs(control: RawNode) -> list[Config]:
    return [Config(raw["ID"], raw["Spec"]["Name"], raw["Spec"].get("Labels") or {}) for raw in control.configs]


def _endpoints(raw: list[RawNode], containers: list[Container]) -> list[Endpoint]:
    found = []
    for node in raw:
        here = {container.id: container for container in containers if container.node == node.name}
        for network in node.networks:
            for key, end in (network.get("Containers") or {}).items():
                if key.startswith(UNATTACHED):
                    continue
                address, _, prefix = (end.get("IPv4Address") or "").partition("/")
                kind = _kind(key)
                found.append(
                    Endpoint(
                        network=network["Name"],
                        node=node.name,
                        name=here[key].label if key in here else _own_name(key, end),
                        kind=kind,
                        address=address or None,
                        prefix=int(prefix) if prefix else None,
                        mac=end.get("MacAddress") or None,
                        id=end.get("EndpointID", ""),
                        container=key if kind == "container" else None,
                        service=here[key].service if key in here else None,
                    )
                )
    return found


def _own_name(key: str, end: Json) -> str:
    """Name of an endpoint that is no listed container: the engine's own go by their key."""
    return end["Name"] if _kind(key) == "container" else key


def _whole_name(container: Json) -> str:
    names: list[str] = container.get("Names") or [container["Id"][:12]]
    return names[0].lstrip("/")


def _kind(key: str) -> str:
    """The engine's own endpoints stand among the containers, under names instead of ids."""
    if key.startswith("lb-"):
        return "load-balancer"
    return "ingress-sandbox" if key.endswith(("-sbox", "_sbox")) else "container"


def _peers(raw: list[RawNode]) -> list[Peer]:
    names = {node.address: node.name for node in raw}
    return [
        Peer(network["Name"], node.name, names.get(peer["IP"], peer["IP"]), peer["IP"])
        for node in raw
        for network in node.networks
        for peer in network.get("Peers") or []
    ]


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Order in which my-nginx.10 comes after my-nginx.9."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]
