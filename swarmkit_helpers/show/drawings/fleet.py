"""A swarm of many nodes: what stands out, how much each node runs, and how each service is spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from math import ceil

from ...topology.model import Node, Topology
from ..canvas import LINE, MARGIN, Canvas, Sample, fit, text_width
from ..census import Spread, attention, marked_state, per_node, spreads
from ..figure import Figure
from ..french import count, listing, notes, titled, typeset
from ..legend import box_sample, shape_sample
from ..palette import (
    BLUE,
    INK,
    PAPER,
    RULE,
    SHADE,
    SOFT,
    VERMILION,
    NetworkStyle,
    network_styles,
    style_of,
)
from .heatmap import draw_attention, section, span

__all__ = ["draw"]

SHEET = 720.0
INNER = SHEET - 2 * MARGIN
GAP = 4.0
TILE = 36.0
MOST_ADDRESSES = 40
"""Nodes up to which each tile has the node's address."""
MOST_SERVICES = 30
ROW = 14.0
BAR = 130.0
"""Width of the bar of the service with the most tasks."""
NAMED = 12
"""Services that the alternative text names."""


def draw(topology: Topology, subtitle: str) -> Figure:
    """See `show.figures.draw_swarm`, where there are many nodes."""
    canvas = Canvas(SHEET)
    y = canvas.title(titled("Le swarm et ce que chaque nœud exécute", topology), notes(topology), subtitle)
    y = draw_attention(canvas, y, attention(topology))
    held = per_node(topology)
    y = section(canvas, y, f"Conteneurs de chaque nœud ({_balance(topology)})")
    y = _tiles(canvas, y, topology, held)
    found = spreads(topology)
    if found:
        y = _services(canvas, y, topology, found)
    y = canvas.legend(y + 4, _legend(topology, found, max(held.values(), default=0)))
    return canvas.finish(y + 4, _alt(topology, subtitle, found))


def _balance(topology: Topology) -> str:
    """From the least to the most loaded of the nodes that may work."""
    held = per_node(topology)
    able = [held[node.name] for node in topology.nodes if not marked_state(node)]
    if not able:
        return "aucun nœud disponible"
    return f"de {min(able)} à {max(able)}, médiane {statistics.median(able):g}".replace(".", ",")


def _tiles(canvas: Canvas, y: float, topology: Topology, held: dict[str, int]) -> float:
    """One tile per node, in the lab's order; returns the y below."""
    addressed = len(topology.nodes) <= MOST_ADDRESSES
    across = 8 if addressed else 10
    width = (INNER - GAP * (across - 1)) / across
    height = TILE + (LINE - 1 if addressed else 0)
    most = max(held.values(), default=0) or 1
    for place, node in enumerate(topology.nodes):
        left, top = MARGIN + place % across * (width + GAP), y + place // across * (height + GAP)
        _tile(canvas, left, top, width, height, node, held[node.name], addressed)
        bar = (width - 8) * held[node.name] / most
        if bar and node.answered:
            canvas.box(left + 4, top + height - 6, bar, 3, face=BLUE, edge="none", radius=0, zorder=1.1)
    return y + ceil(len(topology.nodes) / across) * (height + GAP) + 2


def _tile(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    node: Node,
    number: int,
    addressed: bool,
) -> None:
    manager = node.role == "manager"
    state = marked_state(node)
    canvas.box(
        x,
        y,
        width,
        height,
        face=PAPER if node.answered else SHADE,
        edge=VERMILION if state else INK if manager else RULE,
        weight=2.0 if manager or state else 1.0,
        hatch=None if node.answered else "////",
        radius=2,
    )
    canvas.place("node", node.name, x, y, width, height)
    middle = y + 10
    shape = "*" if node.leader else "s" if manager else "o"
    canvas.marker(x + 8, middle, shape, face=INK if manager else PAPER, size=8 if node.leader else 6)
    name = fit(node.name, width - 17)
    lines = [node.address] if addressed else []
    said = state.removesuffix(", sans réponse") or str(number)
    lines.append(said if state in ("", "sans réponse") or not number or not node.answered else f"{said}, {number}")
    if not node.answered:
        # A plain ground under the words, over the hatching.
        widest = max([text_width(name) + 16, *(text_width(line, bold=True) + 8 for line in lines)])
        canvas.box(x + 2, y + 2, min(widest + 4, width - 4), height - 4, edge="none", radius=1, zorder=1.2)
    canvas.text(x + 16, middle, name)
    for line in lines:
        middle += LINE - 1
        strong = line is lines[-1]
        canvas.text(x + 6, middle, fit(line, width - 10, bold=strong), color=INK if strong else SOFT, bold=strong)


