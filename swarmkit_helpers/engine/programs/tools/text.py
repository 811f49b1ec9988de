"""Programs that read lines: ``grep``, ``head``, ``sort`` and others."""

from __future__ import annotations

import base64 as encoding
import hashlib
import re
from collections.abc import AsyncIterator, Sequence

from ..files import FileError, FileSystem
from ..options import Options, Usage, read_options
from ..system import System

__all__ = [
    "base64", "cat", "cut", "grep", "head", "md5sum", "sha256sum", "sort", "tac", "tail", "tee", "tr", "uniq", "wc",
]  # fmt: skip

FOLLOW_S = 1.0


async def _whole(system: System, name: str) -> bytes:
    """All of a file, or of the standard input for ``-``.

    Raises
    ------
    FileError
    """
    if name != "-":
        files = FileSystem(system)
        if files.is_fifo(name):
            opened = await files.kept.fifos[files.path(name)].open(reads=True, writes=False)
            try:
                return await opened.reader.read(-1) if opened.reader else b""
            finally:
                opened.release()
        return files.read(name)
    parts = []
    while part := await system.stdin.read(65_536):
        parts.append(part)
    return b"".join(parts)


async def _inputs(
    system: System, applet: str, names: Sequence[str], failed: list[str]
) -> AsyncIterator[tuple[str, bytes]]:
    """Each file that can be read; the others are told, and noted in `failed`."""
    verb = {"cat": "can't open '{}'", "tail": "can't open '{}'"}.get(applet, "{}")
    for name in names or ["-"]:
        try:
            content = await _whole(system, name)
        except FileError as err:
            said = "read error" if str(err) == "Is a directory" and applet == "cat" else verb.format(name)
            system.complain(f"{applet}: {said}: {err}")
            failed.append(name)
            continue
        yield name, content


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
        async for _, content in _inputs(system, "cat", [name], failed):
            if "n" in options or "b" in options:
                for line in _lines(content):
                    number += 1
                    system.write(f"{number:6d}\t".encode() + line)
            else:
                system.write(content)
    return int(bool(failed))


def _lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True) if b"\r" not in content else re.findall(rb"[^\n]*\n|[^\n]+", content)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


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
    async for name, content in _inputs(system, "head", options.rest, failed):
        if several:
            system.say(f"{'' if first else chr(10)}==> {name} <==")
        first = False
        if "c" in options:
            system.write(content[: int(options.get("c"))])
        else:
            system.write(b"".join(_lines(content)[:lines]))
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
    async for name, content in _inputs(system, "tail", options.rest, failed):
        if several:
            system.say(f"{'' if first else chr(10)}==> {name} <==")
        first = False
        seen[name] = len(content)
        if "c" in options:
            size = int(options.get("c").lstrip("+-"))
            system.write(content[-size:] if size else b"")
        else:
            split = _lines(content)
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

    async for name, content in _inputs(system, "wc", options.rest, failed):
        counts = {
            "l": content.count(b"\n"),
            "w": len(content.split()),
            "c": len(content),
            "m": len(_text(content)),
            "L": max((len(line.rstrip(b"\n")) for line in _lines(content)), default=0),
        }
        totals = {letter: totals[letter] + counts[letter] for letter in wanted}
        say(counts, name if options.rest else "")
    if len(options.rest) > 1:
        say(totals, "total")
    return int(bool(failed))


async def grep(system: System, argv: Sequence[str]) -> int:
    """Lines in which a pattern is found."""
    options = read_options(argv, "HhnlLoqvsrRiwFEzce:f:m:A:B:C:x")
    patterns = options.all("e")
    rest = list(options.rest)
    if not patterns:
        if not rest:
            raise Usage("")
        patterns = [rest.pop(0)]
    try:
        found = re.compile(
            "|".join(f"(?:{_pattern(pattern, options)})" for pattern in "\n".join(patterns).split("\n")).encode(),
            re.IGNORECASE if "i" in options else 0,
        )
    except re.error as err:
        system.complain(f"grep: {err}")
        return 2
    files = FileSystem(system)
    if "r" in options or "R" in options:
        rest = [path for name in rest or ["."] for path in _under(files, name)]
    named = ("H" in options or len(rest) > 1 or "r" in options or "R" in options) and "h" not in options
    matched, failed = False, False
    for name in rest or ["-"]:
        shown = "(standard input)" if name == "-" else name
        try:
            content = await _whole(system, name)
        except FileError as err:
            failed = True
            if "s" not in options:
                system.complain(f"grep: {name}: {err}")
            continue
        hit = _grep_one(system, content, found, options, f"{shown}:" if named else "", shown)
        matched = matched or hit
        if hit and "q" in options:
            return 0
    return 2 if failed and not matched else int(not matched) if not failed else 2


