"""The container-to-subnet map: nodes are bands, networks are lines across them, containers hang on the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...topology.model import Endpoint, Network, Node, Topology
from ..canvas import BODY, HEAD, LINE, MARGIN, Canvas, Sample, fit, text_width
from ..census import ALONE
from ..figure import Figure
from ..french import count, listing, natural, notes, titled
from ..legend import line_sample, mark_sample, shape_sample, word_sample
from ..palette import INK, PAPER, RULE, SHADE, SHAPES, SOFT, SOLID, NetworkStyle, network_styles, style_of
from ..selection import network_names, networks_asked
from . import heatmap

__all__ = ["Cell", "Column", "Panel", "Row", "draw", "draw_pair"]

MOST_CONTAINERS = 12
"""Containers of one node on one network that are still drawn one by one."""
MOST_NODES = 10
"""Nodes that are still drawn with their containers; beyond, and beyond `TALLEST`, they are counted."""
TALLEST = 1875.0
"""Height that a reader still scrolls through, in points: 2,500 CSS pixels."""
MOST_VIPS = 3
SHEET = 720.0
"""Width that a notebook's page shows at full size, in points."""
NARROWEST, WIDEST = 560.0, 900.0

NODE_WIDTH = 104.0
ROW = 15.0
BAND_GAP = 6.0
NOBODY = "aucun conteneur"
BUS = 9.0
"""From a column's left edge to its network's line."""


Attachment = tuple[str, str, str, str | None]
"""Network, node, name and address: what tells one attachment from another between two snapshots."""


@dataclass(frozen=True)
class Cell:
    """One attachment, or several when they are counted."""

    text: str
    kind: str
    mark: str = ""
    """``+`` or ``−`` in a before/after map."""


@dataclass(frozen=True)
class Row:
    """One container, or part of the engine, of one node, with its attachments."""

    label: str
    kind: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Column:
    """One network of the map."""

    name: str
    head: tuple[str, ...]
    width: float
    nodes: frozenset[str]
    """Nodes that list it."""
    known: bool = True


@dataclass(frozen=True)
class Panel:
    """One snapshot laid out: what to draw for each node."""

    topology: Topology
    columns: tuple[Column, ...]
    rows: Mapping[str, tuple[Row, ...]]
    names_width: float
    marks: Mapping[Attachment, str] = field(default_factory=dict)

    @property
    def width(self) -> float:
        """In figure units, names included."""
        return self.names_width + sum(column.width for column in self.columns)

    @property
    def head_height(self) -> float:
        """Of the boxes that describe the networks."""
        return max((len(column.head) for column in self.columns), default=0) * (LINE - 1) + 18

    def height_of(self, node: Node) -> float:
        """Of the band of one node."""
        return max((len(self.rows.get(node.name, ())) or 1) * ROW, len(_card(node)) * LINE) + 8

    @property
    def height(self) -> float:
        """Of all of it."""
        return self.head_height + sum(self.height_of(node) + BAND_GAP for node in self.topology.nodes) + 12

    def stretched(self, room: float) -> Panel:
        """The same with wider columns, when there is room."""
        extra = min((room - self.width) / max(len(self.columns), 1), 45.0)
        if extra <= 0:
            return self
        return replace(self, columns=tuple(replace(c, width=c.width + extra) for c in self.columns))


def draw(topology: Topology, network: str | Sequence[str] | None, *, local: bool) -> Figure:
    """See `show.figures.draw_subnets`."""
    names = _chosen([topology], network, local)
    styles = network_styles(topology)
    room = SHEET - 2 * MARGIN - NODE_WIDTH
    crowd = len(topology.nodes) > MOST_NODES
    blocks = [block.stretched(room) for block in _blocks(_panel(topology, () if crowd else names))]
    if names and (crowd or sum(block.height for block in blocks) > TALLEST):
        return heatmap.draw(topology, names, _title(names, network))
    width = max([NARROWEST, *(NODE_WIDTH + block.width + 2 * MARGIN for block in blocks)])
    canvas = Canvas(width)
    y = canvas.title(titled(_title(names, network), topology), notes(topology), _subtitle(topology))
    if not names or not topology.nodes:
        return _nothing(canvas, y, topology)
    for block in blocks:
        heights = {node.name: block.height_of(node) for node in topology.nodes}
        head = y + block.head_height
        _nodes(canvas, MARGIN, head, topology.nodes, heights, width - 2 * MARGIN)
        _draw_panel(canvas, MARGIN + NODE_WIDTH, y, head, block, heights, styles)
        y = head + sum(heights.values()) + BAND_GAP * len(heights) + 12
    y = canvas.legend(y, _legend(blocks, styles))
    return canvas.finish(y + 4, _alt(topology, names))


