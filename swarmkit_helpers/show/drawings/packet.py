"""One captured VXLAN packet: its nested headers, and its way from container to container."""

from __future__ import annotations

from dataclasses import dataclass

from ...topology.model import Topology
from ...topology.packet import (
    ETHERNET_BYTES,
    IPV4_BYTES,
    OVERHEAD_BYTES,
    UDP_BYTES,
    VXLAN_BYTES,
    VxlanPacket,
)
from ..canvas import HEAD, LINE, MARGIN, Canvas, fit, text_width
from ..figure import Figure
from ..french import notes, titled, typeset
from ..legend import box_sample, line_sample
from ..owners import endpoint_at, endpoint_with_mac, named_address, network_of_vni, node_at, owner_of
from ..palette import BLUE, GREEN, INK, ORANGE, PAPER, SHADE, SOFT, SOLID, NetworkStyle, network_styles, style_of

__all__ = ["Layer", "draw_nested", "draw_path"]

SHEET = 720.0
POINTS_PER_BYTE = 5.0
"""Scale of the headers; the data takes what is left of the line."""
NEST = 12.0
NODE = 262.0
BROADCAST = "ff:ff:ff:ff:ff:ff"


@dataclass(frozen=True)
class Layer:
    """One header, or the data, of a packet."""

    short: str
    name: str
    size: int
    values: str
    part: str
    """``outer``, ``vxlan`` or ``inner``."""


TINTS = {"outer": "#DCEBF7", "vxlan": "#FBE9C6", "inner": "#D9F0E7"}
EDGES = {"outer": BLUE, "vxlan": ORANGE, "inner": GREEN}
LINES = {"outer": SOLID, "vxlan": (6.0, 2.0), "inner": (2.0, 1.5)}
PARTS = {
    "outer": "paquet entre les deux machines",
    "vxlan": "en-tête VXLAN : quel réseau",
    "inner": "trame du conteneur, intacte (données hors échelle)",
}


def _layers(packet: VxlanPacket, topology: Topology | None) -> list[Layer]:
    outer = _way(topology, packet.outer_source, packet.outer_destination)
    network = network_of_vni(topology, packet.vni)
    inner_header = IPV4_BYTES if packet.carries_ipv4 else 0
    layers = [
        Layer("Ethernet", "Ethernet", ETHERNET_BYTES, "entre les cartes réseau des deux machines", "outer"),
        Layer("IPv4", "IPv4", IPV4_BYTES, outer, "outer"),
        Layer("UDP", "UDP", UDP_BYTES, f"port {packet.outer_source_port} → {packet.outer_destination_port}", "outer"),
        Layer(
            "VXLAN",
            "VXLAN",
            VXLAN_BYTES,
            f"VNI {packet.vni}{f' (réseau {network})' if network else ''}",
            "vxlan",
        ),
        Layer(
            "Ethernet",
            "Ethernet du conteneur",
            ETHERNET_BYTES,
            f"{packet.inner_source_mac} → {packet.inner_destination_mac}",
            "inner",
        ),
    ]
    if packet.carries_ipv4:
        layers.append(Layer("IPv4", "IPv4 du conteneur", IPV4_BYTES, _inner_way(packet, topology), "inner"))
    rest = max(packet.inner_bytes - ETHERNET_BYTES - inner_header, 0)
    word = packet.protocol.split(" ")[0] or "données"
    said = packet.protocol if packet.carries_ipv4 else f"{packet.protocol} {_inner_way(packet, topology)}".strip()
    layers.append(Layer(f"{word} et données", word, rest, said, "inner"))
    return layers


def _way(topology: Topology | None, source: str, destination: str) -> str:
    ends = (named_address(address, node_at(topology, address)) for address in (source, destination))
    return " → ".join(str(end) for end in ends)


def _inner_way(packet: VxlanPacket, topology: Topology | None) -> str:
    ends = (
        named_address(address, owner_of(topology, packet.vni, address))
        for address in (packet.inner_source, packet.inner_destination)
        if address
    )
    return " → ".join(str(end) for end in ends)


def draw_nested(packet: VxlanPacket, topology: Topology | None) -> Figure:
    """See `show.figures.draw_nested_packet`."""
    known = [topology] if topology else []
    layers = _layers(packet, topology)
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled("Un paquet VXLAN capturé : une trame dans un paquet", *known),
        notes(*known),
        f"Capturé entre deux nœuds à t = {packet.time_s:.3f} s : {packet.protocol}.".replace(".", ",", 1),
    )
    y = _ribbon(canvas, y, packet, layers)
    y = _nest(canvas, y + 12, layers)
    y = canvas.legend(y + 8, [(box_sample(TINTS[part], EDGES[part], line=LINES[part]), PARTS[part]) for part in PARTS])
    return canvas.finish(y + 4, _alt_nested(packet, layers, known))