def _grep_one(
    system: System, content: bytes, found: re.Pattern[bytes], options: Options, head: str, shown: str
) -> bool:
    counted = 0
    after = int(options.get("A") or options.get("C") or 0)
    before = int(options.get("B") or options.get("C") or 0)
    lines = [line.rstrip(b"\n") for line in _lines(content)]
    silent = any(letter in options for letter in "qlLc")
    last_said, until = -1, -1
    for number, line in enumerate(lines):
        if (found.search(line) is not None) == ("v" in options):
            if number <= until and not silent:
                system.write(_raw(head.replace(":", "-")) + line + b"\n")
                last_said = number
            continue
        counted += 1
        if silent:
            if "q" in options or "l" in options:
                break
            continue
        mark = _raw(head) + (f"{number + 1}:".encode() if "n" in options else b"")
        if "o" in options:
            for one in found.finditer(line):
                if one[0]:
                    system.write(mark + one[0] + b"\n")
        else:
            begins = max(last_said + 1, number - before)
            if (before or after) and last_said >= 0 and begins > last_said + 1:
                system.say("--")
            for other in range(begins, number):
                system.write(_raw(head.replace(":", "-")) + lines[other] + b"\n")
            system.write(mark + line + b"\n")
            last_said, until = number, number + after
        if "m" in options and counted >= int(options.get("m")):
            break
    if "c" in options:
        system.say(f"{head}{counted}")
    if ("l" in options and counted) or ("L" in options and not counted):
        system.say(shown)
    return bool(counted)


def _under(files: FileSystem, name: str) -> list[str]:
    if not files.is_directory(name):
        return [name]
    return [path for child in files.list(name) for path in _under(files, f"{name.rstrip('/')}/{child}")]


def _pattern(pattern: str, options: Options) -> str:
    read = re.escape if "F" in options else _extended if "E" in options else basic
    said = read(pattern)
    if "w" in options:
        said = rf"(?<!\w)(?:{said})(?!\w)"
    return f"^(?:{said})$" if "x" in options else said


def _extended(pattern: str) -> str:
    return re.sub(r"\[:(\w+):\]", lambda found: _class(found[1]), pattern)


def _class(name: str) -> str:
    return {
        "alpha": "a-zA-Z",
        "digit": "0-9",
        "alnum": "a-zA-Z0-9",
        "space": r"\s",
        "upper": "A-Z",
        "lower": "a-z",
        "blank": r" \t",
        "xdigit": "0-9a-fA-F",
    }.get(name, name)


def basic(pattern: str) -> str:
    """A basic regular expression, as Python writes it."""
    said, place = "", 0
    while place < len(pattern):
        char = pattern[place]
        following = pattern[place + 1 : place + 2]
        if char == "\\" and following:
            said += following if following in "(){}+?|" else "\\" + following
            place += 2
        elif char == "[":
            end = pattern.find("]", place + 2 if pattern[place + 1 : place + 2] != "^" else place + 3)
            while end > 0 and pattern[end - 1] == ":" and "[:" in pattern[place:end]:
                end = pattern.find("]", end + 1)
            end = len(pattern) if end < 0 else end + 1
            said += _extended(pattern[place:end])
            place = end
        else:
            said += "\\" + char if char in "(){}+?|" or (char == "*" and not place) else char
            place += 1
    return said


async def sort(system: System, argv: Sequence[str]) -> int:
    """Sort lines."""
    options = read_options(argv, "nrgMucszbdfiokth:t:k:o:")
    failed: list[str] = []
    lines: list[bytes] = []
    async for _, content in _inputs(system, "sort", options.rest, failed):
        lines += [line.rstrip(b"\n") for line in _lines(content)]

    def key(line: bytes) -> tuple[float, bytes]:
        chosen = line
        if "k" in options:
            fields = line.split(_raw(options.get("t"))) if "t" in options else line.split()
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
    for line in _lines(await _whole(system, options.rest[0] if options.rest else "-")):
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
    async for _, content in _inputs(system, "cut", options.rest, failed):
        for raw in _lines(content):
            line = _text(raw.rstrip(b"\n"))
            if "f" in options:
                fields = line.split(delimiter)
                if len(fields) == 1:
                    if "s" not in options:
                        system.write(_raw(line) + b"\n")
                    continue
                chosen = delimiter.join(fields[place - 1] for place in kept_places(len(fields)))
            else:
                chosen = "".join(line[place - 1] for place in kept_places(len(line)))
            system.write(_raw(chosen) + b"\n")
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
    for char in _text(await _whole(system, "-")):
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
    system.write(_raw("".join(said)))
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


async def tac(system: System, argv: Sequence[str]) -> int:
    """Lines from the last to the first."""
    failed: list[str] = []
    async for _, content in _inputs(system, "tac", read_options(argv, "").rest, failed):
        system.write(b"".join(reversed(_lines(content))))
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


async def md5sum(system: System, argv: Sequence[str]) -> int:
    """MD5 of files."""
    return await _sums(system, argv, "md5sum", "md5")


async def sha256sum(system: System, argv: Sequence[str]) -> int:
    """SHA-256 of files."""
    return await _sums(system, argv, "sha256sum", "sha256")


async def _sums(system: System, argv: Sequence[str], applet: str, kind: str) -> int:
    failed: list[str] = []
    async for name, content in _inputs(system, applet, read_options(argv, "csw").rest, failed):
        system.say(f"{hashlib.new(kind, content).hexdigest()}  {name}")
    return int(bool(failed))


async def base64(system: System, argv: Sequence[str]) -> int:
    """Base 64."""
    options = read_options(argv, "dw:")
    content = await _whole(system, options.rest[0] if options.rest else "-")
    if "d" in options:
        system.write(encoding.b64decode(content))
        return 0
    said = encoding.b64encode(content).decode()
    wide = int(options.get("w") or 76) if "w" in options else 76
    system.say("\n".join(said[place : place + wide] for place in range(0, len(said), wide)) if wide else said)
    return 0
