"""From words and operators to a tree, by the grammar of POSIX's shell (XCU, section 2.10)."""

from __future__ import annotations

import re

from .lexer import REDIRECTIONS, Incomplete, Lexer, ScriptError, Token
from .tree import (
    AndOr,
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Literal,
    Pipeline,
    Redirection,
    Script,
    Simple,
    Statement,
    Subshell,
    While,
    Word,
)

__all__ = ["parse"]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=", re.ASCII)
RESERVED = frozenset(
    ["if", "then", "elif", "else", "fi", "while", "until", "for", "do", "done", "case", "esac", "in", "{", "}", "!"]
)
ENDS = frozenset(["then", "elif", "else", "fi", "do", "done", "esac", "}", ")", ";;"])


def parse(text: str, line: int = 1) -> Script:
    """Parse a whole script, whose first line has that number.

    Raises
    ------
    ScriptError
    """
    lexer = Lexer(text, _substitution, line)
    try:
        parser = _Parser(lexer)
        script = parser.script()
        if parser.token.kind != "end":
            raise parser.unexpected()
    except ScriptError as err:
        err.line = lexer.line
        raise
    return script


def _substitution(lexer: Lexer) -> Script:
    parser = _Parser(lexer)
    script = parser.script()
    if parser.token.text != ")" or parser.token.kind != "operator":
        raise parser.unexpected(")")
    return script