def _ribbon(canvas: Canvas, y: float, packet: VxlanPacket, layers: list[Layer]) -> float:
    """The frame as it is on the wire, its headers to scale, with what it costs."""
    y += 6
    edges = [MARGIN]
    for layer in layers[:-1]:
        edges.append(edges[-1] + layer.size * POINTS_PER_BYTE)
    edges.append(SHEET - MARGIN)
    _bracket(
        canvas,
        edges[0],
        edges[-1],
        y + LINE + 6,
        f"trame sur le réseau des machines : {packet.outer_bytes} octets",
        up=True,
    )
    y += LINE + 10
    for layer, left, right in zip(layers, edges, edges[1:], strict=False):
        canvas.box(
            left + 0.5,
            y,
            right - left - 1,
            36,
            face=TINTS[layer.part],
            edge=EDGES[layer.part],
            line=LINES[layer.part],
            radius=1,
        )
        room = right - left - 3
        canvas.text((left + right) / 2, y + 12, fit(layer.short, room), align="center")
        canvas.text((left + right) / 2, y + 25, str(layer.size), bold=True, align="center")
    # A torn edge: the data is not to scale.
    tear = edges[-1] - 40
    canvas.polygon([(tear, y - 2), (tear + 6, y - 2), (tear, y + 38), (tear - 6, y + 38)], PAPER)
    canvas.line([(tear, y - 2), (tear - 6, y + 38)], color=SOFT)
    canvas.line([(tear + 6, y - 2), (tear, y + 38)], color=SOFT)
    y += 40
    _bracket(canvas, edges[4], edges[-1], y, f"trame du conteneur : {packet.inner_bytes} octets")
    y += LINE + 12
    parts = f"{IPV4_BYTES} + {UDP_BYTES} + {VXLAN_BYTES} + {ETHERNET_BYTES}"
    cost = f"{OVERHEAD_BYTES} octets = {parts} : ce que perd le MTU de l'overlay"
    _bracket(canvas, edges[1], edges[5], y, cost)
    y += LINE + 14
    added = packet.outer_bytes - packet.inner_bytes
    said = (
        f"{packet.outer_bytes} − {packet.inner_bytes} = {added} octets ajoutés à chaque trame "
        f"(Ethernet {ETHERNET_BYTES}, IPv4 {IPV4_BYTES}, UDP {UDP_BYTES}, VXLAN {VXLAN_BYTES})."
        if added == OVERHEAD_BYTES
        else f"{packet.outer_bytes} − {packet.inner_bytes} = {added} octets ajoutés à cette trame."
    )
    canvas.text(MARGIN, y, said)
    return y + LINE


def _bracket(canvas: Canvas, left: float, right: float, y: float, text: str, *, up: bool = False) -> None:
    """A dimension line, with its text above it (`up`) or below."""
    tip = 5 if up else -5
    canvas.line([(left + 1, y + tip), (left + 1, y), (right - 1, y), (right - 1, y + tip)], weight=1.1)
    canvas.text((left + right) / 2, y - 8 if up else y + 9, typeset(text), align="center")


def _nest(canvas: Canvas, y: float, layers: list[Layer]) -> float:
    """Each header as a box that holds all that follows it."""
    band, foot = 24.0, 5.0
    for depth, layer in enumerate(layers):
        left = MARGIN + depth * NEST
        width = SHEET - 2 * MARGIN - 2 * depth * NEST
        inside = len(layers) - depth - 1
        height = (inside + 1) * band + inside * foot
        top = y + depth * band
        canvas.box(
            left,
            top,
            width,
            height,
            face=TINTS[layer.part],
            edge=EDGES[layer.part],
            line=LINES[layer.part],
            weight=1.3,
            zorder=1 + depth * 0.01,
        )
        size = f"{layer.size} octets"
        canvas.text(left + 9, top + band / 2, layer.name, bold=True)
        canvas.text(left + width - 9, top + band / 2, size, align="right")
        start = MARGIN + 180.0
        canvas.text(start, top + band / 2, fit(layer.values, left + width - 20 - text_width(size) - start))
    return y + len(layers) * band + (len(layers) - 1) * foot


def _alt_nested(packet: VxlanPacket, layers: list[Layer], known: list[Topology]) -> str:
    nested = ", ".join(f"{layer.name} ({layer.size} octets, {layer.values})" for layer in layers)
    return " ".join(
        [
            f"Paquet VXLAN capturé, du dehors vers le dedans : {nested}.",
            f"La trame extérieure fait {packet.outer_bytes} octets, celle du conteneur {packet.inner_bytes} :",
            f"{packet.outer_bytes - packet.inner_bytes} de plus.",
            f"Le MTU de l'overlay perd {OVERHEAD_BYTES} octets ({IPV4_BYTES} + {UDP_BYTES} + {VXLAN_BYTES} "
            f"+ {ETHERNET_BYTES}).",
            *notes(*known),
        ]
    )


# --- the way of a packet --------------------------------------------------------------------------


