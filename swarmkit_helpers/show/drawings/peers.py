"""Which node sees which as a peer: one matrix per network, a row per observer, a column per peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from ...topology.model import Network, Node, Topology
from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, fit, text_width, wrap
from ..figure import Figure
from ..french import count, listing, natural, notes, titled, typeset
from ..legend import box_sample, line_sample, shape_sample, word_sample
from ..palette import INK, PAPER, RULE, SHADE, SOFT, SOLID, NetworkStyle, network_styles, style_of
from ..selection import network_names

__all__ = ["Card", "View", "draw"]

MOST_NODES = 12
"""Nodes whose views are still drawn one by one."""
MOST_VIEWS = 10
TALLEST = 1800.0
"""Height up to which views are drawn one by one, in points: 2,500 CSS pixels with the title and the legend."""
SHEET = 720.0
GAP = 16.0
ROW = 20.0
DOTS, DOT = 25, 12.0
"""Nodes in one row of a summary, and the height of that row."""
UPRIGHT_FROM = 5
"""Columns from which their titles stand upright."""


@dataclass(frozen=True)
class View:
    """What one node says of its peers on one network."""

    node: Node
    listed: bool
    peers: frozenset[str]
    missing: frozenset[str]
    """Peers that another node sees and this one, which should, does not."""

    @property
    def says(self) -> str:
        """Why there is nothing to draw; empty when there is."""
        if not self.node.answered:
            return "inconnu, sans réponse"
        if self.peers or self.missing:
            return ""
        return "aucun pair" if self.listed else "absent"


@dataclass(frozen=True)
class Card:
    """One network's matrix."""

    network: Network
    views: tuple[View, ...]
    peers: tuple[str, ...]
    """Columns: the lab's nodes, then peers that are of no node of the lab."""

    @property
    def seen(self) -> frozenset[str]:
        """Every node that at least one other sees."""
        return frozenset(peer for view in self.views for peer in view.peers)

    @property
    def agrees(self) -> bool:
        """True when all views name the same peers."""
        return not any(view.missing for view in self.views)

    @property
    def verdict(self) -> str:
        """What the views say together, in French."""
        if not self.seen:
            listed = listing([view.node.name for view in self.views if view.listed], 4) or "aucun nœud"
            return f"aucun pair : aucun conteneur n'y est attaché (réseau listé par {listed})"
        if self.agrees:
            silent = [view.node.name for view in self.views if not view.node.answered]
            but = f", sans l'avis de {listing(silent, 4)}" if silent else ""
            return f"{count(len(self.seen), 'pair')}, vues concordantes{but}"
        wrong = [view.node.name for view in self.views if view.missing]
        return f"vues en désaccord : {listing(wrong, 4)}"


def draw(topology: Topology, network: str | Sequence[str] | None) -> Figure:
    """See `show.figures.draw_peers`."""
    cards = [_card(topology, chosen) for chosen in _chosen(topology, network)]
    styles = network_styles(topology)
    crowd = len(topology.nodes) > MOST_NODES
    sizes = [] if crowd else [_matrix_size(card) for card in cards]
    rows = _flow([size[0] for size in sizes])
    summed = crowd or sum(max(sizes[n][1] for n in row) + GAP for row in rows) > TALLEST
    if summed:
        sizes = [_summary_size(card) for card in cards]
        rows = _flow([size[0] for size in sizes])
    widest = max((sum(sizes[n][0] + GAP for n in row) - GAP for row in rows), default=0.0)
    canvas = Canvas(min(max(widest + 2 * MARGIN, 560.0), max(SHEET, widest + 2 * MARGIN)))
    y = canvas.title(
        titled("Pairs de chaque réseau : qui voit qui", topology),
        notes(topology),
        f"Chaque {'signe' if summed else 'ligne'} est l'avis d'un nœud, tel que son propre docker network inspect le "
        "donne.",
    )
    if not cards or not topology.nodes:
        said = typeset("Aucun réseau overlay dans ce relevé : aucun nœud n'a donc de pair.")
        canvas.text(MARGIN, y + 10, said, HEAD, italic=True)
        return canvas.finish(y + 36, said)
    for row in rows:
        x = MARGIN
        for place in row:
            style = style_of(styles, cards[place].network.name)
            drawing = _draw_summary if summed else _draw_matrix
            drawing(canvas, x, y, sizes[place], cards[place], style)
            x += sizes[place][0] + GAP
        y += max(sizes[place][1] for place in row) + GAP
    y = canvas.legend(y, _legend(cards, summed))
    return canvas.finish(y + 4, _alt(topology, cards, summed))


