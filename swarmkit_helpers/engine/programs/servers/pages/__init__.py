"""Pages of the simulated voting application; they say what they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

__all__ = ["asset", "filled"]

FIELD = re.compile(r"\{\{ (\w+)(\|safe)? \}\}")


@cache
def asset(name: str) -> bytes:
    """A file of this folder."""
    return Path(__file__).with_name(name).read_bytes()


def filled(name: str, values: Mapping[str, object]) -> bytes:
    """A page with its values: ``{{ name }}``, escaped unless it is ``{{ name|safe }}``."""
    text = asset(name).decode()

    def one(found: re.Match[str]) -> str:
        value = str(values[found[1]])
        return value if found[2] else escape(value)

    return FIELD.sub(one, text).encode()
