"""One captured VXLAN packet: its headers, one inside the other, with their lengths as the packet has them."""

from __future__ import annotations

from dataclasses import dataclass

from ...topology.model import Topology
from ...topology.packet import (
    UDP_BYTES,
    VXLAN_BYTES,
    VxlanPacket,
)
from ..canvas import LINE, MARGIN, Canvas, fit, text_width
from ..figure import Figure
from ..french import notes, titled, typeset
from ..legend import box_sample
from ..owners import named_address, network_of_vni, node_at, owner_of
from ..palette import BLUE, GREEN, ORANGE, PAPER, SOFT, SOLID

__all__ = ["Layer", "draw_nested"]

SHEET = 720.0
POINTS_PER_BYTE = 5.0
"""Scale of the headers; the data takes what is left of the line."""
NEST = 12.0


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
    inner_header = packet.inner_ipv4_bytes if packet.carries_ipv4 else 0
    layers = [
        Layer(
            "Ethernet", "Ethernet", packet.outer_ethernet_bytes, "entre les cartes réseau des deux machines", "outer"
        ),
        Layer("IPv4", "IPv4", packet.outer_ipv4_bytes, outer, "outer"),
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
            packet.inner_ethernet_bytes,
            f"{packet.inner_source_mac} → {packet.inner_destination_mac}",
            "inner",
        ),
    ]
    if packet.carries_ipv4:
        layers.append(
            Layer("IPv4", "IPv4 du conteneur", packet.inner_ipv4_bytes, _inner_way(packet, topology), "inner")
        )
    rest = max(packet.inner_bytes - packet.inner_ethernet_bytes - inner_header, 0)
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
        titled("Un paquet VXLAN capturé : une trame dans un paquet", *known, simulated=packet.simulated),
        notes(*known, simulated=packet.simulated),
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
    cost = f"{packet.mtu_cost_bytes} octets{_sum(packet)} : ce que perd la MTU de l'overlay"
    _bracket(canvas, edges[1], edges[5], y, cost)
    y += LINE + 14
    said = f"{packet.outer_bytes} − {packet.inner_bytes} = {packet.added_bytes} octets ajoutés à cette trame"
    headers = [layer.size for layer in layers[:4]]
    if sum(headers) == packet.added_bytes:
        named = ", ".join(f"{layer.name} {layer.size}" for layer in layers[:4])
        said = f"{said} ({named})"
    said += "."
    canvas.text(MARGIN, y, said)
    return y + LINE


def _sum(packet: VxlanPacket) -> str:
    """The headers that make up what the MTU loses, where they do: a frame may also carry some padding."""
    parts = (packet.outer_ipv4_bytes, UDP_BYTES, VXLAN_BYTES, packet.inner_ethernet_bytes)
    return f" = {' + '.join(map(str, parts))}" if sum(parts) == packet.mtu_cost_bytes else ""


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
            f"{packet.added_bytes} de plus.",
            f"La MTU de l'overlay perd {packet.mtu_cost_bytes} octets{_sum(packet).replace(' = ', ' : ')}.",
            *notes(*known, simulated=packet.simulated),
        ]
    )
