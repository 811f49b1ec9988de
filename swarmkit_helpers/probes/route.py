"""How far a captured packet went, and why no further, in French: by what was asked, captured and known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Literal

from ..errors import NBSP
from ..topology.holders import Holder, holder_of
from ..topology.model import Network, Topology
from ..topology.packet import VxlanPacket
from .ping import PingResult

if TYPE_CHECKING:
    from .capture import Capture

__all__ = ["Route", "RouteKind", "own_packets", "route_of"]

RouteKind = Literal[
    "wire",
    "encrypted",
    "elsewhere",
    "local",
    "vip_local",
    "vip_silent",
    "apart",
    "outside",
    "silent",
    "unknown",
    "not_run",
]
OPENS = ("ICMP echo request", "TCP", "UDP")
"""How the protocol of what a container sends first begins."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way of what was sent: as far as it is known."""

    kind: RouteKind
    """``wire``: captured between two nodes; ``encrypted``: it went there inside IPsec; ``elsewhere``: between two nodes
    that the capture did not listen to; ``local``: it stayed on its node; ``vip_local``: the load balancer of its own
    node answered for the VIP; ``vip_silent``: nobody answers for the VIP; ``apart``: an address of a network that the
    source is not on; ``outside``: out of the swarm's networks; ``silent``: nothing was seen; ``unknown``: the name gave
    no address; ``not_run``: nothing was sent."""
    address: str | None
    """What the name gave, or the address that was asked for; None when there is none."""
    holder: Holder | None
    """Who holds that address."""
    network: Network | None
    """The network that it is on."""
    end: Holder | None
    """Who received it: for a VIP, the task that IPVS chose; None when that is not known."""
    request: VxlanPacket | None
    """The first packet that the source sent, as captured."""
    reply: VxlanPacket | None
    """The first one that came back to it."""
    reason: str
    """What happened and why, in French."""

    @property
    def balanced(self) -> bool:
        """True when it was sent to a VIP, and captured on its way to one of the tasks."""
        vip = self.holder is not None and self.holder.kind == "vip"
        return vip and self.request is not None and self.request.inner_destination != self.address


def own_packets(capture: Capture) -> tuple[VxlanPacket, ...]:
    """What was sent by the probe itself and came back to it, without ARP and without others' packets."""
    seen = tuple(packet for packet in capture.packets if packet.carries_ipv4)
    near, far = _ends(capture)
    if not near or not far:
        return seen
    return tuple(p for p in seen if (p.inner_source in near and p.inner_destination in far) or _back(p, near, far))


def _back(packet: VxlanPacket, near: set[str], far: set[str]) -> bool:
    return packet.inner_source in far and packet.inner_destination in near


def _ends(capture: Capture) -> tuple[set[str], set[str]]:
    """Addresses from which it may be sent, and those that it may be sent to."""
    topology, source, address = capture.topology, capture.source, capture.address
    if topology is None or source is None or address is None:
        return set(), set()
    near = {end.address for end in topology.endpoints if end.container == source.id and end.address}
    holder = holder_of(topology, address, source)
    if holder.kind != "vip":
        return near, {address}
    # IPVS writes a task's address over the VIP, and its own node's balancer over the source.
    on = [end for end in topology.endpoints if end.network == holder.network and end.address]
    balancers = {end.address for end in on if end.kind == "load-balancer" and end.node == source.node}
    tasks = {end.address for end in on if end.kind == "container" and end.service == holder.service}
    return near | {a for a in balancers if a}, {address} | {a for a in tasks if a}


