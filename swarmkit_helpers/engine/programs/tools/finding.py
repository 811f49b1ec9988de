"""``find``."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field

from .. import catalogue
from ..files import FileSystem
from ..system import System

__all__ = ["find"]


class _Fault(Exception):
    """The command line is wrong."""


@dataclass
class _Asked:
    """What is looked for, and what is done with it."""

    names: list[str] = field(default_factory=list)
    kind: str = ""
    deepest: int = 10**6
    shallowest: int = 0
    command: list[str] = field(default_factory=list)


def _asked(words: list[str]) -> _Asked:
    asked = _Asked()
    while words:
        option = words.pop(0)
        if option == "-print":
            continue
        if option not in ("-name", "-type", "-maxdepth", "-mindepth", "-exec"):
            raise _Fault(f"unrecognized: {option}")
        if not words:
            raise _Fault(f"option requires an argument -- '{option[1:]}'")
        if option == "-exec":
            end = next((place for place, word in enumerate(words) if word in (";", "+")), None)
            if end is None:
                raise _Fault("-exec CMD must end by ';'")
            asked.command, words = words[:end], words[end + 1 :]
            continue
        value = words.pop(0)
        if option == "-name":
            asked.names.append(value)
        elif option == "-type":
            asked.kind = value
        elif not value.isdigit():
            raise _Fault(f"invalid number '{value}'")
        elif option == "-maxdepth":
            asked.deepest = int(value)
        else:
            asked.shallowest = int(value)
    return asked


async def find(system: System, argv: Sequence[str]) -> int:
    """List what is under directories, by name and kind, or run a program on each."""
    words = list(argv[1:])
    starts: list[str] = []
    while words and not words[0].startswith("-"):
        starts.append(words.pop(0))
    try:
        asked = _asked(words)
    except _Fault as err:
        system.complain(f"find: {err}")
        return 1
    files = FileSystem(system)
    status = 0
    for start in starts or ["."]:
        if not files.exists(start):
            system.complain(f"find: {start}: No such file or directory")
            status = 1
            continue
        for path in _under(files, start, 0, asked):
            if not asked.command:
                system.say(path)
                continue
            call = [word.replace("{}", path) for word in asked.command]
            await catalogue.run(catalogue.child(system, call), call)
    return status


def _under(files: FileSystem, path: str, depth: int, asked: _Asked) -> list[str]:
    folder = files.is_directory(path)
    kind = "d" if folder else "p" if files.is_fifo(path) else "f"
    name = posixpath.basename(path) or path
    is_wanted = asked.kind in ("", kind) and all(fnmatch.fnmatchcase(name, pattern) for pattern in asked.names)
    found = [path] if is_wanted and depth >= asked.shallowest else []
    for child in files.list(path) if folder and depth < asked.deepest else ():
        found += _under(files, f"{path.rstrip('/')}/{child}", depth + 1, asked)
    return found
