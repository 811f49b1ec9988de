"""What a program sees of the container it runs in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..net.stack import Stack
    from ..node.container import Container
    from ..world import World

__all__ = ["Files", "Program", "System"]

Files = MutableMapping[str, bytes]
"""A container's files: absolute path -> content; shared by all that runs in it."""


@dataclass(eq=False)
class System:
    """The surroundings of one process: its container, its network, its streams, its signals.

    A program writes with `write` and `error`, reads `stdin`, waits with ``world.clock`` only, and returns its exit
    code. A signal that it does not handle cancels its asyncio task.
    """

    world: World
    stack: Stack
    container: Container
    files: Files
    environment: dict[str, str]
    write: Callable[[bytes], None]
    error: Callable[[bytes], None]
    stdin: asyncio.StreamReader
    tty: bool = False
    handlers: dict[str, Callable[[], None]] = field(default_factory=dict)
    """Signals that the program handles: ``SIGINT`` -> what to do."""
    programs: frozenset[str] = frozenset()
    """Names of the programs that the image has; none: all that the catalogue knows."""
    directory: str = "/"
    """Where it runs."""
    pid: int = 1
    uid: int = 0
    gid: int = 0

    def say(self, text: str) -> None:
        """Write a line."""
        self.write(text.encode() + b"\n")

    def complain(self, text: str) -> None:
        """Write a line where errors go."""
        self.error(text.encode() + b"\n")


Program = Callable[[System, Sequence[str]], Awaitable[int]]
"""A program: its surroundings and its words, ``argv[0]`` included; it returns its exit code."""
