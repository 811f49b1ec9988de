"""postgres: the tables of a cluster under $PGDATA, served on port 5432 and on the container's own socket.

What passes on the connection is JSON, line by line, not PostgreSQL's protocol: only programs of this package speak it.
"""

from __future__ import annotations

import asyncio
import json
import posixpath
import secrets
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from ...kinds import Json
from ...net.pipe import Pipe
from ...node.container import Container
from ..files import FileError, FileSystem
from ..system import System
from ..tools.names import lookup
from ..tools.waiting import Interruption
from .database import Database
from .database.words import Fault

__all__ = ["Connection", "Failure", "connect", "initdb", "pg_isready", "postgres", "running"]

PORT = 5432
PGDATA = "/var/lib/postgresql/data"
SAID = "PostgreSQL 15.20 (simulated) on x86_64-pc-linux-gnu, 64-bit"


class Failure(Exception):
    """A connection that could not be made, or broke; its message is what psql says after « failed: »."""


class _Server:
    """A cluster that is served."""

    def __init__(self, system: System, files: FileSystem, data: str) -> None:
        self.system, self.files, self.data = system, files, data
        self.connections = 0
        control = json.loads(files.read(posixpath.join(data, "global/pg_control")))
        self.user, self.password = control["user"], control["password"]
        self.tables = Database(control["identifier"])
        self.tables.user = self.user
        with suppress(FileError):
            self.tables.load(files.read(posixpath.join(data, "base/tables")))

    def admit(self, user: str, password: str | None, *, local: bool) -> str:
        """Why a user is refused; empty when he is not."""
        if not local and password is None:
            return "fe_sendauth: no password supplied"
        if not local and (user != self.user or password != self.password):
            return f'FATAL:  password authentication failed for user "{user}"'
        if user != self.user:
            self.log(f'FATAL:  role "{user}" does not exist')
            return f'FATAL:  role "{user}" does not exist'
        return ""

    def execute(self, statement: str) -> Json:
        """Run statements; what they give, or what is wrong."""
        before = self.tables.dumped()
        try:
            results = self.tables.execute(statement)
            if self.tables.changed:
                self.tables.changed = False
                self.files.write(posixpath.join(self.data, "base/tables"), self.tables.dumped())
            return {"results": [asdict(result) for result in results]}
        except Fault as err:
            self.tables.load(before)
            self.tables.changed = False
            where = f" at character {err.position}" if err.position else ""
            self.log(f"ERROR:  {err}{where}")
            for name, said in (("DETAIL", err.detail), ("HINT", err.hint), ("STATEMENT", statement)):
                if said:
                    self.log(f"{name}:  {said}")
            return {"error": str(err), "position": err.position, "detail": err.detail, "hint": err.hint}
        except FileError as err:
            self.tables.load(before)
            said = f'could not extend file "base/5/16384": {err}'
            self.log(f"ERROR:  {said}")
            return {"error": said, "position": 0, "detail": "", "hint": "Check free disk space."}

    def log(self, said: str) -> None:
        """Write a line of log."""
        _log(self.system, said)


_RUNNING: WeakKeyDictionary[Container, _Server] = WeakKeyDictionary()


def running(container: Container) -> bool:
    """Whether a container serves a database."""
    return container in _RUNNING


