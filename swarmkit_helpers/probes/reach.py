"""Who can talk to whom: each container pings each other by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape

from ..lab.cluster import Lab
from ..lab.locate import locate
from ..simulation import simulated_html
from .matrix import ping_each
from .ping import PingResult
from .target import check_target

__all__ = ["Reach", "ping_all"]

AT_ONCE = 6
WAIT_S = 1


@dataclass(frozen=True, slots=True)
class Reach:
    """What each container answered to each other, as a square table: who asks in rows, who is asked in columns."""

    names: tuple[str, ...]
    pings: Mapping[tuple[str, str], PingResult]
    """(source, target) -> its ping; not those of a container to itself."""
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def answered(self) -> frozenset[tuple[str, str]]:
        """(source, target) of the pings that came back."""
        return frozenset(pair for pair, result in self.pings.items() if result.outcome == "passed")

    def __str__(self) -> str:
        lines = [
            f"{source} joint {', '.join(t for t in self.names if (source, t) in self.answered) or 'personne'}"
            for source in self.names
        ]
        return " ; ".join(lines)

    def _repr_html_(self) -> str:
        style = 'style="text-align: left;"'
        head = "".join(f"<th {style}>{escape(name)}</th>" for name in self.names)
        rows = "".join(
            f"<tr><th {style}>{escape(source)}</th>"
            + "".join(f"<td {style}>{escape(self._cell(source, target))}</td>" for target in self.names)
            + "</tr>"
            for source in self.names
        )
        return (
            f"{simulated_html(self.simulated)}<p><code>docker container exec SOURCE ping -c 1 CIBLE</code></p>"
            f'<table border="0"><thead><tr><th {style}>SOURCE \\ CIBLE</th>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
        )

    def _cell(self, source: str, target: str) -> str:
        if source == target:
            return ""
        result = self.pings[source, target]
        if result.outcome == "passed":
            return f"✔ {result.address}"
        if result.outcome == "not_run":
            return "– non fait"
        return "✘ sans réponse" if result.address else "✘ nom inconnu"


def ping_all(lab: Lab, names: Sequence[str]) -> Reach:
    """Ping each container from each other, by its name, one packet each.

    Parameters
    ----------
    names
        Containers, on any nodes, each named as the others call it.

    Raises
    ------
    TargetRefused, ObjectNotFound, NodeUnreachable
    """
    places = [locate(lab, check_target(name)) for name in names]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = pool.map(lambda place: ping_each(place, names, wait_s=WAIT_S), places)
        said = dict(zip(names, answers, strict=True))
    pings = {(s, t): said[s][t] for s in names for t in names if s != t}
    return Reach(tuple(names), pings, lab.simulated)
