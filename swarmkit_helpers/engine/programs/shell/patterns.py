"""Patterns of file names: ``*``, ``?`` and ``[...]``."""

from __future__ import annotations

import re

from ..characters import CLASSES

__all__ = ["Characters", "has_pattern", "matches", "regular", "trimmed"]

Characters = list[tuple[str, bool]]
"""Characters, and whether each was quoted: then it stands for itself."""


def has_pattern(characters: Characters) -> bool:
    """Whether it is more than its own characters."""
    return any(char in "*?[" and not quoted for char, quoted in characters)


def regular(characters: Characters, *, path: bool = False) -> str:
    """The regular expression for a pattern; in a `path`, nothing stands for a slash."""
    said, place = "", 0
    anything = "[^/]" if path else "."
    while place < len(characters):
        char, quoted = characters[place]
        place += 1
        if quoted or char not in "*?[":
            said += re.escape(char)
        elif char == "*":
            said += f"{anything}*"
        elif char == "?":
            said += anything
        else:
            found = _bracket(characters, place)
            if found is None:
                said += r"\["
            else:
                said += found[0]
                place = found[1]
    return said


def _bracket(characters: Characters, place: int) -> tuple[str, int] | None:
    """The set that begins after ``[``, and where it ends."""
    inside, negated = "", False
    if place < len(characters) and characters[place] in (("!", False), ("^", False)):
        negated = True
        place += 1
    first = True
    while place < len(characters):
        char, quoted = characters[place]
        if char == "]" and not quoted and not first:
            return f"[{'^' if negated else ''}{inside}]", place + 1
        text = "".join(one for one, _ in characters[place : place + 12])
        named = re.match(r"\[:(\w+):\]", text)
        if char == "[" and not quoted and named and named[1] in CLASSES:
            inside += CLASSES[named[1]]
            place += named.end()
        else:
            inside += "-" if char == "-" and not quoted and not first else re.escape(char)
            place += 1
        first = False
    return None


def matches(characters: Characters, text: str) -> bool:
    """Whether the whole text is such."""
    try:
        return re.fullmatch(regular(characters), text, re.DOTALL) is not None
    except re.error:
        return False


def trimmed(text: str, operator: str, characters: Characters) -> str:
    """``${text#pattern}`` and its like."""
    expression = re.compile(regular(characters), re.DOTALL)
    spans = range(len(text) + 1)
    if operator in ("#", "##"):
        ends = spans if operator == "#" else reversed(spans)
        found = next((end for end in ends if expression.fullmatch(text, 0, end)), None)
        return text if found is None else text[found:]
    starts = reversed(spans) if operator == "%" else spans
    begun = next((start for start in starts if expression.fullmatch(text, start)), None)
    return text if begun is None else text[:begun]
