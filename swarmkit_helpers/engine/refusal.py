"""How the engine says no."""

from __future__ import annotations

__all__ = ["Refusal"]


class Refusal(Exception):
    """What a request is answered when it is refused: an HTTP status, and the message that the real engine gives.

    Parameters
    ----------
    status
        400, 404, 409, 500, 501 or 503.
    message
        In the engine's English.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