def draw_pair(before: Topology, after: Topology, network: str | Sequence[str] | None) -> Figure:
    """See `show.figures.draw_before_after`."""
    names = _chosen([before, after], network, False)
    styles = network_styles(before, after)
    nodes = tuple({node.name: node for node in (*before.nodes, *after.nodes)}.values())
    # A node that did not answer has not lost its containers.
    told = {n.name for n in before.nodes if n.answered} & {n.name for n in after.nodes if n.answered}
    was, now = _attachments(before, told, names), _attachments(after, told, names)
    marks = dict.fromkeys(was - now, "−") | dict.fromkeys(now - was, "+")
    crowd = len(nodes) > MOST_NODES
    panels = [_panel(topology, () if crowd else names, marks, brief=True) for topology in (before, after)]
    gap = 14.0
    width = NODE_WIDTH + sum(panel.width for panel in panels) + gap + 2 * MARGIN
    beside = width <= WIDEST and bool(names)
    blocks = [[panel] for panel in panels] if beside else [_blocks(panel) for panel in panels]
    tall = 0.0 if beside else sum(block.height for some in blocks for block in some)
    if names and (crowd or tall > TALLEST):
        return heatmap.draw_changes(before, after, names)
    widest = max((NODE_WIDTH + block.width for some in blocks for block in some), default=0) + 2 * MARGIN
    canvas = Canvas(max(NARROWEST, width if beside else widest))
    y = canvas.title(
        titled("Avant et après : conteneurs et sous-réseaux", before, after),
        notes(before, after),
        "Vue fusionnée de tous les nœuds, avant puis après.",
    )
    alt = "Deux cartes des sous-réseaux. "
    alt += f"Avant : {_alt(before, names)} Après : {_alt(after, names)} {_alt_changes(marks)}"
    if not names or not nodes:
        return _nothing(canvas, y, after)
    if beside:
        head = y + LINE + 6 + max(panel.head_height for panel in panels)
        heights = {node.name: max(panel.height_of(_at(panel, node)) for panel in panels) for node in nodes}
        _nodes(canvas, MARGIN, head, nodes, heights, canvas.width - 2 * MARGIN)
        x = MARGIN + NODE_WIDTH
        for panel, word in zip(panels, ("Avant", "Après"), strict=True):
            canvas.text(x + panel.width / 2, y + 6, word, HEAD, bold=True, align="center")
            _draw_panel(canvas, x, y + LINE + 6, head, panel, heights, styles)
            x += panel.width + gap
        divider = MARGIN + NODE_WIDTH + panels[0].width + gap / 2 - 4
        bottom = head + sum(heights.values()) + BAND_GAP * len(heights)
        canvas.line([(divider, y), (divider, bottom)], color=SOFT, weight=1.2)
        y = bottom + 12
    else:
        for some, word in zip(blocks, ("Avant", "Après"), strict=True):
            canvas.text(MARGIN, y + 6, word, HEAD, bold=True)
            y += LINE + 6
            for block in some:
                heights = {node.name: block.height_of(_at(block, node)) for node in nodes}
                head = y + block.head_height
                _nodes(canvas, MARGIN, head, nodes, heights, canvas.width - 2 * MARGIN)
                _draw_panel(canvas, MARGIN + NODE_WIDTH, y, head, block, heights, styles)
                y = head + sum(heights.values()) + BAND_GAP * len(heights) + 12
    y = canvas.legend(y, [*_legend([block for some in blocks for block in some], styles), *_mark_legend(panels)])
    return canvas.finish(y + 4, alt)


# --- what to draw ---------------------------------------------------------------------------------


