"""``grep``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..files import FileError, FileSystem
from ..options import Options, Usage, read_options
from ..system import System
from .expressions import regular
from .reading import lines_of, number_of, raw_of, text_of, whole

__all__ = ["grep"]


@dataclass(frozen=True)
class _Asked:
    """What is looked for, and how it is shown."""

    options: Options
    found: re.Pattern[bytes]
    after: int
    before: int
    most: int | None

    def has(self, letters: str) -> bool:
        """Whether one of these options was given."""
        return any(letter in self.options for letter in letters)


async def grep(system: System, argv: Sequence[str]) -> int:
    """Lines in which a pattern is found."""
    options = read_options(argv, "HhnlLoqvsrRiwFEzce:f:m:A:B:C:x")
    rest = list(options.rest)
    files = FileSystem(system)
    patterns = options.all("e")
    try:
        patterns += [line for name in options.all("f") for line in text_of(files.read(name)).splitlines()]
    except FileError as err:
        system.complain(f"grep: {options.get('f')}: {err}")
        return 2
    if "e" not in options and "f" not in options:
        if not rest:
            raise Usage("")
        patterns = [rest.pop(0)]
    numbers = {}
    for letter in "ABCm":
        numbers[letter] = number_of(options.get(letter) or "0")
        if numbers[letter] is None:
            system.complain(f"grep: invalid number '{options.get(letter)}'")
            return 2
    expression = _expression(system, patterns, options)
    if expression is None:
        return 2
    around = numbers["C"] or 0
    asked = _Asked(
        options,
        expression,
        max(numbers["A"] or 0, around),
        max(numbers["B"] or 0, around),
        numbers["m"] if "m" in options else None,
    )
    deep = asked.has("rR")
    if deep:
        rest = [path for name in rest or ["."] for path in _under(files, name)]
    named = ("H" in options or len(rest) > 1 or deep) and "h" not in options
    return await _each(system, rest or ["-"], asked, named=named)


def _expression(system: System, patterns: list[str], options: Options) -> re.Pattern[bytes] | None:
    """All patterns in one; None where one is wrong, which is told."""
    parts = []
    for pattern in "\n".join(patterns).split("\n"):
        try:
            said = re.escape(pattern) if "F" in options else regular(pattern, extended="E" in options)
            re.compile(said)
        except re.error:
            system.complain(f"grep: bad regex '{pattern}'")
            return None
        said = rf"(?<!\w)(?:{said})(?!\w)" if "w" in options else said
        parts.append(f"^(?:{said})$" if "x" in options else f"(?:{said})")
    return re.compile(raw_of("|".join(parts)), re.IGNORECASE if "i" in options else 0)


async def _each(system: System, names: list[str], asked: _Asked, *, named: bool) -> int:
    files = FileSystem(system)
    matched, failed = False, False
    for name in names:
        shown = "(standard input)" if name == "-" else name
        try:
            content = b"" if name != "-" and files.is_directory(name) else await whole(system, name)
        except FileError as err:
            failed = True
            if "s" not in asked.options:
                system.complain(f"grep: {name}: {err}")
            continue
        hit = _one(system, content, asked, f"{shown}:" if named else "", shown)
        matched = matched or hit
        if hit and "q" in asked.options:
            return 0
    return 2 if failed else int(not matched)


def _one(system: System, content: bytes, asked: _Asked, head: str, shown: str) -> bool:
    """Show what is found in one file; whether anything is."""
    options = asked.options
    counted, last_said, until = 0, -1, -1
    lines = [line.rstrip(b"\n") for line in lines_of(content)]

    def mark(number: int, sign: str) -> bytes:
        return raw_of(head[:-1] + sign if head else "") + (f"{number + 1}{sign}".encode() if "n" in options else b"")

    for number, line in enumerate(lines):
        if asked.most is not None and counted >= asked.most:
            break
        if (asked.found.search(line) is not None) == ("v" in options):
            if number <= until:
                system.write(mark(number, "-") + line + b"\n")
                last_said = number
            continue
        counted += 1
        if asked.has("ql"):
            break
        if asked.has("Lc"):
            continue
        if "o" in options:
            for one in asked.found.finditer(line) if "v" not in options else ():
                if one[0]:
                    system.write(mark(number, ":") + one[0] + b"\n")
            continue
        begins = max(last_said + 1, number - asked.before)
        if (asked.before or asked.after) and last_said >= 0 and begins > last_said + 1:
            system.say("--")
        for other in range(begins, number):
            system.write(mark(other, "-") + lines[other] + b"\n")
        system.write(mark(number, ":") + line + b"\n")
        last_said, until = number, number + asked.after
    if "c" in options:
        system.say(f"{head}{counted}")
    if ("l" in options and counted) or ("L" in options and not counted):
        system.say(shown)
    return bool(counted)


def _under(files: FileSystem, name: str) -> list[str]:
    if not files.is_directory(name):
        return [name]
    return [path for child in files.list(name) for path in _under(files, f"{name.rstrip('/')}/{child}")]
