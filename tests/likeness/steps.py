"""What a scenario is made of: requests, and waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["W1", "W2", "Call", "Join", "M", "Scenario", "Step", "Until", "delete", "get", "head", "post", "put"]

M, W1, W2 = "manager", "worker1", "worker2"

Read = Literal["body", "frames", "upgraded", "tar"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    ``$name`` (``$$`` for a dollar) in its path, its body or its headers stands for what an earlier answer gave under
    that name; a text of the body that is ``$name`` alone takes its type too.
    """

    host: str
    method: str
    path: str
    body: Any = None
    """An object is sent as JSON, a text or bytes as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: Mapping[str, str] = field(default_factory=dict)
    """Name -> where the answer has it: ``ID``, ``0.Spec.Name``, ``Tasks.0.ID``, ``header:Location``."""
    read: Read = "body"
    """``frames``: what has 8 bytes before each piece; ``upgraded``: the same on an upgraded connection."""
    send: str = ""
    """What is written to an upgraded connection, before its writing side is closed."""
    behind: str = ""
    """A name: the request is sent and its answer is read behind what follows, until `Join` of that name."""
    lines: int = 0
    """Of an endless answer, how many lines are read before the client goes; 0: all."""
    version: str = "/v1.41"


@dataclass(frozen=True, slots=True)
class Until:
    """Ask again until the answer is what is waited for."""

    host: str
    path: str
    holds: Callable[[Any], bool]
    what: str
    timeout_s: float = 40.0


@dataclass(frozen=True, slots=True)
class Join:
    """Take the answer of what was asked behind."""

    behind: str


Step = Call | Until | Join


@dataclass(frozen=True, slots=True)
class Scenario:
    """Requests that follow one another, on hosts that hold nothing else."""

    name: str
    steps: tuple[Step, ...]
    swarm: bool = True
    """Whether the three hosts are a swarm when it starts; else they are in none."""


def get(path: str, on: str = M, **more: Any) -> Call:
    """Ask for something."""
    return Call(on, "GET", path, **more)


def head(path: str, on: str = M, **more: Any) -> Call:
    """Ask for headers only."""
    return Call(on, "HEAD", path, **more)


def post(path: str, body: Any = None, on: str = M, **more: Any) -> Call:
    """Ask for a change."""
    return Call(on, "POST", path, body, **more)


def put(path: str, body: Any = None, on: str = M, **more: Any) -> Call:
    """Put something at a place."""
    return Call(on, "PUT", path, body, **more)


def delete(path: str, on: str = M, **more: Any) -> Call:
    """Remove something."""
    return Call(on, "DELETE", path, **more)
