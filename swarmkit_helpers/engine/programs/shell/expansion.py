"""From words to arguments: parameters, substitutions, field splitting, file names (POSIX, XCU 2.6)."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..files import FileError, FileSystem
from .arithmetic import ArithmeticFault, evaluate
from .patterns import Characters, has_pattern, matches, regular, trimmed
from .tree import Arithmetic, Literal, Parameter, Substitution, Word

if TYPE_CHECKING:
    from .interpreter import Interpreter

__all__ = ["Expander", "ExpansionError"]

BLANKS = " \t\n"


class ExpansionError(Exception):
    """A word has no value; the shell ends."""


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    quoted: bool
    """Neither split nor taken for a pattern."""
    split: bool = False


_BREAK = _Piece("", quoted=False)
"""Between two arguments of ``"$@"``."""


class Expander:
    """Expands words for one shell."""

    def __init__(self, shell: Interpreter) -> None:
        self.shell = shell

    async def fields(self, words: tuple[Word, ...]) -> list[str]:
        """The arguments that words give."""
        found: list[str] = []
        for word in words:
            for field in self._split(await self._pieces(word)):
                found += self._names(field)
        return found

    async def text(self, word: Word) -> str:
        """One string, neither split nor taken for file names: of an assignment, a redirection, ``case``."""
        return "".join(char for char, _ in await self.pattern(word))

    async def pattern(self, word: Word) -> Characters:
        """The characters of a word, each known to be quoted or not."""
        pieces = await self._pieces(word)
        joined = [_Piece(" ", quoted=True) if piece is _BREAK else piece for piece in pieces]
        return [(char, piece.quoted) for piece in joined for char in piece.text]

    # --- pieces ---------------------------------------------------------------------------------------

    async def _pieces(self, word: Word, *, inner: bool = False, quoted: bool = False) -> list[_Piece]:
        """`inner`: of ``${name:-word}``, whose own text is split too."""
        pieces: list[_Piece] = []
        for place, part in enumerate(word):
            if isinstance(part, Literal):
                text = part.text
                if not place and not part.quoted and not quoted and text.startswith("~"):
                    text = self._home(text, whole=len(word) == 1)
                pieces.append(_Piece(text, part.quoted or quoted, split=inner and not part.quoted and not quoted))
            elif isinstance(part, Parameter):
                pieces += await self._parameter(part, part.quoted or quoted)
            else:
                value = await self._computed(part)
                is_quoted = part.quoted or quoted
                pieces.append(_Piece(value, is_quoted, split=not is_quoted))
        return pieces

    async def _computed(self, part: Substitution | Arithmetic) -> str:
        if isinstance(part, Substitution):
            return (await self.shell.captured(part.script)).rstrip("\n")
        text = await self.text(part.word)
        try:
            return str(evaluate(text, lambda name: self.shell.value(name) or "", self.shell.assign))
        except ArithmeticFault as err:
            raise ExpansionError(str(err) if self.shell.dash else err.ash) from None

    def _home(self, text: str, *, whole: bool) -> str:
        head, slash, rest = text.partition("/")
        if head != "~" or (not slash and not whole):
            return text
        return (self.shell.value("HOME") or "~") + slash + rest

    async def _parameter(self, part: Parameter, quoted: bool) -> list[_Piece]:
        name, operator = part.name, part.operator
        if name in "@*" and operator in ("", "length"):
            if operator:
                return [_Piece(str(len(self.shell.arguments)), quoted, split=not quoted)]
            return self._arguments(name, quoted)
        value = self._many(name) if name in "@*" else self.shell.value(name)
        if operator in (":-", "-", ":+", "+", ":=", "=", ":?", "?"):
            return await self._chosen(part, value, quoted)
        if value is None and "u" in self.shell.options and name not in "@*":
            raise ExpansionError(f"{name}: parameter not set")
        value = value or ""
        if operator == "length":
            value = str(len(value))
        elif operator:
            value = trimmed(value, operator, await self.pattern(part.word))
        return [_Piece(value, quoted, split=not quoted)] if value or quoted else []

    def _many(self, name: str) -> str | None:
        return " ".join(self.shell.arguments) if self.shell.arguments else None

    def _arguments(self, name: str, quoted: bool) -> list[_Piece]:
        arguments = self.shell.arguments
        if quoted and name == "*":
            separator = self.shell.value("IFS")
            return [_Piece((" " if separator is None else separator[:1]).join(arguments), quoted=True)]
        pieces: list[_Piece] = []
        for place, argument in enumerate(arguments):
            if place:
                pieces.append(_BREAK)
            if argument or quoted:
                pieces.append(_Piece(argument, quoted, split=not quoted))
        return pieces

    async def _chosen(self, part: Parameter, value: str | None, quoted: bool) -> list[_Piece]:
        operator = part.operator
        absent = value is None or (operator.startswith(":") and not value)
        kind = operator[-1]
        empty = [_Piece("", quoted=True)] if quoted else []
        if kind == "+":
            return (not absent and await self._pieces(part.word, inner=True, quoted=quoted)) or empty
        if not absent:
            if part.name in "@*":
                return self._arguments(part.name, quoted)
            return [_Piece(value or "", quoted, split=not quoted)] if value or quoted else []
        if kind == "-":
            return await self._pieces(part.word, inner=True, quoted=quoted) or empty
        if kind == "=":
            made = await self.text(part.word)
            self.shell.assign(part.name, made)
            return [_Piece(made, quoted, split=not quoted)] if made or quoted else []
        said = await self.text(part.word) if part.word else "parameter not set or null" if operator == ":?" else ""
        raise ExpansionError(f"{part.name}: {said or 'parameter not set'}")

    # --- fields ---------------------------------------------------------------------------------------

    def _split(self, pieces: list[_Piece]) -> list[Characters]:
        found = self.shell.value("IFS")
        separators = BLANKS if found is None else found
        fields: list[Characters] = []
        current: Characters | None = None
        after_blank = False
        for piece in pieces:
            if piece is _BREAK:
                if current is not None:
                    fields.append(current)
                current, after_blank = None, False
            elif not piece.split:
                if piece.quoted or piece.text:
                    current = (current or []) + [(char, piece.quoted) for char in piece.text]
                    after_blank = False
            else:
                for char in piece.text:
                    if char not in separators:
                        current = current if current is not None else []
                        current.append((char, False))
                        after_blank = False
                    elif char in BLANKS:
                        if current is not None:
                            fields.append(current)
                            current, after_blank = None, True
                    elif current is None and after_blank:
                        after_blank = False
                    else:
                        fields.append(current or [])
                        current = None
        if current is not None:
            fields.append(current)
        return fields

    def _names(self, field: Characters) -> list[str]:
        text = "".join(char for char, _ in field)
        if "f" in self.shell.options or not has_pattern(field):
            return [text]
        return self._found(field) or [text]

    def _found(self, field: Characters) -> list[str]:
        """Files whose names are such, sorted."""
        system = FileSystem(self.shell.surroundings())
        parts: list[Characters] = [[]]
        for char, quoted in field:
            if char == "/":
                parts.append([])
            else:
                parts[-1].append((char, quoted))
        absolute = len(parts) > 1 and not parts[0]
        found = ["/"] if absolute else [""]
        for place, part in enumerate(parts[1:] if absolute else parts):
            last = place == len(parts) - (2 if absolute else 1)
            following: list[str] = []
            for folder in found:
                if not part:
                    following += [folder] if system.is_directory(folder or ".") else []
                    continue
                if not has_pattern(part):
                    path = posixpath.join(folder, "".join(char for char, _ in part))
                    following += [path] if system.exists(path) else []
                    continue
                try:
                    names = system.list(folder or ".")
                except FileError:
                    continue
                expression = re.compile(regular(part, path=True))
                hidden = part[0][0] == "."
                good = [n for n in names if expression.fullmatch(n) and (hidden or not n.startswith("."))]
                paths = [posixpath.join(folder, name) for name in good]
                following += paths if last else [path for path in paths if system.is_directory(path)]
            found = following
        return sorted(found)

    async def is_match(self, word: Word, text: str) -> bool:
        """Whether the pattern in a word is that text."""
        return matches(await self.pattern(word), text)