def _chosen(topology: Topology, network: str | Sequence[str] | None) -> list[Network]:
    if network is not None:
        names = network_names(network, topology)
        chosen = {name: found for name in names if (found := topology.network(name)) is not None}
    else:
        chosen = {n.name: n for n in topology.networks if n.driver == "overlay"}
    return sorted(chosen.values(), key=lambda n: (not n.ingress, n.vxlan_id or 0, natural(n.name)))


def _card(topology: Topology, network: Network) -> Card:
    said: dict[str, set[str]] = {}
    for peer in topology.peers_of(network.name):
        said.setdefault(peer.node, set()).add(peer.peer)
    seen = {peer for view in said.values() for peer in view}
    listed = {node for n in topology.networks if n.name == network.name for node in n.nodes}
    views = []
    for node in topology.nodes:
        own = said.get(node.name, set())
        # A node has a view to defend when it has peers, or when others count it among theirs.
        missing = seen - own if node.answered and (own or node.name in seen) else set()
        views.append(View(node, node.name in listed, frozenset(own), frozenset(missing)))
    names = [node.name for node in topology.nodes]
    return Card(network, tuple(views), (*names, *sorted(seen - set(names), key=natural)))


def _flow(widths: Sequence[float]) -> list[list[int]]:
    """Cards in rows as wide as the page."""
    rows: list[list[int]] = []
    used = 0.0
    for place, width in enumerate(widths):
        if rows and used + GAP + width <= SHEET - 2 * MARGIN:
            rows[-1].append(place)
            used += GAP + width
        else:
            rows.append([place])
            used = width
    return rows


# --- the matrix -----------------------------------------------------------------------------------


def _names_width(card: Card) -> float:
    return min(max([text_width(view.node.name) for view in card.views] + [text_width("vu par")]), 130.0) + 16


def _column_width(card: Card) -> float:
    if len(card.peers) >= UPRIGHT_FROM:
        return 22.0
    return max(min(max(text_width(peer) for peer in card.peers), 110.0) + 14, 44.0)


def _titles_height(card: Card) -> float:
    if len(card.peers) < UPRIGHT_FROM:
        return LINE + 4
    return min(max(text_width(peer) for peer in card.peers), 110.0) + 8


def _matrix_size(card: Card) -> tuple[float, float]:
    width = _names_width(card) + _column_width(card) * len(card.peers) + 16
    width = max(width, text_width(card.network.name, HEAD, True) + 24, 200.0)
    verdict = len(wrap(typeset(card.verdict), width - 34)) * LINE
    matrix = LINE + _titles_height(card) + ROW * len(card.views) + 6 if card.seen else 0.0
    return width, 2 * LINE + 11 + matrix + verdict + 6


def _draw_matrix(
    canvas: Canvas, x: float, y: float, size: tuple[float, float], card: Card, style: NetworkStyle
) -> None:
    width, height = size
    canvas.place("network", card.network.name, x, y, width, height)
    canvas.box(x, y, width, height, edge=style.color, line=style.line, weight=1.6)
    y = _heading(canvas, x, y, width, card)
    if not card.seen:
        _verdict(canvas, x, y, width, card)
        return
    names, step = _names_width(card), _column_width(card)
    left = x + 8 + names
    canvas.text(x + 10, y + LINE / 2, "vu par", italic=True, color=SOFT)
    canvas.text(left + step / 2 - 4, y + LINE / 2, "pair", italic=True, color=SOFT)
    y += LINE
    titles = _titles_height(card)
    for place, peer in enumerate(card.peers):
        middle = left + step * (place + 0.5)
        if len(card.peers) < UPRIGHT_FROM:
            canvas.text(middle, y + titles / 2, fit(peer, step - 6), align="center")
        else:
            canvas.text(middle, y + titles - 4, fit(peer, titles - 8), upright=True)
    y += titles
    for number, view in enumerate(card.views):
        if number % 2 == 0:
            canvas.box(x + 4, y, width - 8, ROW, face=SHADE, edge="none", radius=2)
        canvas.place("node", view.node.name, x + 4, y, names, ROW)
        canvas.text(x + 10, y + ROW / 2, fit(view.node.name, names - 8))
        if view.says:
            said = fit(view.says, width - names - 20)
            canvas.text(left + 4, y + ROW / 2, said, italic=True, color=SOFT)
        else:
            for place, peer in enumerate(card.peers):
                _mark(canvas, left + step * (place + 0.5), y + ROW / 2, view, peer, style)
        y += ROW
    _verdict(canvas, x, y + 6, width, card)