class _Parser:
    """Holds one token ahead."""

    def __init__(self, lexer: Lexer) -> None:
        self.lexer = lexer
        self.token = lexer.next()

    # --- tokens ---------------------------------------------------------------------------------------

    def advance(self) -> Token:
        """The token at hand; the next one takes its place."""
        token = self.token
        self.token = self.lexer.next()
        return token

    def unexpected(self, expected: str = "") -> ScriptError:
        """The token at hand cannot be here."""
        token = self.token
        wanted = f' (expecting "{expected}")' if expected else ""
        if token.kind == "end":
            return Incomplete(f"unexpected end of file{wanted}")
        if token.kind == "newline":
            return ScriptError(f"unexpected newline{wanted}")
        if token.kind == "word" and token.text not in RESERVED:
            return ScriptError(f"unexpected word{wanted}")
        return ScriptError(f'unexpected "{token.text}"{wanted}')

    def is_operator(self, *texts: str) -> bool:
        """Whether the token at hand is one of these operators."""
        return self.token.kind == "operator" and self.token.text in texts

    def is_word(self, *texts: str) -> bool:
        """Whether the token at hand is one of these words, without quotes."""
        return self.token.kind == "word" and self.token.text in texts

    def expect_word(self, text: str) -> None:
        """Read that word."""
        if not self.is_word(text):
            raise self.unexpected(text)
        self.advance()

    def skip_newlines(self) -> None:
        """Read the ends of lines."""
        while self.token.kind == "newline":
            self.advance()

    # --- lists ----------------------------------------------------------------------------------------

    def script(self) -> Script:
        """Statements up to a word or operator that ends them, or the end."""
        statements: list[Statement] = []
        while True:
            self.skip_newlines()
            if self._at_end():
                return Script(tuple(statements))
            body = self.and_or()
            background = self.is_operator("&")
            statements.append(Statement(body, background))
            if self.is_operator("&", ";"):
                self.advance()
            elif self.token.kind != "newline" and not self._at_end():
                raise self.unexpected()

    def _at_end(self) -> bool:
        token = self.token
        return token.kind == "end" or (token.kind in ("word", "operator") and token.text in ENDS)

    def body(self, opening: str) -> Script:
        """At least one statement."""
        script = self.script()
        if not script.statements:
            raise self.unexpected()
        return script

    def and_or(self) -> AndOr:
        """Pipelines joined by ``&&`` and ``||``."""
        first = self.pipeline()
        rest = []
        while self.is_operator("&&", "||"):
            operator = self.advance().text
            self.skip_newlines()
            rest.append((operator, self.pipeline()))
        return AndOr(first, tuple(rest))

    def pipeline(self) -> Pipeline:
        """Commands joined by ``|``."""
        negated = False
        while self.is_word("!"):
            self.advance()
            negated = not negated
        commands = [self.command()]
        while self.is_operator("|"):
            self.advance()
            self.skip_newlines()
            commands.append(self.command())
        return Pipeline(tuple(commands), negated)

    # --- commands -------------------------------------------------------------------------------------

    def command(self) -> Command:
        """One command."""
        made: Command
        if self.is_operator("("):
            self.advance()
            script = self.body("(")
            if not self.is_operator(")"):
                raise self.unexpected(")")
            self.advance()
            return Subshell(script, self.redirections())
        if self.is_word("{"):
            self.advance()
            script = self.body("{")
            self.expect_word("}")
            return Group(script, self.redirections())
        if self.is_word("if"):
            return self._if()
        if self.is_word("while", "until"):
            until = self.advance().text == "until"
            condition = self.body("while")
            made = While(condition, self._do(), until, self.redirections())
            return made
        if self.is_word("for"):
            return self._for()
        if self.is_word("case"):
            return self._case()
        return self._simple()

    def _if(self) -> If:
        branches = []
        otherwise = None
        self.advance()
        while True:
            condition = self.body("if")
            self.expect_word("then")
            branches.append((condition, self.body("then")))
            if self.is_word("elif"):
                self.advance()
                continue
            if self.is_word("else"):
                self.advance()
                otherwise = self.body("else")
            self.expect_word("fi")
            return If(tuple(branches), otherwise, self.redirections())

    def _do(self) -> Script:
        self.expect_word("do")
        script = self.body("do")
        self.expect_word("done")
        return script

    def _for(self) -> For:
        self.advance()
        if self.token.kind != "word" or not NAME.fullmatch(self.token.text):
            raise ScriptError("bad for loop variable")
        name = self.advance().text
        words: list[Word] | None = None
        self.skip_newlines()
        if self.is_word("in"):
            self.advance()
            words = []
            while self.token.kind == "word":
                words.append(self.advance().word)
            if not self.is_operator(";") and self.token.kind != "newline":
                raise self.unexpected()
            self.advance()
        elif self.is_operator(";"):
            self.advance()
        self.skip_newlines()
        return For(name, None if words is None else tuple(words), self._do(), self.redirections())

    def _case(self) -> Case:
        self.advance()
        if self.token.kind != "word":
            raise self.unexpected()
        word = self.advance().word
        self.skip_newlines()
        self.expect_word("in")
        branches: list[tuple[tuple[Word, ...], Script]] = []
        self.skip_newlines()
        while not self.is_word("esac"):
            if self.is_operator("("):
                self.advance()
            patterns = []
            while True:
                if self.token.kind != "word":
                    raise self.unexpected(")" if patterns else "")
                patterns.append(self.advance().word)
                if not self.is_operator("|"):
                    break
                self.advance()
            if not self.is_operator(")"):
                raise self.unexpected(")")
            self.advance()
            branches.append((tuple(patterns), self.script()))
            if self.is_operator(";;"):
                self.advance()
            elif not self.is_word("esac"):
                raise self.unexpected(";;")
            self.skip_newlines()
        self.advance()
        return Case(word, tuple(branches), self.redirections())

    def _simple(self) -> Simple | Function:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        line = self.token.line
        if self.token.kind == "word" and self.token.text in RESERVED:
            raise self.unexpected()
        while True:
            found = self.redirection()
            if found is not None:
                redirections.append(found)
            elif self.token.kind == "word":
                token = self.advance()
                assigned = None if words else _assignment(token.word)
                if assigned:
                    assignments.append(assigned)
                else:
                    words.append(token.word)
                if len(words) == 1 and self.is_operator("(") and not assignments and NAME.fullmatch(token.text):
                    return self._function(token.text)
            else:
                break
        if not (assignments or words or redirections):
            raise self.unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirections), line)

    def _function(self, name: str) -> Function:
        self.advance()
        if not self.is_operator(")"):
            raise self.unexpected(")")
        self.advance()
        self.skip_newlines()
        return Function(name, self.command())

    # --- redirections ---------------------------------------------------------------------------------

    def redirections(self) -> tuple[Redirection, ...]:
        """All that follow."""
        found = []
        while (one := self.redirection()) is not None:
            found.append(one)
        return tuple(found)

    def redirection(self) -> Redirection | None:
        """The redirection at hand, if it is one."""
        number: int | None = None
        if self.token.kind == "number":
            number = int(self.advance().text)
        if not self.is_operator(*REDIRECTIONS):
            return None
        operator = self.token.text
        if operator in ("<<", "<<-"):
            return self._document(number or 0, operator)
        self.advance()
        if self.token.kind != "word":
            raise self.unexpected()
        word = self.advance().word
        if number is None:
            number = 0 if operator[0] == "<" else 1
        return Redirection(number, operator, word)

    def _document(self, number: int, operator: str) -> Redirection:
        token = self.lexer.next()
        if token.kind != "word":
            self.token = token
            raise self.unexpected()
        delimiter = "".join(part.text for part in token.word if isinstance(part, Literal))
        quoted = any(isinstance(part, Literal) and part.quoted for part in token.word)
        found: list[Word] = []
        self.lexer.documents.append((delimiter, quoted, operator == "<<-", found))
        # The text comes after the end of this line: the redirection is completed by `_Late` once it is read.
        self.token = self.lexer.next()
        return Redirection(number, "<<", _Late(found))


class _Late(tuple[()]):
    """A word that is known only later."""

    found: list[Word]

    def __new__(cls, found: list[Word]) -> _Late:
        made = super().__new__(cls)
        made.found = found
        return made

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.found[0] if self.found else ())


def _assignment(word: Word) -> tuple[str, Word] | None:
    """``NAME=value`` -> its name and value."""
    first = word[0] if word else None
    if not isinstance(first, Literal) or first.quoted:
        return None
    found = ASSIGNMENT.match(first.text)
    if not found:
        return None
    rest = first.text[found.end() :]
    return found[1], (*((Literal(rest),) if rest else ()), *word[1:])
