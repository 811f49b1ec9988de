"""One visual language for all figures: colours for the colour-blind, each with a second cue.

The colours are those of Okabe and Ito (Color Universal Design). Colour never stands alone: a network also has its own
line style, a kind of endpoint its own shape, a state its own word or hatch.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..topology.model import Network, Topology

__all__ = ["SCALE", "SHAPES", "NetworkStyle", "network_styles", "style_of", "styles_in_turn", "tinted"]

INK = "#1A1A1A"
SOFT = "#5A5A5A"
RULE = "#BFBFBF"
SHADE = "#F4F4F4"
PAPER = "#FFFFFF"

BLUE = "#0072B2"
VERMILION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
ORANGE = "#E69F00"
SKY = "#56B4E9"
YELLOW = "#F0E442"

SCALE = (("#E3EFF8", INK), ("#A9CCE6", INK), ("#5A9BCB", INK), (BLUE, PAPER))
"""From little to much: a background, and the colour to write with on it; a number or a mark's size says the same."""

SHAPES = {
    "container": ("o", "conteneur"),
    "load-balancer": ("D", "répartiteur de charge du réseau (lb-…)"),
    "ingress-sandbox": ("s", "sandbox du routing mesh (…-sbox)"),
}
"""Marker and French name of each kind of endpoint."""

LineStyle = tuple[float, ...]
"""Lengths of dashes and gaps in turn, in points; empty for a continuous line."""
SOLID: LineStyle = ()

LINES: tuple[tuple[str, LineStyle], ...] = (
    (BLUE, SOLID),
    (VERMILION, (8, 3)),
    (GREEN, (8, 2.5, 2, 2.5)),
    (PURPLE, (2, 2)),
    (ORANGE, (15, 3)),
    (SKY, (8, 2.5, 2, 2.5, 2, 2.5)),
    (SOFT, (4, 2)),
)


@dataclass(frozen=True, slots=True)
class NetworkStyle:
    """How one network is drawn everywhere: its colour, and the line style that tells it without colour."""

    color: str
    line: LineStyle


def network_styles(*topologies: Topology) -> dict[str, NetworkStyle]:
    """A style for each network's name, the same in all drawings of the same snapshots.

    Networks are taken in the order of their VXLAN ids, so that creating one does not repaint those that were there.
    """
    names = dict.fromkeys(
        network.name for network in sorted((n for topology in topologies for n in topology.networks), key=_age)
    )
    return dict(zip(names, styles_in_turn(len(names)), strict=True))


def styles_in_turn(number: int) -> tuple[NetworkStyle, ...]:
    """The first `number` styles, no two alike while there are other pairs of colour and line."""
    # Past the last colour, colours come back with other line styles.
    return tuple(
        NetworkStyle(LINES[place % len(LINES)][0], LINES[(place + place // len(LINES)) % len(LINES)][1])
        for place in range(number)
    )


def tinted(color: str, share: float = 0.1) -> str:
    """A colour thinned with white: a background on which everything can be read."""
    parts = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02X}" for part in parts)


def _age(network: Network) -> tuple[bool, int, str]:
    return (network.vxlan_id is None, network.vxlan_id or 0, network.name)


def style_of(styles: dict[str, NetworkStyle], name: str) -> NetworkStyle:
    """The style of a network, a plain one when it is not known."""
    return styles.get(name, NetworkStyle(SOFT, SOLID))
