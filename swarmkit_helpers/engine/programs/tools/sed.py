"""``sed``: its usual commands; the others are refused by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .expressions import basic

__all__ = ["sed"]


class _Fault(Exception):
    """The script is wrong."""


@dataclass
class _Address:
    """A line's number, the last line (0), or a pattern."""

    number: int | None = None
    pattern: re.Pattern[str] | None = None

    def hits(self, line: str, number: int, last: bool) -> bool:
        """Whether the line is that one."""
        if self.pattern is not None:
            return self.pattern.search(line) is not None
        return last if self.number == 0 else number == self.number


@dataclass
class _Command:
    """One command of a script."""

    letter: str
    first: _Address | None = None
    last: _Address | None = None
    negated: bool = False
    pattern: re.Pattern[str] | None = None
    replacement: str = ""
    flags: str = ""
    text: str = ""
    inside: bool = False

    def wanted(self, line: str, number: int, last: bool) -> bool:
        """Whether it is for that line."""
        if self.first is None:
            return not self.negated
        if self.last is None:
            return self.first.hits(line, number, last) != self.negated
        if not self.inside:
            hit = self.first.hits(line, number, last)
            over = self.last.number is not None and 0 < self.last.number <= number
            self.inside = hit and not over
        else:
            hit = True
            self.inside = not self.last.hits(line, number, last)
        return hit != self.negated


class _Script:
    """Reads commands."""

    def __init__(self, text: str, *, extended: bool) -> None:
        self.text, self.place, self.extended = text, 0, extended

    def commands(self) -> list[_Command]:
        found: list[_Command] = []
        while True:
            while self.place < len(self.text) and self.text[self.place] in " \t\n;":
                self.place += 1
            if self.place >= len(self.text):
                return found
            found.append(self._command())

    def _command(self) -> _Command:
        first = self._address()
        last = None
        if first is not None and self.text[self.place : self.place + 1] == ",":
            self.place += 1
            last = self._address()
            if last is None:
                raise _Fault("unexpected ','")
        while self.text[self.place : self.place + 1] == " ":
            self.place += 1
        negated = self.text[self.place : self.place + 1] == "!"
        self.place += negated
        letter = self.text[self.place : self.place + 1]
        self.place += 1
        command = _Command(letter, first, last, negated)
        if not letter:
            raise _Fault("missing command")
        if letter == "s":
            self._substitution(command)
        elif letter in "aic":
            end = self.text.find("\n", self.place)
            end = len(self.text) if end < 0 else end
            command.text = self.text[self.place : end].lstrip().removeprefix("\\").lstrip("\n")
            self.place = end
        elif letter not in "pdqD=":
            raise _Fault(f"unsupported command {letter}")
        return command

    def _delimited(self, delimiter: str) -> str:
        said = ""
        while self.place < len(self.text):
            char = self.text[self.place]
            self.place += 1
            if char == delimiter:
                return said
            if char == "\\" and self.place < len(self.text):
                following = self.text[self.place]
                self.place += 1
                said += following if following == delimiter else "\\" + following
            else:
                said += char
        raise _Fault(f"unmatched '{delimiter}'")

    def _pattern(self, text: str, flags: int = 0) -> re.Pattern[str]:
        try:
            return re.compile(text if self.extended else basic(text), flags)
        except re.error:
            raise _Fault(f"bad regex '{text}'") from None

    def _substitution(self, command: _Command) -> None:
        delimiter = self.text[self.place : self.place + 1]
        if not delimiter or delimiter in "\n\\":
            raise _Fault("bad format in substitution expression")
        self.place += 1
        pattern = self._delimited(delimiter)
        command.replacement = self._delimited(delimiter)
        while self.place < len(self.text) and self.text[self.place] in "gpiI0123456789":
            command.flags += self.text[self.place]
            self.place += 1
        command.pattern = self._pattern(pattern, re.IGNORECASE if "i" in command.flags.lower() else 0)

    def _address(self) -> _Address | None:
        char = self.text[self.place : self.place + 1]
        if char == "$":
            self.place += 1
            return _Address(0)
        if char == "/":
            self.place += 1
            return _Address(pattern=self._pattern(self._delimited("/")))
        found = re.compile(r"\d+").match(self.text, self.place)
        if found:
            self.place = found.end()
            return _Address(int(found[0]))
        return None


def _replaced(command: _Command, line: str) -> tuple[str, bool]:
    assert command.pattern is not None
    wanted = int("".join(char for char in command.flags if char.isdigit()) or 0)
    counted = 0

    def one(found: re.Match[str]) -> str:
        nonlocal counted
        counted += 1
        if wanted and counted != wanted and not ("g" in command.flags and counted > wanted):
            return found[0]
        return re.sub(
            r"\\(.)|&",
            lambda part: found[0] if part[0] == "&" else _part(found, part[1]),
            command.replacement,
            flags=re.DOTALL,
        )

    text = command.pattern.sub(one, line, count=0 if "g" in command.flags or wanted else 1)
    return text, counted > 0


def _part(found: re.Match[str], letter: str) -> str:
    if letter.isdigit():
        return found[int(letter)] or "" if int(letter) <= (found.re.groups) else ""
    return {"n": "\n", "t": "\t"}.get(letter, letter)


async def sed(system: System, argv: Sequence[str]) -> int:
    """Edit lines."""
    options = read_options(argv, "inrEse:f:")
    rest = list(options.rest)
    scripts = options.all("e")
    if not scripts:
        if not rest:
            raise Usage("")
        scripts = [rest.pop(0)]
    try:
        commands = _Script("\n".join(scripts), extended="r" in options or "E" in options).commands()
    except _Fault as err:
        system.complain(f"sed: {err}")
        return 1
    files = FileSystem(system)
    status = 0
    whole: list[tuple[str, str]] = []
    for name in rest or ["-"]:
        try:
            raw = await system.stdin.read(-1) if name == "-" else files.read(name)
        except FileError as err:
            system.complain(f"sed: {name}: {err}")
            status = 1
            continue
        whole.append((name, raw.decode("utf-8", "surrogateescape")))
    if "i" in options:
        for name, text in whole:
            files.write(name, _edited(text, commands, quiet="n" in options).encode("utf-8", "surrogateescape"))
        return status
    said = _edited("".join(text for _, text in whole), commands, quiet="n" in options)
    system.write(said.encode("utf-8", "surrogateescape"))
    return status


def _edited(text: str, commands: list[_Command], *, quiet: bool) -> str:
    lines = text.split("\n")
    ended = lines[-1] == ""
    lines = lines[:-1] if ended else lines
    said: list[str] = []
    for number, original in enumerate(lines, 1):
        line, last, dropped, ends = original, number == len(lines), False, False
        after: list[str] = []
        for command in commands:
            if not command.wanted(line, number, last):
                continue
            if command.letter == "s":
                line, changed = _replaced(command, line)
                if changed and "p" in command.flags:
                    said.append(line)
            elif command.letter == "p":
                said.append(line)
            elif command.letter == "=":
                said.append(str(number))
            elif command.letter == "a":
                after.append(command.text)
            elif command.letter == "i":
                said.append(command.text)
            elif command.letter == "q":
                ends = True
                break
            else:
                if command.letter == "c":
                    said.append(command.text)
                dropped = True
                break
        if not dropped and not quiet:
            said.append(line)
        said += after
        if ends:
            break
    return "".join(f"{line}\n" for line in said) if ended or not said else "\n".join(said)
