"""How the images of the voting application are made where no registry has them.

redis and PostgreSQL are Debian's own, started as the official images start them. The four others are programs of this
package on one Python.
"""

from __future__ import annotations

from pathlib import Path

from ..substitutes import Directory, File, Recipe

__all__ = ["DB", "PYTHON", "RECIPES", "REDIS", "RESULT", "VISUALIZER", "VOTE", "VOTING", "WORKER"]

REDIS = "redis:alpine"
DB = "postgres:15-alpine"
VOTE = "dockersamples/examplevotingapp_vote:latest"
RESULT = "dockersamples/examplevotingapp_result:latest"
WORKER = "dockersamples/examplevotingapp_worker:latest"
VISUALIZER = "dockersamples/visualizer:stable"
VOTING = (REDIS, DB, VOTE, RESULT, WORKER, VISUALIZER)
"""The images that the stack of LAB #2 names by default."""
PYTHON = "swarmlab/python:latest"

ENTRYPOINT = "usr/local/bin/docker-entrypoint.sh"
PGDATA = "/var/lib/postgresql/data"
DB_COMMANDS = ("postgres", "initdb", "pg_isready", "psql")
DB_COMMAND = '#!/bin/sh\nexec /usr/lib/postgresql/*/bin/"${0##*/}" "$@"\n'
"""On the PATH, whatever the version in the path of the package; Debian's own psql needs perl."""
COMPILE = """\
import os, py_compile, sys
import flask, psycopg2, psycopg2.errors, redis, waitress
flask.Flask("compile").jinja_env
for module in list(sys.modules.values()):
    source, target = getattr(module, "__file__", None), getattr(module, "__cached__", None)
    if source and target and source.endswith(".py"):
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(source, target, doraise=True, invalidation_mode=mode)
        os.utime(target, ns=(0, os.stat(source).st_mtime_ns))
"""
"""Packages come without the bytecode that their scripts make; with it, a program starts in a third of the time."""
HERE = Path(__file__).parent


def _text(name: str) -> str:
    return HERE.joinpath(name).read_text(encoding="utf-8")


_PYTHON = Recipe(
    reference=PYTHON,
    packages=("python3-flask", "python3-waitress", "python3-redis", "python3-psycopg2", "busybox-static"),
    programs=(
        "usr/bin/python3",
        "usr/lib/python3.*/lib-dynload/*.so",
        "usr/lib/python3/dist-packages/*.so",
    ),
    keep=("usr/lib/python3*/*", "etc/python3*/*"),
    prepare=("python3", "-B", "-c", COMPILE),
    without=(
        # PKG-INFO stays: redis looks up its own version there.
        *("*.egg-info/[!P]*", "*.pyi", "*/test/*", "*/tests/*", "*/lib2to3/*", "*/pydoc_data/*", "*/turtle.py"),
        # nothing here imports these, and their libraries are large
        *("*/_curses*.so", "*/_dbm.*.so", "*/_sqlite3.*.so", "*/readline.*.so"),
    ),
    command=("python3",),
    env={"PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    substitute=False,
)


def _program(reference: str, module: str, *files: str, port: int | None = None) -> Recipe:
    """The image of one program: its files and those it shares, on top of Python."""
    shared = ("__init__.py", "web.py", f"{module}.py")
    return Recipe(
        reference=reference,
        base=_PYTHON,
        tree={f"app/voting/{name}": File(_text(name)) for name in (*shared, *files)},
        directory="/app",
        command=("python3", "-m", f"voting.{module}"),
        ports=(f"{port}/tcp",) if port else (),
    )


RECIPES = (
    _PYTHON,
    Recipe(
        reference=REDIS,
        packages=("redis-server", "busybox-static"),
        programs=("usr/bin/redis-server", "usr/bin/redis-cli"),
        users={"redis": 999},
        tree={
            ENTRYPOINT: File(_text("scripts/redis-entrypoint.sh"), 0o755),
            "data": Directory(uid=999),
        },
        entrypoint=("docker-entrypoint.sh",),
        command=("redis-server",),
        directory="/data",
        volumes=("/data",),
        ports=("6379/tcp",),
    ),
    Recipe(
        reference=DB,
        packages=("postgresql", "busybox-static"),
        programs=(
            *(f"usr/lib/postgresql/*/bin/{name}" for name in DB_COMMANDS),
            *(f"usr/lib/postgresql/*/lib/{name}.so" for name in ("plpgsql", "dict_snowball", "*_and_*")),
        ),
        keep=(
            *(f"usr/share/postgresql/*/{name}" for name in ("postgres.bki", "*.sample", "errcodes.txt")),
            *(f"usr/share/postgresql/*/{name}.sql" for name in ("system_*", "information_schema", "snowball_create")),
            *(f"usr/share/postgresql/*/{name}" for name in ("sql_features.txt", "timezonesets/*", "tsearch_data/*")),
            "usr/share/postgresql/*/extension/plpgsql*",
            "usr/share/zoneinfo/[A-Z]*",
            "usr/lib/locale/C.*",
        ),
        users={"postgres": 70},
        tree={
            ENTRYPOINT: File(_text("scripts/postgres-entrypoint.sh"), 0o755),
            PGDATA.lstrip("/"): Directory(0o700, 70),
            "run/postgresql": Directory(0o2775, 70),
            **{f"usr/local/bin/{name}": File(DB_COMMAND, 0o755) for name in DB_COMMANDS},
        },
        entrypoint=("docker-entrypoint.sh",),
        command=("postgres",),
        env={"PGDATA": PGDATA, "LANG": "C.UTF-8"},
        volumes=(PGDATA,),
        ports=("5432/tcp",),
        stop_signal="SIGINT",
    ),
    _program(VOTE, "vote", "static/style.css", "templates/vote.html", port=80),
    _program(RESULT, "result", "database.py", "static/style.css", "static/follow.js", "templates/result.html", port=80),
    _program(WORKER, "worker", "database.py"),
    _program(
        VISUALIZER,
        "visualizer",
        *("static/style.css", "static/follow.js", "templates/swarm.html", "templates/visualizer.html"),
        port=8080,
    ),
)
"""One per image, after the Python that four of them lie on."""