def _services(canvas: Canvas, y: float, topology: Topology, found: Sequence[Spread]) -> float:
    """A line per service: tasks that run and that lack, nodes, least and most per node, networks."""
    y = section(canvas, y + 4, "Services")
    styles = network_styles(topology)
    lefts = (MARGIN + 4, MARGIN + 170, MARGIN + 390, MARGIN + 440, MARGIN + 504)
    heads = ("service", "tâches en cours/voulues", "nœuds", "par nœud", "réseaux")
    for x, head, align in zip(lefts, heads, ("left", "left", "right", "right", "left"), strict=True):
        canvas.text(x, y + 2, head, italic=True, color=SOFT, align=align)
    y += LINE + 4
    shown = found if len(found) <= MOST_SERVICES else found[: MOST_SERVICES - 1]
    most = max(max(spread.service.desired, spread.service.running) for spread in found) or 1
    for number, spread in enumerate(shown):
        service = spread.service
        if number % 2 == 0:
            canvas.box(MARGIN, y - ROW / 2, INNER, ROW, face=SHADE, edge="none", radius=1, zorder=0.5)
        canvas.text(lefts[0], y, fit(service.name, 158, bold=True), bold=True)
        running, lacking = (BAR * part / most for part in (service.running, spread.short))
        if running:
            canvas.box(lefts[1], y - 4, max(running, 1.0), 8, face=BLUE, edge="none", radius=0)
        if lacking:
            lacking = max(lacking, 6.0)
            canvas.box(lefts[1] + running, y - 4, lacking, 8, edge=VERMILION, hatch="//////", radius=0)
        told = f"{service.running}/{service.desired}"
        canvas.text(lefts[1] + running + lacking + 5, y, told, bold=bool(spread.short))
        each = list(spread.per_node.values())
        canvas.text(lefts[2], y, str(len(each)), align="right")
        canvas.text(lefts[3], y, span(min(each), max(each)) if each else "0", align="right")
        _networks(canvas, lefts[4], y, service.networks, styles)
        y += ROW
    if len(shown) < len(found):
        left = found[len(shown) :]
        lacking_too = [spread.service.name for spread in left if spread.short]
        said = f"et {count(len(left), 'autre service', 'autres services')}, "
        said += f"dont {listing(lacking_too, 4)} en dessous du nombre voulu" if lacking_too else "tous au complet"
        canvas.text(lefts[0], y, fit(f"{said}.", INNER - 8), italic=True, color=SOFT)
        y += ROW
    return y


def _networks(canvas: Canvas, x: float, y: float, names: Sequence[str], styles: dict[str, NetworkStyle]) -> None:
    """The networks of a service, each with its line, as far as there is room."""
    right = MARGIN + INNER - 4
    share = (right - x) / max(min(len(names), 2), 1)
    for name in names[:2]:
        style = style_of(styles, name)
        canvas.line([(x, y), (x + 18, y)], color=style.color, line=style.line, weight=3)
        more = f" +{len(names) - 2}" if len(names) > 2 and name == names[1] else ""
        canvas.text(x + 22, y, fit(name, share - 28 - text_width(more)) + more)
        x += share


def _bar(canvas: Canvas, x: float, y: float) -> None:
    canvas.box(x, y - 1.5, 26, 3, face=BLUE, edge="none", radius=0)


def _legend(topology: Topology, found: Sequence[Spread], most: int) -> list[tuple[Sample, str]]:
    entries: list[tuple[Sample, str]] = []
    roles = {node.role for node in topology.nodes}
    if "manager" in roles:
        entries.append((shape_sample("s", INK, INK), "manager"))
    if any(node.leader for node in topology.nodes):
        entries.append((shape_sample("*", INK, INK), "manager, leader"))
    if roles - {"manager"}:
        entries.append((shape_sample("o", PAPER, INK), "worker" if "worker" in roles else "machine hors swarm"))
    if most:
        entries.append((Sample(_bar), f"conteneurs qui tournent (barre entière : {most})"))
    if any(marked_state(node) for node in topology.nodes):
        entries.append((box_sample(PAPER, VERMILION), "état écrit dans la case : down, drain, pause…"))
    if topology.silent_nodes:
        entries.append((box_sample(SHADE, RULE, "///"), "nœud sans réponse"))
    if any(spread.service.running for spread in found):
        entries.append((box_sample(BLUE, BLUE), "tâches en cours"))
    if any(spread.short for spread in found):
        entries.append((box_sample(PAPER, VERMILION, "//////"), "tâches qui manquent"))
    return entries


def _alt(topology: Topology, subtitle: str, found: Sequence[Spread]) -> str:
    said = [f"Schéma du swarm : {subtitle}"]
    leader = listing([node.name for node in topology.nodes if node.leader])
    managers = listing([node.name for node in topology.nodes if node.role == "manager"], 7)
    said.append(f"Managers : {managers or 'aucun'} ; leader : {leader or 'aucun'}.")
    said.append(f"Conteneurs par nœud disponible : {_balance(topology)}.")
    for spread in found[:NAMED]:
        each = list(spread.per_node.values())
        where = f" sur {count(len(each), 'nœud')}, {span(min(each), max(each))} par nœud" if each else ""
        said.append(f"{spread.service.name} : {spread.service.running}/{spread.service.desired}{where}.")
    if len(found) > NAMED:
        said.append(f"Et {count(len(found) - NAMED, 'autre service', 'autres services')}.")
    apart = attention(topology)
    said.append(f"À regarder : {' '.join(apart)}" if apart else "Rien d'anormal dans ce relevé.")
    return typeset(" ".join([*said, *notes(topology)]))
