"""From the text of a script of ``sed`` to its commands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .expressions import regular

__all__ = ["Address", "Command", "Fault", "read_script"]

ALONE = "dDpPnNgGhHxl="
"""Commands that take nothing."""


class Fault(Exception):
    """The script is wrong."""


@dataclass
class Address:
    """A line's number, the last line (-1), or a pattern; ``+N`` counts lines after the first."""

    number: int | None = None
    more: int | None = None
    pattern: re.Pattern[str] | None = None
    """None beside a `number` of None: the pattern that was last used."""

    def hits(self, line: str, number: int, last: bool) -> bool:
        """Whether the line is that one."""
        if self.pattern is not None:
            return self.pattern.search(line) is not None
        return last if self.number == -1 else number == self.number


@dataclass
class Command:
    """One command; ``{`` holds others."""

    letter: str
    first: Address | None = None
    last: Address | None = None
    negated: bool = False
    pattern: re.Pattern[str] | None = None
    replacement: str = ""
    flags: str = ""
    text: str = ""
    """What ``a``, ``i``, ``c`` write; a label; a file; an exit code; the characters of ``y``."""
    inside: list[Command] = field(default_factory=list)
    until: int | None = None
    """In a range: its last line, or 0 until its last address is met."""

    def wanted(self, line: str, number: int, last: bool) -> bool:
        """Whether it is for that line."""
        if self.first is None:
            return not self.negated
        if self.last is None:
            return self.first.hits(line, number, last) != self.negated
        if self.until is None:
            hit = self.first.hits(line, number, last)
            if hit:
                self.until = self._end(number)
                if 0 < self.until <= number:
                    self.until = None
        else:
            hit = not 0 < self.until < number
            if self.until == number or (self.until == 0 and self.last.hits(line, number, last)) or not hit:
                self.until = None
        return hit != self.negated

    def _end(self, number: int) -> int:
        assert self.last is not None
        if self.last.more is not None:
            return number + self.last.more
        # A range that ends before it begins is one line.
        return max(self.last.number, 1) if self.last.number is not None and self.last.number >= 0 else 0


def read_script(text: str, *, extended: bool) -> list[Command]:
    """Read commands.

    Raises
    ------
    Fault
    """
    return _Reader(text, extended=extended).commands(inside=False)