def _chosen(topologies: Sequence[Topology], network: str | Sequence[str] | None, local: bool) -> list[str]:
    """Names of the networks to draw, ingress first, then by age."""
    asked = network_names(network, *topologies) if network is not None else None
    networks = [
        n
        for topology in topologies
        for n in topology.networks
        if (n.name in asked if asked is not None else n.driver == "overlay" or local)
    ]
    ordered = sorted(networks, key=lambda n: (n.scope != "swarm", not n.ingress, n.vxlan_id or 0, natural(n.name)))
    return list(dict.fromkeys(network.name for network in ordered))


def _panel(
    topology: Topology,
    names: Sequence[str],
    marks: Mapping[Attachment, str] | None = None,
    brief: bool = False,
) -> Panel:
    rows = {node.name: tuple(_rows(topology, node, names, marks or {})) for node in topology.nodes}
    everything = [row for some in rows.values() for row in some]
    labels = max((text_width(row.label) for row in everything), default=0.0)
    if not all(rows.values()):
        labels = max(labels, text_width(NOBODY))
    columns = []
    for name in names:
        cells = [row.cells[name] for row in everything if name in row.cells]
        head = _head(topology, name, brief)
        needed = max(
            [
                *(
                    text_width(line, HEAD if not place else BODY, bold=not place) + 26
                    for place, line in enumerate(head)
                ),
                *(text_width(f"{cell.text} {cell.mark}") + BUS + 20 for cell in cells),
            ]
        )
        columns.append(
            Column(
                name,
                head,
                needed,
                frozenset(node for n in topology.networks if n.name == name for node in n.nodes),
                topology.network(name) is not None,
            )
        )
    return Panel(
        topology,
        tuple(columns),
        rows,
        min(labels, 150.0) + (10 if brief else 20),
        marks or {},
    )


def _blocks(panel: Panel) -> list[Panel]:
    """Cut a panel that is wider than the page, keeping in each part only the rows that are attached there."""
    parts: list[list[Column]] = []
    for column in panel.columns:
        room = SHEET - 2 * MARGIN - NODE_WIDTH - panel.names_width
        if parts and sum(c.width for c in parts[-1]) + column.width <= room:
            parts[-1].append(column)
        else:
            parts.append([column])
    if len(parts) < 2:
        return [panel]
    return [_part(panel, tuple(part)) for part in parts]


def _part(panel: Panel, columns: tuple[Column, ...]) -> Panel:
    names = {column.name for column in columns}
    rows = {node: tuple(row for row in some if names & row.cells.keys()) for node, some in panel.rows.items()}
    width = panel.names_width
    if not all(rows.values()):
        width = max(width, text_width(NOBODY) + 20)
    return replace(panel, columns=columns, rows=rows, names_width=width)


def _head(topology: Topology, name: str, brief: bool) -> tuple[str, ...]:
    """The lines above a network's column; `brief` where two maps share the page."""
    namesakes = [network for network in topology.networks if network.name == name]
    shown = fit(name, 150, HEAD, bold=True)
    if not namesakes:
        return (shown, "n'existe pas")
    network = namesakes[0]
    lines = [shown, *_subnets(namesakes)[: 1 if brief else None]]
    if network.vxlan_id is not None:
        lines.append(f"VXLAN {network.vxlan_id}")
    lines += [word for word, holds in _traits(network) if holds and not brief]
    vips = [vip for vip in topology.vips if vip.network == name]
    for vip in sorted(vips, key=lambda v: natural(v.service))[:MOST_VIPS]:
        lines += [fit(f"VIP {vip.service}", 150), f"  {vip.address}"]
    if len(vips) > MOST_VIPS:
        others = len(vips) - MOST_VIPS
        lines.append(f"et {others} autre{'s' if others > 1 else ''} VIP")
    if not topology.containers_of(name):
        lines.append(NOBODY)
    return tuple(lines)


def _subnets(namesakes: Sequence[Network]) -> list[str]:
    subnets = list(dict.fromkeys(network.subnet for network in namesakes if network.subnet))
    if not subnets:
        return ["sans sous-réseau"]
    if len(namesakes) > 1:
        return [*subnets[:1], "un par nœud"]
    return [*subnets, *(f"passerelle {n.gateway}" for n in namesakes if n.gateway)]


