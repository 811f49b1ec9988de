"""What answers requests, whatever they ask: who may ask, and what becomes of refusals and of bugs."""

from __future__ import annotations

import asyncio
import hmac
import logging

from aiohttp import web

from ..refusal import Refusal
from .answers import BEGUN, TYPED, bare, error
from .call import Work

__all__ = ["Answering"]

LOGGER = logging.getLogger(__name__)


class Answering:
    """Answers requests.

    Parameters
    ----------
    token
        What clients must know; none on a unix socket, whose rights say who may use it.
    """

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.work: Work = set()
        """What goes on whatever becomes of the clients."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer a request of somebody who may ask."""
        raise NotImplementedError

    def headers(self, request: web.Request) -> dict[str, str]:
        """What each answer says."""
        return {}

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        try:
            if request.version < (1, 0):
                raise Refusal(400, "malformed HTTP version")
            if self.token is not None and not self._known(request):
                raise Refusal(401, "unauthorized: what answers here wants its token")
            return await self.answer(request)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as err:
            refused = self._refused(request, err)
            if request.get(BEGUN):
                raise ConnectionResetError("the answer had begun") from err
            return refused

    @staticmethod
    def _refused(request: web.Request, err: Exception) -> web.StreamResponse:
        if isinstance(err, Refusal):
            return error(err.status, err.message)
        what = f"{request.method} {request.path}"
        if isinstance(err, NotImplementedError):
            return error(501, f"the embedded engine has not all of {what}: {err}")
        LOGGER.error("%s", what, exc_info=err)
        return error(500, f"the embedded engine failed: {type(err).__name__}: {err}")

    def _known(self, request: web.Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), (self.token or "").encode())

    async def prepare(self, request: web.Request, response: web.StreamResponse) -> None:
        """Say what each answer says, and nothing of the library behind it."""
        request[BEGUN] = True
        if not request.get(TYPED):
            bare(response)
        del response.headers["Server"]
        response.headers.update(self.headers(request))

    async def close(self) -> None:
        """End what goes on."""
        work = list(self.work)
        for future in work:
            future.cancel()
        await asyncio.gather(*work, return_exceptions=True)
