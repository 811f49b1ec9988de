"""A swarm's task as a container of a host: what its service asks for, in the words of ``POST /containers/create``."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from ..cluster.networks import driver_of
from ..cluster.store import Store
from ..cluster.tasks import task_name
from ..cluster.templates import context, expand
from ..kinds import Json
from ..refusal import Refusal
from .container import Attachment
from .reference import parsed

__all__ = ["attachments_of", "config_of", "files_of", "grace_s", "host_config_of", "host_ports"]

COPIED = (
    ("User", "User"),
    ("Dir", "WorkingDir"),
    ("TTY", "Tty"),
    ("OpenStdin", "OpenStdin"),
    ("StopSignal", "StopSignal"),
    ("Healthcheck", "Healthcheck"),
)
HOST_COPIED = (
    ("CapabilityAdd", "CapAdd"),
    ("CapabilityDrop", "CapDrop"),
    ("Sysctls", "Sysctls"),
    ("Groups", "GroupAdd"),
)


def config_of(task: Json, node: Json) -> Json:
    """``Config`` of the container.

    Raises
    ------
    ValueError
        A template of it cannot be expanded.
    """
    spec, names = task["Spec"]["ContainerSpec"], context(task, node)
    config: Json = {there: spec[here] for here, there in COPIED if spec.get(here)}
    config["Image"] = _familiar(spec.get("Image") or "")
    if spec.get("Command"):
        config["Entrypoint"] = list(spec["Command"])
    if spec.get("Args"):
        config["Cmd"] = list(spec["Args"])
    if spec.get("Env"):
        config["Env"] = [expand(text, names) for text in spec["Env"]]
    if spec.get("Hostname"):
        config["Hostname"] = expand(spec["Hostname"], names)
    if ports := host_ports(task):
        config["ExposedPorts"] = {f"{port['TargetPort']}/{port['Protocol']}": {} for port in ports}
    config["Labels"] = (spec.get("Labels") or {}) | {
        "com.docker.swarm.node.id": node["ID"],
        "com.docker.swarm.service.id": task.get("ServiceID", ""),
        "com.docker.swarm.service.name": task.get("_ServiceName", ""),
        "com.docker.swarm.task": "",
        "com.docker.swarm.task.id": task["ID"],
        "com.docker.swarm.task.name": task_name(task),
    }
    return config


def _familiar(image: str) -> str:
    """The name of an image as the engine shows it, with its tag; what is no name stays as it is."""
    try:
        return parsed(image).familiar
    except Refusal:
        return image


def host_config_of(task: Json, node: Json) -> Json:
    """``HostConfig`` of the container.

    Raises
    ------
    ValueError
        A template of it cannot be expanded.
    """
    spec, names = task["Spec"]["ContainerSpec"], context(task, node)
    config: Json = {there: spec[here] for here, there in HOST_COPIED if spec.get(here)}
    config["Isolation"] = spec.get("Isolation") or "default"
    if "Init" in spec and spec["Init"] is not None:
        config["Init"] = spec["Init"]
    if spec.get("ReadOnly"):
        config["ReadonlyRootfs"] = True
    if spec.get("Hosts"):
        config["ExtraHosts"] = [f"{name}:{line.split()[0]}" for line in spec["Hosts"] for name in line.split()[1:]]
    dns = spec.get("DNSConfig") or {}
    for here, there in (("Nameservers", "Dns"), ("Search", "DnsSearch"), ("Options", "DnsOptions")):
        if dns.get(here):
            config[there] = dns[here]
    if spec.get("Mounts"):
        config["Mounts"] = [_mount(mount, names) for mount in spec["Mounts"]]
    resources = task["Spec"].get("Resources") or {}
    limits, kept = resources.get("Limits") or {}, resources.get("Reservations") or {}
    found = {
        "NanoCpus": limits.get("NanoCPUs"),
        "Memory": limits.get("MemoryBytes"),
        "PidsLimit": limits.get("Pids"),
        "MemoryReservation": kept.get("MemoryBytes"),
    }
    config |= {key: value for key, value in found.items() if value}
    if (driver := task["Spec"].get("LogDriver")) and driver.get("Name"):
        config["LogConfig"] = {"Type": driver["Name"], "Config": driver.get("Options") or {}}
    bindings: Json = {}
    for port in host_ports(task):
        number = port.get("PublishedPort") or 0
        key = f"{port['TargetPort']}/{port['Protocol']}"
        bindings.setdefault(key, []).append({"HostIp": "", "HostPort": str(number) if number else ""})
    config["PortBindings"] = bindings
    config["Ulimits"] = [dict(one) for one in spec.get("Ulimits") or ()]
    if any(driver_of(held["Network"]) == "host" for held in task.get("NetworksAttachments") or []):
        config["NetworkMode"] = "host"
    return config


def _mount(mount: Json, names: Json) -> Json:
    expanded = {key: expand(mount[key], names) for key in ("Source", "Target") if mount.get(key)}
    return mount | expanded


def host_ports(task: Json) -> list[Json]:
    """Ports that the task publishes on its own node."""
    endpoint = task.get("_Endpoint") or {}
    ports = endpoint.get("Ports") or (endpoint.get("Spec") or {}).get("Ports") or []
    return [port for port in ports if port.get("PublishMode") == "host"]


def attachments_of(task: Json) -> list[Attachment] | None:
    """The networks that the swarm has given addresses on; None: the engine's default."""
    found: list[Attachment] = []
    for held in task.get("NetworksAttachments") or []:
        network, addresses = held["Network"], held.get("Addresses") or []
        if driver_of(network) == "overlay":
            address = addresses[0].partition("/")[0]
            found.append(Attachment(network["ID"], network["Spec"]["Name"], ipam={"IPv4Address": address}))
        else:
            ipam: Json | None = {} if driver_of(network) == "host" else None
            found.append(Attachment("", network["Spec"]["Name"], ipam=ipam))
    return found or None


def files_of(task: Json, node: Json, store: Store) -> Iterator[tuple[str, bytes]]:
    """Path and content of each secret and config of the task.

    Raises
    ------
    ValueError
        A template cannot be expanded.
    """
    spec = task["Spec"]["ContainerSpec"]
    for kind, folder, key in (("secret", "/run/secrets/", "SecretID"), ("config", "/", "ConfigID")):
        for reference in spec.get(f"{kind.capitalize()}s") or []:
            if not (file := reference.get("File")):
                continue
            held = store.get("secret" if kind == "secret" else "config", reference[key])
            if held is None:
                continue
            name = file.get("Name") or reference.get(f"{kind.capitalize()}Name") or ""
            data = base64.b64decode(held["Spec"].get("Data") or "")
            if (held["Spec"].get("Templating") or {}).get("Name") == "golang":
                data = expand(data.decode(), context(task, node)).encode()
            yield (name if name.startswith("/") else folder + name), data


def grace_s(task: Json) -> float | None:
    """How long the container is given to end; None for the engine's default."""
    period = task["Spec"]["ContainerSpec"].get("StopGracePeriod")
    return None if period is None else period / 1e9
