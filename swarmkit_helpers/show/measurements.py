"""What the probes measured, as tables: each pair of a ping matrix, each answer of a DNS server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .french import typeset
from .noted import noted

if TYPE_CHECKING:
    import pandas as pd

    from ..probes.matrix import PingMatrix
    from ..probes.names import NameSurvey
    from ..topology.holders import Holder

__all__ = ["holder_words", "matrix_table", "names_table"]

OUTCOMES: Mapping[str, str] = {
    "answered": "✔ répond",
    "failed": "✘ ne répond pas",
    "apart": "séparés",
    "leaked": "⚠ répond sans réseau commun",
    "not_run": "– non fait",
}
"""What a pair's outcome is called in a table."""
ANSWERS: Mapping[str, str] = {
    "container": "conteneur",
    "service": "service",
    "tasks": "tâches d'un service",
    "alias": "alias",
    "node": "machine",
    "outside": "nom extérieur",
    "unknown": "inconnu",
}
"""What a name turns out to be."""


def matrix_table(matrix: PingMatrix) -> pd.DataFrame:
    """List all pairs of a ping matrix, as `draw_matrix` shows them.

    Returns
    -------
    DataFrame
        ``de``, ``nœud de départ``, ``vers``, ``nœud d'arrivée``, ``réseau commun`` (str, missing when there is none),
        ``adresse`` (str), ``issue`` (str), ``RTT (ms)`` (float), ``explication`` (str).
    """
    rows = [
        (
            pair.source,
            matrix.nodes[pair.source],
            pair.target,
            matrix.nodes[pair.target],
            pair.network,
            pair.address,
            OUTCOMES[pair.outcome],
            pair.rtt_ms,
            typeset(pair.reason),
        )
        for pair in matrix.pairs
    ]
    columns = dict.fromkeys(
        ("de", "nœud de départ", "vers", "nœud d'arrivée", "réseau commun", "adresse", "issue"), "str"
    )
    return noted(rows, columns | {"RTT (ms)": "float", "explication": "str"}, matrix.topology)


def names_table(survey: NameSurvey) -> pd.DataFrame:
    """List what a DNS server answered, one row per address, as `draw_names` shows it.

    Returns
    -------
    DataFrame
        ``nom``, ``ce que c'est``, ``adresse`` (missing without an answer), ``qui``, ``où``, ``réponse de``,
        ``explication`` (str).
    """
    rows: list[tuple[object, ...]] = []
    for answer in survey.answers:
        kind = ANSWERS[answer.kind] if answer.outcome != "not_run" else "non demandé"
        told = (answer.server, typeset(answer.reason))
        for holder in answer.holders:
            who, where = holder_words(holder)
            rows.append((answer.name, kind, holder.address, who, where or None, *told))
        if not answer.holders:
            rows.append((answer.name, kind, None, None, None, *told))
    columns = dict.fromkeys(("nom", "ce que c'est", "adresse", "qui", "où", "réponse de", "explication"), "str")
    return noted(rows, columns, survey.topology)


def holder_words(holder: Holder) -> tuple[str, str]:
    """Who holds an address, and where that is, in French."""
    on = f"réseau {holder.network}" if holder.network else ""
    at = f"nœud {holder.node}" if holder.node else ""
    where = ", ".join(part for part in (at, on) if part)
    return {
        "container": (f"conteneur {holder.name}", where),
        "load-balancer": (f"répartiteur {holder.name}", where),
        "ingress-sandbox": (f"sandbox {holder.name}", where),
        "vip": (f"VIP du service {holder.name}", f"{on}, sur chaque nœud"),
        "gateway": (f"passerelle de {holder.name}", on),
        "node": (f"machine {holder.name}", "réseau des machines"),
        "unknown": ("inconnu du relevé", ""),
    }[holder.kind]
