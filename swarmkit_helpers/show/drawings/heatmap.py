"""A swarm too large to name each container: how many of them each node has on each network, and what changed there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from ...topology.model import Network, Node, Topology
from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, as_many, fit, text_width, wrap
from ..census import ALONE, Census, attention, census, marked_state
from ..figure import Figure
from ..french import count, listing, natural, notes, titled, typeset
from ..legend import line_sample, shape_sample, word_sample
from ..palette import INK, PAPER, RULE, SCALE, SHADE, SOFT, SOLID, VERMILION, NetworkStyle, network_styles, style_of

__all__ = ["Cell", "draw", "draw_attention", "draw_changes", "levels", "number_sample", "section", "span"]

SHEET = 720.0
INNER = SHEET - 2 * MARGIN
NAMES = 104.0
"""Width of the nodes' names."""
ROW = 12.5
NARROW, WIDE = 26.0, 54.0
"""Least widths of a column of counts, and of one of changes."""
ROOMY = 44.0
"""Width up to which columns grow where there is room."""
TOTAL = 36.0
UPRIGHT = 112.0
"""Most height for a network's name above its column."""
FEW_ROWS = 16
"""Nodes up to which one block of rows is enough."""
APART = 24.0
"""Between two blocks side by side."""
MOST_SERVICES = 3
"""Services of a network that the alternative text names."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one node has on one network."""

    text: str
    level: int | None = None
    """Place in `SCALE`; None for a plain background."""


def draw(topology: Topology, names: Sequence[str], title: str) -> Figure:
    """Containers counted by node and network."""
    counted = census(topology, names)
    styles = network_styles(topology)
    bounds = levels(number for (_, network), number in counted.cells.items() if network in names)
    canvas = Canvas(SHEET)
    y = canvas.title(titled(title, topology), notes(topology), _subtitle(topology))
    y = draw_attention(canvas, y, attention(topology))
    y = _networks(canvas, y, topology, names, counted, styles)
    y = section(canvas, y, "Conteneurs de chaque nœud, réseau par réseau")
    listed = {(network.name, node) for network in topology.networks for node in network.nodes}

    def cell(node: Node, name: str) -> Cell:
        number = counted.cells.get((node.name, name), 0)
        if number:
            return Cell(str(number), next(place for place, bound in enumerate(bounds) if number <= bound))
        return Cell("·" if (name, node.name) in listed else "")

    def total(node: Node) -> str:
        return str(counted.held.get(node.name, 0))

    y = _grids(canvas, y, topology.nodes, names, cell, styles, NARROW, total)
    y = canvas.legend(y + 2, _legend(topology, names, counted, bounds))
    return canvas.finish(y + 4, _alt(topology, names, counted))


def draw_changes(before: Topology, after: Topology, names: Sequence[str]) -> Figure:
    """What each node gained and lost on each network."""
    told = {n.name for n in before.nodes if n.answered} & {n.name for n in after.nodes if n.answered}
    was, now = _attached(before, told, names), _attached(after, told, names)
    gone = Counter((node, network) for network, node, *_ in was - now)
    new = Counter((node, network) for network, node, *_ in now - was)
    touched = gone.keys() | new.keys()
    styles = network_styles(before, after)
    nodes = tuple({node.name: node for node in (*before.nodes, *after.nodes)}.values())
    states = {node.name: _state_change(before, after, node.name) for node in nodes}
    rows = [
        n for n in nodes if n.name not in told or states[n.name] or any((n.name, name) in touched for name in names)
    ]
    columns = [name for name in names if any((node.name, name) in touched for node in nodes)]
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled("Avant et après : conteneurs et sous-réseaux", before, after),
        notes(before, after),
        "Ce que chaque nœud a gagné et perdu sur chaque réseau ; compare nomme chaque tâche.",
    )
    y = draw_attention(canvas, y, _state_changes(before, after), "Changements")
    y = _network_changes(
        canvas, y, (census(before, names, told), census(after, names, told)), before, after, names, styles
    )
    y = section(canvas, y, "Conteneurs et autres attaches apparus et disparus")

    def cell(node: Node, name: str) -> Cell:
        plus, minus = new[node.name, name], gone[node.name, name]
        parts = [f"+{plus}"] * bool(plus) + [f"−{minus}"] * bool(minus)
        return Cell(" ".join(parts), (1 if plus and minus else 3 if plus else 0) if parts else None)

    if columns or rows:
        y = _grids(canvas, y, rows, columns, cell, styles, WIDE, None, unknown={n.name for n in nodes} - told)
    same = len(nodes) - len(rows)
    if same:
        said = typeset(f"{count(same, 'nœud')} sans aucun changement.")
        canvas.text(MARGIN, y + LINE / 2, said, italic=True, color=SOFT)
        y += LINE
    entries: list[tuple[Sample, str]] = [
        (number_sample("+2", SCALE[3]), "apparus"),
        (number_sample("−2", SCALE[0]), "disparus"),
        (number_sample("±", SCALE[1]), "les deux : tâches remplacées"),
        (word_sample("case vide"), "rien n'a changé"),
    ]
    y = canvas.legend(y + 2, entries)
    return canvas.finish(y + 4, _alt_changes(before, after, names, told, rows, gone, new, nodes))


