"""The page that counts the votes: ``python3 -m voting.result``.

It counts the rows of PostgreSQL's table ``votes`` twice a second, and tells every open page of a change. The
environment may name the two choices (OPTION_A, OPTION_B) and PostgreSQL, as `database` has it.
"""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import asdict, dataclass, replace
from typing import Any

from .database import connect, server
from .web import STREAM_HEADERS, Watch, log_to_stdout, serve, stream

__all__ = ["Counter", "Tally", "application", "main"]

COUNT = "SELECT count(*) FILTER (WHERE vote = 'a'), count(*) FILTER (WHERE vote = 'b') FROM votes"
EVERY_S = 0.5
FIRST_S = 2.5
"""How long the first page waits for the first count."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tally:
    """The votes, as last counted."""

    a: int = 0
    b: int = 0
    reachable: bool = True
    """False when the database does not answer: the votes are then those of the last time it did."""

    @property
    def total(self) -> int:
        """All votes."""
        return self.a + self.b

    @property
    def percent_a(self) -> int:
        """The share of a, rounded; 0 without votes."""
        return round(100 * self.a / self.total) if self.total else 0

    @property
    def percent_b(self) -> int:
        """The share of b, so that both make 100; 0 without votes."""
        return 100 - self.percent_a if self.total else 0

    def told(self) -> dict[str, object]:
        """What a page is told."""
        return {**asdict(self), "total": self.total, "percent_a": self.percent_a, "percent_b": self.percent_b}


class Counter:
    """Counts the votes over a connection that it keeps, and makes again when it broke."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._connection: Any = None
        self._last = Tally()

    def count(self) -> Tally:
        """The votes now; those of the last time, said unreachable, when the database does not answer."""
        import psycopg2
        import psycopg2.errors

        try:
            if self._connection is None:
                self._connection = connect(self._host)
            with self._connection.cursor() as cursor:
                cursor.execute(COUNT)
                a, b = cursor.fetchone()
            self._last = Tally(a, b)
        except psycopg2.errors.UndefinedTable:  # the worker makes it before the first vote
            self._last = Tally()
        except psycopg2.Error as err:
            if self._last.reachable:
                _log.warning("%s injoignable (%s)", self._host, " ".join(str(err).split()))
            self._last = replace(self._last, reachable=False)
            if self._connection is not None:
                self._connection.close()
            self._connection = None
        return self._last


def application() -> Any:
    """The Flask application."""
    import flask

    names = {"a": os.environ.get("OPTION_A", "Chats"), "b": os.environ.get("OPTION_B", "Chiens")}
    watch = Watch(Counter(server()).count, every_s=EVERY_S)
    app = flask.Flask(__name__)

    def index() -> Any:
        tally = watch.wait(None, FIRST_S) or Tally(reachable=False)
        text = flask.render_template("result.html", names=names, tally=tally, container=socket.gethostname())
        return text, 200 if tally.reachable else 503, {"Cache-Control": "no-store"}

    def events() -> Any:
        return flask.Response(stream(watch, Tally.told), mimetype="text/event-stream", headers=STREAM_HEADERS)

    def healthz() -> Any:
        tally = watch.wait(None, 0)
        return {"database": bool(tally and tally.reachable)}  # 200 all the same: restarting this page mends no database

    app.add_url_rule("/", view_func=index)
    app.add_url_rule("/events", view_func=events)
    app.add_url_rule("/healthz", view_func=healthz)
    return app


def main() -> None:
    """Serve the page on port 80."""
    log_to_stdout()
    serve(application(), port=80)


if __name__ == "__main__":
    main()
