"""Who runs a container's process, and where."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from ..programs.files import DIRECTORIES, kept
from ..refusal import Refusal

if TYPE_CHECKING:
    from .container import Container

__all__ = ["check_user", "make_directories"]

ALWAYS = ("root", "nobody")
BY_PROGRAM = {"nginx": "nginx", "redis": "redis-server", "postgres": "postgres", "tcpdump": "tcpdump"}
"""User that an image has -> the program that needs it."""


def check_user(container: Container, user: str) -> None:
    """Refuse a user that the image does not know.

    Raises
    ------
    Refusal
        500.
    """
    name = user.partition(":")[0]
    if not name or name.isdecimal() or name in ALWAYS or BY_PROGRAM.get(name) in container.programs:
        return
    listed = container.files.get("/etc/passwd", b"").decode(errors="replace")
    if not any(line.startswith(f"{name}:") for line in listed.splitlines()):
        raise Refusal(500, f"unable to find user {name}: no matching entries in passwd file")


def make_directories(container: Container) -> None:
    """Make the directory that it is to run in, as the engine does at its creation, and its mount points."""
    _make(container, container.config["WorkingDir"])
    for mount in container.mounts:
        _make(container, mount["Destination"])


def _make(container: Container, path: str) -> None:
    while path and path not in DIRECTORIES and not any(other.startswith(f"{path}/") for other in container.original):
        kept(container).directories.add(path)
        path = posixpath.dirname(path)
