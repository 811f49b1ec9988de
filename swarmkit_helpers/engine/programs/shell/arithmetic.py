"""``$((...))``: integers of 64 bits, with the operators of C."""

from __future__ import annotations

import re
from collections.abc import Callable

__all__ = ["ArithmeticFault", "evaluate"]

TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9a-fA-F]+|\d+)|([A-Za-z_]\w*)|(<<=|>>=|&&|\|\||<<|>>|<=|>=|==|!=|[-+*/%&|^]=|[-+*/%<>=!~&|^?:(),]))"
)
LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
WORD = 1 << 64


class ArithmeticFault(Exception):
    """The expression has no value; its message says why, as dash does."""

    @property
    def ash(self) -> str:
        """What BusyBox's shell says."""
        return "divide by zero" if "zero" in str(self) else "arithmetic syntax error"


def _wrapped(value: int) -> int:
    value %= WORD
    return value - WORD if value >= WORD // 2 else value


def _divided(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _applied(operator: str, left: int, right: int) -> int:
    if operator in "/%" and right == 0:
        raise ArithmeticFault("arithmetic expression: division by zero")
    table: dict[str, Callable[[], int]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "/": lambda: _divided(left, right),
        "%": lambda: left - right * _divided(left, right),
        "<<": lambda: left << (right % 64),
        ">>": lambda: left >> (right % 64),
        "&": lambda: left & right,
        "|": lambda: left | right,
        "^": lambda: left ^ right,
        "==": lambda: int(left == right),
        "!=": lambda: int(left != right),
        "<": lambda: int(left < right),
        "<=": lambda: int(left <= right),
        ">": lambda: int(left > right),
        ">=": lambda: int(left >= right),
    }
    return _wrapped(table[operator]())


def evaluate(text: str, read: Callable[[str], str], write: Callable[[str, str], None]) -> int:
    """The value of an expression.

    Parameters
    ----------
    read, write
        Get and set a variable of the shell.

    Raises
    ------
    ArithmeticFault
    """
    tokens: list[str] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise ArithmeticFault(f'arithmetic expression: expecting primary: "{text}"')
        tokens.append(found[0].strip())
        place = found.end()
    if not tokens:
        return 0
    reader = _Reader(tokens, text, read, write)
    value = reader.assignment(live=True)
    if reader.place < len(tokens):
        raise ArithmeticFault(f'arithmetic expression: expecting EOF: "{text}"')
    return value


class _Reader:
    """Evaluates as it reads; what is not `live` is read only."""

    def __init__(
        self, tokens: list[str], text: str, read: Callable[[str], str], write: Callable[[str, str], None]
    ) -> None:
        self.tokens, self.text, self.read, self.write = tokens, text, read, write
        self.place = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.place += 1
        return token

    def assignment(self, *, live: bool) -> int:
        name, operator = self.peek(), self.peek(1)
        if re.fullmatch(r"[A-Za-z_]\w*", name) and operator.endswith("=") and operator not in ("==", "<=", ">=", "!="):
            self.place += 2
            value = self.assignment(live=live)
            if live:
                if operator != "=":
                    value = _applied(operator[:-1], self.variable(name), value)
                self.write(name, str(value))
            return value
        return self.ternary(live=live)

    def ternary(self, *, live: bool) -> int:
        condition = self.binary(0, live=live)
        if self.peek() != "?":
            return condition
        self.take()
        yes = self.assignment(live=live and bool(condition))
        if self.take() != ":":
            raise ArithmeticFault(f"arithmetic expression: expecting ':': \"{self.text}\"")
        no = self.ternary(live=live and not condition)
        return yes if condition else no

    def binary(self, level: int, *, live: bool) -> int:
        if level == len(LEVELS):
            return self.unary(live=live)
        left = self.binary(level + 1, live=live)
        while (operator := self.peek()) in LEVELS[level]:
            self.take()
            if operator == "||":
                right = self.binary(level + 1, live=live and not left)
                left = int(bool(left) or bool(right))
            elif operator == "&&":
                right = self.binary(level + 1, live=live and bool(left))
                left = int(bool(left) and bool(right))
            else:
                right = self.binary(level + 1, live=live)
                left = _applied(operator, left, right) if live else 0
        return left

    def unary(self, *, live: bool) -> int:
        token = self.take()
        if token in ("-", "+", "!", "~"):
            value = self.unary(live=live)
            return {"-": _wrapped(-value), "+": value, "!": int(not value), "~": ~value}[token]
        if token == "(":
            value = self.assignment(live=live)
            if self.take() != ")":
                raise ArithmeticFault(f"arithmetic expression: expecting ')': \"{self.text}\"")
            return value
        if token[:1].isdigit():
            return _number(token)
        if re.fullmatch(r"[A-Za-z_]\w*", token):
            return self.variable(token) if live else 0
        raise ArithmeticFault(f'arithmetic expression: expecting primary: "{self.text}"')

    def variable(self, name: str) -> int:
        text = self.read(name).strip()
        if not text:
            return 0
        if not re.fullmatch(r"[-+]?(0[xX][0-9a-fA-F]+|\d+)", text):
            raise ArithmeticFault(f"Illegal number: {text}")
        return -_number(text[1:]) if text[0] == "-" else _number(text.lstrip("+"))


def _number(text: str) -> int:
    if text[:2].lower() == "0x":
        return _wrapped(int(text, 16))
    if len(text) > 1 and text[0] == "0":
        try:
            return _wrapped(int(text, 8))
        except ValueError:
            raise ArithmeticFault(f'arithmetic expression: expecting EOF: "{text}"') from None
    return _wrapped(int(text))
