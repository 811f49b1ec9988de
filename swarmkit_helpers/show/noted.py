"""Rows to a table: titles, types, and the notes of the snapshots they were read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..topology.model import Topology
from .french import notes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["noted", "table_html"]


def noted(
    rows: Sequence[tuple[object, ...]], columns: Mapping[str, Any], *topologies: Topology, simulated: bool = False
) -> pd.DataFrame:
    """Make a table that keeps its columns and their types even without a row.

    Parameters
    ----------
    rows
        As many values each as there are columns; None where one is missing.
    columns
        Title -> dtype.
    topologies
        The snapshots it says something of: their notes stand above it.
    simulated
        True when what it shows comes from a simulated lab, whatever the snapshots.
    """
    import pandas as pd

    from .frame import NotedFrame

    table = NotedFrame(
        {
            title: pd.Series([row[place] for row in rows], dtype=dtype)
            for place, (title, dtype) in enumerate(columns.items())
        }
    )
    table.attrs["notes"] = notes(*topologies, simulated=simulated)
    return table


def table_html(table: pd.DataFrame) -> str:
    """A table that `noted` made, as a notebook shows it: whole sentences, and its notes above."""
    from .frame import NotedFrame

    assert isinstance(table, NotedFrame)
    return table._repr_html_()