def _traits(network: Network) -> list[tuple[str, bool]]:
    return [
        ("routing mesh", network.ingress),
        ("attachable", network.attachable),
        ("chiffré", network.encrypted),
        ("interne", network.internal),
        (f"option mtu {network.underlay_mtu}", network.driver == "overlay" and network.underlay_mtu is not None),
    ]


def _rows(
    topology: Topology,
    node: Node,
    names: Sequence[str],
    marks: Mapping[Attachment, str],
) -> list[Row]:
    here = [e for e in topology.endpoints if e.node == node.name and e.network in names]
    own = [e for e in here if e.kind == "container"]
    crowded = any(sum(e.network == name for e in own) > MOST_CONTAINERS for name in names)
    rows = _grouped(own) if crowded else _one_by_one(own, marks)
    others = [e for e in here if e.kind != "container"]
    return rows + _one_by_one(others, marks)


def _one_by_one(endpoints: Iterable[Endpoint], marks: Mapping[Attachment, str]) -> list[Row]:
    held: dict[tuple[str, str], list[Endpoint]] = {}
    for endpoint in endpoints:
        held.setdefault((endpoint.container or endpoint.name, endpoint.kind), []).append(endpoint)
    kinds = list(SHAPES)
    return sorted(
        (
            Row(
                some[0].name,
                some[0].kind,
                {e.network: Cell(e.address or "sans adresse", e.kind, marks.get(_key(e), "")) for e in some},
            )
            for some in held.values()
        ),
        key=lambda row: (kinds.index(row.kind) if row.kind in kinds else len(kinds), natural(row.label)),
    )


def _grouped(endpoints: Sequence[Endpoint]) -> list[Row]:
    """Containers counted by service: too many to name them."""
    held: dict[str, dict[str, list[Endpoint]]] = {}
    for endpoint in endpoints:
        held.setdefault(endpoint.service or "", {}).setdefault(endpoint.network, []).append(endpoint)
    return [
        Row(
            f"{service or ALONE} × {len({e.container or e.name for some in on.values() for e in some})}",
            "container",
            {
                network: Cell(some[0].address or "" if len(some) == 1 else f"{len(some)} adresses", "container")
                for network, some in on.items()
            },
        )
        for service, on in sorted(held.items(), key=lambda item: (not item[0], natural(item[0])))
    ]


def _key(endpoint: Endpoint) -> Attachment:
    return (endpoint.network, endpoint.node, endpoint.name, endpoint.address)


def _attachments(topology: Topology, nodes: set[str], names: Sequence[str]) -> set[Attachment]:
    return {_key(e) for e in topology.endpoints if e.node in nodes and e.network in names}


def _at(panel: Panel, node: Node) -> Node:
    return panel.topology.node(node.name) or node


def _card(node: Node) -> list[str]:
    role = node.role or "hors swarm"
    lines = [node.name, node.address, f"{role}, leader" if node.leader else role]
    if not node.answered:
        lines.append("sans réponse")
    elif node.role and node.state != "ready":
        lines.append(f"état\N{NO-BREAK SPACE}: {node.state}")
    return lines


# --- drawing --------------------------------------------------------------------------------------


def _nodes(
    canvas: Canvas,
    x: float,
    y: float,
    nodes: Sequence[Node],
    heights: Mapping[str, float],
    width: float,
) -> None:
    """Draw the bands of the nodes, each with its card on the left."""
    for node in nodes:
        height = heights[node.name]
        canvas.place("node", node.name, x, y, NODE_WIDTH - 6, height)
        canvas.box(x, y, width, height, face=SHADE, edge=RULE, hatch=None if node.answered else "////", zorder=0.5)
        lines = _card(node)
        canvas.box(x + 4, y + 4, NODE_WIDTH - 12, len(lines) * LINE, edge="none", zorder=0.8)
        canvas.text(x + 8, y + 4 + LINE / 2, fit(lines[0], NODE_WIDTH - 18, HEAD, True), HEAD, bold=True)
        canvas.lines(x + 8, y + 4 + LINE * 1.5, [fit(line, NODE_WIDTH - 18) for line in lines[1:]], color=SOFT)
        y += height + BAND_GAP


