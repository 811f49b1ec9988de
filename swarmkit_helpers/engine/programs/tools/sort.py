"""``sort``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key

from ..files import FileError, FileSystem
from ..options import Options, Usage, read_options, usage_of
from ..system import System
from .reading import inputs, lines_of, raw_of

__all__ = ["sort"]

KEY = re.compile(r"(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.(\d+))?([a-zA-Z]*))?")
NUMBER = re.compile(rb"\s*([-+]?\d+(\.\d+)?)")
MEANS = "bdfginMr"
"""Options that a key can have too."""


@dataclass(frozen=True)
class _Key:
    """What lines are compared by: fields from 1 on, characters in them; 0 for none."""

    first: int
    first_char: int
    last: int
    last_char: int
    letters: frozenset[str]


async def sort(system: System, argv: Sequence[str]) -> int:
    """Sort lines."""
    try:
        options = read_options(argv, "nrgMucszbdfik:t:o:T:")
    except Usage as err:
        system.error((f"sort: {err}\n" if str(err) else "").encode() + usage_of("sort").encode())
        return 2
    letters = frozenset(letter for letter, _ in options.given)
    keys = [_key(said, letters) for said in options.all("k")] or [_key("1", letters)]
    if None in keys:
        system.complain("sort: bad field specification")
        return 2
    failed: list[str] = []
    end = b"\0" if "z" in letters else b"\n"
    lines: list[bytes] = []
    async for _, content in inputs(system, "sort", options.rest, failed):
        if "z" in letters:
            lines += content.removesuffix(end).split(end) if content else []
        else:
            lines += [line.rstrip(b"\n") for line in lines_of(content)]
    if failed:
        return 2
    compare = _Comparison([key for key in keys if key], options, letters)
    if "c" in letters:
        return _checked(system, lines, compare)
    lines.sort(key=cmp_to_key(compare.compare))
    if "u" in letters:
        lines = [line for place, line in enumerate(lines) if not place or compare.by_keys(lines[place - 1], line)]
    written = b"".join(line + end for line in lines)
    if "o" not in letters:
        system.write(written)
        return 0
    try:
        FileSystem(system).write(options.get("o"), written)
    except FileError as err:
        system.complain(f"sort: can't open '{options.get('o')}': {err}")
        return 2
    return 0


def _checked(system: System, lines: list[bytes], compare: _Comparison) -> int:
    for place in range(1, len(lines)):
        order = compare.compare(lines[place - 1], lines[place])
        if order > 0 or (order == 0 and "u" in compare.letters):
            system.complain(f"Check line {place}")
            return 1
    return 0


def _key(said: str, letters: frozenset[str]) -> _Key | None:
    """One ``-k``; its own letters replace those of the whole."""
    found = KEY.fullmatch(said)
    if not found or not int(found[1]) or set(found[3] + (found[6] or "")) - set(MEANS):
        return None
    own = frozenset(found[3] + (found[6] or ""))
    numbers = [int(found[place] or 0) for place in (1, 2, 4, 5)]
    return _Key(numbers[0], numbers[1], numbers[2], numbers[3], own or letters)


class _Comparison:
    """Compares lines by keys, then whole."""

    def __init__(self, keys: list[_Key], options: Options, letters: frozenset[str]) -> None:
        self.keys, self.letters = keys, letters
        self.separator = raw_of(options.get("t"))[:1]

    def compare(self, one: bytes, other: bytes) -> int:
        """Below, at or above 0, as ``strcmp``."""
        order = self.by_keys(one, other)
        if order or "s" in self.letters:
            return order
        last = (one > other) - (one < other)
        return -last if "r" in self.letters else last

    def by_keys(self, one: bytes, other: bytes) -> int:
        """The same, of the keys alone."""
        for key in self.keys:
            a, b = self._part(one, key), self._part(other, key)
            order = (a > b) - (a < b)
            if order:
                return -order if "r" in key.letters else order
        return 0

    def _part(self, line: bytes, key: _Key) -> tuple[float, bytes]:
        start = self._place(line, key.first - 1)
        end = len(line)
        if key.last:
            end = self._place(line, key.last)
            if self.separator and line[end - 1 : end] == self.separator and end > start:
                end -= 1
        if "b" in key.letters:
            start += len(line[start:]) - len(line[start:].lstrip())
        if key.last_char:
            end = min(start + key.last_char, len(line))
        if key.first_char:
            start = min(start + key.first_char - 1, len(line))
        part = line[start : max(start, end)]
        if "f" in key.letters:
            part = part.upper()
        if "d" in key.letters:
            part = bytes(byte for byte in part if chr(byte).isalnum() or chr(byte).isspace())
        if key.letters & {"n", "g"}:
            number = NUMBER.match(part)
            return (float(number[1]) if number else 0.0), b""
        return 0.0, part

    def _place(self, line: bytes, fields: int) -> int:
        """Where so many fields have ended."""
        place = 0
        for _ in range(fields):
            if self.separator:
                found = line.find(self.separator, place)
                place = len(line) if found < 0 else found + 1
            else:
                found_field = re.compile(rb"\s*\S*").match(line, place)
                place = found_field.end() if found_field else place
        return place
