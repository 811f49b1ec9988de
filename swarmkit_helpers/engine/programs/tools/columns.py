"""Programs on the parts of lines: ``cut``, ``tr``, ``uniq``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Usage, read_options
from ..system import System
from .reading import inputs, lines_of, raw_of, whole

__all__ = ["cut", "tr", "uniq"]

CLASSES = {
    "space": b"\t\n\v\f\r ",
    "blank": b" \t",
    "upper": bytes(range(65, 91)),
    "lower": bytes(range(97, 123)),
    "digit": bytes(range(48, 58)),
    "alpha": bytes([*range(65, 91), *range(97, 123)]),
    "alnum": bytes([*range(48, 58), *range(65, 91), *range(97, 123)]),
    "punct": bytes([*range(33, 48), *range(58, 65), *range(91, 97), *range(123, 127)]),
    "xdigit": b"0123456789ABCDEFabcdef",
}
ESCAPES = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}


async def uniq(system: System, argv: Sequence[str]) -> int:
    """Lines without those that repeat the one before."""
    options = read_options(argv, "cduif:s:w:z")
    name = options.rest[0] if options.rest else "-"
    fields, chars, width = (int(options.get(letter) or 0) for letter in "fsw")

    def compared(line: bytes) -> bytes:
        part = re.sub(rb"^(?:\s*\S*){%d}" % fields, b"", line)[chars:]
        part = part[:width] if width else part
        return part.lower() if "i" in options else part

    try:
        content = await whole(system, name)
    except FileError as err:
        system.complain(f"uniq: can't open '{name}': {err}")
        return 1
    groups: list[tuple[bytes, int]] = []
    for line in lines_of(content):
        line = line.rstrip(b"\n")
        if groups and compared(groups[-1][0]) == compared(line):
            groups[-1] = (groups[-1][0], groups[-1][1] + 1)
        else:
            groups.append((line, 1))
    said = b"".join(
        (f"{count:7d} ".encode() if "c" in options else b"") + line + b"\n"
        for line, count in groups
        if not (("d" in options and count == 1) or ("u" in options and count > 1))
    )
    if len(options.rest) > 1:
        FileSystem(system).write(options.rest[1], said)
    else:
        system.write(said)
    return 0


async def cut(system: System, argv: Sequence[str]) -> int:
    """Parts of each line."""
    options = read_options(argv, "b:c:d:f:sn")
    said = options.get("f") or options.get("c") or options.get("b")
    if not said:
        system.complain("cut: expected a list of bytes, characters, or fields")
        return 1
    ranges = []
    for one in said.split(","):
        first, dash, last = one.partition("-")
        wrong = next((part for part in (first, last) if part and not part.isdigit()), None)
        if wrong is not None:
            system.complain(f"cut: invalid number '{wrong}'")
            return 1
        begin = max(0, int(first or 1) - 1)
        # BusyBox reads a range that ends before it begins as one place.
        end = max(int(last), begin + 1 if int(last) <= begin else 0) if last else None if dash else begin + 1
        ranges.append((begin, end))
    ranges.sort(key=lambda pair: pair[0])
    delimiter = raw_of(options.get("d"))[:1] if "d" in options else b"\t"
    failed: list[str] = []
    async for _, content in inputs(system, "cut", options.rest, failed):
        for raw in lines_of(content):
            line = raw.rstrip(b"\n")
            if "f" not in options:
                system.write(_chosen_bytes(line, ranges) + b"\n")
                continue
            fields = line.split(delimiter) if delimiter else [line]
            if len(fields) == 1:
                system.write(b"" if "s" in options else line + b"\n")
                continue
            system.write(_chosen_fields(fields, ranges, delimiter) + b"\n")
    return int(bool(failed))


def _chosen_bytes(line: bytes, ranges: list[tuple[int, int | None]]) -> bytes:
    places = {place for begin, end in ranges for place in range(*slice(begin, end).indices(len(line)))}
    return bytes(line[place] for place in sorted(places))


def _chosen_fields(fields: list[bytes], ranges: list[tuple[int, int | None]], delimiter: bytes) -> bytes:
    """Fields of a line; the delimiter stands after each list but the last, even where a list chooses nothing."""
    places: list[int] = []
    for begin, end in ranges:
        places += [place for place in range(*slice(begin, end).indices(len(fields))) if place not in places]
    said = delimiter.join(fields[place] for place in places)
    return said + delimiter if len(ranges) > 1 and ranges[-1][0] >= len(fields) and places else said


async def tr(system: System, argv: Sequence[str]) -> int:
    """Replace, squeeze or delete bytes."""
    options = read_options(argv, "cCds", first=True)
    if not options.rest:
        raise Usage("")
    first = _bytes(options.rest[0])
    second = _bytes(options.rest[1]) if len(options.rest) > 1 else b""
    if "c" in options or "C" in options:
        first = bytes(byte for byte in range(256) if byte not in first)
    deleted = frozenset(first) if "d" in options else frozenset()
    table = bytearray(range(256))
    if second and "d" not in options:
        for place in range(len(first) - 1, -1, -1):
            table[first[place]] = second[min(place, len(second) - 1)]
    squeezed = frozenset(second or first) if "s" in options else frozenset()
    last = -1
    while part := await system.stdin.read(65_536):
        said = bytearray()
        for byte in part:
            if byte in deleted:
                continue
            one = table[byte]
            if one == last and one in squeezed:
                continue
            said.append(one)
            last = one
        system.write(bytes(said))
    return 0


def _bytes(text: str) -> bytes:
    """A set of bytes: ``a-z``, ``[:digit:]``, ``\\n``, ``\\012``."""
    said = bytearray()
    raw = raw_of(text)
    place = 0
    while place < len(raw):
        named = re.compile(rb"\[:(\w+):\]").match(raw, place)
        if named and named[1].decode() in CLASSES:
            said += CLASSES[named[1].decode()]
            place = named.end()
            continue
        one, place = _byte(raw, place)
        if raw[place : place + 1] == b"-" and place + 1 < len(raw):
            last, place = _byte(raw, place + 1)
            said += bytes(range(one, last + 1))
        else:
            said.append(one)
    return bytes(said)


def _byte(raw: bytes, place: int) -> tuple[int, int]:
    octal = re.compile(rb"\\([0-7]{1,3})").match(raw, place)
    if octal:
        return int(octal[1], 8) & 255, octal.end()
    following = raw[place + 1 : place + 2].decode("latin-1")
    if raw[place] == 92 and following:
        return ESCAPES.get(following, ord(following)), place + 2
    return raw[place], place + 1