def levels(numbers: Iterable[int]) -> tuple[int, ...]:
    """Upper bounds of at most four classes of equal width, the last one the largest number."""
    most = max(numbers, default=0)
    return tuple(sorted({ceil(most * part / len(SCALE)) for part in range(1, len(SCALE) + 1)} - {0}))


# --- pieces ---------------------------------------------------------------------------------------


def section(canvas: Canvas, y: float, title: str) -> float:
    """A title inside a figure; returns the y below."""
    canvas.text(MARGIN, y + 10, typeset(title), HEAD, bold=True)
    return y + 22


def draw_attention(canvas: Canvas, y: float, sentences: Sequence[str], title: str = "À regarder") -> float:
    """What stands out, in a box under the title; returns the y below."""
    lines = [line for sentence in sentences for line in wrap(f"• {sentence}", INNER - 110)]
    lines = lines or ["Rien d'anormal dans ce relevé." if title == "À regarder" else "Aucun changement."]
    height = len(lines) * LINE + 8
    canvas.box(MARGIN, y, INNER, height, face=SHADE, edge=VERMILION if sentences else RULE, weight=1.4)
    canvas.text(MARGIN + 8, y + 4 + LINE / 2, title, bold=True)
    canvas.lines(MARGIN + 92, y + 4 + LINE / 2, lines)
    return y + height + 6


def number_sample(text: str, look: tuple[str, str]) -> Sample:
    """A cell of a heat map: its text on its background."""

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 6, 26, 12, face=look[0], edge=RULE, radius=0, weight=0.6)
        canvas.text(x + 13, y, text, color=look[1], align="center")

    return Sample(draw)


def span(low: int, high: int) -> str:
    """``3``, ``3 ou 4``, ``3 à 6``."""
    if low == high:
        return str(low)
    return f"{low} ou {high}" if high == low + 1 else f"{low} à {high}"


def _networks(
    canvas: Canvas,
    y: float,
    topology: Topology,
    names: Sequence[str],
    counted: Census,
    styles: dict[str, NetworkStyle],
) -> float:
    """A line per network: what it is, how much is on it, and of which service."""
    y = section(canvas, y, "Réseaux")
    heads = ("réseau", "sous-réseau", "VXLAN", "conteneurs", "nœuds", "services (conteneurs)")
    lefts = (MARGIN + 34, MARGIN + 180, MARGIN + 270, MARGIN + 366, MARGIN + 412, MARGIN + 426)
    aligns = ("left", "left", "left", "right", "right", "left")
    for x, head, align in zip(lefts, heads, aligns, strict=True):
        canvas.text(x, y + 2, head, italic=True, color=SOFT, align=align)
    y += LINE + 4
    for number, name in enumerate(names):
        network = topology.network(name)
        if number % 2 == 0:
            canvas.box(MARGIN, y - ROW / 2, INNER, ROW, face=SHADE, edge="none", radius=1, zorder=0.5)
        if network is not None:
            canvas.place("network", name, MARGIN, y - ROW / 2, INNER, ROW)
        style = style_of(styles, name)
        canvas.line([(MARGIN + 2, y), (MARGIN + 28, y)], color=style.color, line=style.line, weight=3)
        held = counted.services.get(name, {})
        texts = (
            fit(name, 140, bold=True),
            (network and network.subnet) or "aucun",
            str(network.vxlan_id) if network and network.vxlan_id is not None else "aucun",
            str(counted.on_network(name)),
            str(len(counted.users.get(name, ()))),
            as_many([f"{service or ALONE} {n}" for service, n in held.items()], MARGIN + INNER - lefts[-1] - 4),
        )
        for x, text, align in zip(lefts, texts, aligns, strict=True):
            canvas.text(x, y, text, bold=text is texts[0], align=align)
        y += ROW
    return y + 4


