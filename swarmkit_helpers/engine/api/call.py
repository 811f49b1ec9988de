"""One request to an engine, read as the engine reads it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from ..kinds import Json
from ..refusal import Refusal
from . import shapes
from .filters import Filters
from .golang import BadJson, parse

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["MOST_JSON", "MOST_TAR", "Call", "Work", "body_of", "moment", "settled"]

MOST_JSON = 8 * 1024 * 1024
"""Bytes of a body of JSON."""

MOST_TAR = 512 * 1024 * 1024
"""Bytes of an image or of files."""

FALSE = ("", "0", "no", "false", "none")
BOOLEANS = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
Work = set["asyncio.Future[Any]"]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets."""

    host: Host
    request: web.Request
    version: tuple[int, ...]
    """``(1, 41)``."""
    names: Mapping[str, str]
    """What the path names: ``{"name": "web"}``."""
    work: Work
    """What goes on whatever becomes of the client."""

    @property
    def name(self) -> str:
        """What the path names."""
        return self.names["name"]

    def text(self, key: str, default: str = "") -> str:
        """A parameter of the query; the first, if it is there more than once."""
        return self.request.query.get(key, default)

    def texts(self, key: str) -> list[str]:
        """All values of a parameter."""
        return self.request.query.getall(key, [])

    def flag(self, key: str, default: bool = False) -> bool:
        """A parameter that is on or off: all but what says no is yes, as the engine takes it."""
        found = self.request.query.get(key)
        return default if found is None else found.strip().lower() not in FALSE

    def strict_flag(self, key: str, default: bool = False) -> bool:
        """A parameter that must be true or false.

        Raises
        ------
        Refusal
            400: it is neither.
        """
        found = self.text(key)
        if not found:
            return default
        if found not in BOOLEANS:
            reason = f'strconv.ParseBool: parsing "{found}": invalid syntax'
            raise Refusal(400, f"invalid value for {key}: {found}: {reason}")
        return BOOLEANS[found]

    def number(self, key: str, *, status: int = 500) -> int:
        """A parameter that must be an integer, and be there.

        Raises
        ------
        Refusal
            It is not one.
        """
        return _integer(self.text(key), "Atoi", status)

    def object_version(self, kind: str, message: str = "") -> int:
        """The version that a client has read of a swarm's object.

        Raises
        ------
        Refusal
            400: it is no number.
        """
        found = self.text("version")
        if found.isascii() and found.isdecimal() and int(found) < 2**64:
            return int(found)
        why = "value out of range" if found.isascii() and found.isdecimal() else "invalid syntax"
        reason = f'strconv.ParseUint: parsing "{found}": {why}'
        raise Refusal(400, message or f"invalid {kind} version '{found}': {reason}")

    def filters(self, status: int = 500, what: str = "") -> Filters:
        """The filters of the query; see `Filters.read`."""
        return Filters.read(self.text("filters"), status, what)

    def refuse(self, *options: str) -> None:
        """Refuse parameters that the engine has and that are not served here.

        Raises
        ------
        Refusal
            501, with the parameter's name.
        """
        for option in options:
            if self.flag(option):
                raise Refusal(501, f"the embedded engine has no option {option!r} of {self.request.path}")

    async def data(self, most: int = MOST_TAR) -> bytes:
        """The body; see `body_of`."""
        return await body_of(self.request, most)

    async def body(self, shape: shapes.Struct, *, status: int = 400, nothing: str = "") -> Json:
        """The body, as JSON of that type.

        Parameters
        ----------
        status
            Of what is not: the engine has two.
        nothing
            What it says of no body, if it is not its usual words.
        """
        self._check_type()
        try:
            return shapes.read(shape, parse(await self.data(MOST_JSON)))
        except BadJson as bad:
            empty = nothing or ("EOF" if status == 500 else "got EOF while reading request body")
            raise Refusal(status, empty if str(bad) == "EOF" else str(bad)) from None

    async def optional_body(self, shape: shapes.Struct) -> Json:
        """The body, where there is one; a status of 500 says that it is not of that type."""
        try:
            return await self.body(shape, status=500)
        except Refusal as refusal:
            if refusal.message != "EOF":
                raise
            return {}

    def _check_type(self) -> None:
        given = self.request.headers.get("Content-Type")
        if given is None and not self.request.can_read_body:
            return
        given = given or ""
        if given.partition(";")[0].strip().lower() != "application/json":
            raise Refusal(400, f"Content-Type specified ({given}) must be 'application/json'")

    async def settle(self, value: Any) -> Any:
        """What a room answers, at once or later; its work is done to its end even if the client goes."""
        return await settled(value, self.work)


async def body_of(request: web.Request, most: int) -> bytes:
    """The body of a request.

    Raises
    ------
    Refusal
        413: it is longer than is read here; 400: it ends too early.
    """
    if (request.content_length or 0) > most:
        raise Refusal(413, f"request body too large: more than {most} bytes")
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.content.iter_any():
            size += len(part)
            if size > most:
                raise Refusal(413, f"request body too large: more than {most} bytes")
            parts.append(part)
    except (web.RequestPayloadError, ConnectionError):
        raise Refusal(400, "unexpected EOF") from None
    return b"".join(parts)


async def settled(value: Any, work: Work) -> Any:
    """See `Call.settle`."""
    if not inspect.isawaitable(value):
        return value
    future = asyncio.ensure_future(value)
    work.add(future)
    future.add_done_callback(_forget(work))
    return await asyncio.shield(future)


def _forget(work: Work) -> Callable[[asyncio.Future[Any]], None]:
    def forget(future: asyncio.Future[Any]) -> None:
        work.discard(future)
        if not future.cancelled():
            future.exception()  # nobody may be left to hear it

    return forget


def _integer(text: str, function: str, status: int) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdecimal()):
        raise Refusal(status, f'strconv.{function}: parsing "{text}": invalid syntax')
    if not -(2**63) <= int(text) < 2**63:
        raise Refusal(status, f'strconv.{function}: parsing "{text}": value out of range')
    return int(text)


def moment(text: str) -> float | None:
    """A date of a query: seconds since 1970, with a fraction or without; None where there is none.

    Raises
    ------
    Refusal
        500: it is no number.
    """
    if not text:
        return None
    seconds, point, fraction = text.partition(".")
    whole = _integer(seconds, "ParseInt", 500)
    if not point:
        return float(whole)
    return float(whole + _integer(fraction, "ParseInt", 500) / 10.0 ** len(fraction))
