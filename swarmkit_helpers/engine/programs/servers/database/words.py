"""The words and signs of SQL, and what is wrong with a statement."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["TOKEN", "Fault", "Token", "tokens"]

TOKEN = re.compile(
    r"\s*(?:'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"|(\d+)|([A-Za-z_][\w.]*)|(>>|<>|!=|<=|>=|\|\||[-+*/%(),;=<>.]))"
)


class Fault(Exception):
    """What is wrong with a statement.

    Parameters
    ----------
    position
        Where, from 1 on; 0 for nowhere.
    """

    def __init__(self, message: str, position: int = 0, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.position, self.detail, self.hint = position, detail, hint


@dataclass(frozen=True)
class Token:
    """A word, or a sign."""

    kind: str
    """``text``, ``name``, ``number``, ``sign`` or ``end``."""
    text: str
    place: int


def tokens(text: str) -> list[Token]:
    """Words and signs of statements; comments are none.

    Raises
    ------
    Fault
    """
    found = []
    place = 0
    bare = re.sub(r"--[^\n]*", lambda comment: " " * len(comment[0]), text)
    while bare[place:].strip():
        one = TOKEN.match(bare, place)
        begun = place + len(bare[place:]) - len(bare[place:].lstrip())
        if not one:
            quote = bare[begun]
            if quote == "'":
                raise Fault(f'unterminated quoted string at or near "{bare[begun:]}"', begun + 1)
            raise Fault(f'syntax error at or near "{quote}"', begun + 1)
        if one[1] is not None:
            found.append(Token("text", one[1].replace("''", "'"), begun))
        elif one[2] is not None:
            found.append(Token("name", one[2], begun))
        elif one[3] is not None:
            found.append(Token("number", one[3], begun))
        elif one[4] is not None:
            found.append(Token("name", one[4].lower(), begun))
        else:
            found.append(Token("sign", one[5], begun))
        place = one.end()
    return found
