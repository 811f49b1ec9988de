"""The keys that detach a terminal, as clients name them: ``ctrl-p,ctrl-q``."""

from __future__ import annotations

__all__ = ["keys_of"]

CONTROLS = "abcdefghijklmnopqrstuvwxyz@[\\]^_"


def keys_of(text: str) -> bytes | None:
    """What the terminal sends for them; None: they are no keys."""
    found = b""
    for key in text.split(",") if text else ():
        if len(key) == 1 and key.isascii():
            found += key.encode()
        elif key.startswith("ctrl-") and len(key) == len("ctrl-x") and key[-1] in CONTROLS:
            found += bytes((ord(key[-1].upper()) & 0x1F,))
        else:
            return None
    return found
