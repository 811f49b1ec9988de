"""Regular expressions of POSIX, as Python writes them."""

from __future__ import annotations

import re

__all__ = ["basic", "extended"]


def extended(pattern: str) -> str:
    """An extended regular expression."""
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
    """A basic regular expression."""
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
            said += extended(pattern[place:end])
            place = end
        else:
            said += "\\" + char if char in "(){}+?|" or (char == "*" and not place) else char
            place += 1
    return said