class _Reader:
    def __init__(self, text: str, *, extended: bool) -> None:
        self.text, self.place, self.extended = text, 0, extended

    def commands(self, *, inside: bool) -> list[Command]:
        found: list[Command] = []
        while True:
            self._skip(" \t\n;")
            char = self._char()
            if not char:
                if inside and not found:
                    raise Fault("unterminated {")
                return found
            if char == "}":
                self.place += 1
                if inside:
                    return found
                continue
            if char == "#":
                self._line()
                continue
            found.append(self._command())

    def _char(self) -> str:
        return self.text[self.place : self.place + 1]

    def _skip(self, chars: str) -> None:
        while self._char() and self._char() in chars:
            self.place += 1

    def _line(self) -> str:
        end = self.text.find("\n", self.place)
        end = len(self.text) if end < 0 else end
        said, self.place = self.text[self.place : end], end
        return said

    def _command(self) -> Command:
        first = self._address()
        last = None
        if first is not None and self._char() == ",":
            self.place += 1
            last = self._address(second=True)
            if last is None:
                raise Fault("unexpected ','")
        self._skip(" ")
        negated = self._char() == "!"
        self.place += negated
        self._skip(" ")
        command = Command(self._char(), first, last, negated)
        self.place += 1
        self._rest(command)
        return command

    def _rest(self, command: Command) -> None:
        letter = command.letter
        if letter == "s":
            self._substitution(command)
        elif letter == "y":
            self._characters(command)
        elif letter and letter in "aic":
            command.text = self._written()
        elif letter == "{":
            command.inside = self.commands(inside=True)
        elif letter and letter in ":btT":
            self._skip(" ")
            found = re.compile(r"[^\s;}]*").match(self.text, self.place)
            command.text = found[0] if found else ""
            self.place += len(command.text)
        elif letter and letter in "rw":
            command.text = self._line().strip()
        elif letter == "q" or (letter and letter in ALONE):
            self._end_of_command()
        else:
            raise Fault(f"unsupported command {letter}" if letter else "missing command")

    def _end_of_command(self) -> None:
        self._skip(" ")
        if self._char() and self._char() not in ";\n}#":
            raise Fault("missing command")

    def _written(self) -> str:
        """The text of ``a``, ``i``, ``c``: up to the end of a line that no backslash ends."""
        self._skip(" \t")
        if self._char() == "\\":
            self.place += 1
            self._skip(" \t")
            if self._char() == "\n":
                self.place += 1
        lines = [self._line()]
        while lines[-1].endswith("\\") and self._char():
            self.place += 1
            lines.append(self._line())
        return "\n".join(line.removesuffix("\\") for line in lines)

    def _delimited(self, delimiter: str) -> str:
        said, in_set = "", False
        while self.place < len(self.text):
            char = self.text[self.place]
            self.place += 1
            if char == delimiter and not in_set:
                return said
            if char == "[" and not in_set:
                in_set = True
                found = re.compile(r"\^?\]?").match(self.text, self.place)
                said += "[" + (found[0] if found else "")
                self.place += len(found[0]) if found else 0
            elif char == "]":
                in_set = False
                said += char
            elif char == "\\" and self.place < len(self.text):
                following = self.text[self.place]
                self.place += 1
                said += following if following == delimiter and following not in "|(){}" else "\\" + following
            else:
                said += char
        raise Fault(f"unmatched '{delimiter}'")

    def _replacement(self, delimiter: str) -> str:
        found = re.compile(rf"((?:\\.|[^\\])*?){re.escape(delimiter)}", re.DOTALL).match(self.text, self.place)
        if not found:
            raise Fault(f"unmatched '{delimiter}'")
        self.place = found.end()
        return found[1]

    def _pattern(self, text: str, flags: int = 0) -> re.Pattern[str] | None:
        if not text:
            return None
        # BusyBox reads these two before the expression.
        read = re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t"}.get(one[1], one[0]), text, flags=re.DOTALL)
        try:
            return re.compile(regular(read, extended=self.extended), flags)
        except re.error as err:
            why = "Unmatched ( or \\(" if "subpattern" in str(err) or "parenthesis" in str(err) else "Invalid regexp"
            raise Fault(f"bad regex '{text}': {why}") from None

    def _substitution(self, command: Command) -> None:
        delimiter = self._char()
        if not delimiter or delimiter in "\n\\":
            raise Fault("bad format in substitution expression")
        self.place += 1
        pattern = self._delimited(delimiter)
        command.replacement = self._replacement(delimiter)
        while self._char() and self._char() in "gpiIwe0123456789":
            command.flags += self._char()
            self.place += 1
            if command.flags[-1] == "w":
                command.text = self._line().strip()
        self._skip(" ")
        if self._char() and self._char() not in ";\n}#":
            raise Fault("bad option in substitution expression")
        command.pattern = self._pattern(pattern, re.IGNORECASE if "i" in command.flags.lower() else 0)

    def _characters(self, command: Command) -> None:
        delimiter = self._char()
        if not delimiter or delimiter in "\n\\":
            raise Fault("bad format in substitution expression")
        self.place += 1
        command.text, command.replacement = self._delimited(delimiter), self._delimited(delimiter)

    def _address(self, *, second: bool = False) -> Address | None:
        char = self._char()
        if char == "$":
            self.place += 1
            return Address(-1)
        if char in ("/", "\\") and char:
            delimiter = char if char == "/" else self.text[self.place + 1 : self.place + 2]
            self.place += 1 if char == "/" else 2
            pattern = self._delimited(delimiter)
            ignores = self._char() == "I"
            self.place += ignores
            return Address(pattern=self._pattern(pattern, re.IGNORECASE if ignores else 0))
        found = re.compile(r"\+(\d+)" if second and char == "+" else r"(\d+)").match(self.text, self.place)
        if not found:
            return None
        self.place = found.end()
        if char == "+":
            return Address(more=int(found[1]))
        return Address(int(found[1]))
