"""All that can be known of a stack before anything of it is created: what it lacks, and what stands in its way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..compose.file import StackFile
from ..compose.specs import (
    config_specs,
    external_configs,
    external_networks,
    external_secrets,
    network_specs,
    published_ports,
    scoped,
    secret_specs,
)
from ..errors import ContentChanged, EngineRefused, NameInUse, NameRefused, NotAManager, ObjectNotFound, PortInUse
from ..lab.cluster import Lab
from ..lab.node import Node
from .engine import post
from .holdings import Holdings, fetch_holdings, stack_of
from .networks import refuse_overlap
from .specs import network_changes

__all__ = ["PREDEFINED", "check_stack_name", "port_holders", "preflight", "require_manager", "subnets"]

Json = dict[str, Any]
NBSP = "\N{NO-BREAK SPACE}"
PREDEFINED = ("bridge", "host", "none", "default")
"""Networks that every node has, of its own."""
# What a service may be called (RFC 1123 with underscores): a stack's name is the beginning of its services'.
NAME = re.compile(r"[a-zA-Z0-9](?:[-_]*[a-zA-Z0-9]+)*")
NAME_LENGTH = 63


def preflight(lab: Lab, stack: StackFile, name: str, *, prune: bool = False) -> Holdings:
    """Check all that can be known before anything is created, and return what the swarm holds.

    A network is never updated. Where its description has changed, the docker CLI leaves it as it is and says nothing:
    the services then run on addresses or with options that the file no longer has. That is refused here, as a secret
    whose content has changed is refused by both.

    Raises
    ------
    NameRefused
        The stack's name, or the one that a service would have.
    ContentChanged
        A secret, a config or a network of the stack that the file now describes otherwise.
    NotAManager, ObjectNotFound, NameInUse, PortInUse, SubnetOverlap
    EngineRefused, NodeUnreachable
    """
    check_stack_name(name)
    for service in stack.services:
        if not NAME.fullmatch(service) or len(scoped(name, service)) > NAME_LENGTH:
            raise NameRefused("service", scoped(name, service))
    require_manager(lab.manager)
    held = fetch_holdings(lab.manager)
    _require_external(lab, stack, held)
    networks = network_specs(stack, name)
    secrets, configs = secret_specs(stack, name), config_specs(stack, name)
    services = [scoped(name, service) for service in stack.services]
    _refuse_strangers("service", services, held.services, name)
    _refuse_strangers("network", networks, held.networks, name)
    _refuse_strangers("secret", secrets, held.secrets, name)
    _refuse_strangers("config", configs, held.configs, name)
    _refuse_ports(stack, name, held, prune)
    known = _drivers(lab.manager)
    for network, spec in networks.items():
        if network in held.networks:
            if changes := network_changes(spec, held.networks[network]):
                remedy = f"docker stack rm {name}, puis déployez à nouveau (a changé{NBSP}: {', '.join(changes)})"
                raise ContentChanged("network", network, remedy)
        else:
            if spec["Driver"] not in known:
                detail = f"le pilote « {spec['Driver']} » n'existe pas ({', '.join(sorted(known))})"
                raise EngineRefused(f"créer le réseau « {network} »", detail, lab.manager.name)
            for subnet in subnets(spec):
                refuse_overlap(lab.manager, network, subnet)
    _refuse_changes(lab, secrets, configs, held)
    return held


def check_stack_name(name: str) -> None:
    """Refuse a name that no stack can have.

    Raises
    ------
    NameRefused
    """
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise NameRefused("stack", name)


def require_manager(node: Node) -> None:
    """Refuse a node that manages no swarm.

    Raises
    ------
    NotAManager, NodeUnreachable
    """
    with node.asking("dire s'il est un manager"):
        swarm = node.api.info()["Swarm"]
    if not swarm.get("ControlAvailable"):
        raise NotAManager(node.name)


def subnets(spec: Json) -> list[str]:
    """The subnets that a network asks for."""
    pools = (spec.get("IPAM") or {}).get("Config") or ()
    return [str(pool["Subnet"]) for pool in pools if pool.get("Subnet")]


def port_holders(stack: StackFile, name: str, held: Holdings) -> list[tuple[int, str]]:
    """The ports of the routing mesh that the stack wants, each with the service that holds it and is not replaced."""
    replaced = {scoped(name, service) for service in stack.services}
    taken = {
        (port["PublishedPort"], port["Protocol"]): holder
        for holder, raw in held.services.items()
        if holder not in replaced
        for port in (raw.get("Endpoint") or {}).get("Ports") or ()
        if port.get("PublishMode", "ingress") == "ingress" and port.get("PublishedPort")
    }
    wanted = [port for _, port in published_ports(stack) if port.mode in ("", "ingress")]
    found = ((port.published, taken.get((port.published, port.protocol.lower() or "tcp"))) for port in wanted)
    return [(published, holder) for published, holder in found if holder]


def _require_external(lab: Lab, stack: StackFile, held: Holdings) -> None:
    for network in external_networks(stack):
        if network in PREDEFINED:
            continue
        create = f"docker network create --driver overlay {network}"
        if network not in held.networks:
            raise ObjectNotFound("network", network, lab.manager.name, create)
        if held.networks[network]["Scope"] != "swarm":
            where = f"tout le swarm (il est propre au nœud {lab.manager.name})"
            raise ObjectNotFound("network", network, where, create)
    for kind, names, present in (
        ("secret", external_secrets(stack), held.secrets),
        ("config", external_configs(stack), held.configs),
    ):
        for wanted in names:
            if wanted not in present:
                raise ObjectNotFound(kind, wanted, lab.manager.name, f"docker {kind} create {wanted} fichier")


def _drivers(manager: Node) -> set[str]:
    with manager.asking("nommer ses pilotes de réseau"):
        return set(manager.api.info()["Plugins"]["Network"])


def _refuse_strangers(kind: str, names: Iterable[str], held: Mapping[str, Json], stack: str) -> None:
    """Refuse a name that something bears which is not of this stack."""
    for wanted in names:
        if wanted in held and (owner := stack_of(held[wanted])) != stack:
            remove = f"docker stack rm {owner}" if owner else f"docker {kind} rm {wanted}"
            raise NameInUse(kind, wanted, f"{remove}, ou choisissez un autre nom")


def _refuse_ports(stack: StackFile, name: str, held: Holdings, prune: bool) -> None:
    """Refuse a port of the routing mesh that a service holds which this stack neither replaces nor removes."""
    gone = held.of(name).services if prune else {}
    for port, holder in port_holders(stack, name, held):
        if holder not in gone:
            raise PortInUse(port, holder)


def _refuse_changes(lab: Lab, secrets: Mapping[str, Json], configs: Mapping[str, Json], held: Holdings) -> None:
    """Refuse another content for what the stack has already."""
    for config, spec in configs.items():
        if config in held.configs and _settled(spec) != _settled(held.configs[config]["Spec"]):
            raise ContentChanged("config", config, _other_name("config", config))
    for secret, spec in secrets.items():
        if secret not in held.secrets:
            continue
        raw = held.secrets[secret]
        if _settled(spec | {"Data": None}) != _settled(raw["Spec"]):
            raise ContentChanged("secret", secret, _other_name("secret", secret))
        # The engine never tells a secret, but it compares: the same content and labels change nothing.
        same = spec | {"Labels": raw["Spec"].get("Labels") or {}}
        try:
            post(
                lab.manager,
                f"comparer le secret « {secret} »",
                f"/secrets/{raw['ID']}/update",
                same,
                version=raw["Version"]["Index"],
            )
        except EngineRefused as err:
            if "only updates to Labels are allowed" not in err.detail:
                raise
            raise ContentChanged("secret", secret, _other_name("secret", secret)) from err


def _settled(spec: Json) -> Json:
    """What never changes once it is created."""
    return {key: spec[key] for key in ("Data", "Driver", "Templating") if spec.get(key)}


def _other_name(kind: str, name: str) -> str:
    return (
        f"donnez-lui un autre nom dans le fichier (clé name), ou retirez d'abord ses services, puis\N{NO-BREAK SPACE}: "
        f"docker {kind} rm {name}"
    )