def _draw_panel(
    canvas: Canvas,
    x: float,
    top: float,
    head: float,
    panel: Panel,
    heights: Mapping[str, float],
    styles: dict[str, NetworkStyle],
) -> None:
    """Draw the networks' heads from `top`, their lines from `head` on, and the rows of each node."""
    places: dict[str, float] = {}
    left = x + panel.names_width
    for column in panel.columns:
        style = style_of(styles, column.name)
        places[column.name] = left
        if column.known:
            canvas.place("network", column.name, left, top, column.width - 10, head - top - 6)
        canvas.box(
            left,
            top,
            column.width - 10,
            head - top - 6,
            edge=style.color if column.known else RULE,
            line=style.line,
            weight=1.6,
        )
        canvas.text(left + 7, top + 9, column.head[0], HEAD, bold=True)
        canvas.lines(left + 7, top + 9 + LINE, column.head[1:], step=LINE - 1)
        left += column.width
    y = head
    known = {node.name: node for node in panel.topology.nodes}
    for name, height in heights.items():
        node = known.get(name)
        if node is None or not node.answered:
            _unknown(canvas, x, y + height / 2, panel.width - 10)
        else:
            _draw_node(canvas, x, y, height, name, panel, places, styles)
        y += height + BAND_GAP


def _draw_node(
    canvas: Canvas,
    x: float,
    y: float,
    height: float,
    node: str,
    panel: Panel,
    places: Mapping[str, float],
    styles: dict[str, NetworkStyle],
) -> None:
    """Draw one node's part of the networks' lines, and what hangs on them."""
    rows = panel.rows[node]
    for column in panel.columns:
        bus = places[column.name] + BUS
        if node in column.nodes:
            style = style_of(styles, column.name)
            canvas.line([(bus, y), (bus, y + height)], color=style.color, line=style.line, weight=3)
        elif column.known and not any(column.name in row.cells for row in rows):
            width = text_width("absent") + 8
            canvas.box(bus - 7, y + height / 2 - 6, width, 12, face=SHADE, edge="none", zorder=1.8)
            canvas.text(bus - 3, y + height / 2, "absent", italic=True, color=SOFT)
    middle = y + 4 + ROW / 2
    if not rows:
        canvas.text(x, middle, NOBODY, italic=True, color=SOFT)
    for row in rows:
        shown = fit(row.label, panel.names_width - 8)
        canvas.text(x, middle, shown)
        end = x + text_width(shown) + 4
        for column in panel.columns:
            cell = row.cells.get(column.name)
            if cell is not None:
                at = places[column.name]
                if at + BUS - end > 6:
                    canvas.line([(end, middle), (at + BUS - 5, middle)], color=RULE, weight=0.7, zorder=1.5)
                end = _attachment(canvas, at, middle, cell, style_of(styles, column.name))
        middle += ROW


def _unknown(canvas: Canvas, x: float, y: float, width: float) -> None:
    """Say, over the hatching, that what a node holds is not known."""
    said = fit("contenu inconnu, moteur sans réponse", width - 10)
    canvas.box(x - 4, y - LINE / 2 - 3, text_width(said) + 12, LINE + 6, edge="none", zorder=0.8)
    canvas.text(x, y, said, italic=True, color=SOFT)


def _attachment(canvas: Canvas, x: float, y: float, cell: Cell, style: NetworkStyle) -> float:
    """Draw one attachment; returns the x where its text ends."""
    shape = SHAPES.get(cell.kind, ("o", ""))[0]
    canvas.marker(x + BUS, y, shape, face=PAPER if cell.mark == "−" else style.color, edge=style.color)
    canvas.text(x + BUS + 9, y, cell.text)
    end = x + BUS + 9 + text_width(f"{cell.text} ")
    if cell.mark:
        canvas.text(end, y, cell.mark, bold=True)
    return end + (12 if cell.mark else 2)