def _grids(
    canvas: Canvas,
    y: float,
    nodes: Sequence[Node],
    names: Sequence[str],
    cell: Callable[[Node, str], Cell],
    styles: dict[str, NetworkStyle],
    step: float,
    total: Callable[[Node], str] | None,
    unknown: Iterable[str] = (),
) -> float:
    """One row per node and one column per network, in blocks that fit the page; returns the y below."""
    extra = TOTAL if total else 0.0
    most = max(1, int((INNER - NAMES - extra) / step))
    for first in range(0, max(len(names), 1), most):
        part = names[first : first + most]
        width = NAMES + step * len(part) + extra
        beside = 1 if len(nodes) <= FEW_ROWS else max(1, int((INNER + APART) / (width + APART)))
        room = (INNER + APART) / beside - APART - NAMES - extra
        wider = max(step, min(ROOMY, room / max(len(part), 1)))
        width = NAMES + wider * len(part) + extra
        tall = ceil(len(nodes) / beside)
        head = max((min(text_width(name), UPRIGHT) for name in part), default=0.0) + 14
        for place in range(beside):
            rows = nodes[place * tall : (place + 1) * tall]
            if rows:
                x = MARGIN + place * (width + APART)
                _grid(canvas, x, y, head, rows, part, cell, styles, wider, total, frozenset(unknown))
        y += head + tall * ROW + 14
    return y


def _grid(
    canvas: Canvas,
    x: float,
    y: float,
    head: float,
    nodes: Sequence[Node],
    names: Sequence[str],
    cell: Callable[[Node, str], Cell],
    styles: dict[str, NetworkStyle],
    step: float,
    total: Callable[[Node], str] | None,
    unknown: frozenset[str],
) -> None:
    left = x + NAMES
    right = left + step * len(names)
    for place, name in enumerate(names):
        style, start = style_of(styles, name), left + step * place
        canvas.text(start + step / 2, y + head - 10, fit(name, UPRIGHT), upright=True)
        canvas.line(
            [(start + 2, y + head - 5), (start + step - 2, y + head - 5)], color=style.color, line=style.line, weight=3
        )
    if total:
        canvas.text(right + TOTAL - 4, y + head - 8, "total", italic=True, color=SOFT, align="right")
    y += head
    tiles = []
    for node in nodes:
        middle = y + ROW / 2
        canvas.place("node", node.name, x, y, NAMES, ROW)
        _name(canvas, x, middle, node)
        if not node.answered or node.name in unknown:
            canvas.box(
                left,
                y + 1,
                right - left + (TOTAL if total else 0),
                ROW - 2,
                face=SHADE,
                edge=RULE,
                hatch="////",
                radius=1,
            )
            said = fit("inconnu", right - left)
            canvas.box(left + 4, y + 1.5, text_width(said) + 8, ROW - 3, edge="none", zorder=1.2)
            canvas.text(left + 8, middle, said, italic=True, color=SOFT)
            y += ROW
            continue
        for place, name in enumerate(names):
            found, start = cell(node, name), left + step * place
            face, ink = SCALE[found.level] if found.level is not None else (SHADE, SOFT)
            if found.text:
                tiles.append((start, y, step, ROW, face))
                canvas.text(start + step / 2, middle, found.text, color=ink, align="center")
        if total:
            canvas.text(right + TOTAL - 4, middle, total(node), bold=True, align="right")
        y += ROW
    canvas.mosaic(tiles)


