"""What changed between two snapshots, in a few words, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from ...topology.model import Topology
from ..french import typeset
from ..tables import compare

__all__ = ["Entry", "clock", "entry_html", "what_changed"]

MOST_CHANGES = 4
"""Changes of one entry that are written out."""
LONGEST = 90
"""Characters of a value: beyond, its end is left out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was seen at one instant."""

    at: str
    """``14:05:09``, in this machine's time."""
    said: tuple[str, ...]
    """French sentences, without a full stop."""
    source: str = ""
    """How it came to be known."""


def clock(instant: str) -> str:
    """The time of day of an ISO 8601 instant, in this machine's time."""
    return datetime.fromisoformat(instant).astimezone().strftime("%H:%M:%S")


def what_changed(before: Topology, after: Topology) -> tuple[str, ...]:
    """The first changes in words, in the order of `compare`, and how many more there are."""
    rows = compare(before, after).to_dict("records")
    said = tuple(_in_words({str(title): value for title, value in row.items()}) for row in rows[:MOST_CHANGES])
    more = len(rows) - len(said)
    plural = "s" if more > 1 else ""
    return (*said, f"et {more} autre{plural} changement{plural}") if more else said


def entry_html(entry: Entry, *, status: bool = False) -> str:
    """One entry as a line of text; `status`: a screen reader says it."""
    source = f' <span style="color: #5a5a5a">({escape(typeset(entry.source))})</span>' if entry.source else ""
    role = ' role="status"' if status else ""
    return f"<span{role}><strong>{entry.at}</strong> {escape(typeset(' ; '.join(entry.said)))}{source}</span>"


def _in_words(row: Mapping[str, object]) -> str:
    """One row of `compare`: ``service web : répliques 3/3 → 5/5``."""
    what, name, node, change = (_text(row[title]) for title in ("objet", "nom", "nœud", "changement"))
    before, after = _text(row["avant"]), _text(row["après"])
    where = f" sur {node}" if node and node != name else ""
    values = f"{before or 'rien'} → {after or 'rien'}"
    if change in ("apparu", "disparu"):
        values = after or before
    return f"{what} {name}{where} : {change}{f' ({values})' if values else ''}"


def _text(value: object) -> str:
    """A cell of the table; missing values are no text."""
    text = value if isinstance(value, str) else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
