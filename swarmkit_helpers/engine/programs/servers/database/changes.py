"""Statements that change tables."""

from __future__ import annotations

from .reader import Reader
from .tables import Result, Row, Table, holds
from .words import Fault

__all__ = ["Changes"]


class Changes(Reader):
    """Runs them as it reads them."""

    def create(self) -> Result:
        """``CREATE TABLE``, after these words."""
        careful = self.accept("if", "not", "exists")
        token = self.name()
        name = token.text.removeprefix("public.")
        made = Table([], [], [], [])
        self.expect("(")
        while True:
            if self.accept("primary", "key") or self.accept("unique"):
                made.unique += [one.text for one in self.names()]
            else:
                self.definition(made)
            if not self.accept(","):
                break
        self.expect(")")
        if name in self.tables.held:
            if not careful:
                raise Fault(f'relation "{name}" already exists')
            return Result("CREATE TABLE", notice=f'relation "{name}" already exists, skipping')
        self.tables.held[name] = made
        return Result("CREATE TABLE")

    def definition(self, made: Table) -> None:
        """One column of a new table."""
        column = self.name().text
        kind = self.name().text
        if self.accept("("):
            kind = f"character varying({self.take().text})" if kind in ("varchar", "char") else kind
            self.expect(")")
        kind = {
            "int": "integer",
            "int4": "integer",
            "int8": "bigint",
            "varchar": "character varying",
            "serial": "integer",
        }.get(kind, kind)
        required = False
        while not self.is_sign(",") and not self.is_sign(")"):
            if self.accept("not", "null"):
                required = True
            elif self.accept("unique"):
                made.unique.append(column)
            elif self.accept("primary", "key"):
                made.unique.append(column)
                required = True
            elif not self.accept("null"):
                raise self.wrong()
        made.columns.append(column)
        made.kinds.append(kind)
        made.required.append(required)

    def drop(self) -> Result:
        """``DROP TABLE``."""
        careful = self.accept("if", "exists")
        token = self.name()
        if self.tables.held.pop(token.text, None) is None:
            if not careful:
                raise Fault(f'table "{token.text}" does not exist')
            return Result("DROP TABLE", notice=f'table "{token.text}" does not exist, skipping')
        return Result("DROP TABLE")

    def insert(self) -> Result:
        """``INSERT INTO``."""
        name, table = self.table()
        tokens = self.names() if self.is_sign("(") else []
        places = [self.column(table, name, token) for token in tokens] or list(range(len(table.columns)))
        self.expect("values")
        rows = []
        while True:
            self.expect("(")
            values = [self.value()]
            while self.accept(","):
                values.append(self.value())
            self.expect(")")
            if len(values) != len(places):
                more, fewer = ("expressions", "target columns")[:: 1 if len(values) > len(places) else -1]
                raise Fault(f"INSERT has more {more} than {fewer}")
            row: Row = [None] * len(table.columns)
            for place, value in zip(places, values, strict=True):
                row[place] = value
            rows.append(row)
            if not self.accept(","):
                break
        updated: list[tuple[int, int | str | None]] | None = None
        careful = self.accept("on", "conflict")
        if careful:
            if self.is_sign("("):
                self.names()
            self.expect("do")
            if self.accept("nothing"):
                updated = []
            else:
                self.expect("update", "set")
                updated = self.excluded(name, table)
        return Result(f"INSERT 0 {self.added(name, table, rows, updated)}")

    def excluded(self, name: str, table: Table) -> list[tuple[int, int | str | None]]:
        """What ``ON CONFLICT … DO UPDATE SET`` sets: a column; its new value, or a column of the refused row."""
        found: list[tuple[int, int | str | None]] = []
        while True:
            target = self.column(table, name, self.name())
            self.expect("=")
            if self.peek().text.startswith("excluded."):
                found.append((target, self.column(table, name, self.take())))
            else:
                found.append((target, self.value()))
            if not self.accept(","):
                return found

    def added(
        self, name: str, table: Table, rows: list[Row], updated: list[tuple[int, int | str | None]] | None
    ) -> int:
        """Add rows to a table; how many were added or changed."""
        kept = [list(row) for row in table.rows]
        count = 0
        for row in rows:
            for column, required, value in zip(table.columns, table.required, row, strict=True):
                if required and value is None:
                    shown = ", ".join("null" if one is None else one for one in row)
                    raise Fault(
                        f'null value in column "{column}" of relation "{name}" violates not-null constraint',
                        detail=f"Failing row contains ({shown}).",
                    )
            same = None
            for column in table.unique:
                place = table.columns.index(column)
                same = next((other for other in kept if other[place] is not None and other[place] == row[place]), None)
                if same is not None:
                    break
            if same is None:
                kept.append(row)
                count += 1
            elif updated is None:
                raise Fault(
                    f'duplicate key value violates unique constraint "{name}_{column}_key"',
                    detail=f"Key ({column})=({row[table.columns.index(column)]}) already exists.",
                )
            elif updated:
                for target, value_or_place in updated:
                    same[target] = row[value_or_place] if isinstance(value_or_place, int) else value_or_place
                # PostgreSQL writes a new version of the row, which comes last.
                kept.remove(same)
                kept.append(same)
                count += 1
        table.rows = kept
        return count

    def delete(self) -> Result:
        """``DELETE FROM``."""
        name, table = self.table()
        wanted = self.where(name, table) if self.accept("where") else []
        kept = [row for row in table.rows if not holds(table, row, wanted)]
        count = len(table.rows) - len(kept)
        table.rows = kept
        return Result(f"DELETE {count}")

    def update(self) -> Result:
        """``UPDATE``."""
        name, table = self.table()
        self.expect("set")
        changes = []
        while True:
            target = self.column(table, name, self.name())
            self.expect("=")
            changes.append((target, self.value()))
            if not self.accept(","):
                break
        wanted = self.where(name, table) if self.accept("where") else []
        hit = [row for row in table.rows if holds(table, row, wanted)]
        rest = [row for row in table.rows if not holds(table, row, wanted)]
        for row in hit:
            for target, value in changes:
                row[target] = value
        table.rows = rest + hit
        return Result(f"UPDATE {len(hit)}")

    def truncate(self) -> Result:
        """``TRUNCATE``."""
        self.accept("table")
        _, table = self.table()
        table.rows = []
        return Result("TRUNCATE TABLE")
