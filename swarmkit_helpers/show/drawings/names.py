"""Names asked from inside a container: name, addresses that came back, who holds each and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, as_many, fit, text_width, wrap
from ..figure import Figure
from ..french import count, listing, natural, notes, titled, typeset
from ..legend import line_sample
from ..measurements import ANSWERS, holder_words
from ..palette import INK, PAPER, RULE, SHADE, SOFT, SOLID, VERMILION, NetworkStyle, network_styles, style_of
from .heatmap import span

if TYPE_CHECKING:
    from ...probes.names import NameAnswer, NameSurvey
    from ...topology.holders import Holder

__all__ = ["Row", "draw"]

SHEET = 720.0
NAME, ADDRESS, HOLDER = 200.0, 104.0, 236.0
"""Widths of the three columns, in points."""
COLUMNS = (MARGIN, MARGIN + NAME + 76, SHEET - MARGIN - HOLDER)
"""Where each of them begins."""
ROW = 36.0
BOX = 30.0
MOST_ROWS = (12, 6, 3)
"""Rows of one name: the first of these with which the whole has at most `MANY_ROWS`, or the last."""
MANY_ROWS = 40
MOST_TILES, FEW_TILES = 100, 20
"""Nodes that are counted one by one: over the whole drawing, and in any case for each name."""
TILES_ACROSS, TILE, TILE_GAP = 5, 15.0, 3.0
PLAIN = NetworkStyle(SOFT, SOLID)
IPVS = NetworkStyle(INK, (2.0, 2.0))


@dataclass(frozen=True)
class Row:
    """One line of the drawing: an address, or those of one name on a node, or those on many nodes."""

    holders: tuple[Holder, ...]

    @property
    def first(self) -> Holder:
        """One of them: they are alike, on the same network."""
        return self.holders[0]

    @property
    def nodes(self) -> dict[str, int]:
        """Node -> addresses there, in their natural order."""
        tally = Counter(holder.node for holder in self.holders if holder.node)
        return dict(sorted(tally.items(), key=lambda item: natural(item[0])))

    @property
    def spread(self) -> bool:
        """True when it stands for more nodes than can have a line each."""
        return len(self.nodes) > 1

    @property
    def counted(self) -> str:
        """``17 tâches``."""
        if self.first.kind != "container":
            return count(len(self.holders), "adresse", none="aucune")
        tasks = all(holder.service for holder in self.holders)
        return count(len(self.holders), "tâche" if tasks else "conteneur")

    @property
    def each(self) -> str:
        """``5 ou 6 par nœud``."""
        return f"{span(min(self.nodes.values()), max(self.nodes.values()))} par nœud"


def draw(survey: NameSurvey) -> Figure:
    """See `show.figures.draw_names`."""
    known = survey.topology
    styles = network_styles(known)
    canvas = Canvas(SHEET)
    where = f" et est sur {listing(survey.networks, 4)}" if survey.networks else ", sans réseau"
    y = canvas.title(
        titled(f"Ce que le DNS répond à {survey.source}", known),
        notes(known),
        f"Questions posées à 127.0.0.11 depuis {survey.source}, qui tourne sur {survey.node}{where}.",
    )
    if not survey.answers:
        said = "Aucun nom n'a été demandé."
        canvas.text(MARGIN, y + 10, said, italic=True)
        return canvas.finish(y + 30, said)
    for x, width, title in zip(COLUMNS, (NAME, ADDRESS, HOLDER), ("nom", "adresse", "qui, et où"), strict=True):
        canvas.text(x + width / 2, y + 6, title, HEAD, bold=True, align="center")
    y += 2 * LINE
    given = _given(survey)
    spread = sum(row.spread for row in {row for rows in given for row in rows})
    tiles = max(FEW_TILES, MOST_TILES // max(spread, 1) // TILES_ACROSS * TILES_ACROSS)
    levels: dict[Row, float] = {}
    for answer, rows in zip(survey.answers, given, strict=True):
        y = _draw_answer(canvas, y, answer, rows, levels, styles, tiles)
    _ways_of_vips(canvas, survey, levels)
    y = canvas.legend(y + 8, list(_legend(survey, list(levels), styles)))
    return canvas.finish(y + 4, _alt(survey, given))


def _given(survey: NameSurvey) -> list[list[Row]]:
    """The rows of each name: the more addresses there are in all, the more of them share one."""
    fewest = MOST_ROWS[-1]
    for most in MOST_ROWS:
        given = [_rows(answer.holders, most) for answer in survey.answers]
        if len({row for rows in given for row in rows}) <= MANY_ROWS or most == fewest:
            break
    return given


def _rows(holders: Sequence[Holder], most: int) -> list[Row]:
    """One row per address; beyond `most`, one per node; beyond `most` nodes, one per network."""
    if len(holders) <= most:
        return [Row((holder,)) for holder in holders]
    nodes: dict[tuple[str, str, str], list[Holder]] = {}
    networks: dict[tuple[str, str], list[Holder]] = {}
    for holder in sorted(holders, key=lambda holder: natural(holder.node or "")):
        kind = (holder.kind, holder.network or "")
        nodes.setdefault((*kind, holder.node or ""), []).append(holder)
        networks.setdefault(kind, []).append(holder)
    groups = list(nodes.values() if len(nodes) <= most else networks.values())
    return [Row(tuple(group)) for group in groups]


def _draw_answer(
    canvas: Canvas,
    y: float,
    answer: NameAnswer,
    rows: Sequence[Row],
    levels: dict[Row, float],
    styles: dict[str, NetworkStyle],
    tiles: int,
) -> float:
    """One name, and the rows that no name above it has; returns the y below."""
    bottom = y
    new = [row for row in rows if row not in levels]
    for row in new:
        levels[row] = bottom + ROW / 2
        bottom += ROW + (_tiles_height(row, tiles) if row.spread else 0.0)
    middle = (levels[new[0]] + levels[new[-1]]) / 2 if new else y + ROW / 2
    bottom = max(bottom, y + ROW)
    canvas.box(COLUMNS[0], middle - BOX / 2, NAME, BOX, face=SHADE, edge=SOFT)
    canvas.text(COLUMNS[0] + 9, middle - 6, fit(answer.name, NAME - 18, bold=True), bold=True)
    kind = ANSWERS[answer.kind] if answer.outcome != "not_run" else "non demandé"
    canvas.text(COLUMNS[0] + 9, middle + 7, kind, color=SOFT)
    for row in rows:
        style = _style(row.first, styles)
        ends = [(COLUMNS[0] + NAME, middle), (COLUMNS[1], levels[row])]
        canvas.line(ends, color=style.color, line=style.line, weight=1.8)
    for row in new:
        _draw_row(canvas, levels[row], row, _style(row.first, styles))
        if row.spread:
            _draw_tiles(canvas, levels[row] + ROW / 2, row, tiles)
    if not answer.holders:
        canvas.line([(COLUMNS[0] + NAME, middle), (COLUMNS[1] - 20, middle)], color=SOFT, line=(2.0, 2.0))
        if answer.outcome == "unknown":
            canvas.marker(COLUMNS[1] - 10, middle, "X", face=INK, edge=INK, size=8)
        else:
            canvas.line([(COLUMNS[1] - 15, middle), (COLUMNS[1] - 6, middle)], weight=2)
        room = SHEET - MARGIN - COLUMNS[1]
        lines = wrap(typeset(answer.reason), room)[:3]
        canvas.lines(COLUMNS[1], middle - LINE * (len(lines) - 1) / 2, lines, italic=True)
    return bottom


def _draw_row(canvas: Canvas, y: float, row: Row, style: NetworkStyle) -> None:
    _, middle, right = COLUMNS
    several = len(row.holders) > 1
    canvas.box(middle, y - 11, ADDRESS, 22, face=PAPER, edge=style.color, line=style.line, weight=1.4)
    shown = count(len(row.holders), "adresse") if several else row.first.address
    canvas.text(middle + ADDRESS / 2, y, shown, align="center", bold=several)
    canvas.arrow((middle + ADDRESS, y), (right, y), color=SOFT, weight=1.2)
    canvas.box(right, y - BOX / 2, HOLDER, BOX, face=PAPER, edge=SOFT)
    who, where = _words(row)
    canvas.text(right + 9, y - 6, fit(who, HOLDER - 18, bold=True), bold=True)
    canvas.text(right + 9, y + 7, fit(where, HOLDER - 18), color=SOFT)


def _words(row: Row) -> tuple[str, str]:
    """Who holds the addresses of a row, and where."""
    if len(row.holders) == 1:
        return holder_words(row.first)
    on = f"réseau {row.first.network}" if row.first.network else ""
    if row.spread:
        return f"{row.counted} sur {count(len(row.nodes), 'nœud')}", ", ".join(filter(None, (row.each, on)))
    who = f"{row.first.node} : {row.counted}" if row.first.node else row.counted
    return typeset(who), as_many([holder.address for holder in row.holders], HOLDER - 18)


def _tiles_height(row: Row, most: int) -> float:
    drawn = min(len(row.nodes), most)
    return ceil(drawn / TILES_ACROSS) * (TILE + TILE_GAP) + (LINE if len(row.nodes) > drawn else 0.0) + 8


def _draw_tiles(canvas: Canvas, y: float, row: Row, most: int) -> None:
    """Below a row that stands for many nodes: how many of its addresses each has."""
    width = (SHEET - MARGIN - COLUMNS[1] + TILE_GAP) / TILES_ACROSS - TILE_GAP
    shown = list(row.nodes.items())[:most]
    for place, (node, number) in enumerate(shown):
        down, across = divmod(place, TILES_ACROSS)
        left, top = COLUMNS[1] + across * (width + TILE_GAP), y + down * (TILE + TILE_GAP)
        canvas.box(left, top, width, TILE, edge=RULE, radius=2)
        room = width - 14 - text_width(str(number), bold=True)
        canvas.text(left + 5, top + TILE / 2, fit(node, room))
        canvas.text(left + width - 5, top + TILE / 2, str(number), bold=True, align="right")
    if len(row.nodes) > len(shown):
        said = f"et {count(len(row.nodes) - len(shown), 'autre nœud', 'autres nœuds')}"
        below = y + ceil(len(shown) / TILES_ACROSS) * (TILE + TILE_GAP)
        canvas.text(COLUMNS[1] + 5, below + LINE / 2, said, italic=True, color=SOFT)


def _style(holder: Holder, styles: dict[str, NetworkStyle]) -> NetworkStyle:
    return style_of(styles, holder.network) if holder.network else PLAIN


def _vips(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.first.kind == "vip"]


def _behind(vip: Row, rows: Sequence[Row]) -> list[Row]:
    """The rows that have tasks of a VIP's service on its network."""
    whose = (vip.first.service, vip.first.network)
    return [
        row
        for row in rows
        if any(task.kind == "container" and (task.service, task.network) == whose for task in row.holders)
    ]


