"""The way of a packet: what the name gave, then from container to container, as far as it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...outcome import MARKS
from ...topology.model import Container, Endpoint, Topology
from ...topology.packet import VxlanPacket
from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, fit, wrap
from ..figure import Figure
from ..french import count, notes, titled, typeset
from ..legend import box_sample, line_sample
from ..measurements import holder_words
from ..owners import endpoint_at, endpoint_with_mac, network_of_vni, node_at, owner_of
from ..palette import (
    INK,
    PAPER,
    SHADE,
    SOFT,
    SOLID,
    VERMILION,
    LineStyle,
    NetworkStyle,
    network_styles,
    style_of,
)

if TYPE_CHECKING:
    from ...probes.capture import Capture
    from ...probes.route import Route
    from ...topology.holders import Holder

__all__ = ["End", "draw_path", "draw_way"]

SHEET = 720.0
INNER = SHEET - 2 * MARGIN
NODE = 262.0
TALL = 258.0
BOX = NODE - 36
STEP_GAP = 80.0
STRIP = 62.0
BY_DEFAULT = "docker_gwbridge"
"""Where the default route of a container on an overlay leads."""
BROADCAST = "ff:ff:ff:ff:ff:ff"
UNSEEN: LineStyle = (3.0, 3.0)
REAL = NetworkStyle(INK, SOLID)
IDLE = NetworkStyle(SOFT, (1.2, 2.4))
"""What nothing passes by."""
BEYOND = NetworkStyle(SOFT, SOLID)
"""An address that no container has."""


@dataclass(frozen=True)
class End:
    """What is known of one end of the way: its container, its node, what its node does with the frame."""

    node: str
    holder: str
    inner: str
    mac: str
    vni: str
    outer: str
    port: str


# --- a packet alone -------------------------------------------------------------------------------


def draw_path(topology: Topology, packet: VxlanPacket) -> Figure:
    """See `show.figures.draw_packet_path`."""
    network = network_of_vni(topology, packet.vni) or "inconnu"
    style = style_of(network_styles(topology), network)
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled("Le chemin d'un paquet, de conteneur à conteneur", topology),
        notes(topology),
        f"{packet.protocol}, capturé entre deux nœuds.",
    )
    y = _between(canvas, y + 8, *_ends_of(topology, packet), network, style, _sizes(packet))
    y = canvas.legend(
        y + 12,
        [
            (line_sample(style), f"réseau {network} (VNI {packet.vni})"),
            (line_sample(REAL), "chemin réel, sur le réseau des machines"),
            (box_sample(SHADE, SOFT), "nœud"),
            (STEP, "étape du chemin"),
        ],
    )
    return canvas.finish(y + 4, " ".join([*_told(topology, packet, network), *notes(topology)]))


def _ends_of(topology: Topology, packet: VxlanPacket) -> tuple[End, End]:
    """Both ends, as the packet itself tells them."""
    ends = (
        (packet.outer_source, packet.inner_source, packet.inner_source_mac, packet.outer_source_port),
        (
            packet.outer_destination,
            packet.inner_destination,
            packet.inner_destination_mac,
            packet.outer_destination_port,
        ),
    )
    first, second = (
        End(
            node_at(topology, outer) or "inconnu",
            _holder(topology, packet.vni, inner, mac),
            inner or "sans adresse IPv4",
            f"MAC {mac}",
            f"VNI {packet.vni}",
            outer,
            f"port UDP {port}",
        )
        for outer, inner, mac, port in ends
    )
    return first, second


def _sizes(packet: VxlanPacket) -> tuple[str, str]:
    return f"{packet.outer_bytes} octets", f"dont {packet.inner_bytes} dedans"


def _holder(topology: Topology, vni: int, address: str | None, mac: str) -> str:
    if mac.lower() == BROADCAST:
        return "tous (diffusion)"
    endpoint = endpoint_at(topology, vni, address) or endpoint_with_mac(topology, vni, mac)
    if endpoint is not None:
        return f"conteneur {endpoint.name}" if endpoint.kind == "container" else endpoint.name
    return owner_of(topology, vni, address) or "conteneur inconnu"


def _told(topology: Topology, packet: VxlanPacket, network: str) -> Iterator[str]:
    source = _end(topology, packet.vni, packet.inner_source, packet.inner_source_mac, packet.outer_source)
    target = _end(
        topology, packet.vni, packet.inner_destination, packet.inner_destination_mac, packet.outer_destination
    )
    yield f"Chemin d'un paquet ({packet.protocol}). Départ : {source}. Arrivée : {target}."
    yield (
        f"La trame de {packet.inner_bytes} octets part sur le réseau {network}, est emballée en VXLAN "
        f"(VNI {packet.vni}), traverse le réseau des machines en {packet.outer_bytes} octets "
        f"(UDP, port {packet.outer_source_port} vers {packet.outer_destination_port}), puis est rendue intacte."
    )


def _end(topology: Topology, vni: int, inner: str | None, mac: str, outer: str) -> str:
    address = f" ({inner})" if inner else ""
    return (
        f"{_holder(topology, vni, inner, mac)}{address}, sur {node_at(topology, outer) or 'un nœud inconnu'} ({outer})"
    )


# --- from node to node ----------------------------------------------------------------------------


def _between(
    canvas: Canvas,
    y: float,
    source: End,
    target: End,
    network: str,
    style: NetworkStyle,
    wire: tuple[str, str],
    *,
    first: int = 1,
    seen: bool = True,
    wired: bool = True,
    cut: bool = False,
    back: bool | None = None,
) -> float:
    """Two nodes, and what goes from one to the other; returns the y below.

    `seen`: what is drawn was captured; `wired`: at least what passes between the nodes was; `cut`: nothing does;
    `back`: whether something came back, None where that is not told.
    """
    left, right = MARGIN, SHEET - MARGIN - NODE
    tops = (y + 32, y + 112, y + 192)
    line = SOLID if seen else UNSEEN
    canvas.cues |= {"node"} | ({"wire"} if wired else set()) | (set() if seen else {"unseen"})
    for x, end, sends in ((left, source, True), (right, target, False)):
        canvas.box(x, y, NODE, TALL, face=SHADE, edge=SOFT, weight=1.4)
        canvas.text(x + 12, y + 15, fit(f"nœud {end.node}", NODE - 24, HEAD, True), HEAD, bold=True)
        texts = (
            (end.holder, end.inner, end.mac),
            ("VXLAN", end.vni, "emballe la trame" if sends else "ouvre le paquet, rend la trame"),
            ("carte réseau du nœud", end.outer, end.port),
        )
        for top, lines, edge in zip(tops, texts, (REAL, style, REAL), strict=True):
            _card(canvas, x + 18, top, BOX, lines, edge)
        for number, (upper, lower) in enumerate(((tops[0], tops[1]), (tops[1], tops[2]))):
            ends = [(x + 60, upper + 52), (x + 60, lower)]
            start, stop = ends if sends else reversed(ends)
            canvas.arrow(start, stop, line=line)
            _step(canvas, x + 80, (upper + 52 + lower) / 2, first + number if sends else first + 4 - number)
    gap = (left + NODE, right)
    middle = sum(gap) / 2
    logical, real = tops[0] + 26, tops[2] + (26 if back is None else 16)
    canvas.line([(left + 18 + BOX, logical), (right + 18, logical)], color=style.color, line=style.line, weight=3)
    canvas.text(middle, logical - 12, fit(network, right - gap[0] - 8, bold=True), bold=True, align="center")
    canvas.text(middle, logical + 13, typeset("vu des conteneurs"), color=SOFT, align="center")
    wire_line = SOLID if wired else UNSEEN
    canvas.arrow((left + 18 + BOX, real), (right + 18, real), weight=2.4 if wired else 1.6, line=wire_line)
    if back is not None:
        level = real + 28
        if back:
            canvas.arrow((right + 18, level), (left + 18 + BOX, level), weight=1.6, line=wire_line)
        else:
            _idle_line(canvas, left + 18 + BOX, right + 18, level)
            _stop(canvas, middle, level)
        canvas.text(middle, level + 15, "réponse" if back else "aucune réponse", color=SOFT, align="center")
    if cut:
        _stop(canvas, middle, real)
    else:
        _step(canvas, middle, real - 31, first + 2)
    room = right - gap[0] - 8
    canvas.text(middle, real - 14, fit(wire[0], room, bold=True), bold=True, align="center")
    canvas.text(middle, real + 13, fit(wire[1], room), color=SOFT, align="center")
    return y + TALL


def _card(
    canvas: Canvas, x: float, y: float, width: float, lines: Sequence[str], edge: NetworkStyle, height: float = 52
) -> None:
    """A box with a title and lines below."""
    if edge == IDLE:
        canvas.cues.add("idle")
    canvas.box(x, y, width, height, edge=edge.color, line=edge.line, weight=1.6)
    canvas.text(x + 10, y + 12, fit(lines[0], width - 20, bold=True), bold=True)
    canvas.lines(x + 10, y + 12 + LINE, [fit(text, width - 20) for text in lines[1:]])


def _step(canvas: Canvas, x: float, y: float, number: int | str) -> None:
    canvas.cues.add("step")
    canvas.marker(x, y, "o", face=INK, edge=INK, size=14)
    canvas.text(x, y, str(number), bold=True, color=PAPER, align="center")


def _stop(canvas: Canvas, x: float, y: float) -> None:
    canvas.cues.add("stop")
    canvas.marker(x, y, "X", face=VERMILION, edge=INK, size=12, weight=0.8)


def _idle_line(canvas: Canvas, left: float, right: float, y: float) -> None:
    """What nothing passes by."""
    canvas.cues.add("idle")
    canvas.line([(left, y), (right, y)], color=IDLE.color, line=IDLE.line, weight=1.8)


STEP = Sample(lambda canvas, x, y: _step(canvas, x + 6, y, "n"), 13)
STOP = Sample(lambda canvas, x, y: _stop(canvas, x + 6, y), 12)


# --- a whole capture ------------------------------------------------------------------------------


def draw_way(topology: Topology, capture: Capture) -> Figure:
    """See `show.figures.draw_packet_path`."""
    route = capture.route
    style = REAL if route.holder is None else BEYOND
    if route.network is not None:
        style = style_of(network_styles(topology), route.network.name)
    canvas = Canvas(SHEET)
    y = canvas.title(
        titled(f"Le chemin d'un paquet : {capture.label} vers {capture.target}", topology),
        notes(topology),
        f"Capture sur {capture.node} ({capture.interface}) : {', '.join(_counted(capture))}.",
    )
    y, first = _strip(canvas, y + 6, capture, route, style)
    y = _below(canvas, y + 14, topology, capture, route, style, first)
    mark = MARKS[capture.result.outcome]
    canvas.text(MARGIN, y + 17, mark.sign, HEAD, bold=True, color=mark.colour)
    y = canvas.lines(MARGIN + 18, y + 17, wrap(typeset(route.reason), INNER - 18))
    y = canvas.legend(y + 2, list(_legend(canvas.cues, route, style)))
    return canvas.finish(y + 4, _alt_way(topology, capture, route))


def _counted(capture: Capture) -> Iterator[str]:
    yield f"{count(len(capture.packets), 'paquet')} VXLAN"
    if capture.esp:
        yield f"{count(capture.esp, 'paquet')} ESP"


def _strip(canvas: Canvas, y: float, capture: Capture, route: Route, style: NetworkStyle) -> tuple[float, int]:
    """The name and what it gave, from left to right; returns the y below, and the number of the next step."""
    cards: list[tuple[Sequence[str], NetworkStyle]] = []
    if capture.asked is None:
        given = route.address == capture.target
        first = ("adresse donnée", capture.target, "aucun nom à résoudre") if given else ("nom", capture.target, "")
        cards.append((first, REAL))
    else:
        server = capture.asked.server or "127.0.0.11"
        cards.append((("nom", capture.target, f"demandé par {capture.label}"), REAL))
        cards.append(((f"DNS {server}", "celui du conteneur", _gave(capture)), REAL))
    if route.address is not None:
        who, where = holder_words(route.holder) if route.holder else ("inconnu du relevé", "")
        if route.holder is not None and route.holder.kind == "vip":
            where = f"réseau {route.holder.network}"
        cards.append(((route.address, who, where), style))
    vip = route.holder is not None and route.holder.kind == "vip"
    if vip:
        cards.append((_balancer(capture, route), style if route.kind != "vip_silent" else IDLE))
    wide = len(cards) > 3
    gap = 34.0 if wide else 52.0
    width = (INNER - gap * max(len(cards) - 1, 2 if not wide else 3)) / max(len(cards), 3)
    middle = y + STRIP / 2 - 5
    for place, (lines, edge) in enumerate(cards):
        x = MARGIN + place * (width + gap)
        _card(canvas, x, y, width, lines, edge)
        if place:
            if vip and place == len(cards) - 1 and route.kind == "vip_silent":
                _idle_line(canvas, x - gap, x, middle)
                _stop(canvas, x - gap / 2, middle)
            else:
                canvas.arrow((x - gap, middle), (x, middle))
                _step(canvas, x - gap / 2 - 2, middle - 14, place)
    end = MARGIN + len(cards) * (width + gap) - gap
    if route.address is None:
        _idle_line(canvas, end, end + gap - 10, middle)
        _stop(canvas, end + gap, middle)
        said = "rien n'a été envoyé" if route.kind == "not_run" else "aucune adresse"
        canvas.text(end + gap + 14, middle, said, bold=True)
    return y + STRIP, len(cards)


def _gave(capture: Capture) -> str:
    asked = capture.asked
    given = len(asked.addresses) if asked else 0
    if asked is not None and asked.outcome == "not_run":
        return "n'a pas répondu"
    return f"donne {count(given, 'adresse')}" if given else "ne connaît pas ce nom"


def _balancer(capture: Capture, route: Route) -> Sequence[str]:
    """What stands behind a VIP."""
    if route.kind == "vip_silent":
        return "IPVS", "absent de ce noyau", "personne ne répond"
    if route.kind == "vip_local":
        return "répartiteur du nœud", f"lb-{route.holder.network if route.holder else ''}", "répond au ping lui-même"
    if route.end is not None and route.request is not None:
        return "IPVS choisit une tâche", route.end.name or "inconnue", route.request.inner_destination or ""
    return "IPVS choisit une tâche", "laquelle n'a pas été vu", ""


def _below(
    canvas: Canvas,
    y: float,
    topology: Topology,
    capture: Capture,
    route: Route,
    style: NetworkStyle,
    first: int,
) -> float:
    """The nodes, as far as they are known to have part in it."""
    source = capture.source
    if route.request is not None:
        network = network_of_vni(topology, route.request.vni) or "inconnu"
        sender, receiver = _ends_of(topology, route.request)
        if source is not None and sender.inner not in _addresses(topology, source):
            sender = replace(sender, holder=f"répartiteur {sender.holder}", mac=f"à la place de {source.label}")
        ends = (sender, receiver)
        # A reply that the capture missed is neither drawn nor denied.
        back = None if capture.answered and route.reply is None else route.reply is not None
        return _between(canvas, y, *ends, network, style, _sizes(route.request), first=first, back=back)
    if source is None or route.holder is None or route.kind in ("unknown", "not_run"):
        return y - 8
    own = _interface(topology, source, route.holder.network)
    if route.kind == "vip_silent":
        return _vip_silent(canvas, y, topology, source, route, style, own)
    if route.kind in ("local", "vip_local"):
        return _within(canvas, y, capture, source, route, style, own, first)
    there = _endpoint_of(topology, route)
    if route.kind in ("encrypted", "elsewhere", "silent") and there is not None and route.network is not None:
        wire = {
            "encrypted": ("paquets ESP", "contenu illisible"),
            "elsewhere": ("non capturé", f"écoute sur {capture.node}"),
            "silent": ("rien de vu", f"écoute sur {capture.node}"),
        }[route.kind]
        ends = (
            _guessed(topology, f"conteneur {source.label}", own, source.node, route),
            _guessed(topology, holder_words(route.holder)[0], there, there.node, route),
        )
        cut = route.kind == "silent" and not capture.answered
        wired = route.kind == "encrypted"
        back = None if cut else capture.answered
        name = route.network.name
        return _between(canvas, y, *ends, name, style, wire, first=first, seen=False, wired=wired, cut=cut, back=back)
    if route.kind in ("apart", "outside"):
        own = _interface(topology, source, BY_DEFAULT)
        return _outwards(canvas, y, topology, capture, own, first, source, route.holder)
    return _unheard(canvas, y, capture, route, own, source)


def _endpoint_of(topology: Topology, route: Route) -> Endpoint | None:
    """Where an address is, as the snapshot tells it."""
    holder = route.end or route.holder
    if holder is None:
        return None
    found = (e for e in topology.endpoints if (e.network, e.address) == (holder.network, holder.address))
    return next(found, None)


def _addresses(topology: Topology, container: Container) -> set[str | None]:
    return {end.address for end in topology.endpoints if end.container == container.id}


def _interface(topology: Topology, container: Container, network: str | None) -> Endpoint | None:
    """Its interface on a network; else one on a network that it asked for, rather than on docker_gwbridge."""
    ends = [end for end in topology.endpoints if end.container == container.id]
    likely = sorted(ends, key=lambda end: (end.network != network, end.network not in container.networks))
    return next(iter(likely), None)


def _guessed(topology: Topology, holder: str, end: Endpoint | None, node: str, route: Route) -> End:
    """What a snapshot tells of one end, where no packet does."""
    known = topology.node(node)
    vni = route.network.vxlan_id if route.network else None
    return End(
        node,
        holder,
        end.address or "adresse inconnue" if end else "adresse inconnue",
        f"MAC {end.mac}" if end and end.mac else "MAC inconnue",
        f"VNI {vni}",
        known.address if known else "adresse inconnue",
        "d'après le relevé du swarm",
    )


def _frame(canvas: Canvas, y: float, node: str, height: float, width: float = INNER) -> None:
    canvas.cues.add("node")
    canvas.box(MARGIN, y, width, height, face=SHADE, edge=SOFT, weight=1.4)
    canvas.text(MARGIN + 12, y + 15, fit(f"nœud {node}", width - 24, HEAD, True), HEAD, bold=True)


def _from(source: Container, own: Endpoint | None) -> Sequence[str]:
    mac = f"MAC {own.mac}" if own and own.mac else ""
    return f"conteneur {source.label}", (own.address or "" if own else "sans adresse"), mac


def _within(
    canvas: Canvas,
    y: float,
    capture: Capture,
    source: Container,
    route: Route,
    style: NetworkStyle,
    own: Endpoint | None,
    first: int,
) -> float:
    """What stays on its node."""
    if route.holder is not None and route.holder.kind == "container" and route.holder.name == source.label:
        return _alone(canvas, y, source, own, "rien ne quitte le conteneur", stopped=not capture.answered)
    _frame(canvas, y, source.node, 168)
    left, right = MARGIN + 18, SHEET - MARGIN - 18 - BOX
    _card(canvas, left, y + 32, BOX, _from(source, own), REAL)
    holder = route.holder
    assert holder is not None
    who, where = holder_words(holder)
    lines: Sequence[str] = (who, holder.address, where)
    if route.kind == "vip_local":
        lines = (f"répartiteur lb-{holder.network}", holder.address, f"porte la VIP de {holder.service}")
    elif holder.kind == "vip":
        lines = (f"une tâche de {holder.service}", "choisie par IPVS", f"sur {source.node}")
    _card(canvas, right, y + 32, BOX, lines, REAL)
    ends = (left + BOX, right)
    middle, level = sum(ends) / 2, y + 58
    canvas.line([(ends[0], level), (ends[1], level)], color=style.color, line=style.line, weight=3)
    if capture.answered:
        _step(canvas, middle, level - 32, first)
    else:
        _stop(canvas, middle, level)
    canvas.text(
        middle, level - 13, fit(holder.network or "", right - ends[0] - 12, bold=True), bold=True, align="center"
    )
    canvas.text(middle, level + 13, "pont du nœud", color=SOFT, align="center")
    _card(canvas, left, y + 104, BOX, ("VXLAN", "pas utilisé", "la trame n'est pas emballée"), IDLE)
    _card(canvas, right, y + 104, BOX, ("carte réseau du nœud", "rien de cet échange n'y passe"), IDLE)
    return y + 168


def _vip_silent(
    canvas: Canvas,
    y: float,
    topology: Topology,
    source: Container,
    route: Route,
    style: NetworkStyle,
    own: Endpoint | None,
) -> float:
    """A VIP that nobody answers for, and the tasks that it stands for."""
    holder = route.holder
    assert holder is not None
    on = [e for e in topology.endpoints if e.network == holder.network and e.kind == "container"]
    tasks = [end for end in on if end.service == holder.service]
    shown = tasks[:4]
    height = max(98.0, 40 + 24.0 * len(shown) + (16 if len(tasks) > len(shown) else 0))
    canvas.cues.add("idle")
    _frame(canvas, y, source.node, 98, NODE)
    _card(canvas, MARGIN + 18, y + 32, BOX, _from(source, own), REAL)
    x, right = MARGIN + NODE, SHEET - MARGIN - NODE
    level = y + 58
    canvas.line([(MARGIN + 18 + BOX, level), (x + 70, level)], color=style.color, line=style.line, weight=3)
    _stop(canvas, x + 84, level)
    canvas.text((x + right) / 2, level - 20, fit(holder.address, right - x - 8, bold=True), bold=True, align="center")
    canvas.text((x + right) / 2, level + 20, "pas de réponse", color=SOFT, align="center")
    canvas.text(right, y + 15, fit(f"tâches de {holder.service}, non atteintes", NODE, HEAD, True), HEAD, bold=True)
    for place, end in enumerate(shown):
        top = y + 32 + 24 * place
        canvas.box(right, top, NODE, 20, edge=IDLE.color, line=IDLE.line)
        said = f"{end.name}, {end.address}, nœud {end.node}"
        canvas.text(right + 9, top + 10, fit(said, NODE - 18))
    if len(tasks) > len(shown):
        more = count(len(tasks) - len(shown), "autre")
        canvas.text(right + 9, y + 36 + 24 * len(shown), more, color=SOFT)
    return y + height


def _unheard(
    canvas: Canvas, y: float, capture: Capture, route: Route, own: Endpoint | None, source: Container
) -> float:
    """What was seen of nobody, where it is not known how it went."""
    if capture.answered:
        said = f"non capturé : écoute sur {capture.node}"
    elif route.holder is not None and route.holder.kind == "unknown":
        said = f"personne ne répond pour {route.address}"
    else:
        said = f"rien de vu sur {capture.node}"
    return _alone(canvas, y, source, own, said, stopped=not capture.answered)


def _alone(canvas: Canvas, y: float, source: Container, own: Endpoint | None, said: str, *, stopped: bool) -> float:
    """The source's node, and what is said of the way from there."""
    _frame(canvas, y, source.node, 98)
    _card(canvas, MARGIN + 18, y + 32, BOX, _from(source, own), REAL)
    x = MARGIN + 18 + BOX
    if stopped:
        _idle_line(canvas, x, x + 100, y + 58)
        _stop(canvas, x + 112, y + 58)
    said = fit(typeset(said), INNER - BOX - 160, bold=True)
    canvas.text(x + (132 if stopped else 28), y + 58, said, bold=True)
    return y + 98


