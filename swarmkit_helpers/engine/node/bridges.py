"""Bridges of a host: what they may be asked to be, and how they are made."""

from __future__ import annotations

import secrets
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from ..ids import object_id
from ..kinds import Json
from ..net.addresses import Pool, Pools
from ..net.stack import Segment
from ..refusal import Refusal
from .network import Network

if TYPE_CHECKING:
    from .host import Host

__all__ = ["BRIDGE_NAME", "check_ipam", "default_bridge", "gateway_bridge", "local_network", "make_bridge"]

BRIDGE_NAME = "com.docker.network.bridge.name"
MTU = "com.docker.network.driver.mtu"
ICC = "com.docker.network.bridge.enable_icc"
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"
KNOWN_OPTIONS = frozenset(
    {
        BRIDGE_NAME,
        MTU,
        ICC,
        MASQUERADE,
        "com.docker.network.bridge.default_bridge",
        "com.docker.network.bridge.host_binding_ipv4",
        "com.docker.network.container_iface_prefix",
    }
)


def check_ipam(body: Json) -> None:
    """Refuse subnets that cannot be read, as the engine does before it looks at anything else.

    Raises
    ------
    Refusal
        500.
    """
    for config in (body.get("IPAM") or {}).get("Config") or []:
        subnet = config.get("Subnet") or ""
        try:
            if "/" not in subnet:
                raise ValueError(subnet)
            IPv4Network(subnet, strict=False)
        except ValueError:
            if ":" in subnet and "/" in subnet:
                raise Refusal(501, f"IPv6 subnets ({subnet}) are not served by this engine") from None
            raise Refusal(500, f"Invalid subnet {subnet} : invalid CIDR address: {subnet}") from None


def local_network(host: Host, body: Json, driver: str) -> Network:
    """A network of this host alone, as it was asked for; without addresses yet."""
    ipam = body.get("IPAM") or {}
    keys = ("Subnet", "IPRange", "Gateway", "AuxiliaryAddresses")
    return Network(
        object_id(),
        body["Name"],
        host.world.clock.now(),
        "local",
        driver,
        {
            "Driver": ipam.get("Driver") or "default",
            "Options": ipam.get("Options"),
            "Config": [{key: config[key] for key in keys if config.get(key)} for config in ipam.get("Config") or []],
        },
        enable_ipv6=bool(body.get("EnableIPv6")),
        internal=bool(body.get("Internal")),
        attachable=bool(body.get("Attachable")),
        options=dict(body.get("Options") or {}),
        labels=dict(body.get("Labels") or {}),
    )


def make_bridge(host: Host, network: Network, pools: Pools, others: list[Network]) -> None:
    """Give a bridge its subnet and its gateway, and put the host on it.

    Raises
    ------
    Refusal
        As the engine says; nothing is kept then.
    """
    _check_options(network, others)
    if network.enable_ipv6:
        what = "could not find an available, non-overlapping IPv6 address pool among the defaults"
        raise Refusal(404, f"{what} to assign to the network")
    configs = network.ipam["Config"]
    asked: Json = configs[0] if configs else {}
    subnet = pools.take(asked.get("Subnet", ""))
    pool = Pool(subnet, asked.get("IPRange", ""))
    try:
        if len(configs) > 1:
            raise Refusal(403, "bridge driver doesn't support multiple subnets")
        network.gateway = _gateway(pool, asked)
    except Refusal:
        pools.give_back(subnet)
        raise
    if not configs:
        network.automatic = True
        configs.append({"Subnet": subnet, "Gateway": network.gateway})
    network.pool = pool
    _connect(host, network, str(pool.subnet))


def _gateway(pool: Pool, asked: Json) -> str:
    for name, address in (asked.get("AuxiliaryAddresses") or {}).items():
        if IPv4Address(address) not in pool.subnet:
            text = f"auxiliary address: ({name}:{address}) must belong to the master pool: {pool.subnet}"
            raise Refusal(403, text)
    try:
        gateway = pool.take(asked.get("Gateway", ""))
    except Refusal as refusal:
        raise Refusal(500, f"failed to allocate gateway ({asked.get('Gateway', '')}): {refusal.message}") from None
    for name, address in (asked.get("AuxiliaryAddresses") or {}).items():
        try:
            pool.take(address)
        except Refusal as refusal:
            text = f"failed to allocate secondary ip address ({name}:{address}): {refusal.message}"
            raise Refusal(500, text) from None
    return gateway


def _check_options(network: Network, others: list[Network]) -> None:
    for name, value in network.options.items():
        if name == MTU and not value.lstrip("-").isdecimal():
            text = f'failed to parse {MTU} value: {value} (strconv.Atoi: parsing "{value}": invalid syntax)'
            raise Refusal(500, text)
        if name not in KNOWN_OPTIONS:
            raise Refusal(501, f"option {name} of the bridge driver is not served by this engine")
    asked = network.options.get(BRIDGE_NAME)
    for other in others:
        if asked and asked == other.options.get(BRIDGE_NAME):
            text = f"cannot create network {network.id} ({asked}): conflicts with network {other.id} ({asked})"
            raise Refusal(403, f"{text}: networks have same bridge name")


def _connect(host: Host, network: Network, subnet: str) -> None:
    segment = Segment(
        network.id,
        network.name,
        "bridge",
        subnet,
        mtu=int(network.options.get(MTU, "1500")),
        icc=network.options.get(ICC, "true") == "true",
    )
    network.segment = segment
    name = network.options.get(BRIDGE_NAME) or f"br-{network.id[:12]}"
    mac = "02:42:" + ":".join(f"{byte:02x}" for byte in secrets.token_bytes(4))
    prefix = int(subnet.partition("/")[2])
    host.world.fabric.join(host.stack, segment, name, mac, network.gateway, prefix)


def default_bridge(host: Host, pools: Pools) -> Network:
    """The network that containers are on which ask for none."""
    network = local_network(host, {"Name": "bridge"}, "bridge")
    network.options = {
        "com.docker.network.bridge.default_bridge": "true",
        ICC: "true",
        MASQUERADE: "true",
        "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
        BRIDGE_NAME: "docker0",
        MTU: "1500",
    }
    make_bridge(host, network, pools, [])
    # The real one shows no gateway here before its second start.
    del network.ipam["Config"][0]["Gateway"]
    return network


def gateway_bridge(host: Host, pools: Pools) -> Network:
    """The bridge by which containers on overlays reach their host and what is beyond."""
    network = local_network(host, {"Name": "docker_gwbridge"}, "bridge")
    network.options = {ICC: "false", MASQUERADE: "true", BRIDGE_NAME: "docker_gwbridge"}
    make_bridge(host, network, pools, [])
    return network
