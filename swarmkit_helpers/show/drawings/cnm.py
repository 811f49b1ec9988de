"""The Container Network Model of one live container: its sandbox, its endpoints, its networks."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from ...errors import ObjectNotFound
from ...topology.model import Container, Endpoint, Network, Topology
from ...topology.sandbox import Interface, Sandbox
from ..canvas import HEAD, LINE, MARGIN, Canvas, fit, wrap
from ..figure import Figure
from ..french import listing, natural, notes, titled, typeset
from ..legend import box_sample, line_sample, shape_sample
from ..palette import INK, PAPER, RULE, SHADE, SOFT, SOLID, NetworkStyle, network_styles, style_of

__all__ = ["Link", "draw"]

SHEET = 720.0
BOX = 300.0
"""Width of the container's box."""
NETWORK = 240.0
MOST_NEIGHBOURS = 4


@dataclass(frozen=True)
class Link:
    """One interface of the sandbox, the endpoint it belongs to, and that endpoint's network."""

    interface: Interface | None
    endpoint: Endpoint | None
    network: Network


def draw(topology: Topology, container: str, sandbox: Sandbox) -> Figure:
    """See `show.figures.draw_cnm`."""
    found = topology.container(container)
    if found is None:
        raise ObjectNotFound("container", container)
    links = _links(topology, found, sandbox)
    linked = {id(link.interface) for link in links}
    alone = [interface for interface in sandbox.interfaces if id(interface) not in linked]
    styles = network_styles(topology)
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled(f"Le modèle CNM sur un conteneur réel : {found.label}", topology),
        notes(topology),
        "Un sandbox par conteneur ; un endpoint par réseau rejoint ; un réseau relie des endpoints.",
    )
    top = y + LINE
    inner, width = MARGIN + 10, BOX - 20
    right = SHEET - MARGIN - NETWORK
    canvas.text(inner, y + 2, "SANDBOX", bold=True, color=SOFT)
    canvas.text((MARGIN + BOX + right) / 2, y + 2, "ENDPOINT", bold=True, color=SOFT, align="center")
    canvas.text(right, y + 2, "RÉSEAU", bold=True, color=SOFT)
    y = top + 12
    canvas.text(inner, y, fit(found.label, width, HEAD, True), HEAD, bold=True)
    canvas.text(inner, y + LINE, fit(f"{found.image}, sur {found.node}", width), color=SOFT)
    y += LINE + 14
    for link in links:
        lines = _network_lines(topology, found, link)
        height = max(len(lines) * LINE + 12, 58.0)
        style = style_of(styles, link.network.name)
        middle = y + height / 2
        _interface(canvas, inner, middle - 25, width, link.interface)
        _endpoint(canvas, inner + width, middle, right, link, style)
        canvas.box(right, y, NETWORK, height, edge=style.color, line=style.line, weight=1.8)
        canvas.text(right + 9, y + 12, fit(lines[0], NETWORK - 18, HEAD, True), HEAD, bold=True)
        canvas.lines(right + 9, y + 12 + LINE, [fit(line, NETWORK - 18) for line in lines[1:]])
        y += height + 12
    if not links:
        said = wrap(typeset("Aucun endpoint : ce conteneur n'est relié à aucun réseau."), NETWORK)
        canvas.lines(right, y + 6, said, italic=True, color=SOFT)
    for interface in alone:
        text = ", ".join(part for part in (interface.name, interface.address, _mtu(interface)) if part)
        canvas.box(inner, y, width, 20, face=SHADE, edge=RULE)
        canvas.text(inner + 8, y + 10, fit(text, width - 16))
        y += 26
    y = _section(canvas, inner, y, width, "Routes", sandbox.routes, "aucune route", mono=True)
    y = _section(canvas, inner, y, width, "DNS (/etc/resolv.conf)", sandbox.resolvers, "aucun serveur", mono=True)
    canvas.box(MARGIN, top, BOX, y - top + 4, edge=INK, weight=1.8, zorder=0.5)
    y = canvas.legend(
        y + 14,
        [
            (box_sample(PAPER, INK), "sandbox du conteneur"),
            (box_sample(SHADE, RULE), "interface"),
            (shape_sample("D", PAPER, INK), "endpoint"),
            (line_sample(NetworkStyle(SOFT, SOLID)), "réseau : la couleur et le trait de son cadre"),
        ],
    )
    return canvas.finish(y + 4, _alt(topology, found, sandbox, links))


def _links(topology: Topology, container: Container, sandbox: Sandbox) -> list[Link]:
    """Match interfaces, endpoints and networks: by address, else by the subnet that holds the address."""
    own = [
        e
        for e in topology.endpoints
        if e.node == container.node and e.kind == "container" and container.id and e.container == container.id
    ]
    here = {n.name: n for n in topology.networks if container.node in n.nodes}
    links = []
    taken: set[int] = set()
    for endpoint in sorted(own, key=lambda e: natural(e.network)):
        network = here.get(endpoint.network) or topology.network(endpoint.network)
        match = next((i for i in sandbox.interfaces if i.address and _bare(i.address) == endpoint.address), None)
        if network is not None:
            links.append(Link(match, endpoint, network))
            taken.add(id(match))
    for interface in sandbox.interfaces:
        if id(interface) in taken or interface.address is None:
            continue
        holder = next((n for n in here.values() if n.subnet and _holds(n.subnet, interface.address)), None)
        # docker_gwbridge and bridge are read on the node itself: the snapshot may hold no endpoint of theirs.
        if holder is not None and all(link.network.id != holder.id for link in links):
            links.append(Link(interface, None, holder))
    order = {id(interface): place for place, interface in enumerate(sandbox.interfaces)}
    return sorted(links, key=lambda link: order.get(id(link.interface), len(order)))


