"""The machines on their common network, and what runs on each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...topology.model import Node, Topology
from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, fit, text_width, wrap
from ..census import ALONE, without_node
from ..figure import Figure
from ..french import count, listing, natural, notes, titled, typeset
from ..legend import box_sample, line_sample, shape_sample
from ..palette import BLUE, INK, ORANGE, PAPER, RULE, SHADE, SOFT, SOLID, NetworkStyle
from . import fleet

__all__ = ["Item", "draw"]

MOST_NODES = 9
"""Nodes that are still drawn with their containers."""
MOST_ITEMS = 12
SHEET = 720.0
GAP = 14.0
ROW = 15.0
DROP = 18.0
"""From the line of the machines' network down to a node."""


@dataclass(frozen=True)
class Item:
    """One line in a node's box: a task, a container, or several of a service."""

    label: str
    detail: str
    running: bool
    service: bool


def draw(topology: Topology) -> Figure:
    """See `show.figures.draw_swarm`."""
    if len(topology.nodes) > MOST_NODES:
        return fleet.draw(topology, _subtitle(topology))
    across = max(1, min(3, len(topology.nodes)))
    # The machines' network comes down on the left of the boxes when they take several rows.
    indent = 10.0 if len(topology.nodes) > across else 0.0
    width = (SHEET - 2 * MARGIN - indent - GAP * (across - 1)) / across if across > 2 else 250.0
    canvas = Canvas(max(2 * MARGIN + indent + across * width + GAP * (across - 1), 560.0))
    y = canvas.title(titled("Le swarm et ce que chaque nœud exécute", topology), notes(topology), _subtitle(topology))
    if not topology.nodes:
        canvas.text(MARGIN, y + 10, "Aucun nœud dans ce relevé.", HEAD, italic=True)
        return canvas.finish(y + 36, "Aucun nœud dans ce relevé.")
    items = {node.name: _items(topology, node) for node in topology.nodes}
    facts = {node.name: _facts(node) for node in topology.nodes}
    rows = [topology.nodes[n : n + across] for n in range(0, len(topology.nodes), across)]
    first = y + 8
    for row in rows:
        bus = y + 8
        top = bus + DROP
        height = max(_height(facts[node.name], items[node.name]) for node in row)
        right = MARGIN + indent + len(row) * (width + GAP) - GAP
        canvas.line([(MARGIN, bus), (right, bus)], color=SOFT, weight=3)
        for place, node in enumerate(row):
            x = MARGIN + indent + place * (width + GAP)
            canvas.line([(x + width / 2, bus), (x + width / 2, top)], color=SOFT, weight=2)
            _draw_node(canvas, x, top, width, height, node, facts[node.name], items[node.name])
        y = top + height + GAP
    if len(rows) > 1:
        canvas.line([(MARGIN, first - 1.5), (MARGIN, bus + 1.5)], color=SOFT, weight=3, zorder=0.4)
    for sentence in without_node(topology):
        lines = wrap(sentence, canvas.width - 2 * MARGIN, bold=True)
        y = canvas.lines(MARGIN, y + LINE / 2, lines, bold=True) - LINE / 2
    y = canvas.legend(y + 10, _legend(topology, items))
    return canvas.finish(y + 4, _alt(topology, items))


def _facts(node: Node) -> list[str]:
    role = node.role or "hors swarm"
    if not node.answered:
        state = f"sans réponse, état : {node.state}" if node.role else "sans réponse"
    elif node.role is None:
        state = "moteur prêt"
    else:
        state = f"état : {node.state}"
    if node.role and node.availability != "active":
        state += f", {node.availability}"
    return [node.hostname, node.address, f"{role}, leader" if node.leader else role, typeset(state)]


def _items(topology: Topology, node: Node) -> list[Item]:
    here = [c for c in topology.containers if c.node == node.name]
    # The engine keeps the containers of replaced tasks for a while: they are counted, not named.
    past = [c for c in here if c.service and c.state != "running"]
    named = [c for c in here if c not in past]
    held = {c.task for c in named if c.task}
    awaited = [
        t
        for t in topology.tasks
        if t.node == node.name and t.desired_state == "running" and t.id not in held and t.state != "running"
    ]
    found = [
        Item(c.label, "" if c.state == "running" else c.state, c.state == "running", c.service is not None)
        for c in named
    ] + [Item(t.name, t.state, False, True) for t in awaited]
    found.sort(key=lambda item: (not item.service, natural(item.label)))
    if len(found) > MOST_ITEMS:
        found = _grouped(topology, node)
    if past:
        found.append(Item(count(len(past), "conteneur arrêté", "conteneurs arrêtés"), "", False, True))
    return found