def _name(canvas: Canvas, x: float, y: float, node: Node) -> None:
    """A node's mark and name, and its state when it is not the usual one."""
    manager = node.role == "manager"
    canvas.marker(x + 5, y, "s" if manager else "o", face=INK if manager else PAPER, size=6)
    state = marked_state(node).removesuffix("sans réponse").rstrip(", ") or ("muet" if not node.answered else "")
    room = NAMES - 20
    said = fit(state, 44, bold=True) if state else ""
    name = fit(node.name, room - (text_width(said, bold=True) + 4 if said else 0))
    canvas.text(x + 13, y, name)
    if said:
        canvas.text(x + NAMES - 6, y, said, bold=True, align="right")


def _legend(
    topology: Topology, names: Sequence[str], counted: Census, bounds: Sequence[int]
) -> list[tuple[Sample, str]]:
    entries: list[tuple[Sample, str]] = []
    lowest = 1
    for place, bound in enumerate(bounds):
        entries.append((number_sample("", SCALE[place]), span(lowest, bound)))
        lowest = bound + 1
    if bounds:
        entries[0] = (entries[0][0], f"{entries[0][1]} conteneur{'s' if bounds[0] > 1 else ''}")
    answering = {node.name for node in topology.nodes if node.answered}
    listed = {(node, n.name) for n in topology.networks for node in n.nodes if node in answering and n.name in names}
    empty = listed - counted.cells.keys()
    if empty:
        entries.append((number_sample("·", (SHADE, SOFT)), "réseau listé, aucun conteneur"))
    if len(listed | counted.cells.keys()) < len(answering) * len(names):
        entries.append((word_sample("case vide"), "le nœud ne liste pas ce réseau"))
    roles = {node.role for node in topology.nodes}
    if "manager" in roles:
        entries.append((shape_sample("s", INK, INK), "manager"))
    if roles - {"manager"}:
        entries.append((shape_sample("o", PAPER, INK), "worker" if "worker" in roles else "machine hors swarm"))
    entries.append((line_sample(NetworkStyle(SOFT, SOLID)), "couleur et trait du réseau, comme sur les autres figures"))
    return entries


# --- what changed ---------------------------------------------------------------------------------


def _attached(topology: Topology, nodes: set[str], names: Sequence[str]) -> set[tuple[str, str, str, str | None]]:
    wanted = set(names)
    return {
        (e.network, e.node, e.name, e.address) for e in topology.endpoints if e.node in nodes and e.network in wanted
    }


def _state_change(before: Topology, after: Topology, name: str) -> str:
    was, now = before.node(name), after.node(name)
    if was is None or now is None:
        return "apparu" if was is None else "disparu"
    old, new = (marked_state(node) or node.state for node in (was, now))
    return f"{old} → {new}" if old != new else ""


def _state_changes(before: Topology, after: Topology) -> list[str]:
    """Services of which the number of tasks changed, and nodes of which the state did."""
    was = {s.name: f"{s.running}/{s.desired}" for s in before.services}
    now = {s.name: f"{s.running}/{s.desired}" for s in after.services}
    changed = [
        f"{name} {was.get(name, 'aucun')} → {now.get(name, 'aucun')}"
        for name in sorted(was.keys() | now.keys(), key=natural)
        if was.get(name) != now.get(name)
    ]
    names = dict.fromkeys(node.name for topology in (before, after) for node in topology.nodes)
    nodes = [f"{name} ({change})" for name in names if (change := _state_change(before, after, name))]
    said = [f"Tâches, en cours/voulues : {listing(changed, 6)}."] if changed else []
    said += [f"Nœuds : {listing(nodes, 6)}."] if nodes else []
    return [typeset(sentence) for sentence in said]


