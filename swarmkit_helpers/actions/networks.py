"""``docker network``: create, remove, and replace the ingress network."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..errors import EngineRefused, ObjectNotFound, StillInUse, SubnetOverlap
from ..lab.cluster import Lab
from ..lab.node import Node
from ..waiting import Sighting, wait_until
from .refusals import explained

__all__ = ["create_network", "network_id", "refuse_overlap", "remove_network", "replace_ingress", "wait_allocated"]

LABEL = "org.swarmlab.lab"
MTU_OPTION = "com.docker.network.driver.mtu"
VANISH_S = 60
RELEASE_S = 15


def create_network(
    lab: Lab,
    name: str,
    *,
    driver: str = "overlay",
    subnet: str | None = None,
    gateway: str | None = None,
    attachable: bool = False,
    ingress: bool = False,
    encrypted: bool = False,
    mtu: int | None = None,
    node: str | None = None,
) -> None:
    """``docker network create``, on the manager unless a node is named.

    Parameters
    ----------
    subnet, gateway
        In CIDR notation and as an address; the engine chooses when None. A gateway goes with a subnet.
    attachable
        Standalone containers may join it.
    ingress
        It carries the routing mesh; at most one in a swarm.
    encrypted
        Its data travels in IPsec ESP.
    mtu
        In bytes, of the underlay: the interfaces get 50 less on an overlay.

    Raises
    ------
    NameRefused, NameInUse, SubnetOverlap, EngineRefused, NodeUnreachable
    """
    import docker.types

    options: dict[str, str] = {}
    if mtu is not None:
        options[MTU_OPTION] = str(mtu)
    if encrypted:
        options["encrypted"] = ""
    pools = [docker.types.IPAMPool(subnet=subnet, gateway=gateway)] if subnet else []
    asked = lab.node(node) if node else lab.manager
    if gateway and not subnet:
        raise EngineRefused(f"créer le réseau « {name} »", "une passerelle ne va pas sans son sous-réseau", asked.name)
    if subnet and driver == "overlay":
        refuse_overlap(asked, name, subnet)
    with explained("network", name, subnet=subnet), asked.asking(f"créer le réseau « {name} »"):
        asked.api.create_network(
            name,
            driver=driver,
            options=options,
            ipam=docker.types.IPAMConfig(pool_configs=pools) if pools else None,
            check_duplicate=True,
            labels={LABEL: lab.name},
            attachable=attachable or None,
            ingress=ingress or None,
            scope="swarm" if driver == "overlay" else None,
        )
    if driver == "overlay":
        wait_allocated(asked, name)


def network_id(lab: Lab, name: str) -> str:
    """Id of the swarm-wide network of that name.

    Raises
    ------
    ObjectNotFound, NodeUnreachable
    """
    for raw in _listed(lab.manager):
        if raw["Scope"] == "swarm" and name in (raw["Name"], raw["Id"]):
            return str(raw["Id"])
    raise ObjectNotFound("network", name, "le swarm")


def remove_network(lab: Lab, *names: str) -> None:
    """``docker network rm``; returns once no node lists them any more.

    Raises
    ------
    ObjectNotFound
    StillInUse
        Services or containers are still on it.
    NotConverged, NodeUnreachable
    """
    ids = {network_id(lab, name): name for name in names}
    for identity, name in ids.items():
        _remove(lab, identity, name)
    _wait_unlisted(lab, ids)


def replace_ingress(
    lab: Lab,
    name: str = "ingress",
    *,
    subnet: str | None = None,
    gateway: str | None = None,
    mtu: int | None = None,
) -> None:
    """Remove the ingress network and create another one; may be repeated.

    Between the two it waits until no node holds anything of the old one: without that the engine rejects every later
    task, for ever, with "ingress sandbox already present" (moby/moby#40184). The manager has the new one at once, the
    workers as soon as a service publishes a port through it.

    Raises
    ------
    StillInUse
        A service publishes a port through it.
    NameRefused, NameInUse, SubnetOverlap, NotConverged, NodeUnreachable
    """
    publishers = _publishers(lab)
    current = next((raw for raw in _listed(lab.manager) if raw.get("Ingress")), None)
    if publishers:
        raise StillInUse(
            "network",
            current["Name"] if current else name,
            publishers,
            f"docker service rm {' '.join(publishers)}",
        )
    if current:
        _wait_idle(lab, current["Id"], current["Name"])
        _remove(lab, current["Id"], current["Name"])
        _wait_unlisted(lab, {current["Id"]: current["Name"]})
    create_network(lab, name, subnet=subnet, gateway=gateway, ingress=True, mtu=mtu)


def refuse_overlap(manager: Node, name: str, subnet: str) -> None:
    """Refuse here what the engine accepts and then never allocates: two overlays on one range of addresses.

    Raises
    ------
    SubnetOverlap, EngineRefused, NodeUnreachable
    """
    try:
        asked = ipaddress.ip_network(subnet, strict=False)
    except ValueError as err:
        raise EngineRefused(f"créer le réseau « {name} »", f"{subnet} n'est pas un sous-réseau", manager.name) from err
    for raw in _listed(manager):
        for config in (raw.get("IPAM") or {}).get("Config") or []:
            taken = ipaddress.ip_network(config["Subnet"], strict=False)
            if raw["Scope"] == "swarm" and asked.version == taken.version and asked.overlaps(taken):
                raise SubnetOverlap(name, subnet, f"{raw['Name']} tient {taken}")


def wait_allocated(manager: Node, name: str) -> None:
    """Wait until the swarm's allocator gave the network its subnet and its VXLAN id.

    Raises
    ------
    NotConverged, NodeUnreachable
    """

    def look() -> Sighting:
        with manager.asking(f"inspecter le réseau « {name} »"):
            raw = manager.api.inspect_network(name, scope="swarm")
        allocated = bool((raw.get("IPAM") or {}).get("Config"))
        return Sighting(int(allocated), 1, "" if allocated else "ni sous-réseau ni identifiant VXLAN")

    remedy, deadline_s = f"docker network rm {name}", manager.patience(VANISH_S)
    wait_until(f"Adresses de {name}", look, timeout_s=deadline_s, remedy=remedy, quiet=True)


def _remove(lab: Lab, identity: str, name: str) -> None:
    manager = lab.manager

    def look() -> Sighting:
        try:
            with explained("network", name), manager.asking(f"supprimer le réseau « {name} »"):
                manager.api.remove_network(identity)
        except EngineRefused as err:
            if "in use" not in err.detail and "active endpoints" not in err.detail:
                raise
            services, containers = _users(lab, identity)
            if services or containers:
                remedy = (
                    f"docker service rm {services[0]}" if services else f"docker container rm --force {containers[0]}"
                )
                raise StillInUse("network", name, [*services, *containers], remedy) from err
            # The swarm learns a moment later that a container which was attached is gone.
            return Sighting(0, 1, f"un conteneur supprimé est encore attaché à {name}", err.detail)
        return Sighting(1, 1)

    remedy, deadline_s = f"docker network rm {name}", lab.patience(RELEASE_S)
    wait_until(f"Réseau {name} libre", look, timeout_s=deadline_s, remedy=remedy, quiet=True)


def _wait_unlisted(lab: Lab, ids: dict[str, str]) -> None:
    def look() -> Sighting:
        holders = lab.each(lambda node: [ids[raw["Id"]] for raw in _listed(node) if raw["Id"] in ids])
        left = [f"{network} sur {node}" for node, networks in holders.items() for network in networks]
        total = len(ids) * len(lab.nodes)
        return Sighting(total - len(left), total, f"encore là : {', '.join(left)}" if left else "")

    wait_until(
        f"Suppression de {', '.join(ids.values())} sur les nœuds",
        look,
        timeout_s=lab.patience(VANISH_S),
        remedy="docker network ls, sur chaque nœud",
    )


def _wait_idle(lab: Lab, identity: str, name: str) -> None:
    """Wait until no node has a container on that network."""

    def containers(node: Node) -> int:
        with node.asking(f"inspecter le réseau « {name} »"):
            listed = node.api.containers(filters={"network": identity}, all=True)
        return len(listed)

    def look() -> Sighting:
        left = {node: count for node, count in lab.each(containers).items() if count}
        text = ", ".join(f"{count} sur {node}" for node, count in left.items())
        return Sighting(
            len(lab.nodes) - len(left), len(lab.nodes), f"conteneurs encore attachés : {text}" if left else ""
        )

    remedy, deadline_s = f"docker network inspect {name}", lab.patience(VANISH_S)
    wait_until(f"Nœuds sans conteneur sur {name}", look, timeout_s=deadline_s, remedy=remedy)


def _publishers(lab: Lab) -> list[str]:
    """Services that publish a port in ingress mode."""
    with lab.manager.asking("lister les services"):
        services = lab.manager.api.services()
    return sorted(
        service["Spec"]["Name"]
        for service in services
        if any(
            port.get("PublishMode", "ingress") == "ingress"
            for port in (service["Spec"].get("EndpointSpec") or {}).get("Ports") or []
        )
    )


def _users(lab: Lab, identity: str) -> tuple[list[str], list[str]]:
    """Names of the services, and of the standalone containers, on that network."""
    with lab.manager.asking("lister les services"):
        services = lab.manager.api.services()

    def containers(node: Node) -> list[str]:
        with node.asking("lister les conteneurs"):
            listed = node.api.containers(filters={"network": identity}, all=True)
        return [raw["Names"][0].lstrip("/") for raw in listed if "com.docker.swarm.task.id" not in raw["Labels"]]

    return (
        sorted(
            service["Spec"]["Name"]
            for service in services
            if identity in {net["Target"] for net in service["Spec"]["TaskTemplate"].get("Networks") or []}
        ),
        sorted(name for found in lab.each(containers).values() for name in found),
    )


def _listed(node: Node) -> list[dict[str, Any]]:
    with node.asking("lister les réseaux"):
        listed: list[dict[str, Any]] = node.api.networks()
    return listed
