"""A snapshot as tables: each function gives a DataFrame with French titles, always in the same order.

Every table carries in ``attrs["notes"]`` what its reader must know (simulated lab, nodes that did not answer) and
shows it above its rows. An empty table keeps its columns. Whole numbers that may be missing are ``Int64``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import ObjectNotFound
from ..topology.diff import changes
from ..topology.model import Endpoint, Network, Port, Service, Topology
from .french import listing, natural, seconds, typeset
from .noted import noted
from .owners import named_address, network_of_vni, node_at, owner_of

if TYPE_CHECKING:
    import pandas as pd

    from ..topology.packet import VxlanPacket

__all__ = [
    "compare",
    "containers_table",
    "endpoints_table",
    "inspect_table",
    "networks_table",
    "nodes_table",
    "packets_table",
    "peers_table",
    "services_table",
    "tasks_table",
    "vips_table",
]

KINDS = {
    "container": "conteneur",
    "load-balancer": "répartiteur (lb)",
    "ingress-sandbox": "sandbox ingress (sbox)",
}
"""What an endpoint is attached to, in French."""

SHORT_ID = 12


def nodes_table(topology: Topology, role: str | None = None) -> pd.DataFrame:
    """List the nodes, as ``docker node ls`` does.

    Parameters
    ----------
    topology
        A snapshot.
    role
        ``manager`` or ``worker``, as ``docker node ls --filter role=``; None for all.

    Returns
    -------
    DataFrame
        ``nœud``, ``machine``, ``adresse`` (str), ``rôle`` (str, missing outside a swarm), ``leader`` (bool), ``état``,
        ``disponibilité``, ``moteur`` (str), ``relevé`` (str: ``complet``, or why the engine gave no answer).
    """
    rows = [
        (
            node.name,
            node.hostname,
            node.address,
            node.role,
            node.leader,
            node.state,
            node.availability,
            node.engine or None,
            node.error or "complet",
        )
        for node in topology.nodes
        if role is None or node.role == role
    ]
    columns = {
        "nœud": "str",
        "machine": "str",
        "adresse": "str",
        "rôle": "str",
        "leader": "bool",
        "état": "str",
        "disponibilité": "str",
        "moteur": "str",
        "relevé": "str",
    }
    return noted(rows, columns, topology)


def networks_table(topology: Topology, node: str | None = None, driver: str | None = None) -> pd.DataFrame:
    """List the networks: those of one node, or all with the nodes that list them.

    Parameters
    ----------
    topology
        A snapshot.
    node
        Short name or hostname: what ``docker network ls`` prints on that node.
    driver
        ``overlay``, ``bridge``...: only these, as ``docker network ls --filter driver=``.

    Returns
    -------
    DataFrame
        ``réseau``, ``driver``, ``portée`` (str), ``sous-réseau`` (str), ``VXLAN`` (Int64), ``id`` (str, 12 characters);
        without `node` also ``nœuds`` (str: those that list it). One row per network; a local network that each node has
        for itself gives one row per node.

    Raises
    ------
    ObjectNotFound
        No node of that name.
    """
    name = _node_name(topology, node)
    rows = [
        (
            network.name,
            network.driver,
            network.scope,
            network.subnet,
            network.vxlan_id,
            ", ".join(network.nodes),
            network.id[:SHORT_ID],
        )
        for network in sorted(topology.networks, key=lambda n: (natural(n.name), n.nodes, n.id))
        if (name is None or name in network.nodes) and driver in (None, network.driver)
    ]
    columns = {
        "réseau": "str",
        "driver": "str",
        "portée": "str",
        "sous-réseau": "str",
        "VXLAN": "Int64",
        "nœuds": "str",
        "id": "str",
    }
    table = noted(rows, columns, topology)
    return table if name is None else table.drop(columns="nœuds")


def services_table(topology: Topology) -> pd.DataFrame:
    """List the services, as ``docker service ls`` does, with their networks.

    Returns
    -------
    DataFrame
        ``service``, ``mode``, ``répliques`` (str: running/wanted), ``image``, ``ports`` (str: ``*:80->80/tcp``),
        ``réseaux``, ``accès`` (str: ``vip`` or ``dnsrr``), ``mise à jour`` (str: state of the last update), ``id``.
    """
    rows = [
        (
            service.name,
            service.mode,
            f"{service.running}/{service.desired}",
            service.image,
            ", ".join(_port(port) for port in service.ports) or None,
            ", ".join(sorted(service.networks)) or None,
            service.endpoint_mode,
            service.update_state,
            service.id[:SHORT_ID],
        )
        for service in sorted(topology.services, key=lambda s: natural(s.name))
    ]
    columns = dict.fromkeys(
        ("service", "mode", "répliques", "image", "ports", "réseaux", "accès", "mise à jour", "id"), "str"
    )
    return noted(rows, columns, topology)


def tasks_table(topology: Topology, service: str | None = None) -> pd.DataFrame:
    """List the tasks, as ``docker service ps`` does: by replica, the newest first.

    Parameters
    ----------
    topology
        A snapshot.
    service
        Name or id; None for the tasks of all services.

    Returns
    -------
    DataFrame
        ``tâche``, ``service``, ``nœud``, ``état``, ``état voulu``, ``image``, ``adresses`` (str: ``réseau adresse``),
        ``erreur``, ``id`` (str).

    Raises
    ------
    ObjectNotFound
        No service of that name.
    """
    name = _service(topology, service).name if service is not None else None
    newest_first = sorted(topology.tasks, key=lambda t: (t.created, t.id), reverse=True)
    rows = [
        (
            task.name,
            task.service,
            task.node,
            task.state,
            task.desired_state,
            task.image,
            ", ".join(f"{network} {address}" for network, address in sorted(task.addresses.items())) or None,
            task.error,
            task.id[:SHORT_ID],
        )
        for task in sorted(newest_first, key=lambda t: (natural(t.service), t.slot or 0, natural(t.node or "")))
        if name in (None, task.service)
    ]
    columns = dict.fromkeys(
        ("tâche", "service", "nœud", "état", "état voulu", "image", "adresses", "erreur", "id"), "str"
    )
    return noted(rows, columns, topology)


def containers_table(topology: Topology, node: str | None = None) -> pd.DataFrame:
    """List the containers of all nodes, or of one, as ``docker container ls --all`` does there.

    Returns
    -------
    DataFrame
        ``conteneur``, ``nœud``, ``image``, ``état``, ``depuis`` (str: the engine's own sentence), ``service``,
        ``réseaux``, ``id`` (str).

    Raises
    ------
    ObjectNotFound
        No node of that name.
    """
    name = _node_name(topology, node)
    order = _node_order(topology)
    rows = [
        (
            container.label,
            container.node,
            container.image,
            container.state,
            container.status or None,
            container.service,
            ", ".join(sorted(container.networks)) or None,
            container.id[:SHORT_ID],
        )
        for container in sorted(
            topology.containers, key=lambda c: (order.get(c.node, len(order)), natural(c.label), c.id)
        )
        if name in (None, container.node)
    ]
    columns = dict.fromkeys(("conteneur", "nœud", "image", "état", "depuis", "service", "réseaux", "id"), "str")
    return noted(rows, columns, topology)


def endpoints_table(topology: Topology, network: str | None = None, node: str | None = None) -> pd.DataFrame:
    """The container-to-subnet map as a table: what is attached to which network, with which address, on which node.

    Merged from all nodes: ``docker network inspect`` tells only those of the node that is asked.

    Parameters
    ----------
    topology
        A snapshot.
    network
        Name or id; None for all.
    node
        Short name or hostname; None for all.

    Returns
    -------
    DataFrame
        ``réseau``, ``nœud``, ``nom``, ``genre`` (str: ``conteneur``, ``répartiteur (lb)``, ``sandbox ingress (sbox)``),
        ``adresse`` (str, with its prefix), ``MAC``, ``service`` (str).

    Raises
    ------
    ObjectNotFound
        No network, or no node, of that name.
    """
    on_network = _network(topology, network).name if network is not None else None
    on_node = _node_name(topology, node)
    order = _node_order(topology)
    kinds = list(KINDS)
    rows = [
        (
            endpoint.network,
            endpoint.node,
            endpoint.name,
            KINDS.get(endpoint.kind, endpoint.kind),
            _cidr(endpoint),
            endpoint.mac,
            endpoint.service,
        )
        for endpoint in sorted(
            topology.endpoints,
            key=lambda e: (
                natural(e.network),
                order.get(e.node, len(order)),
                kinds.index(e.kind) if e.kind in kinds else len(kinds),
                natural(e.name),
                natural(e.address or ""),
            ),
        )
        if on_network in (None, endpoint.network) and on_node in (None, endpoint.node)
    ]
    columns = dict.fromkeys(("réseau", "nœud", "nom", "genre", "adresse", "MAC", "service"), "str")
    return noted(rows, columns, topology)


def peers_table(topology: Topology, network: str | None = None) -> pd.DataFrame:
    """Which node each node sees as a peer on each overlay network.

    Returns
    -------
    DataFrame
        ``réseau``, ``vu par`` (str: the node that says so), ``pair`` (str: the node it sees), ``adresse`` (str).

    Raises
    ------
    ObjectNotFound
        No network of that name.
    """
    name = _network(topology, network).name if network is not None else None
    order = _node_order(topology)
    rows = [
        (peer.network, peer.node, peer.peer, peer.address)
        for peer in sorted(
            topology.peers,
            key=lambda p: (
                natural(p.network),
                order.get(p.node, len(order)),
                order.get(p.peer, len(order)),
                p.peer,
            ),
        )
        if name in (None, peer.network)
    ]
    return noted(rows, dict.fromkeys(("réseau", "vu par", "pair", "adresse"), "str"), topology)


def vips_table(topology: Topology, service: str | None = None) -> pd.DataFrame:
    """The virtual address of each service on each of its networks.

    Returns
    -------
    DataFrame
        ``service``, ``réseau``, ``VIP`` (str, with its prefix).

    Raises
    ------
    ObjectNotFound
        No service of that name.
    """
    name = _service(topology, service).name if service is not None else None
    rows = [
        (vip.service, vip.network, f"{vip.address}/{vip.prefix}")
        for vip in sorted(topology.vips, key=lambda v: (natural(v.service), natural(v.network)))
        if name in (None, vip.service)
    ]
    return noted(rows, dict.fromkeys(("service", "réseau", "VIP"), "str"), topology)


def inspect_table(topology: Topology, name: str) -> pd.DataFrame:
    """What to read in ``docker service inspect`` or ``docker network inspect``, and what it means.

    For a network, the containers and peers are those of every node, which no single ``docker network inspect`` shows.

    Parameters
    ----------
    topology
        A snapshot.
    name
        Name or id of a service, else of a network.

    Returns
    -------
    DataFrame
        ``clé`` (str: the key's name in the engine's answer), ``valeur`` (str), ``signification`` (str).

    Raises
    ------
    ObjectNotFound
        Neither a service nor a network of that name.
    """
    service = topology.service(name)
    if service is not None:
        rows = _service_rows(topology, service)
    else:
        rows = _network_rows(topology, _network(topology, name))
    return noted(
        [(key, value, typeset(meaning)) for key, value, meaning in rows],
        dict.fromkeys(("clé", "valeur", "signification"), "str"),
        topology,
    )


def compare(before: Topology, after: Topology) -> pd.DataFrame:
    """What changed between two snapshots, and where.

    Parameters
    ----------
    before, after
        Two snapshots. What only a node can tell is compared only if that node answered both times. The containers
        of a service have no line of their own: their task has one.

    Returns
    -------
    DataFrame
        ``objet`` (str: ``réseau``, ``service``, ``tâche``...), ``nom``, ``nœud``, ``changement`` (str: ``apparu``,
        ``disparu``, ``remplacé``, or the property that changed), ``avant``, ``après`` (str, missing when there was
        nothing).
    """
    of_tasks = {task.name for topology in (before, after) for task in topology.tasks}
    rows = [
        (
            OBJECTS[change.kind],
            change.name,
            change.node,
            NATURES.get(change.nature) or ASPECTS.get(change.aspect, change.aspect),
            change.before,
            change.after,
        )
        for change in sorted(changes(before, after), key=lambda c: (list(OBJECTS).index(c.kind), natural(c.name)))
        # A task's own line already says what became of its container.
        if not (change.kind == "container" and change.name in of_tasks)
    ]
    columns = dict.fromkeys(("objet", "nom", "nœud", "changement", "avant", "après"), "str")
    return noted(rows, columns, before, after)


def packets_table(packets: Iterable[VxlanPacket], topology: Topology | None = None) -> pd.DataFrame:
    """Captured VXLAN packets, one per row, outer and inner headers side by side.

    Parameters
    ----------
    packets
        In the order of their capture.
    topology
        A snapshot of the same swarm: the VNI then gets its network's name, outer addresses their node's, inner
        addresses their container's.

    Returns
    -------
    DataFrame
        ``temps (ms)`` (float), ``nœud source``, ``nœud destination`` (str), ``port source``, ``port destination``,
        ``VNI`` (Int64), ``réseau`` (str, missing without a topology), ``conteneur source``, ``conteneur destination``,
        ``contenu`` (str), ``octets dehors``, ``octets dedans`` (Int64: whole frames), ``octets ajoutés`` (Int64).
    """
    seen = list(packets)
    rows = [
        (
            round(packet.time_s * 1000, 3),
            named_address(packet.outer_source, node_at(topology, packet.outer_source)),
            named_address(packet.outer_destination, node_at(topology, packet.outer_destination)),
            packet.outer_source_port,
            packet.outer_destination_port,
            packet.vni,
            network_of_vni(topology, packet.vni),
            named_address(packet.inner_source, owner_of(topology, packet.vni, packet.inner_source)),
            named_address(packet.inner_destination, owner_of(topology, packet.vni, packet.inner_destination)),
            packet.protocol,
            packet.outer_bytes,
            packet.inner_bytes,
            packet.added_bytes,
        )
        for packet in seen
    ]
    columns = {
        "temps (ms)": "float64",
        "nœud source": "str",
        "nœud destination": "str",
        "port source": "Int64",
        "port destination": "Int64",
        "VNI": "Int64",
        "réseau": "str",
        "conteneur source": "str",
        "conteneur destination": "str",
        "contenu": "str",
        "octets dehors": "Int64",
        "octets dedans": "Int64",
        "octets ajoutés": "Int64",
    }
    simulated = any(packet.simulated for packet in seen)
    return noted(rows, columns, *([topology] if topology else []), simulated=simulated)


OBJECTS = {
    "node": "nœud",
    "stack": "pile",
    "network": "réseau",
    "volume": "volume",
    "secret": "secret",
    "config": "config",
    "service": "service",
    "vip": "VIP",
    "task": "tâche",
    "container": "conteneur",
    "endpoint": "adresse",
    "peer": "pairs",
}
"""Kinds of `Change`, in French."""

NATURES = {"appeared": "apparu", "vanished": "disparu", "replaced": "remplacé"}

ASPECTS = {
    "role": "rôle",
    "leader": "leader",
    "state": "état",
    "availability": "disponibilité",
    "address": "adresse",
    "addresses": "adresses",
    "peers": "pairs vus",
    "engine": "moteur",
    "driver": "driver",
    "subnet": "sous-réseau",
    "gateway": "passerelle",
    "vxlan_id": "VXLAN",
    "options": "options",
    "id": "id (recréé)",
    "replicas": "répliques",
    "networks": "réseaux",
    "services": "services",
    "ports": "ports",
    "image": "image",
    "endpoint_mode": "accès",
    "update_state": "mise à jour",
    "node": "nœud",
    "error": "erreur",
}
"""Aspects of `Change`, in French."""


# --- inside ---------------------------------------------------------------------------------------


def _node_order(topology: Topology) -> dict[str, int]:
    return {node.name: place for place, node in enumerate(topology.nodes)}


def _node_name(topology: Topology, name: str | None) -> str | None:
    if name is None:
        return None
    node = topology.node(name)
    if node is None:
        raise ObjectNotFound("node", name)
    return node.name


def _network(topology: Topology, name: str) -> Network:
    network = topology.network(name)
    if network is None:
        raise ObjectNotFound("network", name)
    return network


def _service(topology: Topology, name: str) -> Service:
    service = topology.service(name)
    if service is None:
        raise ObjectNotFound("service", name)
    return service


def _cidr(endpoint: Endpoint) -> str | None:
    if endpoint.address is None or endpoint.prefix is None:
        return endpoint.address
    return f"{endpoint.address}/{endpoint.prefix}"


def _port(port: Port) -> str:
    """As ``docker service ls`` prints it; a port in host mode has no ``*``, for it is not on every node."""
    published = port.published if port.published is not None else "?"
    return f"{'*' if port.mode == 'ingress' else ''}:{published}->{port.target}/{port.protocol}"


def _yes(value: bool) -> str:
    return "oui" if value else "non"


def _service_rows(topology: Topology, service: Service) -> list[tuple[str, str, str]]:
    rows = [
        ("ID", service.id, "identifiant du service, le même sur tout le swarm"),
        ("Version.Index", str(service.version), "numéro de version de sa définition : il croît à chaque modification"),
        ("Mode", service.mode, _mode_meaning(service)),
        ("TaskTemplate.ContainerSpec.Image", service.image, "image de chaque tâche"),
        (
            "TaskTemplate.Networks",
            ", ".join(sorted(service.networks)) or "aucun",
            "réseaux que le service demande ; ingress s'y ajoute dès qu'un port est publié par lui",
        ),
    ]
    update = service.update
    if update is not None:
        rows += [
            (
                "UpdateConfig.Parallelism",
                str(update.parallelism),
                "nombre de tâches remplacées en même temps (0 : toutes ensemble)",
            ),
            ("UpdateConfig.Delay", seconds(update.delay_s), "pause entre deux remplacements"),
            (
                "UpdateConfig.FailureAction",
                update.failure_action,
                "que faire si une nouvelle tâche échoue : pause, continue ou rollback",
            ),
            (
                "UpdateConfig.Monitor",
                seconds(update.monitor_s),
                "temps pendant lequel une nouvelle tâche est surveillée avant de passer à la suivante",
            ),
            (
                "UpdateConfig.Order",
                update.order,
                "stop-first : l'ancienne tâche s'arrête avant que la nouvelle démarre ; start-first : l'inverse",
            ),
        ]
    if service.update_state is not None:
        rows.append(("UpdateStatus.State", service.update_state, "où en est la dernière mise à jour"))
    rows += [
        (
            "RestartPolicy.Condition",
            service.restart_condition,
            "quand relancer une tâche qui s'arrête : any (toujours), on-failure (sur échec) ou none (jamais)",
        ),
        ("RestartPolicy.Delay", seconds(service.restart_delay_s), "attente avant de relancer"),
        (
            "EndpointSpec.Mode",
            service.endpoint_mode,
            "vip : une adresse virtuelle par réseau ; dnsrr : le DNS donne les adresses des tâches à tour de rôle",
        ),
    ]
    rows += [
        (
            "EndpointSpec.Ports",
            f"{port.published if port.published is not None else '?'} -> {port.target}/{port.protocol} ({port.mode})",
            "port publié sur chaque nœud du swarm (routing mesh) -> port des conteneurs"
            if port.mode == "ingress"
            else "port publié sur les seuls nœuds qui portent une tâche -> port du conteneur",
        )
        for port in service.ports
    ]
    if not service.ports:
        rows.append(("EndpointSpec.Ports", "aucun", "rien n'est joignable de l'extérieur du swarm"))
    rows += [
        (
            "Endpoint.VirtualIPs",
            f"{vip.address}/{vip.prefix} ({vip.network})",
            f"adresse virtuelle du service sur le réseau {vip.network}",
        )
        for vip in sorted(topology.vips, key=lambda v: natural(v.network))
        if vip.service == service.name
    ]
    return rows


def _mode_meaning(service: Service) -> str:
    seen = f"{service.running} tâches tournent sur {service.desired} voulues"
    if service.mode == "global":
        return f"global : une tâche sur chaque nœud, présent ou à venir ; {seen}"
    return f"replicated : un nombre choisi de tâches, réparties sur les nœuds ; {seen}"


def _network_rows(topology: Topology, network: Network) -> list[tuple[str, str, str]]:
    namesakes = [other for other in topology.networks if other.name == network.name]
    rows = [
        ("Id", network.id, "le même sur tous les nœuds" if network.scope == "swarm" else "propre à ce nœud"),
        ("Driver", network.driver, DRIVERS.get(network.driver, "pilote du réseau")),
        (
            "Scope",
            network.scope,
            "swarm : connu de tout le swarm" if network.scope == "swarm" else "local : ce nœud seulement",
        ),
        ("IPAM.Config.Subnet", network.subnet or "aucun", "sous-réseau où les adresses sont prises"),
        ("IPAM.Config.Gateway", network.gateway or "aucune", "première adresse réservée : la passerelle"),
    ]
    if network.driver == "overlay":
        rows += [
            (
                "Options.com.docker.network.driver.overlay.vxlanid_list",
                str(network.vxlan_id) if network.vxlan_id is not None else "aucun",
                "identifiant VXLAN (VNI) : il distingue les réseaux entre deux nœuds",
            ),
            (
                "Options.encrypted",
                _yes(network.encrypted),
                "données des conteneurs chiffrées par IPsec entre les nœuds",
            ),
            ("Attachable", _yes(network.attachable), "un conteneur hors de tout service peut le rejoindre"),
            ("Ingress", _yes(network.ingress), "réseau du routing mesh : il reçoit les ports publiés"),
        ]
    if network.internal:
        rows.append(("Internal", "oui", "aucune sortie vers l'extérieur"))
    if network.underlay_mtu is not None:
        rows.append(
            (
                "Options.com.docker.network.driver.mtu",
                f"{network.underlay_mtu} octets",
                f"MTU du réseau des machines : l'interface du conteneur reçoit 50 octets de moins, "
                f"soit {network.underlay_mtu - 50}"
                if network.driver == "overlay"
                else "MTU de l'interface du conteneur",
            )
        )
    listed = [node.name for node in topology.nodes if any(node.name in other.nodes for other in namesakes)]
    rows.append(
        (
            "(nœuds qui le listent)",
            ", ".join(listed) or "aucun",
            "un worker ne liste un overlay que s'il porte un conteneur attaché"
            if network.scope == "swarm"
            else "un réseau local n'existe que sur son nœud",
        )
    )
    rows += [
        (
            f"Containers ({node.name})",
            ", ".join(f"{e.name} {_cidr(e) or 'sans adresse'}" for e in held),
            "ce que docker network inspect montre sur ce nœud seulement",
        )
        for node in topology.nodes
        if (held := _held(topology, network.name, node.name))
    ]
    peers, order = topology.peers_of(network.name), _node_order(topology)
    rows += [
        (
            f"Peers ({node.name})",
            ", ".join(f"{peer.peer} {peer.address}" for peer in seen),
            f"nœuds que {node.name} voit sur ce réseau, lui compris",
        )
        for node in topology.nodes
        if (seen := sorted((p for p in peers if p.node == node.name), key=lambda p: order.get(p.peer, len(order))))
    ]
    if network.driver == "overlay" and not peers:
        users = listing(sorted({e.name for e in topology.containers_of(network.name)}, key=natural), 5)
        rows.append(
            ("Peers", "aucun", f"aucun nœud ne dit porter ce réseau{f', pourtant {users} y est' if users else ''}")
        )
    return rows


DRIVERS = {
    "overlay": "réseau posé sur celui des machines, commun à plusieurs nœuds (VXLAN)",
    "bridge": "commutateur logiciel d'un seul nœud",
    "host": "le réseau du nœud lui-même, sans isolation",
    "null": "aucune interface hors la boucle locale (réseau none)",
    "macvlan": "chaque conteneur a sa propre adresse MAC sur le réseau de la machine",
}


def _held(topology: Topology, network: str, node: str) -> list[Endpoint]:
    kinds = list(KINDS)
    return sorted(
        (e for e in topology.endpoints if e.network == network and e.node == node),
        key=lambda e: (kinds.index(e.kind) if e.kind in kinds else len(kinds), natural(e.name)),
    )
