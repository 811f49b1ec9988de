"""Who runs a container's process, and where."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..programs.files import DIRECTORIES, kept
from ..refusal import Refusal

if TYPE_CHECKING:
    from .container import Container

__all__ = ["User", "make_directories", "user_of"]

LAST_ID = 2**31 - 1
ALWAYS = {"root": 0, "nobody": 65_534}
BY_PROGRAM = {"nginx": "nginx", "redis": "redis-server", "postgres": "postgres", "tcpdump": "tcpdump"}
"""User that an image has -> the program that needs it."""
OF_PROGRAM = 999
"""Number of such a user."""


@dataclass(frozen=True, slots=True)
class User:
    """A user and a group, by their numbers."""

    number: int = 0
    group: int = 0


def user_of(container: Container, text: str) -> User:
    """Who is meant by ``nginx``, ``1000`` or ``nobody:1000``; nobody said: root.

    Raises
    ------
    Refusal
        500: the image knows no such user, or no such group.
    """
    name, _, group = text.partition(":")
    number = _number(container, name or "root", "user", "/etc/passwd")
    if group:
        return User(number, _number(container, group, "group", "/etc/group"))
    own = number if not name.isdecimal() else 0
    return User(number, own)


def _number(container: Container, name: str, kind: str, path: str) -> int:
    if name.removeprefix("-").isdecimal():
        if not 0 <= int(name) <= LAST_ID:
            raise Refusal(500, f"uids and gids must be in range 0-{LAST_ID}")
        return int(name)
    for line in container.files.get(path, b"").decode(errors="replace").splitlines():
        listed, _, rest = line.partition(":")
        number = rest.split(":")[1:2]
        if listed == name and number and number[0].isdecimal():
            return int(number[0])
    if name in ALWAYS:
        return ALWAYS[name]
    if BY_PROGRAM.get(name) in container.programs:
        return OF_PROGRAM
    file = posixpath.basename(path)
    raise Refusal(500, f"unable to find {kind} {name}: no matching entries in {file} file")


def make_directories(container: Container) -> None:
    """Make the directory that it is to run in, as the engine does at its creation, and its mount points."""
    _make(container, container.config["WorkingDir"])
    for mount in container.mounts:
        _make(container, mount["Destination"])


def _make(container: Container, path: str) -> None:
    while path and path not in DIRECTORIES and not any(other.startswith(f"{path}/") for other in container.original):
        kept(container).directories.add(path)
        path = posixpath.dirname(path)
