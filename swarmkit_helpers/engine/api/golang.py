"""JSON as the engine's language reads it, with what it says of bad JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

__all__ = ["BadJson", "Real", "dump", "parse"]

SPACE = " \t\r\n"
LITERALS = {"t": "true", "f": "false", "n": "null"}
LONGEST_NUMBER = 4_000
"""Digits; beyond, no type of the engine holds it."""

END = "unexpected end of JSON input"


class BadJson(Exception):
    """What is not JSON; its text is what the engine says."""


class Real(float):
    """A number that is not written as an integer, with how it was written."""

    def __new__(cls, text: str) -> Real:
        """Keep the text beside the number."""
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def _no_constant(text: str) -> float:
    raise ValueError(text)


def _integer(text: str) -> int | Real:
    return int(text) if len(text) < LONGEST_NUMBER else Real(text)


DECODER = json.JSONDecoder(parse_int=_integer, parse_float=Real, parse_constant=_no_constant)


def parse(data: bytes, *, whole: bool = False) -> object:
    """Read the first value of a text.

    Parameters
    ----------
    whole
        Whether what comes after that value is an error too, as it is for a query's parameter; a body's is not read.

    Raises
    ------
    BadJson
        ``EOF`` for a body without a value.
    """
    text = data.decode(errors="replace").lstrip(SPACE)
    if not text:
        raise BadJson(END if whole else "EOF")
    try:
        value, end = DECODER.raw_decode(text)
    except RecursionError:
        raise BadJson("exceeded max depth") from None
    except ValueError:
        raise BadJson(_complaint(text, whole)) from None
    rest = text[end:].lstrip(SPACE)
    if whole and rest:
        raise BadJson(f"invalid character {_quoted(rest[0])} after top-level value")
    found: object = value
    return found


def dump(value: object) -> bytes:
    """Write a value, as the engine does: without spaces, one line, ended."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(errors="replace") + b"\n"


def _quoted(character: str) -> str:
    if character == "'":
        return r"'\''"
    if character == '"':
        return "'\"'"
    character = chr(character.encode()[0])  # the engine looks at bytes
    known = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\\": r"\\", "\a": r"\a", "\b": r"\b", "\f": r"\f", "\v": r"\v"}
    if character in known:
        return f"'{known[character]}'"
    if ord(character) < 0x20 or ord(character) == 0x7F:
        return f"'\\x{ord(character):02x}'"
    return f"'{character}'" if character.isprintable() else f"'\\u{ord(character):04x}'"


class _Scanner:
    """Finds the first character that cannot stand where it does."""

    def __init__(self, text: str, whole: bool) -> None:
        self.text = text
        self.end = END if whole else "unexpected EOF"
        self.at = 0

    def bad(self, where: str) -> BadJson:
        if self.at >= len(self.text):
            return BadJson(self.end)
        return BadJson(f"invalid character {_quoted(self.text[self.at])} {where}")

    def peek(self) -> str:
        while self.at < len(self.text) and self.text[self.at] in SPACE:
            self.at += 1
        return self.text[self.at] if self.at < len(self.text) else ""

    def expect(self, characters: str, where: str) -> str:
        found = self.text[self.at] if self.at < len(self.text) else ""
        if not found or found not in characters:
            raise self.bad(where)
        self.at += 1
        return found

    def string(self) -> None:
        self.at += 1
        while True:
            found = self.text[self.at] if self.at < len(self.text) else ""
            if not found or found < " ":
                raise self.bad("in string literal")
            self.at += 1
            if found == '"':
                return
            if found == "\\" and self.expect('"\\/bfnrtu', "in string escape code") == "u":
                for _ in range(4):
                    self.expect("0123456789abcdefABCDEF", "in \\u hexadecimal character escape")

    def number(self) -> None:
        digits = "0123456789"
        if self.text[self.at] == "-":
            self.at += 1
        if self.expect(digits, "in numeric literal") != "0":
            self.digits()
        if self.text[self.at : self.at + 1] == ".":
            self.at += 1
            self.expect(digits, "after decimal point in numeric literal")
            self.digits()
        if self.text[self.at : self.at + 1] in ("e", "E"):
            self.at += 1
            if self.text[self.at : self.at + 1] in ("+", "-"):
                self.at += 1
            self.expect(digits, "in exponent of numeric literal")
            self.digits()

    def digits(self) -> None:
        found = re.compile("[0-9]*").match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def literal(self) -> None:
        word = LITERALS[self.text[self.at]]
        self.at += 1
        for letter in word[1:]:
            self.expect(letter, f"in literal {word} (expecting '{letter}')")

    def key(self) -> None:
        if self.peek() != '"':
            raise self.bad("looking for beginning of object key string")
        self.string()
        self.peek()
        self.expect(":", "after object key")

    def walk(self) -> Iterator[None]:
        """One step a value; the stack says what is open."""
        stack: list[str] = []
        while True:
            found = self.peek()
            opened = False
            if found in ("{", "["):
                self.at += 1
                opened = self.peek() != {"{": "}", "[": "]"}[found]
                stack.append(found)
                if opened and found == "{":
                    self.key()
            elif found == '"':
                self.string()
            elif found and found in "-0123456789":
                self.number()
            elif found in LITERALS:
                self.literal()
            else:
                raise self.bad("looking for beginning of value")
            yield
            while not opened and stack:
                closing, where = ("}", "object key:value pair") if stack[-1] == "{" else ("]", "array element")
                self.peek()
                if self.expect("," + closing, f"after {where}") == ",":
                    if stack[-1] == "{":
                        self.key()
                    opened = True
                else:
                    stack.pop()
            if not opened:
                return


def _complaint(text: str, whole: bool) -> str:
    scanner = _Scanner(text, whole)
    try:
        for _ in scanner.walk():
            pass
    except BadJson as bad:
        return str(bad)
    return scanner.end
