"""What a shell holds: variables, arguments, functions, traps, descriptors; and how it speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..streams import Description, ended_reader
from ..system import System
from .expansion import ExpansionError
from .tree import Command

__all__ = ["State", "encoded"]


class State:
    """What one shell, or one of its subshells, holds.

    Parameters
    ----------
    system
        Its surroundings.
    name
        What ``$0`` gives.
    arguments
        ``$1`` and the following.
    dash
        Whether it speaks as dash does; else as BusyBox's ash.
    """

    def __init__(self, system: System, name: str, arguments: Sequence[str], *, dash: bool) -> None:
        self.system = system
        self.name = name
        self.arguments = list(arguments)
        self.dash = dash
        self.variables = dict(system.environment) | {"PWD": system.directory}
        if not dash:
            level = system.environment.get("SHLVL", "")
            self.variables["SHLVL"] = str(int(level) + 1 if level.isdigit() else 1)
        self.exported = set(self.variables)
        self.readonly: set[str] = set()
        self.options: set[str] = set()
        self.functions: dict[str, Command] = {}
        self.traps: dict[str, str] = {}
        self.caught: list[str] = []
        self.jobs: dict[int, asyncio.Task[int]] = {}
        self.last_job = ""
        self.status = 0
        self.directory = system.directory
        self.line = 1
        self.named = False
        """Whether ``$0`` was given with the script: ash then tells lines."""
        self.in_file = False
        """Whether the script is in a file, or comes from the standard input."""
        self.interactive = False
        self.descriptors: dict[int, Description] = {
            0: Description(system.stdin),
            1: Description(sink=system.write),
            2: Description(sink=system.error),
        }
        self.locals: list[dict[str, str | None]] = []
        self.loops = 0
        """How many loops are around."""
        self.tested = 0
        """Above 0 inside a condition: ``set -e`` looks away."""

    # --- variables ------------------------------------------------------------------------------------

    def value(self, name: str) -> str | None:
        """What a parameter holds; None when it is not set."""
        special = {
            "?": str(int(self.status)),
            "#": str(len(self.arguments)),
            "$": str(self.system.pid),
            "!": self.last_job,
            "-": "".join(sorted(self.options)),
            "0": self.name,
        }
        if name in special:
            return special[name]
        if name.isdigit():
            place = int(name) - 1
            return self.arguments[place] if place < len(self.arguments) else None
        if name in self.variables:
            return self.variables[name]
        return {"OPTIND": "1", "PS1": "# ", "PS2": "> "}.get(name)

    def assign(self, name: str, value: str) -> None:
        """Set a variable."""
        if name in self.readonly:
            raise ExpansionError(f"{name}: is read only")
        self.variables[name] = value
        if "a" in self.options:
            self.exported.add(name)

    def environment(self) -> dict[str, str]:
        """What programs are given, in the order of the shell's own table of variables."""
        names = sorted((name for name in self.variables if name in self.exported), key=_bucket)
        return {name: self.variables[name] for name in names}

    # --- what it says ---------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Write text."""
        if 1 in self.descriptors:
            self.descriptors[1].write(encoded(text))

    def complain(self, text: str, *, command: str = "", applet: bool = False) -> None:
        """Write a line of error, as this shell does.

        Parameters
        ----------
        command
            Which of the shell's own commands says it.
        applet
            Whether it speaks as a program of BusyBox does, which names itself only.
        """
        if self.dash:
            where = f"{self.name}: {self.line}: {f'{command}: ' if command else ''}"
        elif applet:
            where = "sh: "
        else:
            # ash counts the lines of sh -c from 0.
            told = (command or self.named) and not self.interactive
            line = f"line {self.line - (not self.in_file)}: " if told else ""
            where = f"{self.name}: {f'{command}: ' if command else ''}{line}"
        if 2 in self.descriptors:
            self.descriptors[2].write(encoded(f"{where}{text}\n"))

    def surroundings(self) -> System:
        """What a program would see that began here."""
        error, output = self.descriptors.get(2), self.descriptors.get(1)
        source = self.descriptors.get(0)
        return replace(
            self.system,
            environment=self.environment(),
            write=output.write if output else _nowhere,
            error=error.write if error else _nowhere,
            stdin=source.reader if source and source.reader else ended_reader(),
            directory=self.directory,
            handlers={},
            tty=self.system.tty and bool(output and output.sink is self.system.write),
        )

    def point(self, number: int, description: Description) -> None:
        """Have a descriptor lead there."""
        old = self.descriptors.pop(number, None)
        self.descriptors[number] = description
        if old is not None:
            old.release()

    def inherit(self, parent: State) -> None:
        """Begin with what another shell holds; the descriptors lead to the same."""
        self.variables, self.exported = dict(parent.variables), set(parent.exported)
        self.options, self.functions = set(parent.options), dict(parent.functions)
        self.readonly = set(parent.readonly)
        self.status, self.last_job, self.directory = parent.status, parent.last_job, parent.directory
        self.traps = {name: action for name, action in parent.traps.items() if not action}
        self.descriptors = {number: held.hold() for number, held in parent.descriptors.items()}
        self.line, self.tested, self.loops = parent.line, parent.tested, parent.loops
        self.named, self.in_file, self.interactive = parent.named, parent.in_file, parent.interactive

    def give_back(self, values: Mapping[str, tuple[str | None, bool]]) -> None:
        """Have variables hold what they held: name -> value, and whether programs are given it."""
        for name, (value, exported) in values.items():
            if value is None:
                self.variables.pop(name, None)
            else:
                self.variables[name] = value
            self.exported.discard(name)
            if exported:
                self.exported.add(name)


def encoded(text: str) -> bytes:
    """Bytes of a text of the shell."""
    return text.encode("utf-8", "surrogateescape")


def _bucket(name: str) -> int:
    """Where ash and dash keep a variable: both hash its name alike."""
    return (ord(name[0]) * 16 + sum(map(ord, name))) % 39


def _nowhere(data: bytes) -> None:
    """Written to a closed descriptor."""
