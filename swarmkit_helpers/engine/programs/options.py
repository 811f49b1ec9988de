"""Command lines as getopt reads them, and what BusyBox says of those that are wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["BUSYBOX_VERSION", "Options", "Usage", "read_options", "usage_of"]

BUSYBOX_VERSION = "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary."


class Usage(Exception):
    """The command line is wrong; its message is what is said of it, or empty."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line holds."""

    given: tuple[tuple[str, str], ...]
    """Option -> its value, empty without one, in their order."""
    rest: list[str]

    def __contains__(self, option: str) -> bool:
        return any(name == option for name, _ in self.given)

    def get(self, option: str, default: str = "") -> str:
        """The last value of an option."""
        return next((value for name, value in reversed(self.given) if name == option), default)

    def all(self, option: str) -> list[str]:
        """All its values."""
        return [value for name, value in self.given if name == option]


def read_options(
    argv: Sequence[str], letters: str, *, first: bool = False, long: Sequence[str] = (), rest_of: str = ""
) -> Options:
    """Read a command line.

    Parameters
    ----------
    letters
        As for getopt(3): ``"c:q"``.
    first
        Options end at the first word that is none.
    long
        Long options; one that ends with ``=`` has a value.
    rest_of
        An option whose value is all that follows it.

    Raises
    ------
    Usage
    """
    words = list(argv[1:])
    given: list[tuple[str, str]] = []
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        if word.startswith("--"):
            given.append(_long(word[2:], words, long))
        elif word.startswith("-") and len(word) > 1:
            cluster = word[1:]
            while cluster:
                letter, cluster = cluster[0], cluster[1:]
                place = letters.find(letter)
                if place < 0 or letter == ":":
                    raise Usage(f"invalid option -- '{letter}'")
                if letter in rest_of:
                    given.append((letter, ""))
                    return Options(tuple(given), [*rest, *([cluster] if cluster else []), *words])
                if letters[place + 1 : place + 2] == ":":
                    if not cluster and not words:
                        raise Usage(f"option requires an argument -- '{letter}'")
                    given.append((letter, cluster or words.pop(0)))
                    cluster = ""
                else:
                    given.append((letter, ""))
        else:
            rest.append(word)
            if first:
                rest += words
                break
    return Options(tuple(given), rest)


def _long(word: str, words: list[str], long: Sequence[str]) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if f"{name}=" in long:
        if not equals:
            if not words:
                raise Usage(f"option '--{name}' requires an argument")
            value = words.pop(0)
        return name, value
    if name in long:
        return name, ""
    raise Usage(f"unrecognized option '--{name}'")


@cache
def _usages() -> dict[str, str]:
    text = Path(__file__).with_name("tools").joinpath("usages.txt").read_text(encoding="utf-8").removesuffix("\n")
    blocks = text.removeprefix("@").split("\n@")
    return {name: body for name, _, body in (block.partition("\n") for block in blocks)}


def usage_of(applet: str) -> str:
    """What BusyBox says of how one of its programs is used."""
    return f"{BUSYBOX_VERSION}\n\n{_usages().get(applet, f'Usage: {applet}')}\n"
