"""Section 00: sandbox, endpoint and network of live containers, on the manager."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from ...errors import ObjectNotFound
from ...probes.execution import read_sandbox
from ...probes.ping import ping
from ...topology.model import Network
from ...topology.sandbox import Interface, Sandbox
from .question import Context, Verdict, define, failed, judge, passed

__all__ = ["BRIDGE"]

BRIDGE = "pont-demo"
EMBEDDED_DNS = "127.0.0.11"


def _fault(context: Context, name: str, network: str) -> str:
    """Why that container is not what the section asks for; empty when it is.

    Raises
    ------
    ObjectNotFound
    """
    found = context.container(name)
    manager = context.lab.manager.name
    if found.node != manager:
        return f"{name} tourne sur {found.node}, et non sur {manager}"
    if found.state != "running":
        return f"{name} est dans l'état « {found.state} » : un conteneur arrêté n'a plus de sandbox"
    if found.networks != (network,):
        return f"{name} est sur {', '.join(found.networks) or 'aucun réseau'}, et non sur {network} seulement"
    return ""


def _bridge(context: Context) -> Network:
    """The network of that name which the manager lists.

    Raises
    ------
    ObjectNotFound
    """
    manager = context.lab.manager.name
    for network in context.topology.networks:
        if network.name == BRIDGE and manager in network.nodes:
            return network
    raise ObjectNotFound("network", BRIDGE, manager)


def _addressed(sandbox: Sandbox) -> list[Interface]:
    """Interfaces with an IPv4 address, the loopback apart."""
    return [interface for interface in sandbox.interfaces if interface.name != "lo" and interface.address]


@define(
    "00.1",
    "Le réseau pont-demo existe sur le manager, et sur lui seul, avec le pilote bridge",
    hint="docker network create -d bridge pont-demo, sur le manager ; docker network ls sur chaque nœud",
)
def bridge_network(context: Context) -> Verdict:
    """One local bridge with a subnet and a gateway, on the manager alone."""
    manager = context.lab.manager.name
    named = [network for network in context.topology.networks if network.name == BRIDGE]
    if not named:
        raise ObjectNotFound("network", BRIDGE)
    where = sorted({node for network in named for node in network.nodes})
    if where != [manager]:
        return failed(f"pont-demo est sur {', '.join(where)}", "la commande a été envoyée à un autre moteur")
    network = named[0]
    seen = f"pilote {network.driver}, portée {network.scope}, sous-réseau {network.subnet or 'absent'}"
    if network.driver != "bridge" or network.scope != "local":
        return failed(seen, "un réseau bridge est local à un nœud : créez-le avec -d bridge")
    return judge(bool(network.subnet and network.gateway), f"{seen}, passerelle {network.gateway}, sur {manager}")


@define(
    "00.2",
    "Le sandbox de demo1 a une interface sur pont-demo, une route par défaut et un DNS",
    hint="docker run -dit --name demo1 --network pont-demo alpine, puis docker container exec demo1 ip addr",
)
def sandbox(context: Context) -> Verdict:
    """Read from inside: one address of the network's subnet, its gateway as default route, the engine's own DNS."""
    network = _bridge(context)
    if fault := _fault(context, "demo1", BRIDGE):
        return failed(fault)
    inside = read_sandbox(context.lab, "demo1")
    addressed = _addressed(inside)
    default = next((route for route in inside.routes if route.startswith("default via ")), "aucune route par défaut")
    seen = (
        f"{', '.join(f'{each.name} {each.address}' for each in addressed) or 'aucune interface'} ; {default} ; "
        f"DNS {', '.join(inside.resolvers) or 'aucun'}"
    )
    subnet = ip_network(network.subnet or "0.0.0.0/32")
    if len(addressed) != 1 or ip_interface(addressed[0].address or "").network != subnet:
        return failed(seen, f"une seule interface est attendue, avec une adresse de {network.subnet}")
    if not default.startswith(f"default via {network.gateway} "):
        return failed(seen, f"la route par défaut devrait passer par {network.gateway}, la passerelle de pont-demo")
    if inside.resolvers != (EMBEDDED_DNS,):
        return failed(seen, f"le DNS d'un réseau que vous créez est celui du moteur, {EMBEDDED_DNS}")
    return passed(seen)


@define(
    "00.3",
    "Un endpoint, et un seul, relie le sandbox de demo1 à pont-demo",
    hint="docker network inspect pont-demo, partie Containers, à côté de docker container exec demo1 ip addr",
)
def endpoint(context: Context) -> Verdict:
    """What the network says of the endpoint is what the sandbox says of its interface: same address, same MAC."""
    _bridge(context)
    if fault := _fault(context, "demo1", BRIDGE):
        return failed(fault)
    container = context.topology.container("demo1")
    ends = [e for e in context.topology.endpoints if container and e.container == container.id]
    inside = _addressed(read_sandbox(context.lab, "demo1"))
    outside = ", ".join(f"{e.network} {e.address}/{e.prefix} {e.mac}" for e in ends) or "aucun endpoint"
    interfaces = ", ".join(f"{i.name} {i.address} {i.mac}" for i in inside) or "aucune interface"
    same = [(e.network, f"{e.address}/{e.prefix}", e.mac) for e in ends] == [
        (BRIDGE, interface.address, interface.mac) for interface in inside
    ]
    return judge(
        same and len(ends) == 1,
        f"vu du réseau : {outside} ; vu du sandbox : {interfaces}",
        "le réseau et le sandbox ne disent pas la même chose, ou il y a plusieurs endpoints",
    )


@define(
    "00.4",
    "pont-demo relie demo1 et demo2, et eux seuls : ils se parlent par leur nom",
    hint="docker run -dit --name demo2 --network pont-demo alpine, puis docker container exec demo1 ping -c 2 demo2",
)
def members_talk(context: Context) -> Verdict:
    """Two endpoints, and a ping by name that reaches the very address of the other one."""
    _bridge(context)
    for name in ("demo1", "demo2"):
        if fault := _fault(context, name, BRIDGE):
            return failed(fault)
    ends = {e.name: e.address for e in context.topology.containers_of(BRIDGE)}
    if set(ends) != {"demo1", "demo2"}:
        return failed(f"endpoints de pont-demo : {', '.join(sorted(ends))}", "ce réseau ne doit relier qu'eux deux")
    result = ping(context.lab, "demo1", "demo2", count=1)
    if result.outcome == "not_run":
        return Verdict("not_run", result.reason)
    if result.outcome == "passed" and result.address != ends["demo2"]:
        return failed(result.reason, f"ce nom a mené à {result.address}, et demo2 a l'adresse {ends['demo2']}")
    return judge(result.outcome == "passed", result.reason)


@define(
    "00.5",
    "demo-host n'a pas de réseau à lui : il voit les interfaces du manager",
    hint="docker run -dit --name demo-host --network host alpine, sur le manager",
)
def host_container(context: Context) -> Verdict:
    """The node's own address is in its sandbox, and its endpoint has none."""
    if fault := _fault(context, "demo-host", "host"):
        return failed(fault)
    manager = context.lab.manager
    inside = _addressed(read_sandbox(context.lab, "demo-host"))
    addresses = {str(ip_interface(interface.address or "").ip) for interface in inside}
    own = [e.address for e in context.topology.endpoints if e.name == "demo-host" and e.address]
    listed = ", ".join(f"{interface.name} {interface.address}" for interface in inside)
    return judge(
        manager.address in addresses and not own,
        f"{listed} ; adresse propre : {', '.join(own) or 'aucune'}",
        f"l'adresse du manager, {manager.address}, devrait être parmi ses interfaces",
    )


