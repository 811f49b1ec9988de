"""What changed between two snapshots of the same swarm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from .model import Config, Endpoint, Network, Node, Secret, Service, Stack, Task, Topology, Volume

__all__ = ["Change", "changes", "same_state"]

R = TypeVar("R")

VXLAN_OPTION = "com.docker.network.driver.overlay.vxlanid_list"
"""Where the engine writes the VXLAN id, which the record already holds."""

KIND_ORDER = (
    "node",
    "stack",
    "network",
    "volume",
    "secret",
    "config",
    "service",
    "vip",
    "task",
    "container",
    "endpoint",
    "peer",
)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that appeared, vanished or changed."""

    kind: str
    """``node``, ``stack``, ``network``, ``volume``, ``secret``, ``config``, ``service``, ``vip``, ``task``,
    ``container``, ``endpoint`` or ``peer``."""
    name: str
    """Its name: ``nginx-net``, ``my-nginx.3``; for a VIP ``my-nginx @ nginx-net``; for a peer its network's."""
    node: str | None
    """Short name of the node where it changed; None for what belongs to the whole swarm."""
    aspect: str
    """``existence``; ``replacement`` for a task that another one replaces; else the property that changed:
    ``state``, ``networks``, ``replicas``, ``addresses``, ``peers``..."""
    before: str | None
    """Value before; None when there was none."""
    after: str | None
    """Value after; None when there is none any more."""

    @property
    def nature(self) -> str:
        """``appeared``, ``vanished``, ``replaced`` or ``changed``."""
        if self.aspect == "replacement":
            return "replaced"
        if self.aspect != "existence":
            return "changed"
        return "appeared" if self.before is None else "vanished"


def changes(before: Topology, after: Topology) -> tuple[Change, ...]:
    """Everything that differs between two snapshots.

    What a node alone can tell (its networks, volumes, containers, endpoints, its view of the peers) is compared only
    for nodes that answered both times: a silent node has not lost its containers. A task counts by its place in its
    service: the one that is wanted there now, else the last one. A stack is there while it has services.

    Returns
    -------
    tuple of Change
        By kind of object (`KIND_ORDER`), then by name, node and aspect.
    """
    answered = _answering(before) & _answering(after)
    found = [
        *_differences("node", _nodes(before), _nodes(after), _node_aspects),
        *_differences("stack", _stacks(before), _stacks(after), _stack_aspects),
        *_differences("network", _networks(before, answered), _networks(after, answered), _network_aspects),
        *_differences("volume", _volumes(before, answered), _volumes(after, answered), _volume_aspects),
        *_differences("secret", _secrets(before), _secrets(after), _id_aspect),
        *_differences("config", _configs(before), _configs(after), _id_aspect),
        *_differences("service", _services(before), _services(after), _service_aspects),
        *_differences("vip", _vips(before), _vips(after), _address_aspect),
        *_task_changes(_tasks(before), _tasks(after)),
        *_differences("container", _containers(before, answered), _containers(after, answered), _container_aspects),
        *_differences("endpoint", _endpoints(before, answered), _endpoints(after, answered), _addresses_aspect),
        *_differences("peer", _peers(before, answered), _peers(after, answered), _peers_aspect),
    ]
    return tuple(
        sorted(found, key=lambda c: (KIND_ORDER.index(c.kind), c.name, c.node or "", c.aspect, c.before or ""))
    )


def same_state(one: Topology, other: Topology) -> bool:
    """True when two snapshots tell the same, but for their instants and since when each container runs."""
    return _timeless(one) == _timeless(other)


def _timeless(topology: Topology) -> Topology:
    containers = tuple(replace(container, status="") for container in topology.containers)
    return replace(topology, taken_at="", containers=containers)


# A key is (identity, name, node): identity tells records apart, name and node are what the learner reads.
Key = tuple[str, str, str | None]
Aspects = Mapping[str, str]


def _differences(
    kind: str, before: Mapping[Key, R], after: Mapping[Key, R], aspects: Callable[[R], Aspects]
) -> Iterable[Change]:
    for key in before.keys() | after.keys():
        _, name, node = key
        old, new = before.get(key), after.get(key)
        if old is None and new is not None:
            yield Change(kind, name, node, "existence", None, _summary(aspects(new)))
        elif new is None and old is not None:
            yield Change(kind, name, node, "existence", _summary(aspects(old)), None)
        elif old is not None and new is not None:
            was, now = aspects(old), aspects(new)
            for aspect in was:
                if was[aspect] != now[aspect]:
                    yield Change(kind, name, node, aspect, was[aspect] or None, now[aspect] or None)


def _summary(aspects: Aspects) -> str:
    return ", ".join(value for value in aspects.values() if value)


def _answering(topology: Topology) -> set[str]:
    return {node.name for node in topology.nodes if node.answered}


def _nodes(topology: Topology) -> dict[Key, Node]:
    return {(node.name, node.name, node.name): node for node in topology.nodes}


def _node_aspects(node: Node) -> Aspects:
    return {
        "role": node.role or "",
        "leader": "leader" if node.leader else "",
        "state": node.state,
        "availability": node.availability,
        "address": node.address,
        "engine": node.engine,
    }


def _networks(topology: Topology, answered: set[str]) -> dict[Key, Network]:
    return {
        (network.name, network.name, node): network
        for network in topology.networks
        for node in network.nodes
        if node in answered
    }


