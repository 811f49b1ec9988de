"""Identifiers, as engines and swarms make them."""

from __future__ import annotations

import secrets

__all__ = ["object_id", "swarm_id"]

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
SWARM_ID_LENGTH = 25


def object_id() -> str:
    """Of a container, an image's layer, an exec or a local network: 64 hexadecimal digits, at least one a letter."""
    while (made := secrets.token_hex(32))[:12].isdecimal():
        pass
    return made


def swarm_id() -> str:
    """Of what a swarm holds: 25 digits of base 36."""
    return "".join(secrets.choice(DIGITS) for _ in range(SWARM_ID_LENGTH))
