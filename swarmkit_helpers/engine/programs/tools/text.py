"""Programs that show lines: ``cat``, ``head``, ``tail``, ``wc`` and others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Options, read_options
from ..system import System
from .reading import inputs, lines_of, number_of

__all__ = ["cat", "head", "tac", "tail", "tee", "wc"]

FOLLOW_S = 1.0
TAB = 8


async def cat(system: System, argv: Sequence[str]) -> int:
    """Write files one after the other."""
    options = read_options(argv, "nbvteAu")
    failed: list[str] = []
    letters = {letter for letter, _ in options.given} - {"u"}
    number = 0
    for name in options.rest or ["-"]:
        if name == "-" and not letters:
            while part := await system.stdin.read(65_536):
                system.write(part)
            continue
        async for _, content in inputs(system, "cat", [name], failed, opens=not letters & {"n", "b"}):
            if letters & {"n", "b"}:
                for line in lines_of(content):
                    counts = "n" in letters or line != b"\n"
                    number += counts
                    system.write((f"{number:6d}\t".encode() if counts else b"") + line.rstrip(b"\n") + b"\n")
            else:
                system.write(_visible(content, letters) if letters else content)
    return int(bool(failed))


def _visible(content: bytes, letters: set[str]) -> bytes:
    """``cat -v``, ``-t``, ``-e`` and ``-A``."""
    said = bytearray()
    for byte in content:
        low = byte & 127
        if byte == 10:
            said += b"$\n" if letters & {"e", "A"} else b"\n"
        elif byte == 9 and not letters & {"t", "A"}:
            said.append(byte)
        else:
            said += b"M-" if byte > 127 else b""
            said += b"^" + bytes([low ^ 64]) if low < 32 or low == 127 else bytes([low])
    return bytes(said)


def _amount(options: Options) -> tuple[int, str] | None:
    """The number of ``-n`` or ``-c``, and its sign; None where it is no number."""
    value = options.get("c") if "c" in options else options.get("n") or "10"
    sign = value[0] if value[:1] in ("-", "+") else ""
    number = number_of(value.removeprefix(sign))
    return None if number is None else (number, sign)


def _refused(system: System, applet: str, options: Options) -> int:
    value = options.get("c") if "c" in options else options.get("n")
    system.complain(f"{applet}: invalid number '{value.lstrip('+-')}'")
    return 1


def _with_number(argv: Sequence[str]) -> list[str]:
    """``-5`` -> ``-n 5``; for tail, ``+5`` too."""
    first = argv[1] if len(argv) > 1 else ""
    if re.fullmatch(r"-\d+", first) or (argv[0] == "tail" and re.fullmatch(r"\+\d+", first)):
        return [argv[0], "-n", first.removeprefix("-"), *argv[2:]]
    return list(argv)


async def head(system: System, argv: Sequence[str]) -> int:
    """The first lines."""
    options = read_options(_with_number(argv), "n:c:qv")
    amount = _amount(options)
    if amount is None:
        return _refused(system, "head", options)
    count, sign = amount
    most = None if sign == "-" and not count else -count if sign == "-" else count
    if not options.rest and "c" not in options and sign != "-":
        for _ in range(count):
            line = await system.stdin.readline()
            if not line:
                break
            system.write(line)
        return 0
    failed: list[str] = []
    headed = (len(options.rest) > 1 and "q" not in options) or "v" in options
    async for name, content in inputs(system, "head", options.rest, failed):
        if headed:
            system.say(f"{'' if name == options.rest[0] else chr(10)}==> {name} <==")
        system.write(content[:most] if "c" in options else b"".join(lines_of(content)[:most]))
    return int(bool(failed))


async def tail(system: System, argv: Sequence[str]) -> int:
    """The last lines; with ``-f``, those that come."""
    options = read_options(_with_number(argv), "n:c:fs:qvF")
    amount = _amount(options)
    if amount is None:
        return _refused(system, "tail", options)
    failed: list[str] = []
    opened = [(name, content) async for name, content in inputs(system, "tail", options.rest, failed, opens=True)]
    if not opened:
        system.complain("tail: no files")
        return 1
    headed = (len(opened) > 1 and "q" not in options) or "v" in options
    for place, (name, content) in enumerate(opened):
        if headed:
            system.say(f"{chr(10) if place else ''}==> {name} <==")
        system.write(_end(content, *amount, in_bytes="c" in options))
    if ("f" in options or "F" in options) and options.rest:
        await _follow(system, {name: len(content) for name, content in opened})
    return int(bool(failed))


def _end(content: bytes, count: int, sign: str, *, in_bytes: bool) -> bytes:
    if in_bytes:
        return content[max(0, count - 1) :] if sign == "+" else content[-count:] if count else b""
    lines = lines_of(content)
    return b"".join(lines[max(0, count - 1) :] if sign == "+" else lines[-count:] if count else [])


async def _follow(system: System, seen: dict[str, int]) -> None:
    """Write what comes at the end of files, for ever."""
    files = FileSystem(system)
    while True:
        await system.world.clock.sleep(FOLLOW_S)
        for name, size in seen.items():
            if files.is_file(name):
                content = files.read(name)
                if len(content) != size:
                    system.write(content[size if len(content) > size else 0 :])
                    seen[name] = len(content)


async def wc(system: System, argv: Sequence[str]) -> int:
    """Count lines, words and bytes."""
    options = read_options(argv, "clwLm")
    failed: list[str] = []
    wanted = [letter for letter in "lwmcL" if letter in options] or ["l", "w", "c"]
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
            "m": len(content),
            "L": max((len(line.rstrip(b"\n").expandtabs(TAB)) for line in lines_of(content)), default=0),
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