def _log(system: System, said: str) -> None:
    moment = datetime.now(UTC)
    system.complain(f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC [{system.pid}] {said}")


async def initdb(system: System, argv: Sequence[str]) -> int:
    """Make a cluster: which is done by the image's entrypoint here."""
    system.complain("initdb: error: the simulated cluster is made by docker-entrypoint.sh postgres")
    return 1


async def postgres(system: System, argv: Sequence[str]) -> int:
    """Serve the cluster under $PGDATA; it is made where there is none, as the image's entrypoint does."""
    if "--version" in argv or "-V" in argv:
        system.say("postgres (PostgreSQL) 15.20 (simulated)")
        return 0
    stop = Interruption(system, "SIGINT", "SIGTERM", "SIGQUIT")
    files = FileSystem(system)
    data = system.environment.get("PGDATA") or PGDATA
    version = posixpath.join(data, "PG_VERSION")
    try:
        if not files.is_file(version) and not await _made(system, files, data):
            return 1
        server = _Server(system, files, data)
        system.world.fabric.listen(system.stack, PORT, lambda pipe: _converse(server, pipe))
    except FileError as err:
        _log(system, f'FATAL:  could not write file "{data}": {err}')
        return 1
    except OSError:
        _log(system, 'LOG:  could not bind IPv4 address "0.0.0.0": Address already in use')
        return 1
    for said in (
        f"LOG:  starting {SAID}",
        f'LOG:  listening on IPv4 address "0.0.0.0", port {PORT}',
        f'LOG:  listening on Unix socket "/var/run/postgresql/.s.PGSQL.{PORT}"',
        "LOG:  database system is ready to accept connections",
    ):
        _log(system, said)
    _RUNNING[system.container] = server
    try:
        await stop.wait()
    finally:
        _RUNNING.pop(system.container, None)
        system.world.fabric.unlisten(system.stack, PORT)
    kind = {"SIGTERM": "smart", "SIGINT": "fast", "SIGQUIT": "immediate"}[stop.signal]
    _log(system, f"LOG:  received {kind} shutdown request")
    _log(system, "LOG:  shutting down")
    _log(system, "LOG:  database system is shut down")
    return 0


async def _made(system: System, files: FileSystem, data: str) -> bool:
    """Make the cluster; PG_VERSION is written last, so that one that was cut short is made again."""
    user = system.environment.get("POSTGRES_USER") or "postgres"
    password = system.environment.get("POSTGRES_PASSWORD") or ""
    if not password:
        system.complain(
            "La base n'est pas créée : POSTGRES_PASSWORD est vide ou absent. Donnez un mot de passe à l'utilisateur "
            f"{user}, par exemple avec docker run -e POSTGRES_PASSWORD=..."
        )
        return False
    system.say(f"Création de la base simulée dans {data}.")
    await system.world.clock.sleep(1.0)
    # Seconds in the upper half, as PostgreSQL has it.
    identifier = (int(time.time()) << 32) | (secrets.randbits(20) << 12)
    control = {"identifier": identifier, "user": user, "password": password}
    for folder in (data, posixpath.join(data, "global"), posixpath.join(data, "base")):
        files.kept.directories.add(folder)
    files.write(posixpath.join(data, "global/pg_control"), json.dumps(control).encode())
    files.write(posixpath.join(data, "PG_VERSION"), b"15\n")
    return True


async def _converse(server: _Server, pipe: Pipe) -> None:
    raw = await pipe.read_line()
    try:
        hello = json.loads(raw)
        why = server.admit(hello["user"], hello["password"], local=False)
    except (ValueError, KeyError, TypeError):
        # Somebody speaks PostgreSQL's own protocol, or nothing at all.
        return
    pipe.write(json.dumps({"refused": why}).encode() + b"\n")
    while not why and (line := await pipe.read_line()):
        pipe.write(json.dumps(server.execute(json.loads(line)["sql"])).encode() + b"\n")


class Connection:
    """A client's end.

    Parameters
    ----------
    pipe
        None: the container's own socket.
    """

    def __init__(self, system: System, pipe: Pipe | None) -> None:
        self._system, self._pipe = system, pipe

    async def execute(self, statement: str) -> Json:
        """Run statements.

        Raises
        ------
        Failure
        """
        if self._pipe is None:
            server = _RUNNING.get(self._system.container)
            if server is None:
                raise Failure("server closed the connection unexpectedly")
            return server.execute(statement)
        self._pipe.write(json.dumps({"sql": statement}).encode() + b"\n")
        found: Json = json.loads(await self._line())
        return found

    async def _line(self) -> bytes:
        assert self._pipe is not None
        line = await self._pipe.read_line()
        if not line:
            raise Failure("server closed the connection unexpectedly")
        return line

    async def admitted(self, user: str, password: str | None) -> None:
        """Say who connects.

        Raises
        ------
        Failure
        """
        if self._pipe is None:
            server = _RUNNING.get(self._system.container)
            why = server.admit(user, password, local=True) if server else _no_socket()
        else:
            self._pipe.write(json.dumps({"user": user, "password": password}).encode() + b"\n")
            why = json.loads(await self._line())["refused"]
        if why:
            raise Failure(why)

    def close(self) -> None:
        """Let go of it."""
        if self._pipe is not None:
            self._pipe.abort()


def _no_socket() -> str:
    return "No such file or directory\n\tIs the server running locally and accepting connections on that socket?"


async def connect(system: System, host: str, user: str, password: str | None, wait_s: float = 127.0) -> Connection:
    """Connect to a server; to the container's own where `host` is empty.

    Raises
    ------
    Failure
    """
    if not host:
        connection = Connection(system, None)
        await connection.admitted(user, password)
        return connection
    address = lookup(system, host)
    if address is None:
        raise Failure(f'could not translate host name "{host}" to address: Name or service not known')
    where = f'connection to server at "{host}" ({address}), port {PORT} failed:'
    asking = "\n\tIs the server running on that host and accepting TCP/IP connections?"
    try:
        pipe = await asyncio.wait_for(
            system.world.fabric.connect(system.stack, address, PORT), max(0.05, wait_s / system.world.clock.speed)
        )
    except ConnectionRefusedError:
        raise Failure(f"{where} Connection refused{asking}") from None
    except TimeoutError:
        raise Failure(f"{where} timeout expired") from None
    except OSError as err:
        raise Failure(f"{where} {err.strerror or err}{asking}") from None
    connection = Connection(system, pipe)
    try:
        await connection.admitted(user, password)
    except Failure as err:
        connection.close()
        raise Failure(f"{where} {err}") from None
    return connection


async def pg_isready(system: System, argv: Sequence[str]) -> int:
    """Whether the container's own server answers."""
    up = running(system.container)
    system.say(f"/var/run/postgresql:{PORT} - {'accepting connections' if up else 'no response'}")
    return 0 if up else 2
