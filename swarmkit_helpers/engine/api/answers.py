"""Answers, as the engine writes them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiohttp import web

from .golang import dump

__all__ = [
    "BEGUN",
    "EXPERIMENTAL",
    "JSON",
    "PATIENCE_S",
    "SIGNED",
    "TYPED",
    "bare",
    "close",
    "empty",
    "error",
    "json_answer",
    "stream",
]

JSON = "application/json"
BEGUN = web.RequestKey("begun", bool)
"""Whether the answer to a request has begun to go out."""
SIGNED = web.RequestKey("signed", bool)
"""Whether its answer says which engine answers."""
TYPED = web.RequestKey("typed", bool)
"""Whether its answer has a type of its own, even if that says nothing."""
EXPERIMENTAL = web.RequestKey("experimental", bool)
"""Whether it says so of experimental features too: where the version fits."""
BUFFER = 2_048
"""Bytes; the engine gives no Content-Length for more."""

PATIENCE_S = 300.0
"""How long a client may leave its stream unread, before it is let go."""


def json_answer(value: object, status: int = 200) -> web.Response:
    """A body of JSON."""
    body = dump(value)
    response = web.Response(body=body, status=status, headers={"Content-Type": JSON})
    if len(body) > BUFFER:
        response.enable_chunked_encoding()
    return response


def error(status: int, message: str) -> web.Response:
    """A refusal; 304 says nothing."""
    return empty(304) if status == 304 else json_answer({"message": message}, status)


def empty(status: int = 200) -> web.Response:
    """Nothing but a status."""
    return web.Response(status=status)


def bare(response: web.StreamResponse) -> None:
    """Take out the type that the library gives to what has none."""
    if response.headers.get("Content-Type") == "application/octet-stream":
        del response.headers["Content-Type"]


async def stream(
    request: web.Request, chunks: AsyncIterator[bytes], *, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Send what comes as it comes: the head at once, then each chunk; a client that is gone ends it."""
    response = web.StreamResponse(headers=headers)
    if request.version >= (1, 1):
        response.enable_chunked_encoding()
    try:
        await response.prepare(request)
        async for chunk in chunks:
            if chunk:
                await _write(request, response, chunk)
        await response.write_eof()
    finally:
        await close(chunks)
    return response


async def close(source: AsyncIterator[Any]) -> None:
    """End a source that may know how to be ended."""
    if hasattr(source, "aclose"):
        await source.aclose()


async def _write(request: web.Request, response: web.StreamResponse, chunk: bytes) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await response.write(chunk)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the client does not read") from None