def _heading(canvas: Canvas, x: float, y: float, width: float, card: Card) -> float:
    y += 12
    canvas.text(x + 10, y, fit(card.network.name, width - 20, HEAD, True), HEAD, bold=True)
    facts = [f"VXLAN {card.network.vxlan_id}"] if card.network.vxlan_id is not None else []
    facts += [card.network.subnet] if card.network.subnet else []
    canvas.text(x + 10, y + LINE, fit(", ".join(facts), width - 20), color=SOFT)
    return y + LINE + 12


def _mark(canvas: Canvas, x: float, y: float, view: View, peer: str, style: NetworkStyle) -> None:
    if peer in view.missing:
        canvas.marker(x, y, "X", face=INK, edge=INK, size=9)
    elif peer in view.peers and peer == view.node.name:
        canvas.marker(x, y, "o", face=PAPER, edge=style.color, size=9.5, weight=2.4)
    elif peer in view.peers:
        canvas.marker(x, y, "o", face=style.color, edge=style.color, size=9.5)
    else:
        canvas.line([(x - 3, y), (x + 3, y)], color=RULE, weight=1.2)


def _verdict(canvas: Canvas, x: float, y: float, width: float, card: Card) -> None:
    sign = "✓" if card.agrees else "✗"
    if card.seen:
        canvas.text(x + 10, y + LINE / 2, sign, HEAD, bold=True)
    canvas.lines(x + 24 if card.seen else x + 10, y + LINE / 2, wrap(typeset(card.verdict), width - 34))


# --- the summary of a large swarm -----------------------------------------------------------------


def _told(card: Card) -> list[str]:
    """What the card says besides its verdict: where all agree, only who stands aside."""
    return [line for line in _groups(card) if not card.agrees or line.endswith(("absent", "aucun pair"))]


def _groups(card: Card) -> list[str]:
    """Nodes that say the same, together."""
    found: dict[tuple[str, frozenset[str]], list[View]] = {}
    for view in card.views:
        found.setdefault((view.says, view.peers), []).append(view)
    lines = []
    for (says, peers), views in sorted(found.items(), key=lambda item: -len(item[1])):
        names = listing([view.node.name for view in views], 3)
        who = names if len(views) < 4 else f"{len(views)} nœuds ({names})"
        if says:
            lines.append(f"{who} : {says}")
        elif views[0].missing:
            unseen = listing(sorted(views[0].missing, key=natural), 3)
            lines.append(f"✗ {who} : {count(len(peers), 'pair')}, sans {unseen}")
        else:
            lines.append(f"✓ {who} : {count(len(peers), 'pair')}")
    if len(lines) > MOST_VIEWS:
        lines = [*lines[:MOST_VIEWS], f"et {len(lines) - MOST_VIEWS} autres avis"]
    return [typeset(line) for line in lines]


def _summary_size(card: Card) -> tuple[float, float]:
    width = (SHEET - 2 * MARGIN - GAP) / 2
    lines = sum(len(wrap(line, width - 20)) for line in _told(card))
    verdict = len(wrap(typeset(card.verdict), width - 34))
    dots = ceil(len(card.views) / DOTS) * DOT + 4
    return width, 2 * LINE + 11 + dots + lines * LINE + 6 + verdict * LINE + 6


