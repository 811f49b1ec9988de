"""Programs that sort, cut and replace: ``sort``, ``uniq``, ``cut``, ``tr``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..options import Usage, read_options
from ..system import System
from .reading import inputs, lines_of, raw_of, text_of, whole

__all__ = ["cut", "sort", "tr", "uniq"]


async def sort(system: System, argv: Sequence[str]) -> int:
    """Sort lines."""
    options = read_options(argv, "nrgMucszbdfiokth:t:k:o:")
    failed: list[str] = []
    lines: list[bytes] = []
    async for _, content in inputs(system, "sort", options.rest, failed):
        lines += [line.rstrip(b"\n") for line in lines_of(content)]

    def key(line: bytes) -> tuple[float, bytes]:
        chosen = line
        if "k" in options:
            fields = line.split(raw_of(options.get("t"))) if "t" in options else line.split()
            place = int(re.match(r"\d+", options.get("k") or "1")[0]) - 1  # type: ignore[index]
            chosen = fields[place] if place < len(fields) else b""
        chosen = chosen.lower() if "f" in options else chosen
        number = re.match(rb"\s*-?\d+(\.\d+)?", chosen) if "n" in options or "g" in options else None
        return float(number[0]) if number else 0.0, chosen

    lines.sort(key=key, reverse="r" in options)
    if "u" in options:
        lines = list(dict.fromkeys(lines))
    system.write(b"".join(line + b"\n" for line in lines))
    return int(bool(failed))


async def uniq(system: System, argv: Sequence[str]) -> int:
    """Lines without those that repeat the one before."""
    options = read_options(argv, "cdu")
    groups: list[tuple[bytes, int]] = []
    for line in lines_of(await whole(system, options.rest[0] if options.rest else "-")):
        line = line.rstrip(b"\n")
        if groups and groups[-1][0] == line:
            groups[-1] = (line, groups[-1][1] + 1)
        else:
            groups.append((line, 1))
    for line, count in groups:
        if ("d" in options and count == 1) or ("u" in options and count > 1):
            continue
        system.write((f"{count:7d} ".encode() if "c" in options else b"") + line + b"\n")
    return 0


async def cut(system: System, argv: Sequence[str]) -> int:
    """Parts of each line."""
    options = read_options(argv, "b:c:d:f:sn")
    ranges = options.get("f") or options.get("c") or options.get("b")
    if not ranges:
        system.complain("cut: expected a list of bytes, characters, or fields")
        return 1
    failed: list[str] = []

    def kept_places(count: int) -> list[int]:
        places: set[int] = set()
        for one in ranges.split(","):
            first, dash, last = one.partition("-")
            begin, end = int(first or 1), int(last) if last else count if dash else int(first or 1)
            places |= set(range(begin, min(end, count) + 1))
        return sorted(places)

    delimiter = options.get("d") or "\t"
    async for _, content in inputs(system, "cut", options.rest, failed):
        for raw in lines_of(content):
            line = text_of(raw.rstrip(b"\n"))
            if "f" in options:
                fields = line.split(delimiter)
                if len(fields) == 1:
                    if "s" not in options:
                        system.write(raw_of(line) + b"\n")
                    continue
                chosen = delimiter.join(fields[place - 1] for place in kept_places(len(fields)))
            else:
                chosen = "".join(line[place - 1] for place in kept_places(len(line)))
            system.write(raw_of(chosen) + b"\n")
    return int(bool(failed))


async def tr(system: System, argv: Sequence[str]) -> int:
    """Replace, squeeze or delete characters."""
    options = read_options(argv, "cCds", first=True)
    if not options.rest:
        raise Usage("")
    first = _characters(options.rest[0])
    second = _characters(options.rest[1]) if len(options.rest) > 1 else ""
    complement = "c" in options or "C" in options
    said: list[str] = []
    for char in text_of(await whole(system, "-")):
        hit = (char in first) != complement
        if hit and "d" in options:
            continue
        if hit and second:
            place = len(second) - 1 if complement else min(first.index(char), len(second) - 1)
            char = second[place]
        squeezed = second or first
        if "s" in options and said and said[-1] == char and (char in squeezed) != (complement and not second):
            continue
        said.append(char)
    system.write(raw_of("".join(said)))
    return 0


def _characters(text: str) -> str:
    text = re.sub(
        r"\[:(\w+):\]",
        lambda found: {
            "space": " \t\n\r\f\v",
            "upper": "A-Z",
            "lower": "a-z",
            "digit": "0-9",
            "alpha": "A-Za-z",
            "alnum": "0-9A-Za-z",
        }.get(found[1], ""),
        text,
    )
    text = re.sub(
        r"\\([nrt\\0])", lambda found: {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}.get(found[1], found[1]), text
    )
    return re.sub(
        r"(.)-(.)", lambda found: "".join(map(chr, range(ord(found[1]), ord(found[2]) + 1))), text, flags=re.S
    )
