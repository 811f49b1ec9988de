"""How the managers refuse: what gRPC says, and the HTTP status that the engine makes of it."""

from __future__ import annotations

from typing import Literal

from ..refusal import Refusal

__all__ = ["Code", "refused"]

Code = Literal["InvalidArgument", "NotFound", "AlreadyExists", "FailedPrecondition", "Unimplemented", "Unknown"]

STATUSES: dict[Code, int] = {
    "InvalidArgument": 400,
    "NotFound": 404,
    "AlreadyExists": 409,
    "FailedPrecondition": 400,
    "Unimplemented": 501,
    "Unknown": 500,
}


def refused(code: Code, message: str) -> Refusal:
    """A refusal by the managers, with the words that gRPC puts before it."""
    return Refusal(STATUSES[code], f"rpc error: code = {code} desc = {message}")
