"""Nodes of a swarm: how they come, change and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal
from .lookup import find
from .quorum import Quorum
from .rpc import refused
from .store import Store

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["admit", "describe", "remove_node", "update_node"]

PLUGINS = {
    "Log": (
        *("awslogs", "fluentd", "gcplogs", "gelf", "journald", "json-file", "local", "logentries", "splunk", "syslog"),
    ),
    "Network": ("bridge", "host", "ipvlan", "macvlan", "null", "overlay"),
    "Volume": ("local",),
}
ROLES = ("worker", "manager")
AVAILABILITIES = ("active", "pause", "drain")


def describe(host: Host, tls: Json) -> Json:
    """``Description`` of a node: what its engine says of itself.

    Parameters
    ----------
    tls
        ``TLSInfo`` of the swarm.
    """
    from ..node.description import SERVER_VERSION
    from ..node.host_settings import PROCESSORS
    from ..node.usage import MEMORY

    engine: Json = {"EngineVersion": SERVER_VERSION}
    if labels := dict(one.partition("=")[::2] for one in host.labels):
        engine["Labels"] = labels
    engine["Plugins"] = [{"Type": kind, "Name": name} for kind, names in PLUGINS.items() for name in names]
    return {
        "Hostname": host.hostname,
        "Platform": {"Architecture": "x86_64", "OS": "linux"},
        "Resources": {"NanoCPUs": PROCESSORS * 1_000_000_000, "MemoryBytes": MEMORY},
        "Engine": engine,
        "TLSInfo": tls,
    }


def admit(store: Store, node_id: str, address: str, role: str, availability: str, description: Json) -> None:
    """Write a node that joins, as often as the managers do: the allocator writes it once more."""
    spec = {"Labels": {}, "Role": role, "Availability": availability or "active"}
    unknown = {"State": "unknown", "Addr": address}
    store.create("node", {"Spec": spec, "Description": {}, "Status": unknown, "_Role": role}, identity=node_id)
    for _ in range(2):
        store.update("node", node_id, {})
    store.update("node", node_id, {"Description": description, "Status": {"State": "ready", "Addr": address}})


def update_node(store: Store, quorum: Quorum, leader: Host, reference: str, version: int, given: Json) -> Json:
    """Change a node's labels, availability or role, and return it as it is kept.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    role, availability = given.get("Role") or "", given.get("Availability") or ""
    if role not in ROLES:
        raise Refusal(400, f'invalid Role: "{role}"')
    if availability not in AVAILABILITIES:
        raise Refusal(400, f'invalid Availability: "{availability}"')
    node = find(store, "node", reference)
    if node["Spec"]["Role"] == "manager" and role == "worker":
        managers = [one["ID"] for one in store.all("node") if one["_Role"] == "manager"]
        if managers == [node["ID"]]:
            raise refused("FailedPrecondition", "attempting to demote the last manager of the swarm")
        if node["ID"] not in quorum:
            raise refused("NotFound", "can't find manager in raft memberlist")
        left = [one for one in quorum.reached(leader) if one != node["ID"]]
        if 2 * len(left) <= len(quorum.addresses) - 1:
            message = "can't remove member from the raft: this would result in a loss of quorum"
            raise refused("FailedPrecondition", message)
    spec: Json = {"Name": given["Name"]} if given.get("Name") else {}
    spec |= {"Labels": given.get("Labels") or {}, "Role": role, "Availability": availability}
    return store.update("node", node["ID"], {"Spec": spec}, version=version)


def remove_node(store: Store, quorum: Quorum, reference: str, force: bool) -> Json:
    """Remove a node that is down, or any worker by force; return what it was.

    Raises
    ------
    Refusal
        As the engine says it.
    """
    node = find(store, "node", reference)
    identity = node["ID"]
    if node["Spec"]["Role"] == "manager" and identity in quorum:
        message = (
            f"node {identity} is a cluster manager and is a member of the raft cluster. It must be demoted to worker"
        )
        raise refused("FailedPrecondition", f"{message} before removal")
    if not force and node["Status"]["State"] == "ready":
        raise refused("FailedPrecondition", f"node {identity} is not down and can't be removed")
    return store.remove("node", identity)
