"""``md5sum``, ``sha256sum``, ``base64``."""

from __future__ import annotations

import base64 as encoding
import hashlib
from collections.abc import Sequence

from ..options import read_options
from ..system import System
from .reading import inputs, whole

__all__ = ["base64", "md5sum", "sha256sum"]


async def md5sum(system: System, argv: Sequence[str]) -> int:
    """MD5 of files."""
    return await _sums(system, argv, "md5sum", "md5")


async def sha256sum(system: System, argv: Sequence[str]) -> int:
    """SHA-256 of files."""
    return await _sums(system, argv, "sha256sum", "sha256")


async def _sums(system: System, argv: Sequence[str], applet: str, kind: str) -> int:
    failed: list[str] = []
    async for name, content in inputs(system, applet, read_options(argv, "csw").rest, failed, opens=True):
        system.say(f"{hashlib.new(kind, content).hexdigest()}  {name}")
    return int(bool(failed))


async def base64(system: System, argv: Sequence[str]) -> int:
    """Base 64."""
    options = read_options(argv, "dw:")
    content = await whole(system, options.rest[0] if options.rest else "-")
    if "d" in options:
        system.write(encoding.b64decode(content))
        return 0
    said = encoding.b64encode(content).decode()
    wide = int(options.get("w") or 76) if "w" in options else 76
    system.say("\n".join(said[place : place + wide] for place in range(0, len(said), wide)) if wide else said)
    return 0