def _grouped(topology: Topology, node: Node) -> list[Item]:
    tally: dict[tuple[str, bool, bool], int] = {}
    for c in topology.containers:
        if c.node == node.name and (c.state == "running" or not c.service):
            group = (c.service or ALONE, c.state == "running", c.service is not None)
            tally[group] = tally.get(group, 0) + 1
    groups = sorted(tally.items(), key=lambda item: (not item[0][2], natural(item[0][0]), not item[0][1]))
    shown = [
        Item(f"{name} × {number}", "" if running else "arrêtés", running, service)
        for (name, running, service), number in groups
    ]
    if len(shown) > MOST_ITEMS:
        shown = [*shown[:MOST_ITEMS], Item(f"et {len(shown) - MOST_ITEMS} autres services", "", True, True)]
    return shown


def _height(facts: Sequence[str], items: Sequence[Item]) -> float:
    return 12 + LINE * (len(facts) + 1) + 10 + max(len(items), 1) * ROW


def _draw_node(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    node: Node,
    facts: Sequence[str],
    items: Sequence[Item],
) -> None:
    head = 10 + LINE * (len(facts) + 1)
    manager = node.role == "manager"
    canvas.box(x, y, width, height, edge=INK if manager else RULE, weight=2.2 if manager else 1.2)
    canvas.box(
        x + 3,
        y + 3,
        width - 6,
        head - 4,
        face=SHADE,
        edge=RULE if not node.answered else "none",
        hatch=None if node.answered else "///",
        zorder=1.1,
    )
    canvas.place("node", node.name, x, y, width, height)
    if not node.answered:
        widest = max([text_width(node.name, HEAD, True) + 18, *(text_width(fact) for fact in facts)])
        canvas.box(x + 6, y + 5, min(widest + 12, width - 12), head - 8, edge="none", zorder=1.2)
    canvas.marker(x + 15, y + 11, "s" if manager else "o", face=INK if manager else PAPER, size=8)
    canvas.text(x + 26, y + 11, fit(node.name, width - 34, HEAD, True), HEAD, bold=True)
    canvas.lines(x + 10, y + 11 + LINE, [fit(fact, width - 18) for fact in facts], color=SOFT)
    y += head + 6 + ROW / 2
    if not items:
        said = "aucun conteneur" if node.answered else "contenu inconnu"
        canvas.text(x + 10, y, said, italic=True, color=SOFT)
    for item in items:
        shape, color = ("o", BLUE) if item.service else ("s", ORANGE)
        canvas.marker(x + 15, y, shape, face=color if item.running else PAPER, edge=color)
        text = f"{item.label}  {item.detail}" if item.detail else item.label
        canvas.text(x + 26, y, fit(text, width - 34))
        y += ROW


def _legend(topology: Topology, items: dict[str, list[Item]]) -> list[tuple[Sample, str]]:
    entries: list[tuple[Sample, str]] = []
    roles = {node.role for node in topology.nodes}
    if "manager" in roles:
        entries.append((shape_sample("s", INK, INK), "manager (cadre épais)"))
    if roles - {"manager"}:
        entries.append((shape_sample("o", PAPER, INK), "worker" if "worker" in roles else "machine hors swarm"))
    shown = [item for some in items.values() for item in some]
    if any(item.service for item in shown):
        entries.append((shape_sample("o", BLUE, BLUE), "tâche d'un service"))
    if any(not item.service for item in shown):
        entries.append((shape_sample("s", ORANGE, ORANGE), "conteneur autonome"))
    if any(not item.running for item in shown):
        entries.append((shape_sample("o", PAPER, SOFT), "forme vide : ne tourne pas"))
    if topology.silent_nodes:
        entries.append((box_sample(SHADE, RULE, "///"), "nœud sans réponse"))
    entries.append((line_sample(NetworkStyle(SOFT, SOLID)), "réseau des machines (underlay)"))
    return entries


def _subtitle(topology: Topology) -> str:
    running = sum(container.state == "running" for container in topology.containers)
    managers = sum(node.role == "manager" for node in topology.nodes)
    if not any(node.role for node in topology.nodes):
        return f"{count(len(topology.nodes), 'machine', none='aucune')}, dans aucun swarm."
    return (
        f"{count(len(topology.nodes), 'nœud')}, dont {count(managers, 'manager')} ; "
        f"{count(len(topology.services), 'service')} ; "
        f"{count(running, 'conteneur qui tourne', 'conteneurs qui tournent')}."
    )


def _alt(topology: Topology, items: dict[str, list[Item]]) -> str:
    said = [f"Schéma du swarm : {_subtitle(topology)}"]
    for node in topology.nodes:
        role = f"{node.role}{', leader' if node.leader else ''}, {node.state}" if node.role else "hors swarm"
        held = [f"{i.label}{f' ({i.detail})' if i.detail else ''}" for i in items[node.name]]
        what = listing(held) or ("aucun conteneur" if node.answered else "contenu inconnu")
        said.append(f"{node.name} ({node.address}, {role}) : {what}.")
    return " ".join([*said, *without_node(topology), *notes(topology)])
