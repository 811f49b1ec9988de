"""Round-trip times as they come, as a small SVG picture: light enough to be sent again with each packet."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from ..french import count, milliseconds, typeset
from ..palette import BLUE, INK, RULE, SOFT, VERMILION

if TYPE_CHECKING:
    from ...probes.live import Reply

__all__ = ["rtt_plot"]

WIDTH, HEIGHT = 640.0, 130.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 12.0, 14.0, 24.0
STEPS_MS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)
SANS = 'font-family="sans-serif" font-size="12"'


def rtt_plot(packets: Sequence[Reply], total: int) -> str:
    """Draw each packet: a dot at its round-trip time, a ring when it has none, a cross when it did not come back.

    Parameters
    ----------
    packets
        Those of which something is known.
    total
        How many are to be sent: the width of the picture stands for them.
    """
    known = [(packet.number, packet.rtt_ms) for packet in packets if packet.rtt_ms is not None]
    untimed = [packet.number for packet in packets if packet.came_back and packet.rtt_ms is None]
    lost = [packet.number for packet in packets if not packet.came_back]
    longest = max((rtt for _, rtt in known), default=0.0)
    highest = next((step for step in STEPS_MS if longest <= step), longest)
    floor = HEIGHT - BOTTOM

    def x(number: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (number - 0.5) / max(total, 1)

    def y(rtt_ms: float) -> float:
        return floor - (floor - TOP) * rtt_ms / highest

    marks = "".join(
        f'<circle cx="{x(number):.1f}" cy="{y(rtt):.1f}" r="4" fill="{BLUE}" stroke="{INK}" stroke-width="0.8"/>'
        for number, rtt in known
    )
    marks += "".join(
        f'<circle cx="{x(number):.1f}" cy="{floor - 6:.1f}" r="4" fill="white" stroke="{BLUE}" stroke-width="2"/>'
        for number in untimed
    )
    marks += "".join(
        f'<path d="M{x(number) - 4:.1f} {floor - 10:.1f}l8 8m0 -8l-8 8" stroke="{VERMILION}" stroke-width="2.5"/>'
        for number in lost
    )
    scale = "".join(
        f'<path d="M{LEFT} {y(step):.1f}H{WIDTH - RIGHT}" stroke="{RULE}" stroke-width="0.8"/>'
        f'<text x="{LEFT - 6}" y="{y(step) + 4:.1f}" text-anchor="end" fill="{SOFT}" {SANS}>{milliseconds(step)}</text>'
        for step in (highest, highest / 2)
        if known
    )
    ends = "".join(
        f'<text x="{x(number):.1f}" y="{HEIGHT - 7}" text-anchor="middle" fill="{SOFT}" {SANS}>{number}</text>'
        for number in dict.fromkeys((1, total))
    )
    rings = ", ○ revenu sans durée" if untimed else ""
    legend = (
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 7}" text-anchor="middle" fill="{SOFT}" {SANS}>'
        f"paquets, dans l'ordre\N{NO-BREAK SPACE}; ● revenu{rings}, ✕ perdu</text>"
    )
    return (
        f'<svg role="img" aria-label="{escape(_said(known, untimed, lost))}" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" '
        f'width="{WIDTH:.0f}" style="max-width: 100%; background: white" xmlns="http://www.w3.org/2000/svg">'
        f'{scale}<path d="M{LEFT} {floor}H{WIDTH - RIGHT}" stroke="{INK}"/>{marks}{ends}{legend}</svg>'
    )


def _said(known: Sequence[tuple[int, float]], untimed: Sequence[int], lost: Sequence[int]) -> str:
    """The picture in words."""
    said = f"Allers-retours : {count(len(known) + len(untimed), 'paquet revenu', 'paquets revenus')}"
    if known:
        rtts = [rtt for _, rtt in known]
        said += f", de {milliseconds(min(rtts))} à {milliseconds(max(rtts))}"
    if untimed:
        said += f", {f'{len(untimed)} ' if known else ''}sans durée"
    if lost:
        said += f", {count(len(lost), 'perdu')}"
    return typeset(f"{said}.")
