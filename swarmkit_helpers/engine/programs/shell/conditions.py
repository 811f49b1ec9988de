"""``test`` and ``[``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileSystem
from ..system import System

__all__ = ["ConditionFault", "condition"]

UNARY = frozenset(
    ["-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-L", "-n", "-p", "-r", "-S", "-s", "-t", "-u", "-w", "-x", "-z"]
)
BINARY = frozenset(["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">"])


class ConditionFault(Exception):
    """The expression is wrong; its message is what BusyBox says.

    Parameters
    ----------
    dash
        What dash says, where it is something else.
    """

    def __init__(self, message: str, dash: str = "") -> None:
        super().__init__(message)
        self.dash = dash or message


def condition(system: System, words: Sequence[str]) -> bool:
    """The value of an expression.

    Raises
    ------
    ConditionFault
    """
    reader = _Reader(system, list(words))
    if not words:
        return False
    short = reader.short()
    if short is not None:
        return short
    value = reader.either()
    if reader.words:
        said = reader.words[0]
        raise ConditionFault(f"{said}: unknown operand", f"{said}: unexpected operator")
    return value


class _Reader:
    def __init__(self, system: System, words: list[str]) -> None:
        self.system = system
        self.words = words

    def short(self) -> bool | None:
        """Up to three words, by POSIX's own rules; None for others."""
        words = self.words
        if len(words) == 1:
            return bool(words[0])
        if len(words) == 2 and words[0] == "!":
            return not words[1]
        if len(words) == 3 and words[1] in BINARY:
            return self.binary(*words)
        return None

    def either(self) -> bool:
        value = self.both()
        while self.words and self.words[0] == "-o":
            self.words.pop(0)
            value = self.both() or value
        return value

    def both(self) -> bool:
        value = self.negated()
        while self.words and self.words[0] == "-a":
            self.words.pop(0)
            value = self.negated() and value
        return value

    def negated(self) -> bool:
        if self.words and self.words[0] == "!":
            self.words.pop(0)
            return not self.negated()
        return self.primary()

    def primary(self) -> bool:
        words = self.words
        if not words:
            raise ConditionFault("argument expected")
        if words[0] == "(":
            words.pop(0)
            value = self.either()
            if not words or words.pop(0) != ")":
                raise ConditionFault("closing paren expected")
            return value
        if len(words) == 2 and words[1] in BINARY:
            raise ConditionFault(f"{words[1]}: argument expected")
        if len(words) > 2 and words[1] in BINARY:
            left, operator, right = words[:3]
            del words[:3]
            return self.binary(left, operator, right)
        if words[0] in UNARY and len(words) > 1:
            operator, operand = words[:2]
            del words[:2]
            return self.unary(operator, operand)
        return bool(words.pop(0))

    def unary(self, operator: str, operand: str) -> bool:
        if operator in "-n":
            return bool(operand)
        if operator == "-z":
            return not operand
        if operator == "-t":
            return self.number(operand) in (0, 1, 2) and self.system.tty
        seen = FileSystem(self.system)
        if operator == "-d":
            return seen.is_directory(operand)
        if operator == "-f":
            return seen.is_file(operand)
        if operator == "-p":
            return seen.is_fifo(operand)
        if operator == "-s":
            return seen.is_directory(operand) or (seen.is_file(operand) and bool(seen.read(operand)))
        if operator == "-x":
            path = seen.path(operand)
            mode = seen.kept.modes.get(path, 0o644)
            return seen.is_directory(operand) or seen.program(path) is not None or bool(mode & 0o111)
        if operator == "-c":
            return seen.path(operand).startswith("/dev/") and seen.exists(operand)
        if operator in ("-e", "-r", "-w"):
            return seen.exists(operand)
        return False

    def binary(self, left: str, operator: str, right: str) -> bool:
        if operator in ("=", "=="):
            return left == right
        if operator == "!=":
            return left != right
        if operator in "<>":
            return left < right if operator == "<" else left > right
        if operator in ("-nt", "-ot", "-ef"):
            seen = FileSystem(self.system)
            if operator == "-ef":
                return seen.exists(left) and seen.path(left) == seen.path(right)
            ages = [seen.kept.changed.get(seen.path(name), 0.0) for name in (left, right)]
            return ages[0] > ages[1] if operator == "-nt" else ages[0] < ages[1]
        one, other = self.number(left), self.number(right)
        return {
            "-eq": one == other,
            "-ne": one != other,
            "-lt": one < other,
            "-le": one <= other,
            "-gt": one > other,
            "-ge": one >= other,
        }[operator]

    @staticmethod
    def number(text: str) -> int:
        found = re.fullmatch(r"\s*([-+]?\d+)\s*", text, re.ASCII)
        wrong = f"Illegal number: {text}"
        if not found:
            raise ConditionFault(f"{text}: bad number" if text else "bad number", wrong)
        value = int(found[1])
        if not -(1 << 63) <= value < 1 << 63:
            raise ConditionFault(f"{text}: out of range", wrong)
        return value
