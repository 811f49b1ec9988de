"""What a script says, once parsed."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "AndOr",
    "Arithmetic",
    "Case",
    "Command",
    "For",
    "Function",
    "Group",
    "If",
    "Literal",
    "Parameter",
    "Part",
    "Pipeline",
    "Redirection",
    "Script",
    "Simple",
    "Statement",
    "Subshell",
    "Substitution",
    "While",
    "Word",
]


@dataclass(frozen=True, slots=True)
class Literal:
    """Text as it stands."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name``, ``${name:-word}``, ``${#name}``."""

    name: str
    quoted: bool
    operator: str = ""
    """``:-``, ``-``, ``:=``, ``=``, ``:?``, ``?``, ``:+``, ``+``, ``#``, ``##``, ``%``, ``%%``, or ``length``."""
    word: Word = ()


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(...)``."""

    script: Script
    quoted: bool


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((...))``."""

    word: Word
    quoted: bool


Part = Literal | Parameter | Substitution | Arithmetic
Word = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Redirection:
    """``2>&1``, ``<file``; a here-document has the operator ``<<`` and its text as word."""

    number: int
    operator: str
    word: Word


@dataclass(frozen=True, slots=True)
class Simple:
    """``NAME=value command word``."""

    assignments: tuple[tuple[str, Word], ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    line: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """``{ ...; }``."""

    body: Script
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Subshell:
    """``( ... )``."""

    body: Script
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """``if``, each ``elif``, and ``else``."""

    branches: tuple[tuple[Script, Script], ...]
    otherwise: Script | None
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """``while`` and ``until``."""

    condition: Script
    body: Script
    until: bool
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; without ``in``, the words are the script's own."""

    name: str
    words: tuple[Word, ...] | None
    body: Script
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in pattern|pattern) ... ;; esac``."""

    word: Word
    branches: tuple[tuple[tuple[Word, ...], Script], ...]
    redirections: tuple[Redirection, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """``name() command``."""

    name: str
    body: Command


Command = Simple | Group | Subshell | If | While | For | Case | Function


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``."""

    commands: tuple[Command, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class AndOr:
    """Pipelines joined by ``&&`` and ``||``."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One of a list; with ``&``, it runs beside what follows."""

    body: AndOr
    background: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """Statements in their order."""

    statements: tuple[Statement, ...] = field(default=())
