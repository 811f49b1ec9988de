"""Names asked from inside a container: name, addresses that came back, who holds each and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..canvas import HEAD, LINE, MARGIN, Canvas, Sample, fit, wrap
from ..figure import Figure
from ..french import count, listing, notes, titled, typeset
from ..legend import line_sample
from ..measurements import ANSWERS, holder_words
from ..palette import INK, PAPER, SHADE, SOFT, SOLID, NetworkStyle, network_styles, style_of

if TYPE_CHECKING:
    from ...probes.names import NameAnswer, NameSurvey
    from ...topology.holders import Holder

__all__ = ["draw"]

SHEET = 720.0
NAME, ADDRESS, HOLDER = 200.0, 104.0, 236.0
"""Widths of the three columns, in points."""
ROW = 36.0
BOX = 30.0
PLAIN = NetworkStyle(SOFT, SOLID)
IPVS = NetworkStyle(INK, (2.0, 2.0))


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
    columns = (MARGIN, MARGIN + NAME + 76, SHEET - MARGIN - HOLDER)
    for x, width, title in zip(columns, (NAME, ADDRESS, HOLDER), ("nom", "adresse", "qui, et où"), strict=True):
        canvas.text(x + width / 2, y + 6, title, HEAD, bold=True, align="center")
    y += 2 * LINE
    rows: dict[str, float] = {}
    for answer in survey.answers:
        y = _draw_answer(canvas, columns, y, answer, rows, styles)
    drawn = {holder.address: holder for answer in survey.answers for holder in answer.holders}
    _ways_of_vips(canvas, columns[2], drawn, rows)
    y = canvas.legend(y + 8, list(_legend(survey, drawn, styles)))
    return canvas.finish(y + 4, _alt(survey))


def _draw_answer(
    canvas: Canvas,
    columns: tuple[float, float, float],
    y: float,
    answer: NameAnswer,
    rows: dict[str, float],
    styles: dict[str, NetworkStyle],
) -> float:
    """One name, and the addresses that no name above it has; returns the y below."""
    new = [holder for holder in answer.holders if holder.address not in rows]
    for place, holder in enumerate(new):
        rows[holder.address] = y + ROW * (place + 0.5)
    height = ROW * max(len(new), 1)
    middle = y + height / 2
    canvas.box(columns[0], middle - BOX / 2, NAME, BOX, face=SHADE, edge=SOFT)
    canvas.text(columns[0] + 9, middle - 6, fit(answer.name, NAME - 18, bold=True), bold=True)
    kind = ANSWERS[answer.kind] if answer.outcome != "not_run" else "non demandé"
    canvas.text(columns[0] + 9, middle + 7, kind, color=SOFT)
    for holder in answer.holders:
        style = _style(holder, styles)
        ends = [(columns[0] + NAME, middle), (columns[1], rows[holder.address])]
        canvas.line(ends, color=style.color, line=style.line, weight=1.8)
    for holder in new:
        _draw_holder(canvas, columns, rows[holder.address], holder, _style(holder, styles))
    if not answer.holders:
        canvas.line([(columns[0] + NAME, middle), (columns[1] - 20, middle)], color=SOFT, line=(2.0, 2.0))
        if answer.outcome == "unknown":
            canvas.marker(columns[1] - 10, middle, "X", face=INK, edge=INK, size=8)
        else:
            canvas.line([(columns[1] - 15, middle), (columns[1] - 6, middle)], weight=2)
        room = SHEET - MARGIN - columns[1]
        lines = wrap(typeset(answer.reason), room)[:3]
        canvas.lines(columns[1], middle - LINE * (len(lines) - 1) / 2, lines, italic=True)
    return y + height


def _draw_holder(
    canvas: Canvas, columns: tuple[float, float, float], y: float, holder: Holder, style: NetworkStyle
) -> None:
    _, middle, right = columns
    canvas.box(middle, y - 11, ADDRESS, 22, face=PAPER, edge=style.color, line=style.line, weight=1.4)
    canvas.text(middle + ADDRESS / 2, y, holder.address, align="center")
    canvas.arrow((middle + ADDRESS, y), (right, y), color=SOFT, weight=1.2)
    canvas.box(right, y - BOX / 2, HOLDER, BOX, face=PAPER, edge=SOFT)
    who, where = holder_words(holder)
    canvas.text(right + 9, y - 6, fit(who, HOLDER - 18, bold=True), bold=True)
    canvas.text(right + 9, y + 7, fit(where, HOLDER - 18), color=SOFT)


def _style(holder: Holder, styles: dict[str, NetworkStyle]) -> NetworkStyle:
    return style_of(styles, holder.network) if holder.network else PLAIN


def _balanced(drawn: dict[str, Holder]) -> Iterator[tuple[Holder, Holder]]:
    """Each VIP with the drawn tasks of its service on its network."""
    for vip in drawn.values():
        for task in drawn.values():
            ends = task.kind == "container" and vip.kind == "vip"
            if ends and task.service and (task.service, task.network) == (vip.service, vip.network):
                yield vip, task


def _ways_of_vips(canvas: Canvas, right: float, drawn: dict[str, Holder], rows: dict[str, float]) -> None:
    """From a VIP to the tasks behind it, beside their boxes."""
    x = right + HOLDER
    vips: list[str] = []
    for vip, task in _balanced(drawn):
        vips += [vip.address] if vip.address not in vips else []
        aside = x + 5 + 3 * (vips.index(vip.address) % 3)
        y, end = rows[vip.address], rows[task.address]
        canvas.line([(x, y), (aside, y), (aside, end), (x, end)], color=IPVS.color, line=IPVS.line, weight=1.2)


def _legend(
    survey: NameSurvey, drawn: dict[str, Holder], styles: dict[str, NetworkStyle]
) -> Iterator[tuple[Sample, str]]:
    for network in dict.fromkeys(holder.network for holder in drawn.values() if holder.network):
        yield line_sample(style_of(styles, network), 1.8), f"réseau {network}"
    if any(holder.network is None for holder in drawn.values()):
        yield line_sample(PLAIN, 1.8), "hors des réseaux du swarm"
    if next(_balanced(drawn), None):
        yield line_sample(IPVS, 1.2), "IPVS confie à l'une de ces tâches ce qui arrive à la VIP"
    if any(answer.outcome == "unknown" for answer in survey.answers):
        yield Sample(lambda canvas, x, y: canvas.marker(x + 5, y, "X", face=INK, size=8), 10), "aucune réponse"
    if any(answer.outcome == "not_run" for answer in survey.answers):
        yield Sample(lambda canvas, x, y: canvas.line([(x, y), (x + 9, y)], weight=2), 10), "question impossible"


def _alt(survey: NameSurvey) -> str:
    said = [
        f"Réponses du DNS à {survey.source}, sur {survey.node} : {count(len(survey.answers), 'nom')}.",
    ]
    for answer in survey.answers:
        if not answer.holders:
            said.append(f"{answer.name} : {answer.reason}")
            continue
        gave = listing(
            [f"{h.address} ({', '.join(words for words in holder_words(h) if words)})" for h in answer.holders]
        )
        said.append(f"{answer.name}, {ANSWERS[answer.kind]}, donne {gave}.")
    return " ".join([*said, *notes(survey.topology)])
