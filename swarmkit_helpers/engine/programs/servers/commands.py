"""Name -> server, or what starts one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType

from .. import catalogue
from ..system import Program, System
from . import nginx, postgres, psql, redis, result, visualizer, vote, worker

__all__ = ["COMMANDS"]

MODULES: Mapping[str, Callable[[System], Awaitable[int]]] = MappingProxyType(
    {
        "voting.vote": vote.vote,
        "voting.result": result.result,
        "voting.worker": worker.worker,
        "voting.visualizer": visualizer.visualizer,
    }
)


async def _python(system: System, argv: Sequence[str]) -> int:
    """``python3 -m voting.vote``: there is no other Python here."""
    words = list(argv[1:])
    if words[:1] in (["-V"], ["--version"]):
        system.say("Python 3.11.2 (simulated)")
        return 0
    if words[:1] != ["-m"] or len(words) < 2:
        system.complain("python3: only the modules of the voting application are simulated: python3 -m voting.vote")
        return 2
    module = MODULES.get(words[1])
    if module is None:
        system.complain(f"/usr/bin/python3: No module named {words[1]}")
        return 1
    try:
        return await module(system)
    except OSError as err:
        system.complain(f"OSError: [Errno {err.errno}] {err.strerror}")
        return 1


async def _entrypoint(system: System, argv: Sequence[str]) -> int:
    """What the images of redis and PostgreSQL start with."""
    words = list(argv[1:])
    names = catalogue.available(system)
    server = "redis-server" if "redis-server" in names else "postgres"
    if not words or words[0].startswith("-") or words[0].endswith(".conf"):
        words = [server, *words]
    if catalogue.find(system, words[0]) is None:
        system.complain(f"{argv[0]}: exec: {words[0]}: not found")
        return 127
    return await catalogue.run(system, words)


COMMANDS: Mapping[str, Program] = MappingProxyType(
    {
        "docker-entrypoint.sh": _entrypoint,
        "initdb": postgres.initdb,
        "nginx": nginx.nginx,
        "pg_isready": postgres.pg_isready,
        "postgres": postgres.postgres,
        "psql": psql.psql,
        "python3": _python,
        "redis-cli": redis.redis_cli,
        "redis-server": redis.redis_server,
    }
)
