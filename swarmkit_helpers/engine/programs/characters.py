"""Classes of characters by the names that POSIX gives them, as they stand inside a set of Python's expressions."""

from __future__ import annotations

__all__ = ["CLASSES"]

CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "space": r"\s",
    "upper": "A-Z",
    "lower": "a-z",
    "blank": r" \t",
    "xdigit": "0-9a-fA-F",
    "punct": r"!-/:-@\[-`{-~",
}