def _bare(address: str) -> str:
    return address.split("/")[0]


def _holds(subnet: str, address: str) -> bool:
    try:
        return ip_address(_bare(address)) in ip_network(subnet, strict=False)
    except ValueError:
        return False


def _interface(canvas: Canvas, x: float, y: float, width: float, interface: Interface | None) -> None:
    canvas.box(x, y, width, 50, face=SHADE, edge=RULE)
    if interface is None:
        canvas.text(x + 8, y + 25, "interface non lue", italic=True, color=SOFT)
        return
    mtu = _mtu(interface)
    canvas.text(x + 8, y + 12, f"{interface.name}{f', {mtu}' if mtu else ''}", bold=True)
    canvas.text(x + 8, y + 25, interface.address or "sans adresse")
    canvas.text(x + 8, y + 38, f"MAC {interface.mac}" if interface.mac else "sans adresse MAC", color=SOFT)


def _mtu(interface: Interface) -> str:
    return f"MTU {interface.mtu}" if interface.mtu else ""


def _endpoint(canvas: Canvas, x: float, y: float, right: float, link: Link, style: NetworkStyle) -> None:
    middle = (MARGIN + BOX + right) / 2
    canvas.line([(x, y), (middle, y)], color=INK, weight=1.6)
    canvas.line([(middle, y), (right, y)], color=style.color, line=style.line, weight=3)
    canvas.marker(middle, y, "D", face=PAPER, edge=INK, size=10, weight=1.8)
    address = link.endpoint.address if link.endpoint else link.interface and link.interface.address
    room = right - MARGIN - BOX - 12
    canvas.text(middle, y - 17, fit(_bare(address) if address else "sans adresse", room), align="center")


def _network_lines(topology: Topology, container: Container, link: Link) -> list[str]:
    network = link.network
    lines = [network.name, f"driver {network.driver}, portée {network.scope}"]
    if network.subnet:
        lines.append(f"sous-réseau {network.subnet}")
    if network.gateway:
        lines.append(f"passerelle {network.gateway}")
    if network.vxlan_id is not None:
        lines.append(f"VXLAN {network.vxlan_id}")
    neighbours = _neighbours(topology, container, network)
    if neighbours:
        lines.append(typeset("autres endpoints :"))
        # The address first: a long name is shortened, an address never.
        lines += [f"  {e.address or 'sans adresse'} {e.name} ({e.node})" for e in neighbours[:MOST_NEIGHBOURS]]
    if len(neighbours) > MOST_NEIGHBOURS:
        lines.append(f"  et {len(neighbours) - MOST_NEIGHBOURS} autres")
    return lines


def _neighbours(topology: Topology, container: Container, network: Network) -> list[Endpoint]:
    return sorted(
        (
            e
            for e in topology.endpoints
            if e.network == network.name and e.node in network.nodes and e.container != container.id
        ),
        key=lambda e: (e.kind != "container", natural(e.name), natural(e.node)),
    )


def _section(
    canvas: Canvas, x: float, y: float, width: float, title: str, lines: tuple[str, ...], none: str, *, mono: bool
) -> float:
    y += 8
    canvas.text(x, y + 2, title, bold=True)
    y += LINE + 2
    if not lines:
        canvas.text(x + 8, y + 2, none, italic=True, color=SOFT)
        return y + LINE
    for line in lines:
        for part in wrap(line, width - 10, 8.5, mono=mono):
            canvas.text(x + 8, y + 2, part, 8.5, mono=mono)
            y += LINE
    return y


def _alt(topology: Topology, container: Container, sandbox: Sandbox, links: list[Link]) -> str:
    interfaces = [f"{i.name} {i.address or 'sans adresse'}" for i in sandbox.interfaces]
    said = [
        f"Modèle CNM du conteneur {container.label}, sur {container.node}.",
        f"Sandbox : interfaces {listing(interfaces) or 'aucune'} ; "
        f"routes {listing([f'« {route} »' for route in sandbox.routes]) or 'aucune'} ; "
        f"DNS {listing(sandbox.resolvers) or 'aucun'}.",
    ]
    for link in links:
        name = link.interface.name if link.interface else "une interface non lue"
        subnet = f" ({link.network.driver}, {link.network.subnet})" if link.network.subnet else ""
        beside = listing([e.name for e in _neighbours(topology, container, link.network)], 6)
        others = f", avec {beside}" if beside else ""
        said.append(f"Un endpoint relie {name} au réseau {link.network.name}{subnet}{others}.")
    if not links:
        said.append("Aucun endpoint : ce conteneur n'est relié à aucun réseau.")
    return " ".join([*said, *notes(topology)])
