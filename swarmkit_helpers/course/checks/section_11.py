"""Section 11: an overlay network that nothing uses yet."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from .question import Context, Verdict, define, failed, judge, passed

__all__ = ["NETWORK"]

NETWORK = "nginx-net"


@define(
    "11.1",
    "nginx-net existe sur le manager : un overlay, de portée swarm, sans option",
    hint="docker network create -d overlay nginx-net, sur le manager ; sans -d overlay, Docker crée un bridge",
)
def created(context: Context) -> Verdict:
    """As the plain command makes it: neither attachable, nor encrypted, nor ingress, nor internal."""
    network = context.network(NETWORK)
    manager = context.lab.manager.name
    traits = {
        "--attachable": network.attachable,
        "--ingress": network.ingress,
        "--opt encrypted": network.encrypted,
        "--internal": network.internal,
        "une MTU choisie": network.underlay_mtu is not None,
    }
    given = [name for name, present in traits.items() if present]
    seen = f"{network.driver}, portée {network.scope}, listé par {', '.join(network.nodes)}"
    if (network.driver, network.scope) != ("overlay", "swarm"):
        return failed(seen, "ce réseau n'est pas un overlay : l'option -d overlay manquait")
    if manager not in network.nodes:
        return failed(seen, f"{manager} devrait le lister : un overlay se crée sur un manager")
    return judge(not given, f"{seen} ; options : {', '.join(given) or 'aucune'}", "créé avec une option de trop")


@define(
    "11.2",
    "nginx-net a reçu un sous-réseau, une passerelle et un identifiant VXLAN à lui",
    hint="docker network inspect nginx-net : IPAM.Config et vxlanid_list ; vides, le swarm n'a pas pu les attribuer",
)
def allocated(context: Context) -> Verdict:
    """Addresses and VNI given by the swarm's manager, shared with no other overlay."""
    network = context.network(NETWORK)
    seen = (
        f"sous-réseau {network.subnet or 'absent'}, passerelle {network.gateway or 'absente'}, "
        f"VXLAN {network.vxlan_id if network.vxlan_id is not None else 'absent'}"
    )
    if not network.subnet or not network.gateway or network.vxlan_id is None:
        return failed(seen, "un sous-réseau demandé qui en recouvre un autre n'est jamais attribué")
    subnet = ip_network(network.subnet)
    if ip_address(network.gateway) not in subnet:
        return failed(seen, "la passerelle n'est pas dans le sous-réseau")
    others = [n for n in context.topology.networks if n.driver == "overlay" and n.id != network.id and n.subnet]
    clashes = [n.name for n in others if subnet.overlaps(ip_network(n.subnet or "")) or n.vxlan_id == network.vxlan_id]
    return judge(not clashes, seen, f"partagé avec {', '.join(clashes)}")


@define(
    "11.3",
    "Aucun worker ne liste nginx-net",
    hint="docker network ls, sur chaque worker ; une tâche ou un conteneur attaché y fait apparaître le réseau",
)
def not_on_workers(context: Context) -> Verdict:
    """A worker learns of an overlay only when a task that needs it lands there."""
    network = context.network(NETWORK)
    workers = [worker.name for worker in context.lab.workers]
    carrying = [name for name in workers if name in network.nodes]
    if not carrying:
        return passed(f"listé par {', '.join(network.nodes)} ; pas par {', '.join(workers)}")
    held = [f"{e.name} sur {e.node}" for e in context.topology.containers_of(NETWORK) if e.node in carrying]
    why = f"il y porte {', '.join(held)}" if held else "il n'y porte rien : le nœud ne l'a pas encore retiré"
    return failed(f"{', '.join(carrying)} le liste", why)


@define(
    "11.4",
    "nginx-net est vide : ni conteneur, ni répartiteur, ni pair, sur aucun nœud",
    hint="docker network inspect nginx-net : Containers et Peers sont vides ; docker service ls dit qui l'utilise",
)
def empty(context: Context) -> Verdict:
    """No endpoint, no peer, no service that asks for it."""
    context.network(NETWORK)
    held = [f"{e.name} sur {e.node}" for e in context.topology.endpoints if e.network == NETWORK]
    peers = sorted({peer.peer for peer in context.topology.peers_of(NETWORK)})
    users = [service.name for service in context.topology.services if NETWORK in service.networks]
    seen = f"attachés : {', '.join(held) or 'aucun'} ; pairs : {', '.join(peers) or 'aucun'}"
    return judge(not held and not peers and not users, seen, f"services sur ce réseau : {', '.join(users) or 'aucun'}")
