"""``grep``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..files import FileError, FileSystem
from ..options import Options, Usage, read_options
from ..system import System
from .expressions import basic, extended
from .reading import lines_of, raw_of, whole

__all__ = ["grep"]


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
            content = await whole(system, name)
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
    lines = [line.rstrip(b"\n") for line in lines_of(content)]
    silent = any(letter in options for letter in "qlLc")
    last_said, until = -1, -1
    for number, line in enumerate(lines):
        if (found.search(line) is not None) == ("v" in options):
            if number <= until and not silent:
                system.write(raw_of(head.replace(":", "-")) + line + b"\n")
                last_said = number
            continue
        counted += 1
        if silent:
            if "q" in options or "l" in options:
                break
            continue
        mark = raw_of(head) + (f"{number + 1}:".encode() if "n" in options else b"")
        if "o" in options:
            for one in found.finditer(line):
                if one[0]:
                    system.write(mark + one[0] + b"\n")
        else:
            begins = max(last_said + 1, number - before)
            if (before or after) and last_said >= 0 and begins > last_said + 1:
                system.say("--")
            for other in range(begins, number):
                system.write(raw_of(head.replace(":", "-")) + lines[other] + b"\n")
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
    read = re.escape if "F" in options else extended if "E" in options else basic
    said = read(pattern)
    if "w" in options:
        said = rf"(?<!\w)(?:{said})(?!\w)"
    return f"^(?:{said})$" if "x" in options else said
