"""What programs read: files, the standard input, lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence

from ..files import FileError, FileSystem
from ..system import System

__all__ = ["inputs", "lines_of", "raw_of", "text_of", "whole"]


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
    system: System, applet: str, names: Sequence[str], failed: list[str]
) -> AsyncIterator[tuple[str, bytes]]:
    """Each file that can be read; the others are told, and noted in `failed`."""
    verb = {"cat": "can't open '{}'", "tail": "can't open '{}'"}.get(applet, "{}")
    for name in names or ["-"]:
        try:
            content = await whole(system, name)
        except FileError as err:
            said = "read error" if str(err) == "Is a directory" and applet == "cat" else verb.format(name)
            system.complain(f"{applet}: {said}: {err}")
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