def _ways_of_vips(canvas: Canvas, survey: NameSurvey, levels: dict[Row, float]) -> None:
    """From a VIP to the tasks behind it, beside their boxes; crossed out where nobody answers for a VIP."""
    x = COLUMNS[2] + HOLDER
    rows = list(levels)
    for place, vip in enumerate(vip for vip in _vips(rows) if _behind(vip, rows)):
        aside = x + 5 + 3 * (place % 3)
        for row in _behind(vip, rows):
            y, end = levels[vip], levels[row]
            canvas.line([(x, y), (aside, y), (aside, end), (x, end)], color=IPVS.color, line=IPVS.line, weight=1.2)
    for vip in [] if survey.ipvs else _vips(rows):
        _cross(canvas, x + 6, levels[vip])


def _cross(canvas: Canvas, x: float, y: float) -> None:
    canvas.marker(x, y, "X", face=VERMILION, edge=INK, size=10, weight=0.8)


def _legend(survey: NameSurvey, rows: Sequence[Row], styles: dict[str, NetworkStyle]) -> Iterator[tuple[Sample, str]]:
    for network in dict.fromkeys(row.first.network for row in rows if row.first.network):
        yield line_sample(style_of(styles, network), 1.8), f"réseau {network}"
    if any(row.first.network is None for row in rows):
        yield line_sample(PLAIN, 1.8), "hors des réseaux du swarm"
    behind = any(_behind(vip, rows) for vip in _vips(rows))
    if behind and survey.ipvs:
        yield line_sample(IPVS, 1.2), "IPVS confie à l'une de ces tâches ce qui arrive à la VIP"
    elif behind:
        yield line_sample(IPVS, 1.2), "tâches du service de la VIP"
    if _vips(rows) and not survey.ipvs:
        yield Sample(lambda canvas, x, y: _cross(canvas, x + 6, y), 12), "sans IPVS, personne ne répond à la VIP"
    if any(row.spread for row in rows):
        yield Sample(lambda canvas, x, y: canvas.box(x, y - 5, 26, 10, radius=2), 26), "nœud, et combien y sont"
    if any(answer.outcome == "unknown" for answer in survey.answers):
        yield Sample(lambda canvas, x, y: canvas.marker(x + 5, y, "X", face=INK, size=8), 10), "aucune réponse"
    if any(answer.outcome == "not_run" for answer in survey.answers):
        yield Sample(lambda canvas, x, y: canvas.line([(x, y), (x + 9, y)], weight=2), 10), "question impossible"


