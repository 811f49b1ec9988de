"""A stack as its file describes it: services on their networks, who connects to whom, what is open to the outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import TYPE_CHECKING

from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, fit, text_width
from ..figure import Figure
from ..french import count, listing, typeset
from ..legend import box_sample, line_sample, shape_sample
from ..palette import (
    BLUE,
    INK,
    ORANGE,
    PAPER,
    RULE,
    SHADE,
    SOFT,
    SOLID,
    VERMILION,
    NetworkStyle,
    styles_in_turn,
    tinted,
)
from .placement import Grid, Wish, place
from .routing import PITCH, Rect, Route, Router

if TYPE_CHECKING:
    from ...compose.file import StackFile
    from ...compose.model import Port, Service

__all__ = ["Fact", "Part", "Plan", "Sheet", "draw", "lay_out", "plan"]

SHEET, WIDEST = 720.0, 900.0
NARROWEST_BOX, WIDEST_BOX = 104.0, 176.0
GUTTER = 32.0
"""Between two boxes of a row: room for three arrows."""
ROW_GAPS = (40.0, 64.0)
"""Between two rows: the first in which no arrow covers another."""
STRIP = 24.0
INSET = 0.25
"""Share of its outermost columns that a service on several networks leaves free."""
PAD = 10.0
MOST_COLUMNS = 6
MOST_VOLUMES, MOST_PORTS = 3, 2
DASHED = (6.0, 3.0)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line in a service's box."""

    kind: str
    """``text``, ``volume``, ``bind``, ``tmpfs`` or ``constraint``."""
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One service, as it is drawn."""

    name: str
    image: str
    networks: tuple[str, ...]
    facts: tuple[Fact, ...]
    doors: tuple[str, ...]
    host: bool
    """True when at least one port is published in host mode."""
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """Who stands where, before anything is measured but words."""

    parts: tuple[Part, ...]
    networks: tuple[str, ...]
    """Those that a service uses, in the order of the file."""
    grid: Grid
    box: float
    """Width of one column's box."""

    @property
    def width(self) -> float:
        """Of the sheet."""
        return max(2 * MARGIN + self.grid.width * (self.box + GUTTER), 560.0)

    def foreign(self, part: Part) -> list[str]:
        """Networks that a service's box covers without being on them."""
        spot = self.grid.spots[part.name]
        return [
            name
            for name, columns in self.grid.columns.items()
            if name not in part.networks and spot.first <= columns.start and columns.stop - 1 <= spot.last
        ]


@dataclass(frozen=True)
class Sheet:
    """A plan in points, with the ways of its arrows."""

    boxes: Mapping[str, Rect]
    doors: Mapping[str, Rect]
    bands: Mapping[str, tuple[float, float]]
    """Network -> its left and right edge."""
    strip: Rect | None
    """The world outside; None when nothing is published."""
    top: float
    bottom: float
    """Where the names of the networks may begin."""
    arrows: Mapping[tuple[str, str], Route] = field(default_factory=dict)
    """(Service, the one it needs) -> the way from the first to the second."""
    entries: Mapping[str, Route] = field(default_factory=dict)
    """Service -> the way from outside to its ports."""


def draw(stack: StackFile) -> Figure:
    """See `show.figures.draw_architecture`."""
    planned = plan(stack)
    parts, networks = planned.parts, planned.networks
    # The first style is that of ingress in a snapshot, and here that of the doors.
    styles = dict(zip(networks, styles_in_turn(len(networks) + 1)[1:], strict=True))
    canvas = Canvas(planned.width)
    top = canvas.title(f"L'architecture que décrit {_files(stack)}", (), _subtitle(parts, networks))
    sheet = lay_out(planned, top)
    for name in networks:
        _draw_band(canvas, stack, sheet, name, styles[name])
    if sheet.strip is not None:
        _draw_outside(canvas, sheet.strip)
    for part in parts:
        _draw_box(canvas, planned, sheet, part, styles)
    for route in sheet.entries.values():
        _draw_route(canvas, route, BLUE, 2.0, False)
    apart = _apart(parts)
    for pair, route in sheet.arrows.items():
        _draw_route(canvas, route, VERMILION if pair in apart else INK, 1.5, pair in apart)
    y = canvas.legend(sheet.bottom + _band_foot(stack, networks) + 12, _legend(planned, sheet, styles))
    return canvas.finish(y + 4, _alt(stack, parts, networks))


