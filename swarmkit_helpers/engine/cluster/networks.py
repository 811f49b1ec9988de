"""Networks of a swarm: what they may be asked to be, and how the API shows them."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network

from ..kinds import Json
from ..refusal import Refusal
from .store import Store

__all__ = [
    "VXLAN_IDS",
    "check_spec",
    "driver_of",
    "ingress_of",
    "is_ingress",
    "is_predefined",
    "needs_ingress",
    "resource",
    "spec_of",
]

VXLAN_IDS = "com.docker.network.driver.overlay.vxlanid_list"
"""The driver's option in which an overlay's VXLAN id is shown."""
PREDEFINED = "com.docker.swarm.predefined"
NAME = re.compile(r"^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_]*?[a-zA-Z0-9])?$")


def spec_of(body: Json) -> Json:
    """The swarm's NetworkSpec for a body of ``POST /networks/create``."""
    driver = {key: value for key, value in (("Name", body.get("Driver")), ("Options", body.get("Options"))) if value}
    spec: Json = {"Name": body.get("Name", ""), "Labels": body.get("Labels") or {}, "DriverConfiguration": driver}
    for asked, kept in (
        ("EnableIPv6", "IPv6Enabled"),
        ("Internal", "Internal"),
        ("Attachable", "Attachable"),
        ("Ingress", "Ingress"),
    ):
        if body.get(asked):
            spec[kept] = True
    spec["Scope"] = "swarm"
    ipam = body.get("IPAM")
    if ipam is None:
        return spec
    options: Json = {"Driver": {"Name": ipam.get("Driver") or "default"}}
    if ipam.get("Options"):
        options["Driver"]["Options"] = ipam["Options"]
    keys = (("Subnet", "Subnet"), ("IPRange", "Range"), ("Gateway", "Gateway"))
    configs = [
        {kept: config[asked] for asked, kept in keys if config.get(asked)} for config in ipam.get("Config") or []
    ]
    if configs:
        options["Configs"] = configs
    spec["IPAMOptions"] = options
    return spec


def check_spec(spec: Json) -> None:
    """Refuse a NetworkSpec as swarmkit does.

    Raises
    ------
    Refusal
        400, ``InvalidArgument``.
    """
    if spec.get("Ingress") and spec.get("Attachable"):
        raise _invalid("ingress network cannot be attachable")
    if len(spec["Name"]) > 63 or not NAME.match(spec["Name"]):
        raise _invalid("name must be valid as a DNS name component")
    if PREDEFINED in spec["Labels"]:
        text = f"label {PREDEFINED} is for internally created predefined networks and cannot be applied by users"
        raise Refusal(403, f"rpc error: code = PermissionDenied desc = {text}")
    ipam = spec.get("IPAMOptions")
    if ipam is None:
        return
    if ipam["Driver"]["Name"] != "default":
        raise _invalid(f"error during lookup of plugin {ipam['Driver']['Name']}")
    for config in ipam.get("Configs", ()):
        _check_subnet(config)


def _check_subnet(config: Json) -> None:
    subnet = _network(config["Subnet"])
    if subnet is None:
        raise _invalid(f"ipam configuration: invalid subnet {config['Subnet']}")
    if (asked := config.get("Range")) is not None:
        part = _network(asked)
        if part is None:
            raise _invalid(f"ipam configuration: invalid range {asked}")
        if part.network_address not in subnet:
            raise _invalid(f"ipam configuration: subnet {config['Subnet']} does not contain range {asked}")
    if (asked := config.get("Gateway")) is not None:
        try:
            gateway = IPv4Address(asked)
        except AddressValueError:
            raise _invalid(f"ipam configuration: invalid gateway {asked}") from None
        if gateway not in subnet:
            raise _invalid(f"ipam configuration: subnet {config['Subnet']} does not contain gateway {asked}")


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


def _invalid(text: str) -> Refusal:
    return Refusal(400, f"rpc error: code = InvalidArgument desc = {text}")


def is_ingress(network: Json) -> bool:
    """Whether it is the network of the routing mesh."""
    return bool(network["Spec"].get("Ingress"))


def ingress_of(store: Store) -> Json | None:
    """The network of the routing mesh, as the swarm has it now."""
    return next(filter(is_ingress, store.all("network")), None)


def is_predefined(network: Json) -> bool:
    """Whether it stands for a network that each node has of its own: ``bridge``, ``host``."""
    return bool(network.get("_Predefined")) or PREDEFINED in network["Spec"].get("Labels", {})


def driver_of(network: Json) -> str:
    """Its driver; overlay when none was asked for."""
    return str(network["Spec"].get("DriverConfiguration", {}).get("Name") or "overlay")


def needs_ingress(spec: Json) -> bool:
    """Whether a service of that ServiceSpec publishes a port through the routing mesh."""
    endpoint = spec.get("EndpointSpec") or {}
    if endpoint.get("Mode", "vip") == "dnsrr":
        return False
    return any(port.get("PublishMode", "ingress") == "ingress" for port in endpoint.get("Ports") or [])


def resource(network: Json) -> Json:
    """How ``GET /networks`` shows a network that the swarm knows, and that this node need not have."""
    spec = network["Spec"]
    state = network.get("DriverState")
    ipam = network.get("IPAMOptions")
    keys = (("Subnet", "Subnet"), ("Range", "IPRange"), ("Gateway", "Gateway"))
    configs = None
    if ipam is not None:
        configs = [
            {shown: config[kept] for kept, shown in keys if config.get(kept)} for config in ipam.get("Configs", [])
        ]
    return {
        "Name": spec["Name"],
        "Id": network["ID"],
        "Created": network["CreatedAt"],
        "Scope": spec.get("Scope") or "swarm",
        "Driver": state["Name"] if state else "",
        "EnableIPv6": bool(spec.get("IPv6Enabled")),
        "IPAM": {"Driver": ipam["Driver"].get("Name", "") if ipam else "", "Options": None, "Config": configs},
        "Internal": bool(spec.get("Internal")),
        "Attachable": bool(spec.get("Attachable")),
        "Ingress": is_ingress(network),
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": None,
        "Options": state.get("Options") if state else None,
        "Labels": spec.get("Labels") or None,
    }
