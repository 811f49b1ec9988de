"""Reads statements word by word: names, values, tables, conditions."""

from __future__ import annotations

from .tables import Condition, Table, Tables
from .words import TOKEN, Fault, Token

__all__ = ["Reader"]


class Reader:
    """Holds the words of statements, and how many of them are read."""

    def __init__(self, tables: Tables, tokens: list[Token], text: str) -> None:
        self.tables, self.tokens, self.text, self.place = tables, tokens, text, 0

    # --- tokens ---------------------------------------------------------------------------------------

    def peek(self, ahead: int = 0) -> Token:
        """The next word, or one after it; it stays to be read."""
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else Token("end", "", len(self.text))

    def take(self) -> Token:
        """Read a word."""
        token = self.peek()
        self.place += 1
        return token

    def is_sign(self, text: str) -> bool:
        """Whether the next word is that sign."""
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
        """Read these words or signs, one after the other."""
        for word in words:
            if not self.accept(word):
                raise self.wrong()

    def wrong(self) -> Fault:
        """What PostgreSQL says of the next word."""
        token = self.peek()
        if token.kind == "end":
            return Fault("syntax error at end of input", len(self.text) + 1)
        raw = self.text[token.place :]
        found = TOKEN.match(raw)
        shown = found[0].strip() if found else raw[:1]
        return Fault(f'syntax error at or near "{shown}"', token.place + 1)

    def name(self) -> Token:
        """Read a name."""
        if self.peek().kind != "name":
            raise self.wrong()
        return self.take()

    def names(self) -> list[Token]:
        """Read names in parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def table(self) -> tuple[str, Table]:
        """Read the name of a table."""
        token = self.name()
        name = token.text.removeprefix("public.")
        if name not in self.tables.held:
            raise Fault(f'relation "{name}" does not exist', token.place + 1)
        return name, self.tables.held[name]

    def column(self, table: Table, name: str, token: Token) -> int:
        """The place of a column in its table."""
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
        """Read a value."""
        token = self.take()
        if token.kind in ("text", "number"):
            return token.text
        if token.kind == "name" and token.text == "null":
            return None
        self.place -= 1
        if token.kind == "name":
            raise Fault(f'column "{token.text}" does not exist', token.place + 1)
        raise self.wrong()

    def where(self, name: str, table: Table | None) -> list[Condition]:
        """Read the conditions after ``WHERE``."""
        found: list[Condition] = []
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
