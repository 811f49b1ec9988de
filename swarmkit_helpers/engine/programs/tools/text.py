"""Programs that show lines: ``cat``, ``head``, ``tail``, ``wc`` and others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Options, read_options
from ..system import System
from .reading import inputs, lines_of, text_of

__all__ = ["cat", "head", "tac", "tail", "tee", "wc"]

FOLLOW_S = 1.0


async def cat(system: System, argv: Sequence[str]) -> int:
    """Write files one after the other."""
    options = read_options(argv, "nbvteAEu")
    failed: list[str] = []
    number = 0
    for name in options.rest or ["-"]:
        if name == "-" and not ({"n", "b"} & {option for option, _ in options.given}):
            while part := await system.stdin.read(65_536):
                system.write(part)
            continue
        async for _, content in inputs(system, "cat", [name], failed):
            if "n" in options or "b" in options:
                for line in lines_of(content):
                    number += 1
                    system.write(f"{number:6d}\t".encode() + line)
            else:
                system.write(content)
    return int(bool(failed))


def _count(options: Options, letter: str, default: int) -> tuple[int, bool]:
    """The number of an option, and whether it has a plus sign."""
    value = options.get(letter) or str(default)
    digits = value.lstrip("+-")
    if not digits.isdigit():
        raise _NotANumber(value)
    return int(digits), value.startswith("+")


class _NotANumber(Exception):
    """An option's value is no number."""


def _with_number(argv: Sequence[str]) -> list[str]:
    """``-5`` -> ``-n 5``."""
    return [part for word in argv for part in (["-n", word[1:]] if re.fullmatch(r"-\d+", word) else [word])]


async def head(system: System, argv: Sequence[str]) -> int:
    """The first lines."""
    options = read_options(_with_number(argv), "n:c:qv")
    failed: list[str] = []
    try:
        lines, _ = _count(options, "n", 10)
    except _NotANumber as err:
        system.complain(f"head: invalid number '{err}'")
        return 1
    several = len(options.rest) > 1 and "q" not in options
    if not options.rest and "c" not in options:
        for _ in range(lines):
            line = await system.stdin.readline()
            if not line:
                break
            system.write(line)
        return 0
    first = True
    async for name, content in inputs(system, "head", options.rest, failed):
        if several:
            system.say(f"{'' if first else chr(10)}==> {name} <==")
        first = False
        if "c" in options:
            system.write(content[: int(options.get("c"))])
        else:
            system.write(b"".join(lines_of(content)[:lines]))
    return int(bool(failed))


async def tail(system: System, argv: Sequence[str]) -> int:
    """The last lines; with ``-f``, those that come."""
    options = read_options(_with_number(argv), "n:c:fs:qvF")
    failed: list[str] = []
    try:
        lines, from_start = _count(options, "n", 10)
    except _NotANumber as err:
        system.complain(f"tail: invalid number '{err}'")
        return 1
    several = len(options.rest) > 1
    seen: dict[str, int] = {}
    first = True
    async for name, content in inputs(system, "tail", options.rest, failed):
        if several:
            system.say(f"{'' if first else chr(10)}==> {name} <==")
        first = False
        seen[name] = len(content)
        if "c" in options:
            size = int(options.get("c").lstrip("+-"))
            system.write(content[-size:] if size else b"")
        else:
            split = lines_of(content)
            system.write(b"".join(split[max(0, lines - 1) :] if from_start else split[-lines:] if lines else []))
    if failed and not seen:
        system.complain("tail: no files")
        return 1
    files = FileSystem(system)
    while ("f" in options or "F" in options) and options.rest:
        await system.world.clock.sleep(FOLLOW_S)
        for name, size in seen.items():
            if files.is_file(name):
                content = files.read(name)
                if len(content) != size:
                    system.write(content[size if len(content) > size else 0 :])
                    seen[name] = len(content)
    return int(bool(failed))


async def wc(system: System, argv: Sequence[str]) -> int:
    """Count lines, words and bytes."""
    options = read_options(argv, "clwLm")
    failed: list[str] = []
    wanted = [letter for letter in "lwcmL" if letter in options] or ["l", "w", "c"]
    totals = dict.fromkeys(wanted, 0)

    def say(counts: dict[str, int], name: str) -> None:
        wide = len(wanted) > 1 or len(options.rest) > 1
        said = " ".join(f"{counts[letter]:9d}" if wide else str(counts[letter]) for letter in wanted)
        system.say(f"{said} {name}" if name else said)

    async for name, content in inputs(system, "wc", options.rest, failed):
        counts = {
            "l": content.count(b"\n"),
            "w": len(content.split()),
            "c": len(content),
            "m": len(text_of(content)),
            "L": max((len(line.rstrip(b"\n")) for line in lines_of(content)), default=0),
        }
        totals = {letter: totals[letter] + counts[letter] for letter in wanted}
        say(counts, name if options.rest else "")
    if len(options.rest) > 1:
        say(totals, "total")
    return int(bool(failed))


async def tac(system: System, argv: Sequence[str]) -> int:
    """Lines from the last to the first."""
    failed: list[str] = []
    async for _, content in inputs(system, "tac", read_options(argv, "").rest, failed):
        system.write(b"".join(reversed(lines_of(content))))
    return int(bool(failed))


async def tee(system: System, argv: Sequence[str]) -> int:
    """Write to files and to the standard output."""
    options = read_options(argv, "ai")
    files = FileSystem(system)
    status = 0
    good = []
    for name in options.rest:
        try:
            files.write(name, b"", append="a" in options)
            good.append(name)
        except FileError as err:
            system.complain(f"tee: {name}: {err}")
            status = 1
    while part := await system.stdin.read(65_536):
        system.write(part)
        for name in good:
            files.write(name, part, append=True)
    return status