def _legend(panels: Sequence[Panel], styles: dict[str, NetworkStyle]) -> list[tuple[Sample, str]]:
    names = dict.fromkeys(column.name for panel in panels for column in panel.columns if column.known)
    kinds = {cell.kind for p in panels for rows in p.rows.values() for row in rows for cell in row.cells.values()}
    entries: list[tuple[Sample, str]] = [(line_sample(style_of(styles, name)), name) for name in names]
    for kind, (shape, meaning) in SHAPES.items():
        if kind in kinds:
            entries.append((shape_sample(shape), meaning))
    entries.append((line_sample(NetworkStyle(SOFT, SOLID)), "trait d'un réseau : le nœud le liste"))
    if any(_is_absent(panel) for panel in panels):
        entries.append((word_sample("absent"), "le nœud ne le liste pas"))
    return entries


def _mark_legend(panels: Sequence[Panel]) -> list[tuple[Sample, str]]:
    seen = {cell.mark for p in panels for rows in p.rows.values() for row in rows for cell in row.cells.values()}
    entries: list[tuple[Sample, str]] = []
    if "−" in seen:
        entries.append((mark_sample("−", PAPER), "disparu ensuite"))
    if "+" in seen:
        entries.append((mark_sample("+", INK), "apparu"))
    return entries


def _is_absent(panel: Panel) -> bool:
    return any(
        column.known and node.answered and node.name not in column.nodes
        for node in panel.topology.nodes
        for column in panel.columns
    )


def _nothing(canvas: Canvas, y: float, topology: Topology) -> Figure:
    said = "Aucun réseau overlay dans ce relevé : il en apparaît un, ingress, dès que le swarm existe."
    if not topology.nodes:
        said = "Aucun nœud dans ce relevé."
    canvas.text(MARGIN, y + 10, said.replace(" :", "\N{NO-BREAK SPACE}:"), HEAD, italic=True)
    return canvas.finish(y + 36, said)


# --- in words -------------------------------------------------------------------------------------


def _title(names: Sequence[str], network: str | Sequence[str] | None) -> str:
    if network is not None and names:
        return f"Conteneurs {networks_asked(network, names)}, nœud par nœud"
    return "Conteneurs et sous-réseaux, nœud par nœud"


def _subtitle(topology: Topology) -> str:
    return f"Vue fusionnée de {count(len(topology.nodes), 'nœud')}, qu'aucun docker network inspect ne montre seul."


def _alt(topology: Topology, names: Sequence[str]) -> str:
    if not names:
        return "Aucun réseau overlay."
    said = [f"Carte des sous-réseaux, fusionnée de {count(len(topology.nodes), 'nœud')}."]
    said += [_alt_network(topology, name) for name in names]
    return " ".join([*said, *notes(topology)])


def _alt_network(topology: Topology, name: str) -> str:
    network = topology.network(name)
    if network is None:
        return f"Le réseau {name} n'existe pas."
    facts = [f"sous-réseau {network.subnet}" if network.subnet else "sans sous-réseau"]
    if network.gateway:
        facts.append(f"passerelle {network.gateway}")
    if network.vxlan_id is not None:
        facts.append(f"VXLAN {network.vxlan_id}")
    vips = [f"VIP {vip.service} {vip.address}" for vip in topology.vips if vip.network == name]
    facts += vips if len(vips) <= MOST_VIPS else [f"{len(vips)} VIP"]
    held = topology.containers_of(name)
    sentence = f"Réseau {name} ({', '.join(facts)}) : {count(len(held), 'conteneur')}"
    places = [
        _alt_node(node.name, [e for e in held if e.node == node.name])
        for node in topology.nodes
        if any(e.node == node.name for e in held)
    ]
    return f"{sentence}, {listing(places, 12)}." if places else f"{sentence}."


def _alt_node(node: str, held: Sequence[Endpoint]) -> str:
    if len(held) > MOST_CONTAINERS:
        return f"{len(held)} sur {node}"
    named = ", ".join(f"{e.name} {e.address or 'sans adresse'}" for e in sorted(held, key=lambda e: natural(e.name)))
    return f"{len(held)} sur {node} ({named})"


def _alt_changes(marks: Mapping[Attachment, str]) -> str:
    gone, new = (sum(mark == sign for mark in marks.values()) for sign in "−+")
    return (
        f"Entre les deux, {count(gone, 'adresse', none='aucune')} de moins et "
        f"{count(new, 'adresse', none='aucune')} de plus."
    )
