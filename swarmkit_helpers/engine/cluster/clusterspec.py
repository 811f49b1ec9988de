"""A swarm's own spec, and the options that it is made with."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .containerspec import kept
from .rpc import refused

__all__ = ["check_cluster", "check_pools", "cluster_spec", "data_path_port", "initial_spec"]

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DEFAULTS: Json = {
    "Orchestration": {"TaskHistoryRetentionLimit": 5},
    "Raft": {
        "SnapshotInterval": 10000,
        "KeepOldSnapshots": 0,
        "LogEntriesForSlowFollowers": 500,
        "ElectionTick": 10,
        "HeartbeatTick": 1,
    },
    "Dispatcher": {"HeartbeatPeriod": 5 * SECOND},
    "CAConfig": {"NodeCertExpiry": 90 * 24 * HOUR},
}
VXLAN_PORT = 4789


def initial_spec(given: Json) -> Json:
    """Spec of a new swarm: the defaults, and what was given."""
    merged = dict(given)
    for section, values in DEFAULTS.items():
        asked = {key: value for key, value in (given.get(section) or {}).items() if value is not None}
        sure = ("TaskHistoryRetentionLimit", "KeepOldSnapshots")
        merged[section] = values | {key: value for key, value in asked.items() if value or key in sure}
    return cluster_spec(merged)


def cluster_spec(given: Json) -> Json:
    """A spec as the engine keeps and shows it: what is not given is empty.

    Raises
    ------
    Refusal
        400: it is not named ``default``; 501: an option that is not simulated.
    """
    if (given.get("Name") or "default") != "default":
        raise Refusal(400, 'swarm spec must be named "default"')
    section = {key: given.get(key) or {} for key in (*DEFAULTS, "TaskDefaults", "EncryptionConfig")}
    authority = section["CAConfig"]
    for key in ("ExternalCAs", "SigningCACert", "SigningCAKey"):
        if authority.get(key):
            raise Refusal(501, f"CAConfig.{key} is not simulated")
    if (section["TaskDefaults"].get("LogDriver") or {}).get("Name"):
        raise Refusal(501, "TaskDefaults.LogDriver is not simulated")
    raft = section["Raft"]
    return {
        "Name": "default",
        "Labels": given.get("Labels") or {},
        "Orchestration": {
            "TaskHistoryRetentionLimit": section["Orchestration"].get("TaskHistoryRetentionLimit") or 0,
        },
        "Raft": {
            **kept(raft, ("SnapshotInterval",)),
            "KeepOldSnapshots": raft.get("KeepOldSnapshots") or 0,
            **kept(raft, ("LogEntriesForSlowFollowers",)),
            "ElectionTick": raft.get("ElectionTick") or 0,
            "HeartbeatTick": raft.get("HeartbeatTick") or 0,
        },
        "Dispatcher": kept(section["Dispatcher"], ("HeartbeatPeriod",)),
        "CAConfig": kept(authority, ("NodeCertExpiry", "ForceRotate")),
        "TaskDefaults": {},
        "EncryptionConfig": {"AutoLockManagers": bool(section["EncryptionConfig"].get("AutoLockManagers"))},
    }


def check_cluster(spec: Json) -> None:
    """What the managers refuse in a swarm's spec.

    Raises
    ------
    Refusal
        400.
    """
    expiry = spec["CAConfig"].get("NodeCertExpiry")
    if expiry is not None and expiry < HOUR:
        raise refused("InvalidArgument", "minimum certificate expiry time is: 1h0m0s")
    if spec["Dispatcher"].get("HeartbeatPeriod", 0) < 0:
        raise refused("InvalidArgument", "heartbeat time period cannot be a negative duration")


def check_pools(pools: list[str] | None, size: Any) -> tuple[list[str], int]:
    """Address pools of a new swarm, and the length of its subnets' prefixes.

    Raises
    ------
    Refusal
        500, as the engine says it.
    """
    if not pools:
        # A size without a pool is not looked at: 40 is taken, and does nothing.
        return ["10.0.0.0/8"], 24
    size = size or 24
    if size > 32:
        raise Refusal(500, f"subnet size is out of range: {size}")
    for pool in pools:
        try:
            network = ipaddress.ip_network(pool, strict=False) if "/" in pool else None
        except ValueError:
            network = None
        if network is None:
            raise Refusal(500, f"invalid base pool {pool}: invalid CIDR address: {pool}")
        if size < network.prefixlen:
            raise Refusal(500, f'invalid CIDR: "{pool}". Subnet size is too small for pool: {size}')
    return list(pools), size


def data_path_port(asked: int) -> int:
    """UDP port of the overlays.

    Raises
    ------
    Refusal
        500: out of range.
    """
    if asked and not 1024 <= asked <= 49151:
        raise Refusal(500, f"Datapath port number is not in valid range (1024-49151) : {asked}")
    return asked or VXLAN_PORT
