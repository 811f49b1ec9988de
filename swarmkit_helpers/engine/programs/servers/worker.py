"""The program between redis and PostgreSQL: one row per voter; a vote leaves redis once PostgreSQL has it."""

from __future__ import annotations

import asyncio
import json

from ...net.pipe import Pipe
from ..system import System
from ..tools.names import lookup
from ..tools.waiting import Interruption
from .postgres import Connection, Failure
from .resp import ask
from .result import connect_as_asked

__all__ = ["worker"]

LIST = "votes"
IN_HAND = "votes:en-cours"
TIMEOUT_S = 2.0
RETRY_S = 0.5
TABLE = "CREATE TABLE IF NOT EXISTS votes (id VARCHAR(255) NOT NULL UNIQUE, vote VARCHAR(255) NOT NULL)"


class _Lost(Exception):
    """A server does not answer: which one, and why."""

    def __init__(self, host: str, why: str) -> None:
        super().__init__(why)
        self.host = host


async def worker(system: System) -> int:
    """Carry votes until a signal comes."""
    stop = Interruption(system, "SIGTERM", "SIGINT")
    await stop.first(_work(system))
    system.say("arrêt")
    return 0


async def _work(system: System) -> None:
    queue_host = system.environment.get("REDIS_HOST", "redis")
    database_host = system.environment.get("POSTGRES_HOST", "db")
    lost = ""
    while True:
        queue: Pipe | None = None
        database: Connection | None = None
        try:
            database = await _database(system, database_host)
            queue = await _queue(system, queue_host)
            system.say(f"relié à {queue_host} et à {database_host}")
            lost = ""
            await _carry(system, queue, queue_host, database, database_host)
        except _Lost as err:
            if err.host != lost:  # said once, not at each attempt
                system.say(f"{err.host} injoignable, nouvelles tentatives ({' '.join(str(err).split())})")
            lost = err.host
        finally:
            if queue is not None:
                queue.abort()
            if database is not None:
                database.close()
        await system.world.clock.sleep(RETRY_S)


async def _database(system: System, host: str) -> Connection:
    try:
        return await connect_as_asked(system, host, TIMEOUT_S)
    except Failure as err:
        raise _Lost(host, str(err)) from None


async def _queue(system: System, host: str) -> Pipe:
    address = lookup(system, host)
    if address is None:
        raise _Lost(host, f"Error -2 connecting to {host}:6379. Name or service not known.")
    try:
        limit_s = max(0.05, TIMEOUT_S / system.world.clock.speed)
        return await asyncio.wait_for(system.world.fabric.connect(system.stack, address, 6379), limit_s)
    except TimeoutError:
        raise _Lost(host, "Timeout connecting to server") from None
    except OSError as err:
        raise _Lost(
            host, f"Error {err.errno or 111} connecting to {host}:6379. {err.strerror or 'Connection refused'}."
        ) from None


async def _carry(system: System, queue: Pipe, queue_host: str, database: Connection, database_host: str) -> None:
    async def asked(*words: str | bytes) -> object:
        try:
            return await asyncio.wait_for(ask(queue, *words), max(0.5, TIMEOUT_S / system.world.clock.speed))
        except (ConnectionResetError, TimeoutError):
            raise _Lost(queue_host, "Connection closed by server.") from None

    async def written(statement: str) -> None:
        try:
            answer = await asyncio.wait_for(database.execute(statement), max(0.5, TIMEOUT_S / system.world.clock.speed))
        except (Failure, TimeoutError) as err:
            raise _Lost(database_host, str(err) or "timeout expired") from None
        if "error" in answer:
            raise _Lost(database_host, answer["error"])

    await written(TABLE)
    held = await asked("LRANGE", IN_HAND, "0", "-1")
    waiting = [one for one in held if isinstance(one, bytes)] if isinstance(held, list) else []
    while True:
        data = waiting.pop(0) if waiting else await asked("BLMOVE", LIST, IN_HAND, "LEFT", "RIGHT", str(TIMEOUT_S / 2))
        if not isinstance(data, bytes):
            continue
        vote = _read(data)
        if vote is None:
            system.say(f"{data[:80]!r} n'est pas un vote, et n'est pas compté")
        else:
            voter, choice = (part.replace("'", "''") for part in vote)
            await written(
                f"INSERT INTO votes (id, vote) VALUES ('{voter}', '{choice}') "
                "ON CONFLICT (id) DO UPDATE SET vote = EXCLUDED.vote"
            )
            system.say(f"vote {vote[1]} de {vote[0]} → PostgreSQL")
        await asked("LREM", IN_HAND, "1", data)


def _read(data: bytes) -> tuple[str, str] | None:
    """Voter and choice of an element of the list; None where it holds no vote."""
    try:
        said = json.loads(data)
        voter, choice = said["voter_id"], said["vote"]
    except (ValueError, KeyError, TypeError):
        return None
    if isinstance(voter, str) and 0 < len(voter) <= 255 and voter.isprintable() and choice in ("a", "b"):
        return voter, choice
    return None
