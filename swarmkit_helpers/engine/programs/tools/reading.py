"""What programs read: files, the standard input, lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

from ..files import FileError, FileSystem
from ..system import System

__all__ = ["inputs", "lines_of", "number_of", "raw_of", "text_of", "whole"]

SUFFIXES = {"b": 512, "k": 1024, "K": 1024, "m": 2**20, "M": 2**20}


async def whole(system: System, name: str) -> bytes:
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


async def inputs(
    system: System, applet: str, names: Sequence[str], failed: list[str], *, opens: bool = False
) -> AsyncIterator[tuple[str, bytes]]:
    """Each file that can be read; the others are told, and noted in `failed`.

    Parameters
    ----------
    opens
        Whether the program says that it cannot open a file; others just name it.
    """
    verb = "can't open '{}'" if opens else "{}"
    for name in names or ["-"]:
        try:
            content = await whole(system, name)
        except FileError as err:
            said, why = verb.format(name), str(err)
            if why == "Is a directory":
                said, why = ("read error", why) if opens and applet == "cat" else (name, "Input/output error")
            system.complain(f"{applet}: {said}: {why}")
            failed.append(name)
            continue
        yield name, content


def lines_of(content: bytes) -> list[bytes]:
    """Lines, each with its end."""
    return content.splitlines(keepends=True) if b"\r" not in content else re.findall(rb"[^\n]*\n|[^\n]+", content)


def text_of(raw: bytes) -> str:
    """Bytes as text; those that are no UTF-8 stay what they are."""
    return raw.decode("utf-8", "surrogateescape")


def raw_of(text: str) -> bytes:
    """What `text_of` made, back in bytes."""
    return text.encode("utf-8", "surrogateescape")


def number_of(text: str) -> int | None:
    """A number with BusyBox's suffixes; None where it is none."""
    found = re.fullmatch(r"(\d+)([bkKmM]?)", text)
    return None if found is None else int(found[1]) * SUFFIXES.get(found[2], 1)