def _alt(survey: NameSurvey, given: Sequence[Sequence[Row]]) -> str:
    said = [
        f"Réponses du DNS à {survey.source}, sur {survey.node} : {count(len(survey.answers), 'nom')}.",
    ]
    for answer, rows in zip(survey.answers, given, strict=True):
        if not answer.holders:
            said.append(f"{answer.name} : {answer.reason}")
            continue
        several = f"{count(len(answer.holders), 'adresse')} : " if len(rows) < len(answer.holders) else ""
        said.append(f"{answer.name}, {ANSWERS[answer.kind]}, donne {several}{listing(map(_told, rows))}.")
    drawn = list(dict.fromkeys(row for rows in given for row in rows))
    for vip in _vips(drawn):
        if not survey.ipvs:
            said.append(f"Sans IPVS, personne ne répond à la VIP {vip.first.address} de {vip.first.service}.")
        elif _behind(vip, drawn):
            said.append(
                f"IPVS confie à l'une des tâches de {vip.first.service} ce qui arrive à sa VIP {vip.first.address}."
            )
    return " ".join([*said, *notes(survey.topology)])


def _told(row: Row) -> str:
    """A row in words."""
    if len(row.holders) == 1:
        return f"{row.first.address} ({', '.join(words for words in holder_words(row.first) if words)})"
    on = f"réseau {row.first.network}" if row.first.network else ""
    if row.spread:
        alike = len(set(row.nodes.values())) == 1
        nodes = [f"{node} {number}" for node, number in row.nodes.items()]
        facts = filter(None, (row.each, on, "" if alike else listing(nodes, MOST_ROWS[0])))
        return f"{row.counted} sur {count(len(row.nodes), 'nœud')} ({', '.join(facts)})"
    facts = filter(None, (on, listing([holder.address for holder in row.holders], 4)))
    return f"{row.counted}{f' sur {row.first.node}' if row.first.node else ''} ({', '.join(facts)})"
