"""Regular expressions of POSIX, as Python writes them."""

from __future__ import annotations

import re

from ..characters import CLASSES

__all__ = ["regular"]

SIGNS = "(){}+?|"
"""Written with a backslash in a basic expression, without in an extended one."""
EDGES = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)", "`": r"\A", "'": r"\Z"}


def regular(pattern: str, *, extended: bool) -> str:
    """A basic or extended regular expression (POSIX, XBD 9).

    Raises
    ------
    re.error
    """
    said, place = "", 0
    begins = True
    while place < len(pattern):
        char, following = pattern[place], pattern[place + 1 : place + 2]
        if char == "[":
            found, place = _bracket(pattern, place)
            said, begins = said + found, False
            continue
        if char == "\\" and following:
            said += _escaped(following, extended=extended)
            place += 2
            begins = not extended and following in "(|"
            continue
        if char == "*" and begins:
            said += r"\*"
        elif char in SIGNS and not extended:
            said += "\\" + char
        elif char == "$" and not (
            place + 1 == len(pattern) or extended or pattern.startswith((r"\)", r"\|"), place + 1)
        ):
            said += r"\$"
        elif char == "^" and not begins and not extended:
            said += r"\^"
        else:
            said += "\\\\" if char == "\\" else char
        begins = (begins and char == "^") or (extended and char in "(|")
        place += 1
    return said


def _escaped(char: str, *, extended: bool) -> str:
    if char in SIGNS:
        return "\\" + char if extended else char
    if char in EDGES:
        return EDGES[char]
    if char.isdigit() or char in "bBwWsSnt":
        return "\\" + char
    return re.escape(char)


def _bracket(pattern: str, place: int) -> tuple[str, int]:
    """The set that begins there, and where it ends."""
    end = place + 1
    negated = pattern[end : end + 1] == "^"
    end += negated
    inside, first = "", True
    while end < len(pattern) and (first or pattern[end] != "]"):
        first = False
        named = re.compile(r"\[:(\w+):\]").match(pattern, end)
        if named and named[1] in CLASSES:
            inside += CLASSES[named[1]]
            end = named.end()
        else:
            inside += pattern[end] if pattern[end] == "-" else re.escape(pattern[end])
            end += 1
    if end >= len(pattern):
        raise re.error("unterminated set", pattern, place)
    return f"[{'^' if negated else ''}{inside}]", end + 1