def _network_changes(
    canvas: Canvas,
    y: float,
    counts: tuple[Census, Census],
    before: Topology,
    after: Topology,
    names: Sequence[str],
    styles: dict[str, NetworkStyle],
) -> float:
    """A line per network: its containers before and after, on the nodes that answered both times."""
    both = all(node.answered for topology in (before, after) for node in topology.nodes)
    y = section(canvas, y, "Réseaux" if both else "Réseaux, sur les nœuds qui ont répondu les deux fois")
    old, new = counts
    lefts = (MARGIN + 34, MARGIN + 250, MARGIN + 400, MARGIN + 550)
    for x, head in zip(lefts, ("réseau", "conteneurs", "nœuds qui en ont", ""), strict=True):
        canvas.text(x, y + 2, head, italic=True, color=SOFT)
    y += LINE + 4
    for number, name in enumerate(names):
        if number % 2 == 0:
            canvas.box(MARGIN, y - ROW / 2, INNER, ROW, face=SHADE, edge="none", radius=1, zorder=0.5)
        style = style_of(styles, name)
        if after.network(name):
            canvas.place("network", name, MARGIN, y - ROW / 2, INNER, ROW)
        canvas.line([(MARGIN + 2, y), (MARGIN + 28, y)], color=style.color, line=style.line, weight=3)
        canvas.text(lefts[0], y, fit(name, 204, bold=True), bold=True)
        pairs = (
            (old.on_network(name), new.on_network(name)),
            (len(old.users.get(name, ())), len(new.users.get(name, ()))),
        )
        for x, (first, second) in zip(lefts[1:], pairs, strict=False):
            canvas.text(x, y, f"{first} → {second}" if first != second else str(first), bold=first != second)
        canvas.text(lefts[3], y, _existence(before.network(name), after.network(name)), bold=True)
        y += ROW
    return y + 4


def _existence(before: Network | None, after: Network | None) -> str:
    if before is None:
        return "créé"
    return "supprimé" if after is None else "recréé" if before.id != after.id else ""


# --- in words -------------------------------------------------------------------------------------


def _subtitle(topology: Topology) -> str:
    running = sum(container.state == "running" for container in topology.containers)
    return (
        f"Vue fusionnée de {count(len(topology.nodes), 'nœud')}, en nombres : "
        f"{count(running, 'conteneur qui tourne', 'conteneurs qui tournent')}. "
        "endpoints_table donne les adresses."
    )


def _alt(topology: Topology, names: Sequence[str], counted: Census) -> str:
    said = [f"Carte des sous-réseaux, fusionnée de {count(len(topology.nodes), 'nœud')}, en nombres de conteneurs."]
    for name in names:
        network = topology.network(name)
        facts = [f"sous-réseau {network.subnet}"] if network and network.subnet else []
        facts += [f"VXLAN {network.vxlan_id}"] if network and network.vxlan_id is not None else []
        users = counted.users.get(name, frozenset())
        sentence = f"Réseau {name} ({', '.join(facts) or 'sans sous-réseau'}) : "
        sentence += count(counted.on_network(name), "conteneur")
        if users:
            each = [counted.cells[node, name] for node in users]
            span = f"{min(each)}" if min(each) == max(each) else f"de {min(each)} à {max(each)}"
            held = [f"{service or ALONE} {n}" for service, n in counted.services[name].items()]
            sentence += f" sur {count(len(users), 'nœud')}, {span} par nœud ({listing(held, MOST_SERVICES)})"
        said.append(f"{sentence}.")
    apart = attention(topology)
    said.append(f"À regarder : {' '.join(apart)}" if apart else "Rien d'anormal dans ce relevé.")
    return " ".join([*said, *notes(topology)])


def _alt_changes(
    before: Topology,
    after: Topology,
    names: Sequence[str],
    told: set[str],
    rows: Sequence[Node],
    gone: Mapping[tuple[str, str], int],
    new: Mapping[tuple[str, str], int],
    nodes: Sequence[Node],
) -> str:
    old, now = census(before, names, told), census(after, names, told)
    said = [f"Avant et après, sur {count(len(nodes), 'nœud')}, en nombres d'attaches."]
    for name in names:
        first, second = old.on_network(name), now.on_network(name)
        if first != second:
            said.append(f"Réseau {name} : de {first} à {count(second, 'conteneur')}.")
    said.append(
        f"Entre les deux, {count(sum(gone.values()), 'adresse', none='aucune')} de moins et "
        f"{count(sum(new.values()), 'adresse', none='aucune')} de plus, sur {count(len(rows), 'nœud')}."
    )
    return " ".join([*said, *_state_changes(before, after), *notes(before, after)])
