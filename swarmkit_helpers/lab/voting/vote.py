"""The page where one votes: ``python3 -m voting.vote``.

A vote is JSON at the end of redis's list ``votes``: ``{"voter_id": "1a2b3c", "vote": "a"}``. The page says that it
counts only once redis has it. The environment may name the two choices (OPTION_A, OPTION_B) and redis (REDIS_HOST).
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import socket
from typing import Any

from .web import log_to_stdout, serve

__all__ = ["application", "cast", "main", "voter_of"]

LIST = "votes"
VOTER = "voter_id"
"""The cookie that tells one voter from another."""
VOTER_AGE_S = 365 * 24 * 3600
TIMEOUT_S = 2.0

_log = logging.getLogger(__name__)


def voter_of(cookie: str | None) -> str:
    """The voter that a cookie names, else a new one: whatever a browser sends goes to the database."""
    if cookie and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", cookie):
        return cookie
    return secrets.token_hex(8)


def cast(host: str, voter: str, choice: str) -> None:
    """Put a vote at the end of redis's list; return once redis has it.

    Each vote has a connection of its own: redis started again elsewhere has another address, which only its name
    tells.

    Raises
    ------
    redis.RedisError
        Redis does not answer within 2 s, or refuses.
    """
    import redis

    with redis.Redis(host=host, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as queue:
        queue.rpush(LIST, json.dumps({"voter_id": voter, "vote": choice}))


def application() -> Any:
    """The Flask application."""
    import flask
    import redis

    names = {"a": os.environ.get("OPTION_A", "Chats"), "b": os.environ.get("OPTION_B", "Chiens")}
    host = os.environ.get("REDIS_HOST", "redis")
    app = flask.Flask(__name__)

    def page(voter: str, *, choice: str = "", refusal: str = "", status: int = 200) -> Any:
        text = flask.render_template(
            "vote.html", names=names, choice=choice, refusal=refusal, container=socket.gethostname()
        )
        response = flask.make_response(text, status, {"Cache-Control": "no-store"})
        response.set_cookie(VOTER, voter, max_age=VOTER_AGE_S, httponly=True, samesite="Lax")
        return response

    def show() -> Any:
        return page(voter_of(flask.request.cookies.get(VOTER)))

    def take() -> Any:
        voter = voter_of(flask.request.cookies.get(VOTER))
        choice = flask.request.form.get("vote", "")
        if choice not in names:
            return page(voter, refusal="ce choix n'existe pas.", status=400)
        try:
            cast(host, voter, choice)
        except redis.RedisError as err:
            _log.warning("vote %s de %s refusé, %s ne répond pas (%s)", choice, voter, host, err)
            return page(voter, refusal="redis ne répond pas. Votez à nouveau dans un instant.", status=503)
        _log.info("vote %s de %s → redis", choice, voter)
        return page(voter, choice=choice)

    app.add_url_rule("/", view_func=show)
    app.add_url_rule("/", view_func=take, methods=["POST"])
    return app


def main() -> None:
    """Serve the page on port 80."""
    log_to_stdout()
    serve(application(), port=80)


if __name__ == "__main__":
    main()