def _draw_summary(
    canvas: Canvas, x: float, y: float, size: tuple[float, float], card: Card, style: NetworkStyle
) -> None:
    width, height = size
    canvas.place("network", card.network.name, x, y, width, height)
    canvas.box(x, y, width, height, edge=style.color, line=style.line, weight=1.6)
    y = _heading(canvas, x, y, width, card)
    step = (width - 20) / DOTS
    for place, view in enumerate(card.views):
        _dot(canvas, x + 10 + step * (place % DOTS + 0.5), y + DOT * (place // DOTS + 0.5), view, style)
    y += ceil(len(card.views) / DOTS) * DOT + 4 + LINE / 2
    for line in _told(card):
        y = canvas.lines(x + 10, y, wrap(line, width - 20))
    _verdict(canvas, x, y - LINE / 2 + 6, width, card)


def _dot(canvas: Canvas, x: float, y: float, view: View, style: NetworkStyle) -> None:
    """The view of one node, as one sign."""
    if not view.node.answered:
        canvas.box(x - 4, y - 4, 8, 8, edge=SOFT, hatch="//////", radius=1)
    elif view.missing:
        canvas.marker(x, y, "X", face=INK, edge=INK, size=8)
    elif view.peers:
        canvas.marker(x, y, "o", face=style.color, edge=style.color, size=7)
    elif view.listed:
        canvas.marker(x, y, "o", face=PAPER, edge=style.color, size=7)
    else:
        canvas.line([(x - 3, y), (x + 3, y)], color=SOFT, weight=1.2)


# --- in words -------------------------------------------------------------------------------------


def _legend(cards: Sequence[Card], summed: bool) -> list[tuple[Sample, str]]:
    entries: list[tuple[Sample, str]] = []
    drawn = [card for card in cards if card.seen]
    says = {view.says for card in (cards if summed else drawn) for view in card.views}
    if drawn:
        entries = [
            (shape_sample("o"), "vu comme pair"),
            (shape_sample("o", PAPER), "le nœud lui-même"),
        ]
        if any(not card.agrees for card in cards):
            entries.append((shape_sample("X", INK, INK), "non vu, alors qu'un autre nœud le voit"))
        if any(set(card.peers) - card.seen for card in drawn):
            entries.append((line_sample(NetworkStyle(RULE, SOLID), 1.2), "n'est pas un pair de ce réseau"))
    if summed:
        views = [view for card in cards for view in card.views]
        entries = [(shape_sample("o"), "voit tous les pairs")]
        if any(view.missing for view in views):
            entries.append((shape_sample("X", INK, INK), "ne voit pas un pair que d'autres voient"))
        if any(view.listed and view.says == "aucun pair" for view in views):
            entries.append((shape_sample("o", PAPER), "liste le réseau, sans conteneur attaché"))
        if "absent" in says:
            entries.append((line_sample(NetworkStyle(SOFT, SOLID), 1.2), "ne liste pas le réseau"))
        if any(not view.node.answered for view in views):
            entries.append((box_sample(PAPER, SOFT, "//////"), "sans réponse"))
        entries.append((word_sample("ordre"), f"celui des nœuds du labo, {DOTS} par rangée"))
        return [*entries, (word_sample("cadre"), "couleur et trait du réseau")]
    if "aucun pair" in says:
        entries.append((word_sample("aucun pair"), "le nœud liste le réseau, sans conteneur attaché"))
    if "absent" in says:
        entries.append((word_sample("absent"), "le nœud ne liste pas le réseau"))
    if cards:
        entries.append((word_sample("cadre"), "couleur et trait du réseau, comme sur la carte"))
    return entries


def _alt(topology: Topology, cards: Sequence[Card], summed: bool) -> str:
    said = [f"Pairs des réseaux overlay, vus par {count(len(topology.nodes), 'nœud')}."]
    for card in cards:
        said.append(f"Réseau {card.network.name} : {card.verdict}.")
        if not card.seen:
            continue
        if summed:
            said.append(f"{'; '.join(_groups(card))}.")
            continue
        for view in card.views:
            if view.says:
                said.append(f"{view.node.name} : {view.says}.")
            else:
                sees = f"voit {listing(sorted(view.peers, key=natural))}" if view.peers else "ne voit personne"
                lacks = (
                    f", sans voir {listing(sorted(view.missing, key=natural))}" if view.missing and view.peers else ""
                )
                said.append(f"{view.node.name} {sees}{lacks}.")
    return " ".join([*said, *notes(topology)])