def _outwards(
    canvas: Canvas,
    y: float,
    topology: Topology,
    capture: Capture,
    own: Endpoint | None,
    first: int,
    source: Container,
    holder: Holder,
) -> float:
    """What leaves by the container's default route."""
    known = topology.node(source.node)
    narrow, gap = 150.0, 40.0
    _frame(canvas, y, source.node, 98, 3 * narrow + 2 * gap + 24)
    cards = (
        _from(source, own),
        (BY_DEFAULT, "la route par défaut", "ni overlay, ni VXLAN"),
        ("carte réseau du nœud", known.address if known else "", "l'adresse source du paquet"),
    )
    for place, lines in enumerate(cards):
        x = MARGIN + 12 + place * (narrow + gap)
        _card(canvas, x, y + 32, narrow, lines, REAL)
        if place:
            canvas.arrow((x - gap, y + 58), (x, y + 58))
            _step(canvas, x - gap / 2 - 2, y + 44, first + place - 1)
    x = MARGIN + 12 + 3 * narrow + 2 * gap
    if capture.answered:
        canvas.arrow((x, y + 58), (x + 44, y + 58))
    else:
        _idle_line(canvas, x, x + 30, y + 58)
        _stop(canvas, x + 39, y + 58)
    left = x + 51
    room = SHEET - MARGIN - left
    canvas.text(left, y + 51, fit(holder.address, room, bold=True), bold=True)
    canvas.text(left, y + 64, "a répondu" if capture.answered else "aucune réponse", color=SOFT)
    return y + 98


