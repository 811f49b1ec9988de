"""Patterns of names, as Go's path.Match takes them: ``*`` and ``?`` match no slash."""

from __future__ import annotations

import re

__all__ = ["BadPattern", "compiled"]

PART = re.compile(r"\*|\?|\\(.)|\[(\^?)((?:\\.|[^\]\\])+)\]|([^\\\[*?])", re.DOTALL)


class BadPattern(Exception):
    """A set of characters is not closed, or nothing follows a backslash."""


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, to be matched whole.

    Raises
    ------
    BadPattern
    """
    found, at = "", 0
    while at < len(pattern):
        part = PART.match(pattern, at)
        if part is None:
            raise BadPattern("syntax error in pattern")
        found += _translated(part)
        at = part.end()
    try:
        return re.compile(found, re.DOTALL)
    except re.error:
        raise BadPattern("syntax error in pattern") from None


def _translated(part: re.Match[str]) -> str:
    if part[0] in ("*", "?"):
        return "[^/]*" if part[0] == "*" else "[^/]"
    if part[3] is not None:
        inside = re.sub(r"\\(.)|([\[&~|])", lambda one: re.escape(one[1] or one[2]), part[3], flags=re.DOTALL)
        return f"[{part[2]}{inside}]"
    return re.escape(part[1] or part[4])