def _network_aspects(network: Network) -> Aspects:
    traits = ("attachable", "ingress", "internal", "encrypted")
    return {
        "driver": network.driver,
        "subnet": network.subnet or "",
        "gateway": network.gateway or "",
        "vxlan_id": f"VXLAN {network.vxlan_id}" if network.vxlan_id is not None else "",
        "options": ", ".join(
            [name for name in traits if getattr(network, name)]
            + [f"{key}={value}" for key, value in sorted(network.options.items()) if key != VXLAN_OPTION]
        ),
        "id": network.id[:12],
    }


def _stacks(topology: Topology) -> dict[Key, Stack]:
    return {(stack.name, stack.name, None): stack for stack in topology.stacks if stack.deployed}


def _stack_aspects(stack: Stack) -> Aspects:
    return {
        "services": ", ".join(sorted(service.name for service in stack.services)),
        "networks": ", ".join(sorted(network.name for network in stack.networks)),
    }


def _volumes(topology: Topology, answered: set[str]) -> dict[Key, Volume]:
    return {(volume.name, volume.name, volume.node): volume for volume in topology.volumes if volume.node in answered}


def _volume_aspects(volume: Volume) -> Aspects:
    return {
        "driver": volume.driver,
        "options": ", ".join(f"{key}={value}" for key, value in sorted(volume.options.items())),
    }


def _secrets(topology: Topology) -> dict[Key, Secret]:
    return {(secret.name, secret.name, None): secret for secret in topology.secrets}


def _configs(topology: Topology) -> dict[Key, Config]:
    return {(config.name, config.name, None): config for config in topology.configs}


def _id_aspect(sealed: Secret | Config) -> Aspects:
    return {"id": sealed.id[:12]}


def _services(topology: Topology) -> dict[Key, Service]:
    return {(service.name, service.name, None): service for service in topology.services}


def _service_aspects(service: Service) -> Aspects:
    return {
        "replicas": f"{service.running}/{service.desired}",
        "networks": ", ".join(sorted(service.networks)),
        "ports": ", ".join(f"{p.published or ''}->{p.target}/{p.protocol} {p.mode}" for p in service.ports),
        "image": service.image,
        "endpoint_mode": service.endpoint_mode,
        "update_state": service.update_state or "",
        "id": service.id[:12],
    }


def _vips(topology: Topology) -> dict[Key, str]:
    return {
        (f"{vip.service} {vip.network}", f"{vip.service} @ {vip.network}", None): f"{vip.address}/{vip.prefix}"
        for vip in topology.vips
    }


def _tasks(topology: Topology) -> dict[Key, Task]:
    # The engine keeps replaced tasks for a while: only the last of each place counts.
    current: dict[Key, Task] = {}
    for task in sorted(topology.tasks, key=lambda t: (t.desired_state == "running", t.created, t.id)):
        current[(task.name, task.name, None)] = task
    return current


def _task_changes(before: Mapping[Key, Task], after: Mapping[Key, Task]) -> Iterable[Change]:
    same = {key for key in before.keys() & after.keys() if before[key].id == after[key].id}
    replaced = (before.keys() & after.keys()) - same
    kept_before = {key: task for key, task in before.items() if key not in replaced}
    kept_after = {key: task for key, task in after.items() if key not in replaced}
    yield from _differences("task", kept_before, kept_after, _task_aspects)
    for key in replaced:
        was, now = (_summary(_task_aspects(tasks[key])) for tasks in (before, after))
        yield Change("task", key[1], None, "replacement", was, now)


def _task_aspects(task: Task) -> Aspects:
    return {
        "node": task.node or "",
        "state": task.state,
        "networks": ", ".join(sorted(task.spec_networks)),
        "error": task.error or "",
    }


def _containers(topology: Topology, answered: set[str]) -> dict[Key, str]:
    return {(c.id, c.label, c.node): c.state for c in topology.containers if c.node in answered}


def _container_aspects(state: str) -> Aspects:
    return {"state": state}


def _endpoints(topology: Topology, answered: set[str]) -> dict[Key, str]:
    # By name, not by id: a replaced task keeps its name, and what the learner sees is its new address.
    found: dict[Key, list[str]] = {}
    for endpoint in topology.endpoints:
        if endpoint.node in answered:
            key = (endpoint.name, endpoint.name, endpoint.node)
            found.setdefault(key, []).append(f"{endpoint.network} {_address(endpoint)}")
    return {key: ", ".join(sorted(addresses)) for key, addresses in found.items()}


def _address(endpoint: Endpoint) -> str:
    if endpoint.address is None:
        return "sans adresse"
    return endpoint.address if endpoint.prefix is None else f"{endpoint.address}/{endpoint.prefix}"


def _peers(topology: Topology, answered: set[str]) -> dict[Key, str]:
    found: dict[Key, list[str]] = {}
    for peer in topology.peers:
        if peer.node in answered:
            found.setdefault((peer.network, peer.network, peer.node), []).append(peer.peer)
    return {key: ", ".join(sorted(peers)) for key, peers in found.items()}


def _address_aspect(address: str) -> Aspects:
    return {"address": address}


def _addresses_aspect(addresses: str) -> Aspects:
    return {"addresses": addresses}


def _peers_aspect(peers: str) -> Aspects:
    return {"peers": peers}