def draw_path(topology: Topology, packet: VxlanPacket) -> Figure:
    """See `show.figures.draw_packet_path`."""
    style = style_of(network_styles(topology), network_of_vni(topology, packet.vni) or "")
    network = network_of_vni(topology, packet.vni) or "inconnu"
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled("Le chemin d'un paquet, de conteneur à conteneur", topology),
        notes(topology),
        f"{packet.protocol}, capturé entre deux nœuds.",
    )
    y += 8
    left, right = MARGIN, SHEET - MARGIN - NODE
    box = NODE - 36
    tops = (y + 32, y + 112, y + 192)
    for x, sends, outer, inner, mac in (
        (left, True, packet.outer_source, packet.inner_source, packet.inner_source_mac),
        (right, False, packet.outer_destination, packet.inner_destination, packet.inner_destination_mac),
    ):
        node = node_at(topology, outer)
        canvas.box(x, y, NODE, 258, face=SHADE, edge=SOFT, weight=1.4)
        canvas.text(x + 12, y + 15, fit(f"nœud {node or 'inconnu'}", NODE - 24, HEAD, True), HEAD, bold=True)
        port = packet.outer_source_port if sends else packet.outer_destination_port
        texts = (
            (_holder(topology, packet.vni, inner, mac), inner or "sans adresse IPv4", f"MAC {mac}"),
            ("VXLAN", f"VNI {packet.vni}", "emballe la trame" if sends else "ouvre le paquet, rend la trame"),
            ("carte réseau du nœud", outer, f"port UDP {port}"),
        )
        edges = ((INK, SOLID), (style.color, style.line), (INK, SOLID))
        for top, lines, (edge, line) in zip(tops, texts, edges, strict=True):
            canvas.box(x + 18, top, box, 52, edge=edge, line=line, weight=1.6)
            canvas.text(x + 28, top + 12, fit(lines[0], box - 20, bold=True), bold=True)
            canvas.lines(x + 28, top + 12 + LINE, [fit(text, box - 20) for text in lines[1:]])
        for number, (upper, lower) in enumerate(((tops[0], tops[1]), (tops[1], tops[2]))):
            ends = [(x + 60, upper + 52), (x + 60, lower)]
            canvas.arrow(ends[0], ends[1]) if sends else canvas.arrow(ends[1], ends[0])
            step = number + 1 if sends else 5 - number
            _step(canvas, x + 80, (upper + 52 + lower) / 2, step)
    gap = (left + NODE, right)
    middle = sum(gap) / 2
    logical, wire = tops[0] + 26, tops[2] + 26
    canvas.line([(left + 18 + box, logical), (right + 18, logical)], color=style.color, line=style.line, weight=3)
    canvas.text(middle, logical - 12, fit(network, right - gap[0] - 8, bold=True), bold=True, align="center")
    canvas.text(middle, logical + 13, typeset("vu des conteneurs"), color=SOFT, align="center")
    canvas.arrow((left + 18 + box, wire), (right + 18, wire), weight=2.4)
    _step(canvas, middle, wire - 31, 3)
    canvas.text(middle, wire - 12, f"{packet.outer_bytes} octets", bold=True, align="center")
    canvas.text(middle, wire + 13, f"dont {packet.inner_bytes} dedans", color=SOFT, align="center")
    y = canvas.legend(
        y + 270,
        [
            (line_sample(style), f"réseau {network} (VNI {packet.vni})"),
            (line_sample(NetworkStyle(INK, SOLID)), "chemin réel, sur le réseau des machines"),
            (box_sample(SHADE, SOFT), "nœud"),
        ],
    )
    return canvas.finish(y + 4, _alt_path(topology, packet, network))


def _holder(topology: Topology, vni: int, address: str | None, mac: str) -> str:
    if mac.lower() == BROADCAST:
        return "tous (diffusion)"
    endpoint = endpoint_at(topology, vni, address) or endpoint_with_mac(topology, vni, mac)
    if endpoint is not None:
        return f"conteneur {endpoint.name}" if endpoint.kind == "container" else endpoint.name
    return owner_of(topology, vni, address) or "conteneur inconnu"


def _step(canvas: Canvas, x: float, y: float, number: int) -> None:
    canvas.marker(x, y, "o", face=INK, edge=INK, size=14)
    canvas.text(x, y, str(number), bold=True, color=PAPER, align="center")


def _alt_path(topology: Topology, packet: VxlanPacket, network: str) -> str:
    source = _end(topology, packet.vni, packet.inner_source, packet.inner_source_mac, packet.outer_source)
    target = _end(
        topology, packet.vni, packet.inner_destination, packet.inner_destination_mac, packet.outer_destination
    )
    said = [
        f"Chemin d'un paquet ({packet.protocol}). Départ : {source}. Arrivée : {target}.",
        f"La trame de {packet.inner_bytes} octets part sur le réseau {network}, est emballée en VXLAN "
        f"(VNI {packet.vni}), traverse le réseau des machines en {packet.outer_bytes} octets "
        f"(UDP, port {packet.outer_source_port} vers {packet.outer_destination_port}), puis est rendue intacte.",
    ]
    return " ".join([*said, *notes(topology)])


def _end(topology: Topology, vni: int, inner: str | None, mac: str, outer: str) -> str:
    address = f" ({inner})" if inner else ""
    return (
        f"{_holder(topology, vni, inner, mac)}{address}, sur {node_at(topology, outer) or 'un nœud inconnu'} ({outer})"
    )