def route_of(capture: Capture) -> Route:
    """Find how far it went, and say why."""
    topology, source, address = capture.topology, capture.source, capture.address
    if capture.result.outcome == "not_run":
        return _route("not_run", capture.result.reason, address)
    if address is None:
        return _route("unknown", _unknown(capture), None)
    own = own_packets(capture)
    near, _ = _ends(capture)
    request = next((p for p in own if p.inner_source in near and p.protocol.startswith(OPENS)), None)
    if request is None and topology is None:
        request = next((p for p in own if p.protocol.startswith(OPENS)), None)
    reply = next((p for p in own if request and p.inner_destination == request.inner_source), None)
    if topology is None or source is None:
        kind: RouteKind = "wire" if request else "silent"
        return _route(kind, capture.result.reason, address, request=request, reply=reply)
    holder = holder_of(topology, address, source)
    network = topology.network(holder.network) if holder.network else None
    end = holder if holder.kind == "container" else None
    if request is not None:
        end = holder_of(topology, request.inner_destination or address, source)
        why = _on_the_wire(capture, holder, end, request, reply, network)
        return Route("wire", address, holder, network, end, request, reply, why)
    kind, why = _unseen(capture, holder, network)
    return Route(kind, address, holder, network, end, None, None, why)


def _route(
    kind: RouteKind,
    reason: str,
    address: str | None,
    *,
    request: VxlanPacket | None = None,
    reply: VxlanPacket | None = None,
) -> Route:
    return Route(kind, address, None, None, None, request, reply, reason)


def _unknown(capture: Capture) -> str:
    said = f"Le nom {capture.target} n'a donné aucune adresse{NBSP}: rien n'a été envoyé."
    return f"{said} {capture.asked.reason}" if capture.asked else said


def _on_the_wire(
    capture: Capture,
    holder: Holder,
    end: Holder,
    request: VxlanPacket,
    reply: VxlanPacket | None,
    network: Network | None,
) -> str:
    name = network.name if network else "?"
    said = [
        f"Parti de {_named(capture.topology, request.outer_source)} vers "
        f"{_named(capture.topology, request.outer_destination)}, emballé dans VXLAN avec le VNI {request.vni} "
        f"(réseau {name}), {request.added_bytes} octets de plus."
    ]
    if holder.kind == "vip" and request.inner_destination != holder.address:
        said.append(
            f"IPVS a choisi {end.name or 'une tâche'}{NBSP}: dans le paquet, son adresse {request.inner_destination} a "
            f"remplacé la VIP {holder.address}."
        )
        own = {e.address for e in capture.topology.endpoints} if capture.topology else set()
        balancer = holder_of(capture.topology, request.inner_source or "", capture.source) if capture.topology else None
        if balancer and balancer.kind == "load-balancer" and request.inner_source in own:
            said.append(f"L'adresse du répartiteur {balancer.name} a remplacé celle de {capture.label}.")
    if network and network.encrypted:
        said.append("⚠ Ce réseau est chiffré, et pourtant ce paquet est lisible.")
    if reply is not None and capture.answered:
        said.append("La réponse fait le chemin inverse.")
    elif reply is not None:
        said.append("Une réponse est revenue sur le fil, sans atteindre le conteneur à temps.")
    said.append(capture.result.reason)
    return " ".join(said)


