"""Small French: spaces, plurals, lists, and what to say of a snapshot that is not whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..simulation import SIMULATED, simulated_mark
from ..topology.model import Topology

__all__ = ["count", "listing", "milliseconds", "natural", "notes", "seconds", "titled", "typeset"]

NBSP = "\N{NO-BREAK SPACE}"


def typeset(text: str) -> str:
    """Put the no-break spaces that French wants: before ``: ; ? !`` and inside quotation marks."""
    text = re.sub(r" (?=[:;?!»](?:\s|$|[.,)]))", NBSP, text)
    return text.replace("« ", f"«{NBSP}")


def count(number: int, noun: str, plural: str | None = None, *, none: str = "aucun") -> str:
    """``1 conteneur``, ``3 conteneurs``, ``aucun conteneur``; `none` is ``aucune`` for a feminine noun."""
    if number == 0:
        return f"{none} {noun}"
    return f"{number}{NBSP}{noun if number == 1 else plural or noun + 's'}"


def listing(names: Iterable[str], limit: int | None = None) -> str:
    """``a, b et c``; beyond `limit` names, ``a, b et 7 autres``."""
    shown: Sequence[str] = list(names)
    if limit is not None and len(shown) > limit:
        shown = [*shown[: limit - 1], f"{len(shown) - limit + 1}{NBSP}autres"]
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} et {shown[-1]}"


def milliseconds(value: float) -> str:
    """``0,08 ms``, ``1,2 ms``, ``16 ms``: two figures are enough for a round trip."""
    digits = 2 if value < 1 else 1 if value < 10 else 0
    return f"{value:.{digits}f}{NBSP}ms".replace(".", ",")


def seconds(value: float) -> str:
    """``2,5 s``."""
    return f"{value:g} s".replace(".", ",")


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``my-nginx.10`` follows ``my-nginx.9``."""
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part)


def notes(*topologies: Topology, simulated: bool = False) -> tuple[str, ...]:
    """What a reader must know of the snapshots, or of packets: simulated, or with nodes that did not answer."""
    said = []
    if simulated or any(topology.simulated for topology in topologies):
        said.append(SIMULATED)
    silent = dict.fromkeys(node.name for topology in topologies for node in topology.silent_nodes)
    if silent:
        missing = "n'a pas répondu, ce qu'il contient manque ici"
        if len(silent) > 1:
            missing = "n'ont pas répondu, ce qu'ils contiennent manque ici"
        said.append(f"Relevé incomplet : {listing(silent, 8)} {missing}.")
    return tuple(typeset(sentence) for sentence in said)


def titled(title: str, *topologies: Topology, simulated: bool = False) -> str:
    """A figure's title, which says when the lab is simulated."""
    return simulated_mark(title, simulated or any(topology.simulated for topology in topologies))
