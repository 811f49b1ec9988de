"""Which statement it is, and the database that runs them."""

from __future__ import annotations

from .changes import Changes
from .queries import Column, Queries
from .tables import Result, Tables
from .words import Fault, tokens

__all__ = ["Database"]


class _Statements(Changes, Queries):
    """Runs statements as it reads them."""

    def statement(self) -> Result:
        if self.accept("select"):
            return self.select()
        if self.accept("table"):
            name, table = self.table()
            return self.gathered(
                name, table, [Column(c, k, source=c) for c, k in zip(table.columns, table.kinds, strict=True)]
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
                self.tables.changed = True
                return result
        for word in ("begin", "commit", "rollback"):
            if self.accept(word):
                return Result(word.upper())
        known = ("alter", "grant", "copy", "explain", "set", "show", "with", "vacuum", "create", "drop")
        if self.peek().text in known:
            raise Fault(f"{self.peek().text.upper()}: this statement is not simulated")
        raise self.wrong()


class Database(Tables):
    """Tables, and statements on them; its parameters are those of `Tables`."""

    def execute(self, text: str) -> list[Result]:
        """Run statements.

        Raises
        ------
        Fault
        """
        results = []
        reader = _Statements(self, tokens(text), text)
        while reader.peek().kind != "end":
            if reader.is_sign(";"):
                reader.take()
                continue
            results.append(reader.statement())
            if reader.peek().kind != "end" and not reader.is_sign(";"):
                raise reader.wrong()
        return results
