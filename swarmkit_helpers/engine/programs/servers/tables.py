"""Tables in memory, and the few SQL statements that are understood; PostgreSQL's words for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Fault", "Result", "Tables"]

VERSION_SAID = "PostgreSQL 15.20 (simulated) on x86_64-pc-linux-gnu, 64-bit"
TOKEN = re.compile(
    r"\s*(?:'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"|(\d+)|([A-Za-z_][\w.]*)|(>>|<>|!=|<=|>=|\|\||[-+*/%(),;=<>.]))"
)
NUMBERS = ("bigint", "integer", "numeric")


class Fault(Exception):
    """What is wrong with a statement.

    Parameters
    ----------
    position
        Where, from 1 on; 0 for nowhere.
    """

    def __init__(self, message: str, position: int = 0, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.position, self.detail, self.hint = position, detail, hint


@dataclass
class Result:
    """What a statement gives."""

    tag: str
    columns: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    notice: str = ""


@dataclass
class _Table:
    """One table, all of whose values are text."""

    columns: list[str]
    kinds: list[str]
    required: list[bool]
    unique: list[str]
    rows: list[list[str | None]] = field(default_factory=list)


@dataclass(frozen=True)
class _Token:
    kind: str
    """``text``, ``name``, ``number``, ``sign`` or ``end``."""
    text: str
    place: int


class Tables:
    """A database.

    Parameters
    ----------
    identifier
        Of the cluster: seconds of its making in the upper half.
    """

    def __init__(self, identifier: int) -> None:
        self.identifier = identifier
        self.tables: dict[str, _Table] = {}
        self.user = "postgres"
        self.changed = False

    def dumped(self) -> bytes:
        """All of it, for a file."""
        return json.dumps({name: vars(table) for name, table in self.tables.items()}).encode()

    def load(self, raw: bytes) -> None:
        """Read what `dumped` wrote."""
        self.tables = {name: _Table(**held) for name, held in json.loads(raw).items()}

    def execute(self, text: str) -> list[Result]:
        """Run statements.

        Raises
        ------
        Fault
        """
        tokens = _tokens(text)
        results = []
        reader = _Reader(self, tokens, text)
        while reader.peek().kind != "end":
            if reader.is_sign(";"):
                reader.take()
                continue
            results.append(reader.statement())
            if reader.peek().kind != "end" and not reader.is_sign(";"):
                raise reader.wrong()
        return results


def _tokens(text: str) -> list[_Token]:
    found = []
    place = 0
    bare = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), text)
    while bare[place:].strip():
        one = TOKEN.match(bare, place)
        begun = place + len(bare[place:]) - len(bare[place:].lstrip())
        if not one:
            quote = bare[begun]
            if quote == "'":
                raise Fault(f'unterminated quoted string at or near "{bare[begun:]}"', begun + 1)
            raise Fault(f'syntax error at or near "{quote}"', begun + 1)
        if one[1] is not None:
            found.append(_Token("text", one[1].replace("''", "'"), begun))
        elif one[2] is not None:
            found.append(_Token("name", one[2], begun))
        elif one[3] is not None:
            found.append(_Token("number", one[3], begun))
        elif one[4] is not None:
            found.append(_Token("name", one[4].lower(), begun))
        else:
            found.append(_Token("sign", one[5], begun))
        place = one.end()
    return found


@dataclass
class _Column:
    """What a query gives in one column."""

    name: str
    kind: str
    source: str = ""
    """A column of the table."""
    constant: str | None = None
    counts: bool = False
    condition: list[tuple[str, str, str | None]] = field(default_factory=list)


class _Reader:
    """Runs statements as it reads them."""

    def __init__(self, database: Tables, tokens: list[_Token], text: str) -> None:
        self.database, self.tokens, self.text, self.place = database, tokens, text, 0

    # --- tokens ---------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> _Token:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else _Token("end", "", len(self.text))

    def take(self) -> _Token:
        token = self.peek()
        self.place += 1
        return token

    def is_sign(self, text: str) -> bool:
        return self.peek().kind == "sign" and self.peek().text == text

    def accept(self, *words: str) -> bool:
        """Read these words or signs, if they come now."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token.kind not in ("name", "sign") or token.text != word:
                return False
        self.place += len(words)
        return True

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise self.wrong()

    def wrong(self) -> Fault:
        token = self.peek()
        if token.kind == "end":
            return Fault("syntax error at end of input", len(self.text) + 1)
        raw = self.text[token.place :]
        found = TOKEN.match(raw)
        shown = found[0].strip() if found else raw[:1]
        return Fault(f'syntax error at or near "{shown}"', token.place + 1)

    def name(self) -> _Token:
        if self.peek().kind != "name":
            raise self.wrong()
        return self.take()

    def names(self) -> list[_Token]:
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def table(self) -> tuple[str, _Table]:
        token = self.name()
        name = token.text.removeprefix("public.")
        if name not in self.database.tables:
            raise Fault(f'relation "{name}" does not exist', token.place + 1)
        return name, self.database.tables[name]

    def column(self, table: _Table, name: str, token: _Token) -> int:
        bare = token.text.rpartition(".")[2]
        if bare not in table.columns:
            near = next(
                (
                    c
                    for c in table.columns
                    if set(c) & set(bare)
                    and abs(len(c) - len(bare)) <= 1
                    and sum(a != b for a, b in zip(c, bare, strict=False)) <= 2
                ),
                "",
            )
            hint = f'Perhaps you meant to reference the column "{name}.{near}".' if near else ""
            raise Fault(f'column "{bare}" does not exist', token.place + 1, hint=hint)
        return table.columns.index(bare)

    def value(self) -> str | None:
        token = self.take()
        if token.kind in ("text", "number"):
            return token.text
        if token.kind == "name" and token.text == "null":
            return None
        self.place -= 1
        if token.kind == "name":
            raise Fault(f'column "{token.text}" does not exist', token.place + 1)
        raise self.wrong()

    # --- statements -----------------------------------------------------------------------------------

    def statement(self) -> Result:
        if self.accept("select"):
            return self.select()
        if self.accept("table"):
            name, table = self.table()
            return self.gathered(
                name, table, [_Column(c, k, source=c) for c, k in zip(table.columns, table.kinds, strict=True)]
            )
        for words, act in (
            (("create", "table"), self.create),
            (("drop", "table"), self.drop),
            (("insert", "into"), self.insert),
            (("delete", "from"), self.delete),
            (("update",), self.update),
            (("truncate",), self.truncate),
        ):
            if self.accept(*words):
                result = act()
                self.database.changed = True
                return result
        for word in ("begin", "commit", "rollback"):
            if self.accept(word):
                return Result(word.upper())
        known = ("alter", "grant", "copy", "explain", "set", "show", "with", "vacuum", "create", "drop")
        if self.peek().text in known:
            raise Fault(f"{self.peek().text.upper()}: this statement is not simulated")
        raise self.wrong()

    def create(self) -> Result:
        careful = self.accept("if", "not", "exists")
        token = self.name()
        name = token.text.removeprefix("public.")
        made = _Table([], [], [], [])
        self.expect("(")
        while True:
            if self.accept("primary", "key") or self.accept("unique"):
                made.unique += [one.text for one in self.names()]
            else:
                self.definition(made)
            if not self.accept(","):
                break
        self.expect(")")
        if name in self.database.tables:
            if not careful:
                raise Fault(f'relation "{name}" already exists')
            return Result("CREATE TABLE", notice=f'relation "{name}" already exists, skipping')
        self.database.tables[name] = made
        return Result("CREATE TABLE")

    def definition(self, made: _Table) -> None:
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
        careful = self.accept("if", "exists")
        token = self.name()
        if self.database.tables.pop(token.text, None) is None:
            if not careful:
                raise Fault(f'table "{token.text}" does not exist')
            return Result("DROP TABLE", notice=f'table "{token.text}" does not exist, skipping')
        return Result("DROP TABLE")

    def insert(self) -> Result:
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
            row: list[str | None] = [None] * len(table.columns)
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

    def excluded(self, name: str, table: _Table) -> list[tuple[int, int | str | None]]:
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
        self, name: str, table: _Table, rows: list[list[str | None]], updated: list[tuple[int, int | str | None]] | None
    ) -> int:
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

    def where(self, name: str, table: _Table | None) -> list[tuple[str, str, str | None]]:
        found: list[tuple[str, str, str | None]] = []
        while True:
            token = self.name()
            column = table.columns[self.column(table, name, token)] if table else token.text
            if self.accept("is", "null"):
                found.append((column, "is", None))
            elif self.accept("is", "not", "null"):
                found.append((column, "is not", None))
            else:
                sign = self.take()
                if sign.text == "like":
                    found.append((column, "like", self.value()))
                elif sign.text in ("=", "<>", "!=", "<", ">", "<=", ">="):
                    found.append((column, sign.text, self.value()))
                else:
                    self.place -= 1
                    raise self.wrong()
            if not self.accept("and"):
                return found

    def delete(self) -> Result:
        name, table = self.table()
        wanted = self.where(name, table) if self.accept("where") else []
        kept = [row for row in table.rows if not _holds(table, row, wanted)]
        count = len(table.rows) - len(kept)
        table.rows = kept
        return Result(f"DELETE {count}")

    def update(self) -> Result:
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
        hit = [row for row in table.rows if _holds(table, row, wanted)]
        rest = [row for row in table.rows if not _holds(table, row, wanted)]
        for row in hit:
            for target, value in changes:
                row[target] = value
        table.rows = rest + hit
        return Result(f"UPDATE {len(hit)}")

    def truncate(self) -> Result:
        self.accept("table")
        _, table = self.table()
        table.rows = []
        return Result("TRUNCATE TABLE")

    # --- queries --------------------------------------------------------------------------------------

    def select(self) -> Result:
        begun = self.place
        # What is selected is known once its table is.
        depth = 0
        while self.peek().kind != "end" and not self.is_sign(";"):
            depth += self.is_sign("(") - self.is_sign(")")
            if not depth and self.peek().text == "from" and self.peek().kind == "name":
                break
            self.take()
        table: _Table | None = None
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

    def columns(self, name: str, table: _Table | None) -> list[_Column]:
        found: list[_Column] = []
        while True:
            if self.accept("*"):
                if table is None:
                    raise Fault("SELECT * with no tables specified is not valid", self.peek(-1).place + 1)
                found += [_Column(c, k, source=c) for c, k in zip(table.columns, table.kinds, strict=True)]
            else:
                found.append(self.one_column(name, table))
            if not self.accept(","):
                return found

    def one_column(self, name: str, table: _Table | None) -> _Column:
        token = self.peek()
        if self.accept("count", "("):
            column = _Column("count", "bigint", counts=True)
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
            column = _Column("version", "text", constant=VERSION_SAID)
        elif self.accept("now", "(", ")"):
            from datetime import UTC, datetime

            column = _Column("now", "timestamp", constant=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}+00")
        elif token.text in ("current_user", "current_database", "session_user"):
            self.take()
            self.accept("(", ")")
            column = _Column(
                token.text, "name", constant=self.database.user if token.text.endswith("user") else "postgres"
            )
        elif token.text == "system_identifier" and name == "pg_control_system":
            self.take()
            value = self.database.identifier
            shifted = self.accept(">>")
            if shifted:
                value >>= int(self.value() or 0)
            column = _Column("?column?" if shifted else "system_identifier", "bigint", constant=str(value))
        elif token.kind == "number" or token.kind == "text":
            self.take()
            column = _Column("?column?", "integer" if token.kind == "number" else "text", constant=token.text)
        elif token.kind == "name":
            self.take()
            if table is None:
                raise Fault(f'column "{token.text}" does not exist', token.place + 1)
            place = self.column(table, name, token)
            column = _Column(table.columns[place], table.kinds[place], source=table.columns[place])
        else:
            raise self.wrong()
        if self.accept("as") or (self.peek().kind == "name" and self.peek().text not in ("from",)):
            column.name = self.name().text
        return column

    def gathered(self, name: str, table: _Table | None, columns: list[_Column]) -> Result:
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
        rows = self.rows(table, columns, wanted, group)
        names = [column.name for column in columns]
        for key, descending in reversed(order):
            numeric = key in names and columns[names.index(key)].kind in NUMBERS
            if key in names:
                place = names.index(key)
                rows.sort(key=_order(place, numeric=numeric), reverse=descending)
        rows = rows if limit is None else rows[:limit]
        return Result(f"SELECT {len(rows)}", names, [column.kind for column in columns], rows)

    def listed(self, name: str, table: _Table | None) -> list[str]:
        found = []
        while True:
            token = self.take()
            if table is not None and token.kind == "name":
                found.append(table.columns[self.column(table, name, token)])
            if not self.accept(","):
                return found

    def rows(
        self, table: _Table | None, columns: list[_Column], wanted: list[tuple[str, str, str | None]], group: list[str]
    ) -> list[list[str | None]]:
        if table is None:
            return [[column.constant if not column.counts else "1" for column in columns]]
        rows = [row for row in table.rows if _holds(table, row, wanted)]
        groups: list[list[list[str | None]]] = [rows]
        if group:
            by_key: dict[tuple[str | None, ...], list[list[str | None]]] = {}
            for row in rows:
                by_key.setdefault(tuple(row[table.columns.index(one)] for one in group), []).append(row)
            groups = list(by_key.values())
        elif not any(column.counts for column in columns):
            groups = [[row] for row in rows]
        elif any(column.source for column in columns):
            plain = next(column.source for column in columns if column.source)
            raise Fault(
                f'column "votes.{plain}" must appear in the GROUP BY clause or be used in an aggregate function'
            )
        found = []
        for held in groups:
            found.append([_value(table, column, held) for column in columns])
        return found


def _order(place: int, *, numeric: bool) -> Callable[[list[str | None]], tuple[float, str]]:
    """What rows are sorted by."""
    return lambda row: (float(row[place] or 0) if numeric else 0.0, row[place] or "")


def _value(table: _Table, column: _Column, rows: list[list[str | None]]) -> str | None:
    if column.counts:
        return str(sum(_holds(table, row, column.condition) for row in rows))
    if column.source:
        return rows[0][table.columns.index(column.source)]
    return column.constant


def _holds(table: _Table, row: list[str | None], wanted: list[tuple[str, str, str | None]]) -> bool:
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
