"""Which handler answers which path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from aiohttp import web

from ..refusal import Refusal
from .call import Call

__all__ = ["Handler", "Route", "Table", "absent"]

Handler = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path: ``/containers/{name:.*}/json``; a name without a pattern holds no slash."""

    method: str
    path: str
    handler: Handler

    def pattern(self) -> re.Pattern[str]:
        """The path, to be matched whole."""
        return re.compile(re.sub(r"\{(\w+)(?::([^}]*))?\}", lambda m: f"(?P<{m[1]}>{m[2] or '[^/]+'})", self.path))


class Table:
    """All routes; the first that fits answers, as in the engine."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [(route, route.pattern()) for route in routes]

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """The handler of a path, with what the path names."""
        for route, pattern in self._routes:
            if route.method == method and (found := pattern.fullmatch(path)):
                return route.handler, found.groupdict()
        return None


def absent(method: str, path: str) -> Route:
    """A route of the engine that is not served here: 501, with its name."""

    async def refuse(call: Call) -> web.StreamResponse:
        raise Refusal(501, f"the embedded engine has no route {method} {path}")

    return Route(method, path, refuse)
