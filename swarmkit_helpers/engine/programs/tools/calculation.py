"""``expr`` and ``seq``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from ..options import Usage, read_options
from ..system import System
from .expressions import regular

__all__ = ["expr", "seq"]

LEVELS = (("|",), ("&",), ("=", "==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"), (":",))
"""Operators of expr, from those that bind least."""


async def seq(system: System, argv: Sequence[str]) -> int:
    """Numbers in their order."""
    options = read_options(argv, "ws:", first=True)
    try:
        numbers = [Decimal(word) for word in options.rest]
    except InvalidOperation:
        numbers = []
    if not 1 <= len(numbers) <= 3:
        raise Usage("")
    places = max(len(word.partition(".")[2]) for word in options.rest)
    first = numbers[0] if len(numbers) > 1 else Decimal(1)
    step = numbers[1] if len(numbers) == 3 else Decimal(1)
    last = numbers[-1]
    wide = max(len(f"{first:.{places}f}"), len(f"{last:.{places}f}")) if "w" in options else 0
    form = f"{f'0{wide}' if wide else ''}.{places}f"
    separator = options.get("s") if "s" in options else "\n"
    number, count = first, 0
    while (step >= 0 and number <= last) or (step < 0 and number >= last):
        system.write(f"{separator if count else ''}{number:{form}}".encode())
        number += step
        count += 1
        if count % 1000 == 0:
            await asyncio.sleep(0)
    system.write(b"\n" if count else b"")
    return 0


class _Fault(Exception):
    """The expression is wrong."""


async def expr(system: System, argv: Sequence[str]) -> int:
    """The value of an expression."""
    if len(argv) < 2:
        system.complain("expr: too few arguments")
        return 2
    reader = _Reader(list(argv[1:]))
    try:
        value = reader.value(0)
        if reader.words:
            raise _Fault("syntax error")
    except _Fault as err:
        system.complain(f"expr: {err}")
        return 2
    system.say(value)
    return int(value in ("", "0"))


class _Reader:
    def __init__(self, words: list[str]) -> None:
        self.words = words

    def take(self) -> str:
        if not self.words:
            raise _Fault("syntax error")
        return self.words.pop(0)

    def value(self, level: int) -> str:
        if level == len(LEVELS):
            return self.primary()
        left = self.value(level + 1)
        while self.words and self.words[0] in LEVELS[level]:
            operator = self.words.pop(0)
            left = _computed(left, operator, self.value(level + 1))
        return left

    def primary(self) -> str:
        word = self.take()
        if word == "(":
            inside = self.value(0)
            if self.take() != ")":
                raise _Fault("syntax error")
            return inside
        if word == "quote":
            return self.take()
        if word == "length" and self.words:
            return str(len(self.primary()))
        if word == "match" and len(self.words) > 1:
            return _matched(self.primary(), self.primary())
        if word == "index" and len(self.words) > 1:
            text, chars = self.primary(), self.primary()
            return str(next((place for place, char in enumerate(text, 1) if char in chars), 0))
        if word == "substr" and len(self.words) > 2:
            text, begin, length = self.primary(), _number(self.primary()), _number(self.primary())
            return text[begin - 1 : begin - 1 + length] if begin > 0 and length > 0 else ""
        return word


def _number(text: str) -> int:
    if not re.fullmatch(r"-?\d+", text, re.ASCII):
        raise _Fault("non-numeric argument")
    return int(text)


def _matched(text: str, pattern: str) -> str:
    try:
        found = re.match(regular(pattern, extended=False), text)
    except re.error:
        raise _Fault(f"bad regex '{pattern}'") from None
    groups = "\\(" in pattern
    if not found:
        return "" if groups else "0"
    return (found[1] or "") if groups else str(found.end())


def _computed(left: str, operator: str, right: str) -> str:
    if operator == "|":
        return right if left in ("", "0") else left
    if operator == "&":
        return "0" if left in ("", "0") or right in ("", "0") else left
    if operator == ":":
        return _matched(left, right)
    if operator in LEVELS[2]:
        return str(int(_compared(left, operator, right)))
    one, other = _number(left), _number(right)
    if operator in "/%" and not other:
        raise _Fault("division by zero")
    quotient = abs(one) // abs(other or 1) * (1 if (one < 0) == (other < 0) else -1)
    values = {"+": one + other, "-": one - other, "*": one * other, "/": quotient, "%": one - quotient * other}
    return str(values[operator])


def _compared(left: str, operator: str, right: str) -> bool:
    numbers = all(re.fullmatch(r"-?\d+", text, re.ASCII) for text in (left, right))
    order = int(left) - int(right) if numbers else (left > right) - (left < right)
    table = {"=": order == 0, "==": order == 0, "!=": order != 0, "<": order < 0}
    return {**table, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]
