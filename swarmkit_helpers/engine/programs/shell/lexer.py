"""From the text of a script to its words and operators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal as OneOf

from .tree import Arithmetic, Literal, Parameter, Part, Script, Substitution, Word

__all__ = ["Incomplete", "Lexer", "ScriptError", "Token"]

OPERATORS = ("&&", "||", ";;", "<<-", "<<", ">>", "<&", ">&", "<>", ">|", "&", "|", ";", "<", ">", "(", ")")
REDIRECTIONS = ("<<-", "<<", ">>", "<&", ">&", "<>", ">|", "<", ">")
SPECIAL = "@*#?-$!0123456789"
BLANK = " \t"
ENDS_WORD = " \t\n&|;<>()"


class ScriptError(Exception):
    """The script cannot be understood; its message is what follows « syntax error: »."""

    line = 1
    """Where."""


class Incomplete(ScriptError):
    """It ends too early: more of it may come."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, an operator, the end of a line or of the script."""

    kind: OneOf["word", "operator", "number", "newline", "end"]
    text: str
    """Of a word, only when it is written without any quote: it may then be a reserved word."""
    word: Word = ()
    line: int = 1


class Lexer:
    """Reads tokens one after the other.

    Parameters
    ----------
    text
        The script.
    parse
        Parses what ``$(`` begins, up to ``)``.
    line
        The number of its first line.
    """

    def __init__(self, text: str, parse: Callable[[Lexer], Script], line: int = 1) -> None:
        self.text = text
        self.place = 0
        self.line = line
        self._parse = parse
        self.documents: list[tuple[str, bool, bool, list[Word]]] = []
        """Here-documents whose text begins on the next line: delimiter, quoted, tabs cut, where to put the text."""

    def next(self) -> Token:
        """The next token."""
        self._skip()
        if self.place >= len(self.text):
            return Token("end", "", line=self.line)
        char = self.text[self.place]
        if char == "\n":
            self.place += 1
            token = Token("newline", "\n", line=self.line)
            self.line += 1
            self._read_documents()
            return token
        for operator in OPERATORS:
            if self.text.startswith(operator, self.place):
                self.place += len(operator)
                return Token("operator", operator, line=self.line)
        return self._word_token()

    def _skip(self) -> None:
        while self.place < len(self.text):
            if self.text[self.place] in BLANK:
                self.place += 1
            elif self.text.startswith("\\\n", self.place):
                self.place += 2
                self.line += 1
            elif self.text[self.place] == "#":
                end = self.text.find("\n", self.place)
                self.place = len(self.text) if end < 0 else end
            else:
                return

    def _word_token(self) -> Token:
        begun, line = self.place, self.line
        parts = self._parts(ENDS_WORD, quoted=False)
        raw = self.text[begun : self.place]
        after = self.text[self.place : self.place + 1]
        if raw.isdigit() and after in ("<", ">") and after:
            return Token("number", raw, line=line)
        plain = all(isinstance(part, Literal) and not part.quoted for part in parts)
        text = "".join(part.text for part in parts if isinstance(part, Literal)) if plain else ""
        return Token("word", text if text == raw else "", tuple(parts), line)

    def _parts(self, ends: str, *, quoted: bool, brace: bool = False) -> list[Part]:
        """Parts up to one of the characters `ends`, which stays to be read."""
        parts: list[Part] = []
        while self.place < len(self.text):
            char = self.text[self.place]
            if char in ends:
                return parts
            if char == "\\":
                self._backslash(parts, quoted, brace)
            elif char == "'" and not quoted:
                parts.append(Literal(self._single(), quoted=True))
            elif char == '"' and (not quoted or brace):
                self.place += 1
                inner = self._parts('"', quoted=True)
                self._expect('"')
                parts += inner or [Literal("", quoted=True)]
            elif char == "$":
                parts.append(self._dollar(quoted))
            elif char == "`":
                parts.append(self._backquote(quoted))
            else:
                self._add(parts, char, quoted)
                self.line += char == "\n"
                self.place += 1
        return parts

    @staticmethod
    def _add(parts: list[Part], text: str, quoted: bool) -> None:
        last = parts[-1] if parts else None
        if isinstance(last, Literal) and last.quoted == quoted:
            parts[-1] = Literal(last.text + text, quoted)
        else:
            parts.append(Literal(text, quoted))

    def _backslash(self, parts: list[Part], quoted: bool, brace: bool) -> None:
        following = self.text[self.place + 1 : self.place + 2]
        self.place += 2
        if following == "\n":
            self.line += 1
        elif not following:
            self._add(parts, "\\", quoted)
        elif quoted and following not in '$`"\\' and not (brace and following == "}"):
            self._add(parts, "\\" + following, quoted=True)
        else:
            parts.append(Literal(following, quoted=True))

    def _single(self) -> str:
        end = self.text.find("'", self.place + 1)
        if end < 0:
            raise Incomplete("unterminated quoted string")
        text = self.text[self.place + 1 : end]
        self.line += text.count("\n")
        self.place = end + 1
        return text

    def _expect(self, text: str) -> None:
        if not self.text.startswith(text, self.place):
            said = "unterminated quoted string" if text == '"' else f'end of file unexpected (expecting "{text}")'
            raise Incomplete(said)
        self.place += len(text)

    def _dollar(self, quoted: bool) -> Part:
        rest = self.text[self.place + 1 : self.place + 3]
        if rest == "((":
            return self._arithmetic(quoted)
        if rest[:1] == "(":
            self.place += 2
            return Substitution(self._parse(self), quoted)
        if rest[:1] == "{":
            self.place += 2
            return self._braced(quoted)
        self.place += 1
        name = self._name()
        if not name and rest[:1] and rest[0] in SPECIAL:
            name = rest[0]
            self.place += 1
        return Parameter(name, quoted) if name else Literal("$", quoted=True)

    def _name(self) -> str:
        end = self.place
        while end < len(self.text) and (
            self.text[end] == "_" or (self.text[end].isalnum() and self.text[end].isascii())
        ):
            end += 1
        name = self.text[self.place : end]
        if not name or name[0].isdigit():
            return ""
        self.place = end
        return name

    def _arithmetic(self, quoted: bool) -> Part:
        """``$((`` up to ``))``: ash and dash never take it for a subshell in a substitution."""
        depth, place = 0, self.place + 3
        while place < len(self.text):
            char = self.text[place]
            if char == "(":
                depth += 1
            elif char == ")" and depth:
                depth -= 1
            elif self.text.startswith("))", place):
                inner = Lexer(self.text[self.place + 3 : place], self._parse)
                parts = inner._parts("", quoted=True)
                self.place = place + 2
                return Arithmetic(tuple(parts), quoted)
            place += 1
        raise Incomplete("missing '))'")

    def _braced(self, quoted: bool) -> Part:
        if self.text.startswith("#", self.place) and self.text[self.place + 1 : self.place + 2] not in ("}", ""):
            self.place += 1
            name = self._braced_name()
            self._expect("}")
            return Parameter(name, quoted, "length")
        name = self._braced_name()
        if not name:
            raise ScriptError("bad substitution")
        for operator in (":-", ":=", ":?", ":+", "##", "%%", "-", "=", "?", "+", "#", "%"):
            if self.text.startswith(operator, self.place):
                self.place += len(operator)
                cuts = operator in ("#", "##", "%", "%%")
                word = self._parts("}", quoted=quoted and not cuts, brace=quoted)
                self._expect("}")
                return Parameter(name, quoted, operator, tuple(word))
        if self.place < len(self.text) and self.text[self.place] != "}":
            raise ScriptError("bad substitution")
        self._expect("}")
        return Parameter(name, quoted)

    def _braced_name(self) -> str:
        name = self._name()
        if name:
            return name
        end = self.place
        while end < len(self.text) and self.text[end].isdigit():
            end += 1
        if end == self.place and self.text[end : end + 1] and self.text[end] in "@*#?-$!":
            end += 1
        name, self.place = self.text[self.place : end], end
        return name

    def _backquote(self, quoted: bool) -> Part:
        self.place += 1
        text = ""
        while True:
            if self.place >= len(self.text):
                raise Incomplete("EOF in backquote substitution")
            char = self.text[self.place]
            self.place += 1
            if char == "`":
                break
            if char == "\\" and self.text[self.place : self.place + 1] in ("`", "\\", "$"):
                char = self.text[self.place]
                self.place += 1
            text += char
        return Substitution(self._parse(Lexer(text + "\n)", self._parse)), quoted)

    def _read_documents(self) -> None:
        waiting, self.documents = self.documents, []
        for delimiter, quoted, cut_tabs, found in waiting:
            lines = []
            while self.place < len(self.text):
                end = self.text.find("\n", self.place)
                end = len(self.text) if end < 0 else end
                line = self.text[self.place : end]
                self.place = min(end + 1, len(self.text))
                self.line += 1
                line = line.lstrip("\t") if cut_tabs else line
                if line == delimiter:
                    break
                lines.append(line + "\n")
            text = "".join(lines)
            if quoted:
                found.append((Literal(text, quoted=True),))
            else:
                inner = Lexer(text.replace('"', '\\"'), self._parse)
                found.append(tuple(inner._parts("", quoted=True)))
