"""Statements that ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .reader import Reader
from .tables import NUMBERS, Condition, Result, Row, Table, holds
from .words import Fault

__all__ = ["Column", "Queries"]

VERSION_SAID = "PostgreSQL 15.20 (simulated) on x86_64-pc-linux-gnu, 64-bit"


@dataclass
class Column:
    """What a query gives in one column."""

    name: str
    kind: str
    source: str = ""
    """A column of the table."""
    constant: str | None = None
    counts: bool = False
    condition: list[Condition] = field(default_factory=list)


class Queries(Reader):
    """Runs them as it reads them."""

    def select(self) -> Result:
        """``SELECT``."""
        begun = self.place
        # What is selected is known once its table is.
        depth = 0
        while self.peek().kind != "end" and not self.is_sign(";"):
            depth += self.is_sign("(") - self.is_sign(")")
            if not depth and self.peek().text == "from" and self.peek().kind == "name":
                break
            self.take()
        table: Table | None = None
        name = ""
        if self.accept("from"):
            if self.accept("pg_control_system", "(", ")"):
                name = "pg_control_system"
            elif self.accept("pg_database"):
                name = "pg_database"
            else:
                name, table = self.table()
        ended, self.place = self.place, begun
        columns = self.columns(name, table)
        if self.peek().text not in ("from", ";", "") and self.peek().kind != "end":
            raise self.wrong()
        self.place = max(ended, self.place)
        return self.gathered(name, table, columns)

    def columns(self, name: str, table: Table | None) -> list[Column]:
        """What is asked for, up to ``FROM`` or the end."""
        found: list[Column] = []
        while True:
            if self.accept("*"):
                if table is None:
                    raise Fault("SELECT * with no tables specified is not valid", self.peek(-1).place + 1)
                found += [Column(c, k, source=c) for c, k in zip(table.columns, table.kinds, strict=True)]
            else:
                found.append(self.one_column(name, table))
            if not self.accept(","):
                return found

    def one_column(self, name: str, table: Table | None) -> Column:
        """One thing that is asked for."""
        token = self.peek()
        if self.accept("count", "("):
            column = Column("count", "bigint", counts=True)
            self.accept("distinct")
            if not self.accept("*"):
                asked = self.name()
                if table is not None:
                    place = self.column(table, name, asked)
                    column.condition = [(table.columns[place], "is not", None)]
            self.expect(")")
            if self.accept("filter"):
                self.expect("(", "where")
                column.condition = self.where(name, table)
                self.expect(")")
        elif self.accept("version", "(", ")"):
            column = Column("version", "text", constant=VERSION_SAID)
        elif self.accept("now", "(", ")"):
            column = Column("now", "timestamp", constant=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}+00")
        elif token.text in ("current_user", "current_database", "session_user"):
            self.take()
            self.accept("(", ")")
            column = Column(
                token.text, "name", constant=self.tables.user if token.text.endswith("user") else "postgres"
            )
        elif token.text == "system_identifier" and name == "pg_control_system":
            self.take()
            value = self.tables.identifier
            shifted = self.accept(">>")
            if shifted:
                value >>= int(self.value() or 0)
            column = Column("?column?" if shifted else "system_identifier", "bigint", constant=str(value))
        elif token.kind == "number" or token.kind == "text":
            self.take()
            column = Column("?column?", "integer" if token.kind == "number" else "text", constant=token.text)
        elif token.kind == "name":
            self.take()
            if table is None:
                raise Fault(f'column "{token.text}" does not exist', token.place + 1)
            place = self.column(table, name, token)
            column = Column(table.columns[place], table.kinds[place], source=table.columns[place])
        else:
            raise self.wrong()
        if self.accept("as") or (self.peek().kind == "name" and self.peek().text not in ("from",)):
            column.name = self.name().text
        return column

    def gathered(self, name: str, table: Table | None, columns: list[Column]) -> Result:
        """What the rest of the statement chooses of a table."""
        wanted = self.where(name, table) if self.accept("where") else []
        group = self.listed(name, table) if self.accept("group", "by") else []
        order: list[tuple[str, bool]] = []
        if self.accept("order", "by"):
            while True:
                token = self.take()
                key = columns[int(token.text) - 1].name if token.kind == "number" else token.text
                descending = self.accept("desc")
                self.accept("asc")
                order.append((key, descending))
                if not self.accept(","):
                    break
        limit = int(self.value() or 0) if self.accept("limit") else None
        rows = self.rows(name, table, columns, wanted, group)
        names = [column.name for column in columns]
        for key, descending in reversed(order):
            numeric = key in names and columns[names.index(key)].kind in NUMBERS
            if key in names:
                place = names.index(key)
                rows.sort(key=_order(place, numeric=numeric), reverse=descending)
        rows = rows if limit is None else rows[:limit]
        return Result(f"SELECT {len(rows)}", names, [column.kind for column in columns], rows)

    def listed(self, name: str, table: Table | None) -> list[str]:
        """The columns of ``GROUP BY``."""
        found = []
        while True:
            token = self.take()
            if table is not None and token.kind == "name":
                found.append(table.columns[self.column(table, name, token)])
            if not self.accept(","):
                return found

    def rows(
        self, name: str, table: Table | None, columns: list[Column], wanted: list[Condition], group: list[str]
    ) -> list[Row]:
        """The rows that are asked for."""
        if table is None:
            return [[column.constant if not column.counts else "1" for column in columns]]
        rows = [row for row in table.rows if holds(table, row, wanted)]
        groups: list[list[Row]] = [rows]
        if group:
            by_key: dict[tuple[str | None, ...], list[Row]] = {}
            for row in rows:
                by_key.setdefault(tuple(row[table.columns.index(one)] for one in group), []).append(row)
            groups = list(by_key.values())
        elif not any(column.counts for column in columns):
            groups = [[row] for row in rows]
        elif any(column.source for column in columns):
            plain = next(column.source for column in columns if column.source)
            raise Fault(
                f'column "{name}.{plain}" must appear in the GROUP BY clause or be used in an aggregate function'
            )
        found = []
        for held in groups:
            found.append([_value(table, column, held) for column in columns])
        return found


def _order(place: int, *, numeric: bool) -> Callable[[Row], tuple[float, str]]:
    """What rows are sorted by."""
    return lambda row: (float(row[place] or 0) if numeric else 0.0, row[place] or "")


def _value(table: Table, column: Column, rows: list[Row]) -> str | None:
    if column.counts:
        return str(sum(holds(table, row, column.condition) for row in rows))
    if column.source:
        return rows[0][table.columns.index(column.source)]
    return column.constant
