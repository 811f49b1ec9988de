"""The program between redis and PostgreSQL: ``python3 -m voting.worker``.

It carries each vote from redis's list ``votes`` to PostgreSQL's table ``votes``, one row per voter. As redis gives a
vote, it moves it to a second list; the worker removes it from there once PostgreSQL has committed. Killed in between,
the worker finds it there when it starts again, and a vote that is written twice makes the same row. There is one worker
at a time: a second one would take for abandoned what the first one has in hand.

The environment may name redis (REDIS_HOST) and PostgreSQL, as `database` has it.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from .database import connect, server
from .web import log_to_stdout

__all__ = ["Vote", "carry", "main", "read_vote", "work"]

LIST = "votes"
IN_HAND = "votes:en-cours"
"""Redis's list of the votes taken, and not yet committed."""
TIMEOUT_S = 2.0
RETRY_S = 0.5
TABLE = "CREATE TABLE IF NOT EXISTS votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)"
UPSERT = "INSERT INTO votes (id, vote) VALUES (%s, %s) ON CONFLICT (id) DO UPDATE SET vote = EXCLUDED.vote"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Vote:
    """One vote."""

    voter: str
    choice: str
    """``a`` or ``b``."""


def read_vote(data: bytes) -> Vote | None:
    """The vote that an element of the list holds; None where it holds none.

    Anybody on the network can put anything into the list, and that must not stop the worker.
    """
    try:
        said = json.loads(data)
        voter, choice = said["voter_id"], said["vote"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(voter, str) and 0 < len(voter) <= 255 and voter.isprintable() and choice in ("a", "b"):
        return Vote(voter, choice)
    return None


def carry(queue: Any, database: Any) -> None:
    """Carry votes until redis or PostgreSQL fails.

    Parameters
    ----------
    queue
        A ``redis.Redis``.
    database
        A connection of psycopg2 that commits each statement.

    Raises
    ------
    redis.RedisError, psycopg2.Error
    """
    with database.cursor() as cursor:
        cursor.execute(TABLE)
        for data in _taken(queue):
            vote = read_vote(data)
            if vote:
                cursor.execute(UPSERT, (vote.voter, vote.choice))
                _log.info("vote %s de %s → PostgreSQL", vote.choice, vote.voter)
            else:
                _log.warning("%r n'est pas un vote, et n'est pas compté", data[:80])
            queue.lrem(IN_HAND, 1, data)


def _taken(queue: Any) -> Iterator[bytes]:
    """Votes in the order in which they came, those that were in hand first."""
    yield from queue.lrange(IN_HAND, 0, -1)
    while True:
        data = queue.blmove(LIST, IN_HAND, TIMEOUT_S / 2)  # it gives up before the connection counts as dead
        if data is not None:
            yield data


def work() -> None:
    """Connect and carry votes, for ever."""
    import psycopg2
    import redis

    queue_host, database_host = os.environ.get("REDIS_HOST", "redis"), server()
    lost = ""
    while True:
        try:
            with (
                redis.Redis(host=queue_host, socket_connect_timeout=TIMEOUT_S, socket_timeout=TIMEOUT_S) as queue,
                closing(connect(database_host)) as database,
            ):
                queue.ping()
                _log.info("relié à %s et à %s", queue_host, database_host)
                lost = ""
                carry(queue, database)
        except (redis.RedisError, psycopg2.Error) as err:
            host = queue_host if isinstance(err, redis.RedisError) else database_host
            if host != lost:  # said once, not at each attempt
                _log.warning("%s injoignable, nouvelles tentatives (%s)", host, " ".join(str(err).split()))
            lost = host
            time.sleep(RETRY_S)


def main() -> None:
    """Work until SIGTERM or SIGINT.

    The work has a thread of its own, so that a signal ends the program at once, even while a library written in C waits
    for a server that does not answer.
    """
    log_to_stdout()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while worker.is_alive():
        if signal.sigtimedwait(ends, 1.0):
            _log.info("arrêt")
            sys.stdout.flush()
            os._exit(0)  # leaves the thread where it is
    sys.exit(1)


if __name__ == "__main__":
    main()