def _legend(cues: set[str], route: Route, style: NetworkStyle) -> Iterator[tuple[Sample, str]]:
    """What the drawing uses, and nothing else."""
    if route.network is not None:
        vni = route.network.vxlan_id
        yield line_sample(style), f"réseau {route.network.name}{'' if vni is None else f' (VNI {vni})'}"
    elif style == BEYOND:
        yield box_sample(PAPER, BEYOND.color), "adresse qui n'est à aucun conteneur"
    if "wire" in cues:
        yield line_sample(REAL, 2.4), "chemin réel, capturé sur le réseau des machines"
    if "unseen" in cues:
        yield line_sample(NetworkStyle(INK, UNSEEN), 1.6), "d'après le relevé, non capturé"
    if "idle" in cues:
        yield line_sample(IDLE, 1.8), "rien n'y passe"
    if "stop" in cues:
        yield STOP, "le chemin s'arrête là"
    if "step" in cues:
        yield STEP, "étape du chemin"
    if "node" in cues:
        yield box_sample(SHADE, SOFT), "nœud"


def _alt_way(topology: Topology, capture: Capture, route: Route) -> str:
    said = [f"Chemin d'un paquet de {capture.label} vers {capture.target}, capture sur {capture.node}."]
    if capture.asked is None:
        said.append(f"{capture.target} est une adresse : aucun nom à résoudre.")
    elif capture.asked.holders:
        gave = ", ".join(f"{h.address} ({holder_words(h)[0]})" for h in capture.asked.holders[:4])
        said.append(f"Le DNS du conteneur a donné {gave}.")
    if route.request is not None:
        network = network_of_vni(topology, route.request.vni) or "inconnu"
        said += _told(topology, route.request, network)
    return " ".join([*said, route.reason, *notes(topology)])
