"""The `embedded` lab: three simulated engines in one process of this account, without Docker and without root.

The process is the embedded engine's, started as a command and spoken to through its sockets: nothing of it is imported
here. All that the lab writes is in its directory, and all that it runs is that process; `down` removes both, in
whatever state it finds them.
"""

from __future__ import annotations

import math
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import (
    NBSP,
    BackendUnavailable,
    DiskFull,
    EngineRefused,
    EngineStartFailed,
    LabDamaged,
    LabOfAnotherKind,
    PageUnavailable,
)
from . import control, images, slowness
from .cluster import Capabilities, Lab
from .health import silent
from .membership import form_swarm
from .node import Node
from .record import NODES, Record, check_name, directory_of, lock_of, locked, remove_directory
from .supervisor import Supervisor

__all__ = ["PID_FILE", "SPEED", "attach", "down", "lacks", "up"]

Notice = Callable[[str], None]

CAPABILITIES = Capabilities(ipvs=True, esp=True, netem=True, capture=True, internet=False)
PROGRAM = (sys.executable, "-m", f"{__name__.partition('.')[0]}.engine")
PID_FILE = "engine.pid"
LOG_FILE = "engine.log"
SPEED = 10.0
"""Seconds of its engines in one second, unless $SWARMLAB_SPEED or the command says another: 1 is a real one's pace."""
SPEED_VARIABLE = "SWARMLAB_SPEED"
MOST_SPEED = 1000.0
START_S = 30.0
USUAL_START_S = 1.0
"""What the process takes to answer on a usual machine, others at work beside it."""
SWARM_S = 30.0
STOP_S = 2.0
# A socket's path holds 107 bytes on Linux (unix(7)), and 103 elsewhere.
SOCKET_PATH_BYTES = 103
# Of the caller's environment: what Python needs, and nothing that leads to other machines.
KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")


def lacks() -> list[str]:
    """What this machine lacks to run an embedded lab, in French; empty when nothing."""
    return [] if hasattr(socket, "AF_UNIX") else ["ce système n'a pas de sockets Unix"]


def up(name: str, *, speed: float | None = None, notice: Notice = lambda line: None) -> Lab:
    """Start a lab, with its swarm formed; or return it if it is up.

    Parameters
    ----------
    name
        The lab's name.
    speed
        How many seconds of its engines go into one second, above 0; $SWARMLAB_SPEED when None, else 10.
    notice
        Called with lines in French that tell what goes on.

    Raises
    ------
    BackendUnavailable
        This machine cannot run it, or no such speed.
    LabOfAnotherKind, LabDamaged
        A lab of that name exists.
    EngineStartFailed, DiskFull
        What was begun has been removed.
    """
    check_name(name)
    pace = _speed(speed)
    if missing := lacks():
        raise BackendUnavailable("embedded", missing, "une machine sous Linux ou macOS, ou WSL sous Windows")
    directory = directory_of(name)
    _check_length(directory)
    with locked(name):
        record = Record.read(name)
        if record and record.backend != "embedded":
            raise LabOfAnotherKind(name, record.backend, "embedded")
        if record and record.state == "up":
            return _whole(record)
        if directory.exists():
            if (directory / "net").exists():
                raise LabDamaged(name, "ce qui reste est d'un labo « local »")
            notice(f"Le labo « {name} » avait été interrompu{NBSP}: il est refait.")
            _remove(directory)
        try:
            return _start(name, pace)
        except BaseException:
            with suppress(OSError, TimeoutError):
                _remove(directory)
            raise


def attach(name: str) -> Lab:
    """The lab of that name, which must be up; asks no engine.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    return _lab(Record.standing(name))


def down(name: str) -> bool:
    """Remove all of a lab, whatever its state; False when there was nothing. Twice is harmless."""
    directory = directory_of(name)
    if not directory.exists() and not lock_of(name).exists():
        return False
    if not os.access(directory.parent, os.W_OK | os.X_OK):
        raise BackendUnavailable(
            "embedded",
            ["il faut être root pour arrêter ce labo, que root a démarré"],
            f"sudo swarmlab down --name {name}",
        )
    with locked(name):
        if record := Record.read(name):
            with suppress(DiskFull):
                record.having(state="stopping").write()
        _remove(directory)
    return True


def _speed(asked: float | None) -> float:
    """How fast its engines' time goes."""
    words = str(asked) if asked is not None else os.environ.get(SPEED_VARIABLE, "").strip() or str(SPEED)
    try:
        pace = float(words.replace(",", "."))
    except ValueError:
        pace = math.nan
    if not 0 < pace <= MOST_SPEED:
        raise BackendUnavailable(
            "embedded",
            [f"la vitesse « {words[:20]} » n'est pas un nombre au-dessus de 0, {MOST_SPEED:.0f} au plus"],
            f"swarmlab up --backend embedded --speed 1, ou{NBSP}: export {SPEED_VARIABLE}=1",
        )
    return pace


