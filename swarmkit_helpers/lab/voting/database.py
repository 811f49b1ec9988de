"""How the voting application connects to PostgreSQL.

The environment may name the server (POSTGRES_HOST), the user, the password and the database (POSTGRES_USER,
POSTGRES_PASSWORD, POSTGRES_DB).
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["connect", "server"]

TIMEOUT_S = 2
"""After that time without an answer, the server counts as gone."""


def server() -> str:
    """The name of the server."""
    return os.environ.get("POSTGRES_HOST", "db")


def connect(host: str) -> Any:
    """A connection of psycopg2, each statement of which is committed at once.

    The container of a database that was killed sends no farewell: without a bound on what TCP waits for, the next
    statement would wait for its answer for a quarter of an hour (Linux: tcp(7), TCP_USER_TIMEOUT).

    Raises
    ------
    psycopg2.OperationalError
    """
    import psycopg2

    connection = psycopg2.connect(
        host=host,
        user=os.environ.get("POSTGRES_USER", "postgres"),
        password=os.environ.get("POSTGRES_PASSWORD", "postgres"),
        dbname=os.environ.get("POSTGRES_DB", "postgres"),
        connect_timeout=TIMEOUT_S,
        keepalives_idle=1,
        keepalives_interval=1,
        keepalives_count=TIMEOUT_S,
        tcp_user_timeout=TIMEOUT_S * 1000,
    )
    connection.autocommit = True
    return connection