def _unseen(capture: Capture, holder: Holder, network: Network | None) -> tuple[RouteKind, str]:
    """Why nothing of it was captured."""
    source, address, said = capture.label, holder.address, capture.result.reason
    if not holder.shared:
        by_default = "le paquet suit la route par défaut du conteneur, par docker_gwbridge, sans overlay ni VXLAN."
        if holder.kind in ("node", "unknown"):
            near = _own_network(capture, address)
            if near and holder.kind == "unknown":
                return (
                    "silent",
                    f"Personne n'a l'adresse {address} sur {near}{NBSP}: aucun paquet VXLAN ne part. {said}",
                )
            whose = f"est celle de la machine {holder.name}" if holder.name else "n'est sur aucun réseau du swarm"
            return "outside", f"{address} {whose}{NBSP}: {by_default} {said}"
        why = f"{source} n'a pas d'interface sur {holder.network}, le réseau de {address}"
        return "apart", f"{why}{NBSP}: {by_default} {said}"
    if holder.kind == "vip":
        return _unseen_vip(capture, holder)
    node = capture.source.node if capture.source else capture.node
    if holder.kind == "gateway" or holder.node == node:
        return "local", f"{_neighbour(capture, holder, node)} Rien ne passe sur le fil, VXLAN n'est pas utilisé. {said}"
    encrypted = network is not None and network.encrypted
    if encrypted and capture.esp:
        return "encrypted", (
            f"Le réseau {holder.network} est chiffré{NBSP}: {capture.esp} paquets ESP (IPsec) ont été vus. VXLAN est "
            f"dedans, illisible, avec le VNI et les adresses des conteneurs. {said}"
        )
    if capture.node not in (node, holder.node):
        return "elsewhere", (
            f"L'échange va de {node} à {holder.node}, et la capture écoutait {capture.node}{NBSP}: VXLAN va droit d'un "
            f"nœud à l'autre, le troisième n'en voit rien. {said}"
        )
    if encrypted and not capture.answered:
        lack = "" if capture.esp_works else ", dont le noyau n'a pas ESP"
        why = f"Le réseau {holder.network} est chiffré, et aucun paquet ESP n'a été vu"
        return "silent", f"{why}{NBSP}: il ne transporte rien entre ces nœuds{lack}. {said}"
    return "silent", f"Aucun paquet VXLAN de cet échange n'a été vu sur {capture.node}. {said}"


def _own_network(capture: Capture, address: str) -> str | None:
    """The network of the source whose subnet holds an address."""
    networks = capture.topology.networks if capture.topology and capture.source else ()
    mine = capture.source.networks if capture.source else ()
    return next(
        (n.name for n in networks if n.name in mine and n.subnet and ip_address(address) in ip_network(n.subnet)), None
    )


def _neighbour(capture: Capture, holder: Holder, node: str) -> str:
    """How what stays on one node goes there."""
    source = capture.source
    if source is not None and holder.kind == "container" and holder.name == source.label:
        return f"{capture.label} s'adresse à lui-même{NBSP}: rien ne quitte le conteneur."
    who = f"la passerelle de {holder.network}" if holder.kind == "gateway" else holder.name
    return f"{capture.label} et {who} sont sur le même nœud, {node}{NBSP}: le pont du réseau, dans ce nœud, les relie."


def _unseen_vip(capture: Capture, holder: Holder) -> tuple[RouteKind, str]:
    said, service = capture.result.reason, holder.service
    where = capture.source.node if capture.source else capture.node
    if not capture.ipvs:
        return "vip_silent", (
            f"{holder.address} est la VIP du service {service}. Le noyau de ces nœuds n'a pas IPVS{NBSP}: personne ne "
            f"répond à cette adresse, et rien ne part vers une tâche. Essayez tasks.{service}. {said}"
        )
    if isinstance(capture.result, PingResult) and capture.answered:
        return "vip_local", (
            f"Le répartiteur lb-{holder.network} de {where} a répondu lui-même{NBSP}: il porte la VIP "
            f"{holder.address}. IPVS répartit TCP, UDP et SCTP, jamais un ping{NBSP}: rien n'est parti vers une "
            f"tâche. {said}"
        )
    if capture.answered and capture.node != where:
        return "elsewhere", (
            f"La capture écoutait {capture.node}, et l'échange part de {where}{NBSP}: rien ne dit ici quelle tâche "
            f"IPVS a choisie. {said}"
        )
    if capture.answered:
        return "local", (
            f"IPVS a choisi une tâche de {service} sur le même nœud, {where}{NBSP}: rien ne passe sur le fil, VXLAN "
            f"n'est pas utilisé. {said}"
        )
    return "silent", f"Aucun paquet VXLAN de cet échange n'a été vu sur {capture.node}. {said}"


def _named(topology: Topology | None, address: str) -> str:
    nodes: Sequence[str] = [node.name for node in topology.nodes if node.address == address] if topology else []
    return f"{nodes[0]} ({address})" if nodes else address