def _check_length(directory: Path) -> None:
    longest = max((f"{node.name}.sock" for node in NODES), key=len)
    length = max(len(os.fsencode(directory / socket_name)) for socket_name in (longest, control.SOCKET))
    if length > SOCKET_PATH_BYTES:
        raise BackendUnavailable(
            "embedded",
            [f"le chemin {directory.parent} est trop long pour des sockets"],
            "export SWARMLAB_HOME=/tmp/labos-$USER, ou un autre dossier au chemin plus court",
        )


# --- starting -------------------------------------------------------------------------------------


def _start(name: str, speed: float) -> Lab:
    owner = (int(os.environ.get("SUDO_UID", os.geteuid())), int(os.environ.get("SUDO_GID", os.getegid())))
    if os.geteuid() != 0:
        owner = (os.geteuid(), os.getegid())
    record = Record(name, "embedded", "starting", NODES, owner, CAPABILITIES.asdict(), speed=speed)
    directory = record.directory
    try:
        directory.mkdir(mode=0o700)
        os.chown(directory, *owner)
        record.write()
        begun = time.monotonic()
        word = _launch(record)
    except OSError as err:
        if err.errno == 28:
            raise DiskFull(directory, "la création du labo", name) from err
        raise
    with os.fdopen(word, "rb", buffering=0):
        # Its modules are read while this process reads those that will speak to it.
        import docker  # noqa: F401

        _await_answer(directory, word)
    record = record.having(slowness=slowness.factor(slowness.USUAL_S * (time.monotonic() - begun) / USUAL_START_S))
    lab = _lab(record)
    asked = {"hosts": list(lab.nodes), "references": list(images.STARTING)}
    control.ask(directory, "POST", "/images", asked, doing="apporter les images du cours")
    form_swarm(lab, SWARM_S)
    return _lab(record.having(state="up").write())


def _launch(record: Record) -> int:
    """Start the process; return the descriptor through which it says that it answers, or that it has ended."""
    directory = record.directory
    hosts = [f"{node.name}={node.hostname}={node.address}" for node in record.nodes]
    word, theirs = os.pipe()
    argv = [
        *(*PROGRAM, str(directory)),
        *(word for host in hosts for word in ("--host", host)),
        *("--speed", f"{record.speed:g}", "--ready", str(theirs)),
    ]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    # Found where this package is, whatever directory the process starts in.
    paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    file, log = directory / PID_FILE, directory / LOG_FILE
    try:
        Supervisor.start(argv, file, log, owner=record.owner, environment=environment, inherited=(theirs,))
    except subprocess.CalledProcessError as err:
        os.close(word)
        raise EngineStartFailed("embedded", _last_words(directory), log) from err
    finally:
        os.close(theirs)
    return word


def _await_answer(directory: Path, word: int) -> None:
    """Return as soon as the process answers for all its engines; one that ends says nothing before."""
    readable, _, _ = select.select([word], [], [], START_S)
    if not readable or not os.read(word, 1):
        raise EngineStartFailed("embedded", _last_words(directory), directory / LOG_FILE)


def _last_words(directory: Path) -> str:
    with suppress(OSError):
        if lines := (directory / LOG_FILE).read_text("utf-8", "replace").strip().splitlines():
            return lines[-1]
    return "le journal est vide"


# --- removing -------------------------------------------------------------------------------------


def _remove(directory: Path) -> None:
    """Have the process stop, or kill it, then delete; any interruption can be taken up again."""
    process = Supervisor.read(directory / PID_FILE)
    with suppress(LabDamaged, EngineRefused):
        control.ask(directory, "POST", "/stop", {}, doing="s'arrêter", patience_s=STOP_S)
    if process and not process.gone(STOP_S):
        process.end()
    remove_directory(directory)


# --- parts ----------------------------------------------------------------------------------------


def _lab(record: Record) -> Lab:
    nodes = {
        node.name: Node(
            name=node.name,
            hostname=node.hostname,
            address=node.address,
            role=node.role,
            docker_host=f"unix://{record.directory / node.name}.sock",
            lab=record.name,
            slowness=record.slowness,
            simulated=True,
        )
        for node in record.nodes
    }
    return Lab(record.name, record.backend, nodes, Capabilities(**record.capabilities), simulated=True, forward=_lead)


def _lead(node: Node, port: int) -> int:
    """The port of loopback that leads to that port of that node, whose lab must be up."""
    directory = Record.standing(node.lab).directory
    try:
        answer = control.ask(
            directory, "POST", "/forward", {"host": node.name, "port": port}, doing=f"ouvrir le port {port}"
        )
        return int(answer["port"])
    except (EngineRefused, KeyError, ValueError, TypeError) as err:
        why = err.detail if isinstance(err, EngineRefused) else "le moteur simulé n'a pas dit quel port y mène"
        raise PageUnavailable(node.name, port, why, f"swarmlab status --name {node.lab}") from err


def _whole(record: Record) -> Lab:
    """The lab of that record, if its process and all its engines answer."""
    process = Supervisor.read(record.directory / PID_FILE)
    if process is None or not process.lives():
        raise LabDamaged(record.name, "son processus n'existe plus")
    lab = _lab(record)
    if found := silent(lab):
        raise LabDamaged(record.name, found)
    return lab