def plan(stack: StackFile) -> Plan:
    """Choose the place of every service of a stack file."""
    parts = tuple(_part(stack, name, service) for name, service in stack.services.items())
    used = dict.fromkeys(network for part in parts for network in part.networks)
    networks = tuple(dict.fromkeys(name for name in (*stack.networks, *used) if name in used))
    wishes = [Wish(part.name, part.networks, part.needs, bool(part.doors)) for part in parts]
    grid = place(wishes, networks, max(MOST_COLUMNS, len(networks)))
    return Plan(parts, networks, grid, _box_width(parts, grid))


def lay_out(planned: Plan, top: float) -> Sheet:
    """Put a plan on a sheet, from `top` on, and find the ways of its arrows."""
    for gap in ROW_GAPS:
        sheet = _routed(planned, _placed(planned, top, gap))
        if not any(route.covers for route in (*sheet.arrows.values(), *sheet.entries.values())):
            break
    lowest = [rect.bottom for rect in sheet.boxes.values()]
    lowest += [y for route in (*sheet.arrows.values(), *sheet.entries.values()) for _, y in route.points]
    return replace(sheet, bottom=max(lowest, default=sheet.top) + 2 * PITCH)


# --- what to draw ---------------------------------------------------------------------------------


def _part(stack: StackFile, name: str, service: Service) -> Part:
    facts = [Fact("text", _instances(service))]
    placement = service.deploy.placement
    facts += [Fact("constraint", constraint) for constraint in placement.constraints]
    facts += _volumes(service)
    return Part(
        name,
        service.image,
        tuple(service.networks) or ("default",),
        tuple(facts),
        _doors(service.ports),
        any(port.mode == "host" for port in service.ports),
        tuple(need for need in service.depends_on if need in stack.services and need != name),
    )


def _instances(service: Service) -> str:
    if service.deploy.mode == "global":
        return "1 par nœud (global)"
    replicas = service.deploy.replicas
    return count(1 if replicas is None else replicas, "réplique", none="aucune")


def _volumes(service: Service) -> list[Fact]:
    kinds = {"volume": "volume", "bind": "bind", "tmpfs": "tmpfs"}
    found = [Fact(kinds.get(volume.type, "volume"), volume.source or volume.target) for volume in service.volumes]
    if len(found) > MOST_VOLUMES:
        found = [*found[: MOST_VOLUMES - 1], Fact("text", f"et {len(found) - MOST_VOLUMES + 1} autres montages")]
    return found


def _doors(ports: Sequence[Port]) -> tuple[str, ...]:
    shown = [_door(port) for port in ports]
    if len(shown) > MOST_PORTS:
        others = len(shown) - MOST_PORTS
        shown = [*shown[:MOST_PORTS], f"et {others} autre{'s' if others > 1 else ''}"]
    return tuple(shown)


def _door(port: Port) -> str:
    protocol = "" if port.protocol in ("", "tcp") else f"/{port.protocol}"
    return f"{port.published or 'auto'} → {port.target}{protocol}{' (host)' if port.mode == 'host' else ''}"


def _apart(parts: Iterable[Part]) -> set[tuple[str, str]]:
    """Pairs of which one needs the other, without any network in common."""
    on = {part.name: set(part.networks) for part in parts}
    return {(part.name, need) for part in parts for need in part.needs if not on[part.name] & on[need]}


# --- laying out -----------------------------------------------------------------------------------


def _up(length: float) -> float:
    return ceil(length / PITCH) * PITCH


def _box_width(parts: Sequence[Part], grid: Grid) -> float:
    wanted = max(
        [
            NARROWEST_BOX,
            *(text_width(part.name, HEAD, True) + 2 * PAD for part in parts),
            *(text_width(fact.text) + 2 * PAD + (14 if fact.kind != "text" else 0) for p in parts for fact in p.facts),
            *(text_width(_short(part.image)) + 2 * PAD for part in parts),
            *(text_width(door) + 28 for part in parts for door in part.doors),
        ]
    )
    columns = max(grid.width, 1)
    # Boxes as wide as they want while the sheet is a page's, then as narrow as can be read.
    page = (SHEET - 2 * MARGIN) / columns - GUTTER
    widest = (WIDEST - 2 * MARGIN) / columns - GUTTER
    width = min(wanted, WIDEST_BOX, max(page, min(widest, 128.0)))
    # Twice a step of the lattice: an arrow can leave from the very middle.
    wide = ceil(width / (2 * PITCH)) * 2 * PITCH
    return max(wide if wide <= max(page, widest) else wide - 2 * PITCH, 80.0)


def _short(image: str) -> str:
    """An image's reference without its registry and owner."""
    return image.rpartition("/")[2]


