"""``sed``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .reading import lines_of, raw_of, text_of
from .sed_script import Command, Fault, read_script

__all__ = ["sed"]

MOST_TURNS = 100_000
"""Commands that one line may go through: a script that never ends is ended."""


async def sed(system: System, argv: Sequence[str]) -> int:
    """Edit lines."""
    options = read_options(argv, "inrEe:f:", long=("version", "quiet", "silent"))
    if "version" in options:
        system.say("This is not GNU sed version 4.0")
        return 0
    rest = list(options.rest)
    files = FileSystem(system)
    scripts = [value if name == "e" else text_of(files.read(value)) for name, value in options.given if name in "ef"]
    if not scripts:
        if not rest:
            raise Usage("")
        scripts = [rest.pop(0)]
    try:
        commands = read_script("\n".join(scripts), extended="r" in options or "E" in options)
        _check_jumps(commands)
    except Fault as err:
        system.complain(f"sed: {err}")
        return 1
    status = 0
    found: list[tuple[str, bytes]] = []
    for name in rest or ["-"]:
        try:
            found.append((name, await system.stdin.read(-1) if name == "-" else files.read(name)))
        except FileError as err:
            system.complain(f"sed: {name}: {err}")
            status = 1
    quiet = any(name in options for name in ("n", "quiet", "silent"))
    if "i" in options:
        for name, content in found:
            files.write(name, _Run(files, [content], commands, quiet=quiet).edited())
    else:
        system.write(_Run(files, [content for _, content in found], commands, quiet=quiet).edited())
    return status


def _check_jumps(commands: list[Command]) -> None:
    """See that each jump has its label.

    Raises
    ------
    Fault
    """

    def all_of(some: list[Command]) -> list[Command]:
        return [one for command in some for one in (command, *all_of(command.inside))]

    flat = all_of(commands)
    labels = {command.text for command in flat if command.letter == ":"}
    for command in flat:
        if command.letter in "btT" and command.text and command.text not in labels:
            raise Fault(f"can't find label for jump to '{command.text}'")


class _Jump(Exception):
    """To a label, to the end of the script, or back to its beginning."""

    def __init__(self, label: str = "", *, again: bool = False) -> None:
        super().__init__(label)
        self.label, self.again = label, again


class _Quit(Exception):
    """No more lines."""


class _Run:
    """One run of a script over lines."""

    def __init__(self, files: FileSystem, contents: list[bytes], commands: list[Command], *, quiet: bool) -> None:
        self.files, self.commands, self.quiet = files, commands, quiet
        self.lines = [text_of(line) for content in contents for line in lines_of(content)]
        self.number = 0
        self.space, self.hold, self.end = "", "", "\n"
        self.replaced = False
        self.after: list[str] = []
        self.outputs: dict[str, str] = {}
        self.said = ""
        self.last_pattern: re.Pattern[str] | None = None
        self.dropped = False
        """Whether the line is not written at the end of the script."""
        self.again = False
        """Whether what is left of the line goes through the script again."""

    def edited(self) -> bytes:
        """All that the script writes."""
        kept = False
        while (kept or self._read()) and self._cycle():
            kept = self.again
        for name, text in self.outputs.items():
            self.files.write(name, raw_of(text))
        return raw_of(self.said)

    def _read(self) -> bool:
        """The next line; False where there is none."""
        if self.number >= len(self.lines):
            return False
        line = self.lines[self.number]
        self.number += 1
        self.end = "\n" if line.endswith("\n") else ""
        self.space = line.removesuffix("\n")
        return True

    def _say(self, text: str, end: str = "\n") -> None:
        if self.said and not self.said.endswith("\n"):
            self.said += "\n"
        self.said += text + end

    def _cycle(self) -> bool:
        """The script once; False at the end of all."""
        self.again = False
        label = ""
        turns = 0
        try:
            while True:
                turns += 1
                if turns > MOST_TURNS:
                    raise _Quit
                try:
                    self._all(self.commands, label)
                    break
                except _Jump as jump:
                    if not jump.label:
                        self.again = jump.again
                        break
                    label = jump.label
        except _Quit:
            self._finish()
            return False
        self._finish()
        return True

    def _finish(self) -> None:
        if not self.dropped and not self.quiet:
            self._say(self.space, self.end)
        self.dropped = False
        for text in self.after:
            self._say(text, "")
        self.after = []

    def _all(self, commands: list[Command], label: str = "") -> None:
        """Run commands, from a label on where there is one."""
        for command in commands:
            if label:
                if command.letter == ":" and command.text == label:
                    label = ""
                continue
            if command.wanted(self.space, self.number, self.number == len(self.lines)):
                self._one(command)

    def _one(self, command: Command) -> None:
        letter = command.letter
        if letter == "{":
            self._all(command.inside)
        elif letter == "s":
            self._substitute(command)
        elif letter == "y":
            table = dict(zip(command.text, command.replacement, strict=False))
            self.space = "".join(table.get(char, char) for char in self.space)
        elif letter in "btT":
            if letter == "b" or self.replaced == (letter == "t"):
                self.replaced = False
                raise _Jump(command.text)
        elif letter in "dDc":
            self._drop(command)
        elif letter in "nN":
            self._next(letter)
        elif letter in "gGhHx":
            self._held(letter)
        else:
            self._write(command)

    def _write(self, command: Command) -> None:
        letter = command.letter
        if letter == "p":
            self._say(self.space)
        elif letter == "P":
            self._say(self.space.partition("\n")[0])
        elif letter == "=":
            self._say(str(self.number))
        elif letter == "i":
            self._say(command.text)
        elif letter == "a":
            self.after.append(command.text + "\n")
        elif letter == "r":
            if self.files.is_file(command.text):
                self.after.append(text_of(self.files.read(command.text)))
        elif letter == "w":
            self.outputs[command.text] = self.outputs.get(command.text, "") + self.space + "\n"
        elif letter == "q":
            raise _Quit

    def _drop(self, command: Command) -> None:
        if command.letter == "c":
            if command.last is None or command.until is None:
                self._say(command.text)
            self.dropped = True
            raise _Jump
        self.dropped = True
        if command.letter == "D" and "\n" in self.space:
            self.space = self.space.partition("\n")[2]
            raise _Jump(again=True)
        raise _Jump

    def _next(self, letter: str) -> None:
        if self.number >= len(self.lines):
            raise _Quit
        if letter == "n":
            if not self.quiet:
                self._say(self.space, self.end)
            self._read()
        else:
            before = self.space
            self._read()
            self.space = f"{before}\n{self.space}"

    def _held(self, letter: str) -> None:
        if letter == "g":
            self.space = self.hold
        elif letter == "G":
            self.space += "\n" + self.hold
        elif letter == "h":
            self.hold = self.space
        elif letter == "H":
            self.hold += "\n" + self.space
        else:
            self.space, self.hold = self.hold, self.space

    def _substitute(self, command: Command) -> None:
        pattern = command.pattern or self.last_pattern or (command.first.pattern if command.first else None)
        if pattern is None:
            return
        self.last_pattern = pattern
        wanted = int("".join(char for char in command.flags if char.isdigit()) or 0)
        counted = hits = 0

        def one(found: re.Match[str]) -> str:
            nonlocal counted, hits
            counted += 1
            if (wanted and counted < wanted) or (hits and "g" not in command.flags):
                return found[0]
            hits += 1
            return re.sub(
                r"\\(.)|&",
                lambda part: found[0] if part[0] == "&" else _part(found, part[1]),
                command.replacement,
                flags=re.DOTALL,
            )

        self.space = pattern.sub(one, self.space)
        if hits:
            self.replaced = True
            if "p" in command.flags:
                self._say(self.space, self.end)
            if "w" in command.flags:
                self.outputs[command.text] = self.outputs.get(command.text, "") + self.space + "\n"


def _part(found: re.Match[str], letter: str) -> str:
    if letter.isdigit():
        return found[int(letter)] or "" if int(letter) <= found.re.groups else ""
    return {"n": "\n", "t": "\t"}.get(letter, letter)
