"""A DataFrame that says, wherever it is shown, what its reader must know of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pandas as pd

__all__ = ["NotedFrame"]


MOST_ROWS = 200
LONG_WORD = re.compile(r"\S{25,}")
ARROW = re.compile(r"\S+-&gt;\S+")
WORD_JOINT = re.compile(r"(?<=[./:_-])(?=\w)")


def _breakable(cell: re.Match[str]) -> str:
    """A cell's text, whose long words may go on to the next line: a wide table would hide its last columns.

    A published port, ``80->80``, stays on one line: a browser would cut the arrow in two.
    """
    text = LONG_WORD.sub(lambda word: WORD_JOINT.sub("<wbr>", word[0]), cell[0])
    return ARROW.sub(lambda port: f'<span style="white-space: nowrap;">{port[0]}</span>', text)


class NotedFrame(pd.DataFrame):
    """A DataFrame with notes (``attrs["notes"]``), shown above it and kept by selections and copies.

    It is shown without its index, with ``oui`` for True, nothing for False and a dash for a missing value.
    """

    @property
    def _constructor(self) -> Callable[..., NotedFrame]:
        return NotedFrame

    @property
    def notes(self) -> tuple[str, ...]:
        """French sentences: the lab is simulated, nodes did not answer."""
        return tuple(self.attrs.get("notes", ()))

    def _repr_html_(self) -> str:
        shown = pd.DataFrame(self)
        for column in shown.columns[shown.dtypes == "bool"]:
            shown[column] = shown[column].map({True: "oui", False: ""})
        # Nullable integers would be shown as <NA>, whatever na_rep says.
        shown = shown.astype(object).where(shown.notna(), "—")
        # A learner reads whole sentences here: pandas would cut them at 50 characters.
        with pd.option_context("display.max_colwidth", None):
            table = shown.to_html(
                index=not isinstance(self.index, pd.RangeIndex) and self.index.name is not None,
                max_rows=MOST_ROWS,
                border=0,
            )
        table = re.sub(r"(?<=<td>)[^<]+", _breakable, table)
        # On each cell: JupyterLab's own style for the table comes after the row's.
        table = table.replace("<td>", '<td style="text-align: left;">').replace(
            "<th>", '<th style="text-align: left;">'
        )
        if self.empty:
            table += "<p>Rien à montrer.</p>"
        return "".join(f"<p><strong>{html.escape(note)}</strong></p>" for note in self.notes) + table

    def __repr__(self) -> str:
        return "\n".join([*self.notes, super().__repr__()])