def _placed(planned: Plan, top: float, gap: float) -> Sheet:
    grid, step = planned.grid, planned.box + GUTTER
    start = _up((planned.width - grid.width * step + GUTTER) / 2)
    top = _up(top)
    has_doors = any(part.doors for part in planned.parts)
    strip = Rect(MARGIN, top, planned.width - MARGIN, top + STRIP) if has_doors else None
    y = top + (STRIP if has_doors else 0.0)
    boxes: dict[str, Rect] = {}
    doors: dict[str, Rect] = {}
    for row in range(grid.height):
        here = [part for part in planned.parts if grid.spots[part.name].row == row]
        y += _up(gap + max(_doors_height(part) for part in here))
        for part in here:
            spot = grid.spots[part.name]
            inset = _up(planned.box * INSET) if spot.last > spot.first and not planned.foreign(part) else 0.0
            left = start + spot.first * step + inset
            right = start + spot.last * step + planned.box - inset
            boxes[part.name] = Rect(left, y, right, y + _height(part))
            if part.doors:
                wide = max(text_width(door) for door in part.doors) + 20
                half = min(_up(wide / 2), (right - left) // (2 * PITCH) * PITCH - PITCH)
                middle = round((left + right) / 2 / PITCH) * PITCH
                doors[part.name] = Rect(middle - half, y - _doors_height(part), middle + half, y)
        y += max(_height(part) for part in here)
    bands = {
        name: (
            start + columns.start * step - GUTTER / 2 + 4,
            start + (columns.stop - 1) * step + planned.box + GUTTER / 2 - 4,
        )
        for name, columns in grid.columns.items()
    }
    return Sheet(boxes, doors, bands, strip, top, y + gap)


def _doors_height(part: Part) -> float:
    return _up(len(part.doors) * (LINE - 1) + 3) if part.doors else 0.0


def _height(part: Part) -> float:
    return _up(2 * PAD + 10 + LINE * (1 + len(part.facts)))


def _routed(planned: Plan, sheet: Sheet) -> Sheet:
    right = _up(max(right for _, right in sheet.bands.values()) + PITCH)
    router = Router(right, sheet.bottom, sheet.strip.bottom if sheet.strip else sheet.top)
    for rect in (*sheet.boxes.values(), *sheet.doors.values()):
        router.close(rect)
    entries: dict[str, Route] = {}
    if sheet.strip is not None:
        outside = Rect(PITCH, sheet.strip.top, right, sheet.strip.bottom)
        for name, door in sorted(sheet.doors.items(), key=lambda item: (item[1].top, item[1].left)):
            # Who comes from outside comes straight down where that can be.
            above = Rect(door.left, outside.top, door.right, outside.bottom)
            for start in (above, outside):
                route = router.route(start, "B", door, f"ports de {name}", "TLR")
                if route is not None:
                    entries[name] = route
                    break
    apart = _apart(planned.parts)
    pairs = [(part.name, need) for part in planned.parts for need in part.needs]
    arrows: dict[tuple[str, str], Route] = {}
    for pair in sorted(pairs, key=lambda pair: _distance(sheet.boxes[pair[0]], sheet.boxes[pair[1]])):
        # The top of a box with ports is theirs.
        start_sides, end_sides = ("BLR" if name in sheet.doors else "TBLR" for name in pair)
        trunk = f"{pair[1]}, injoignable" if pair in apart else pair[1]
        route = router.route(sheet.boxes[pair[0]], start_sides, sheet.boxes[pair[1]], trunk, end_sides)
        if route is not None:
            arrows[pair] = route
    return replace(sheet, arrows={pair: arrows[pair] for pair in pairs if pair in arrows}, entries=entries)


def _distance(one: Rect, other: Rect) -> float:
    across = max(one.left, other.left) - min(one.right, other.right)
    down = max(one.top, other.top) - min(one.bottom, other.bottom)
    return max(across, 0.0) * 2 + max(down, 0.0)


# --- drawing --------------------------------------------------------------------------------------


def _draw_band(canvas: Canvas, stack: StackFile, sheet: Sheet, name: str, style: NetworkStyle) -> None:
    left, right = sheet.bands[name]
    foot = _band_foot(stack, sheet.bands)
    top = sheet.strip.bottom + 8 if sheet.strip else sheet.top
    canvas.box(
        left,
        top,
        right - left,
        sheet.bottom + foot - top,
        face=tinted(style.color),
        edge=style.color,
        line=style.line,
        weight=1.6,
        radius=6,
        zorder=0.5,
    )
    middle, room = (left + right) / 2, right - left - 12
    y = sheet.bottom + HEAD / 2 + 2
    canvas.text(middle, y, fit(f"réseau {name}", room, HEAD, True), HEAD, bold=True, align="center")
    for line in _band_lines(stack, name):
        y += LINE
        canvas.text(middle, y, fit(line, room), color=SOFT, align="center")


def _band_foot(stack: StackFile, networks: Iterable[str]) -> float:
    return 20 + LINE * max((len(_band_lines(stack, name)) for name in networks), default=0)


def _band_lines(stack: StackFile, name: str) -> list[str]:
    network = stack.networks.get(name)
    said = ["services sans clé networks"] if name == "default" else []
    if network is None:
        return said
    if network.external:
        said.append("externe : il existe déjà" if network.name in ("", name) else f"externe : {network.name}")
    if network.driver not in ("", "overlay"):
        said.append(f"driver {network.driver}")
    if network.attachable:
        said.append("attachable")
    if network.internal:
        said.append("interne : sans sortie")
    if "encrypted" in network.driver_opts:
        said.append("chiffré")
    return [typeset(line) for line in said]


def _draw_outside(canvas: Canvas, strip: Rect) -> None:
    canvas.box(strip.left, strip.top, strip.right - strip.left, STRIP, face=SHADE, edge=BLUE, weight=1.6)
    said = "Extérieur du swarm : navigateurs, autres machines"
    canvas.text(strip.middle[0], strip.middle[1], typeset(said), HEAD, bold=True, align="center")


def _draw_box(canvas: Canvas, planned: Plan, sheet: Sheet, part: Part, styles: Mapping[str, NetworkStyle]) -> None:
    rect = sheet.boxes[part.name]
    width, height = rect.right - rect.left, rect.bottom - rect.top
    foreign = planned.foreign(part)
    canvas.box(rect.left, rect.top, width, height, edge=INK, weight=1.4, zorder=1.5)
    for name in foreign:
        left, right = sheet.bands[name]
        canvas.box(
            left, rect.top + 1, right - left, height - 2, face=SHADE, edge=RULE, hatch="////", radius=0, zorder=1.6
        )
    for name in part.networks:
        left, right = sheet.bands[name]
        ends = max(rect.left, left) + 4, min(rect.right, right) - 4
        y = rect.bottom - 4.5
        canvas.line([(ends[0], y), (ends[1], y)], color=styles[name].color, line=styles[name].line, weight=4, zorder=2)
    if foreign:
        width = min(sheet.bands[name][0] for name in foreign) - rect.left
    room, y = width - 2 * PAD, rect.top + PAD
    canvas.text(rect.left + PAD, y + 2, fit(part.name, room, HEAD, True), HEAD, bold=True)
    y += LINE + 3
    image = part.image if text_width(part.image) <= room else _short(part.image)
    canvas.text(rect.left + PAD, y, fit(image, room), color=SOFT)
    for fact in part.facts:
        y += LINE
        indent = 0.0 if fact.kind == "text" else 14.0
        if indent:
            _icon(canvas, rect.left + PAD + 4.5, y, fact.kind)
        canvas.text(rect.left + PAD + indent, y, fit(fact.text, room - indent))
    if part.doors:
        _draw_doors(canvas, sheet.doors[part.name], part)


def _draw_doors(canvas: Canvas, rect: Rect, part: Part) -> None:
    line = DASHED if part.host else SOLID
    canvas.box(
        rect.left,
        rect.top,
        rect.right - rect.left,
        rect.bottom - rect.top,
        edge=BLUE,
        line=line,
        weight=1.6,
        radius=2,
        zorder=1.4,
    )
    y = rect.top + (rect.bottom - rect.top - (len(part.doors) - 1) * (LINE - 1)) / 2
    for door in part.doors:
        canvas.text(rect.middle[0], y, fit(door, rect.right - rect.left - 6), align="center")
        y += LINE - 1


def _icon(canvas: Canvas, x: float, y: float, kind: str) -> None:
    """The sign of a volume, a mounted directory, a temporary one, or a constraint; its middle at (x, y)."""
    if kind == "constraint":
        canvas.marker(x, y, "v", face=ORANGE, edge=INK, size=7)
    elif kind == "volume":
        canvas.cylinder(x, y, 9, 11, face=SHADE, edge=INK)
    else:
        edge = INK if kind == "bind" else SOFT
        tab = [(x - 5, y - 4), (x - 1, y - 4), (x + 1, y - 2), (x + 5, y - 2), (x + 5, y + 4.5), (x - 5, y + 4.5)]
        canvas.line([*tab, tab[0]], color=edge, line=SOLID if kind == "bind" else (2.0, 1.5), zorder=4)


def _draw_route(canvas: Canvas, route: Route, color: str, weight: float, dashed: bool) -> None:
    line = DASHED if dashed else SOLID
    points = list(route.points)
    if route.joins:
        canvas.line(points, color=color, line=line, weight=weight, zorder=3)
        canvas.marker(*points[-1], "o", face=color, edge=color, size=4)
        return
    if len(points) > 2:
        canvas.line(points[:-1], color=color, line=line, weight=weight, zorder=3)
    canvas.arrow(points[-2], points[-1], color=color, weight=weight, line=line)


def _legend(planned: Plan, sheet: Sheet, styles: Mapping[str, NetworkStyle]) -> list[tuple[Sample, str]]:
    parts = planned.parts
    entries: list[tuple[Sample, str]] = [(line_sample(style, 4), f"est sur {name}") for name, style in styles.items()]
    kinds = {fact.kind for part in parts for fact in part.facts}
    apart = _apart(parts)
    if len(apart) < sum(len(part.needs) for part in parts):
        entries.append((_arrow_sample(INK, SOLID), "se connecte à (depends_on)"))
    if apart:
        entries.append((_arrow_sample(VERMILION, DASHED), "depends_on sans réseau commun : injoignable"))
    if any(part.doors and not part.host for part in parts):
        entries.append((box_sample(PAPER, BLUE), "port publié sur chaque nœud (ingress)"))
    if any(part.host for part in parts):
        entries.append((box_sample(PAPER, BLUE, None, DASHED), "port publié par le nœud de la tâche (host)"))
    if "constraint" in kinds:
        entries.append((_icon_sample("constraint"), "contrainte de placement"))
    if "volume" in kinds:
        entries.append((_icon_sample("volume"), "volume"))
    if "bind" in kinds:
        entries.append((_icon_sample("bind"), "fichier ou dossier du nœud"))
    if "tmpfs" in kinds:
        entries.append((_icon_sample("tmpfs"), "dossier en mémoire"))
    if any(planned.foreign(part) for part in parts):
        entries.append((box_sample(SHADE, RULE, "////"), "passe devant un réseau sans y être"))
    if any(route.joins for route in sheet.arrows.values()):
        entries.append((shape_sample("o", INK, INK), "flèches qui mènent au même service"))
    return entries


def _arrow_sample(color: str, line: tuple[float, ...]) -> Sample:
    def drawn(canvas: Canvas, x: float, y: float) -> None:
        canvas.arrow((x, y), (x + 26, y), color=color, weight=1.5, line=line)

    return Sample(drawn)


def _icon_sample(kind: str) -> Sample:
    return Sample(lambda canvas, x, y: _icon(canvas, x + 5, y, kind), 10)


# --- in words -------------------------------------------------------------------------------------


def _files(stack: StackFile) -> str:
    return listing(path.name for path in stack.files) or "le fichier"


def _subtitle(parts: Sequence[Part], networks: Sequence[str]) -> str:
    doors = sum(bool(part.doors) for part in parts)
    opened = "aucun service ouvert sur l'extérieur"
    if doors:
        opened = f"{count(doors, 'service ouvert', 'services ouverts')} sur l'extérieur"
    return f"{count(len(parts), 'service')} sur {count(len(networks), 'réseau', 'réseaux')} ; {opened}."


def _alt(stack: StackFile, parts: Sequence[Part], networks: Sequence[str]) -> str:
    said = [f"Architecture décrite par {_files(stack)} : {_subtitle(parts, networks)}"]
    for name in networks:
        on = [part.name for part in parts if name in part.networks]
        traits = f" ({', '.join(_band_lines(stack, name))})" if _band_lines(stack, name) else ""
        said.append(f"Réseau {name}{traits} : {listing(on)}.")
    for part in parts:
        facts = [part.image, *(_fact_words(fact) for fact in part.facts)]
        facts += [f"ports {', '.join(part.doors)}"] if part.doors else []
        needs = f" ; se connecte à {listing(part.needs)}" if part.needs else ""
        said.append(f"{part.name} : {', '.join(facts)}{needs}.")
    lost = [f"{name} et {need}" for name, need in sorted(_apart(parts))]
    if lost:
        said.append(f"Sans réseau commun malgré leur dépendance : {listing(lost)}.")
    return " ".join(said)


def _fact_words(fact: Fact) -> str:
    words = {"volume": "volume ", "bind": "monte ", "tmpfs": "en mémoire ", "constraint": "contrainte "}
    return f"{words.get(fact.kind, '')}{fact.text}"
