"""What the database holds, and which rows a condition is true of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

__all__ = ["NUMBERS", "Condition", "Result", "Row", "Table", "Tables", "holds"]

NUMBERS = ("bigint", "integer", "numeric")
Row = list[str | None]
"""All values are text."""
Condition = tuple[str, str, str | None]
"""Column, sign, value."""


@dataclass
class Result:
    """What a statement gives."""

    tag: str
    columns: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    notice: str = ""


@dataclass
class Table:
    """One table, all of whose values are text."""

    columns: list[str]
    kinds: list[str]
    required: list[bool]
    unique: list[str]
    rows: list[Row] = field(default_factory=list)


class Tables:
    """A database.

    Parameters
    ----------
    identifier
        Of the cluster: seconds of its making in the upper half.
    """

    def __init__(self, identifier: int) -> None:
        self.identifier = identifier
        self.held: dict[str, Table] = {}
        self.user = "postgres"
        self.changed = False

    def dumped(self) -> bytes:
        """All of it, for a file."""
        return json.dumps({name: vars(table) for name, table in self.held.items()}).encode()

    def load(self, raw: bytes) -> None:
        """Read what `dumped` wrote."""
        self.held = {name: Table(**held) for name, held in json.loads(raw).items()}


def holds(table: Table, row: Row, wanted: list[Condition]) -> bool:
    """Whether all conditions are true of a row."""
    for column, sign, value in wanted:
        held = row[table.columns.index(column)]
        if sign in ("is", "is not"):
            good = (held is None) == (sign == "is")
        elif held is None or value is None:
            good = False
        elif sign == "like":
            good = re.fullmatch(re.escape(value).replace("%", ".*").replace("_", "."), held, re.DOTALL) is not None
        else:
            table_of_signs = {"=": held == value, "<>": held != value, "!=": held != value, "<": held < value}
            table_of_signs |= {">": held > value, "<=": held <= value, ">=": held >= value}
            good = table_of_signs[sign]
        if not good:
            return False
    return True