@define(
    "00.6",
    "demo-none est coupé de tout : ni interface, ni route, et demo1 lui est inaccessible",
    hint="docker run -dit --name demo-none --network none alpine, puis docker container exec demo-none ip addr",
)
def none_container(context: Context) -> Verdict:
    """Only the loopback inside; a ping to an address that answers others leaves by no route."""
    if fault := _fault(context, "demo-none", "none"):
        return failed(fault)
    inside = read_sandbox(context.lab, "demo-none")
    addressed = _addressed(inside)
    if addressed or inside.routes:
        seen = [f"{interface.name} {interface.address}" for interface in addressed] + list(inside.routes)
        return failed(f"son sandbox contient {', '.join(seen)}", "il a été relié à un réseau")
    if not any(
        i.name == "lo" and i.address and ip_address(i.address.split("/")[0]).is_loopback for i in inside.interfaces
    ):
        return failed("son sandbox n'a pas même l'interface lo")
    target = next((e.address for e in context.topology.endpoints if e.name == "demo1" and e.address), None)
    if target is None:
        return failed("demo1 n'a pas d'adresse", "sans demo1 en marche, rien ne prouve que demo-none est coupé de lui")
    heard = ping(context.lab, "demo2", target, count=1)
    if heard.outcome != "passed":
        return Verdict(
            "not_run", f"demo1 ne répond pas non plus à demo2, la comparaison est impossible : {heard.reason}"
        )
    result = ping(context.lab, "demo-none", target, count=1)
    if result.outcome == "not_run":
        return Verdict("not_run", result.reason)
    return judge(result.outcome == "failed", f"une seule interface, lo ; {result.reason}", "un paquet est revenu")
