"""Pages of a local lab's nodes on the loopback of this machine: a relay for each port of a node that was asked for.

The relay's socket listens on 127.0.0.1 in the machine's own namespace; the relay itself lives in the node's, where it
ends with all that lives there when the lab is removed. What stands about it in the lab's directory is the port and the
socket's inode: the kernel then tells whether that very socket still listens.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import DiskFull, LabDamaged, PageUnavailable
from . import namespaces
from .listeners import listeners
from .record import Record, locked

__all__ = ["Way", "lead", "standing"]

LOOPBACK = "127.0.0.1"
RELAY = Path(__file__).with_name("relay.py")
# The browser's own connections, before the relay takes them up.
BACKLOG = 128


@dataclass(frozen=True, slots=True)
class Way:
    """A port of loopback that leads to a port of a node, as it was made."""

    port: int
    """On 127.0.0.1."""
    inode: int
    """Of its listening socket."""

    def is_open(self) -> bool:
        """True when that very socket still listens."""
        return any((found.port, found.inode) == (self.port, self.inode) for found in listeners())


def standing(record: Record, node: str, port: int) -> Way | None:
    """The way made before to that port of that node, open or not; None when none was made."""
    try:
        raw = json.loads(_file(record, node, port).read_text("utf-8"))
        return Way(int(raw["port"]), int(raw["inode"]))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def lead(record: Record, node: str, port: int) -> int:
    """The port of 127.0.0.1 that leads to that port of that node; the same one as before wherever it is free.

    It is not asked whether anything answers there: a page may come later.

    Raises
    ------
    LabDamaged, LabBusy, DiskFull
    PageUnavailable
        A relay must be started, and this process is not root.
    """
    known = standing(record, node, port)
    if known and known.is_open():
        return known.port
    if os.geteuid() != 0:
        raise PageUnavailable(
            node, port, "il faut être root la première fois", f"sudo swarmlab url {node} {port} --name {record.name}"
        )
    with locked(record.name):
        now = Record.read(record.name)
        if now is None or now.state != "up":
            raise LabDamaged(record.name, "il est en cours d'arrêt")
        known = standing(now, node, port)
        if known and known.is_open():
            return known.port
        with _listening(known.port if known else 0) as listener:
            way = Way(listener.getsockname()[1], os.fstat(listener.fileno()).st_ino)
            _write(now, node, port, way)
            _start(now, node, port, listener)
    return way.port


def _listening(port: int) -> socket.socket:
    """A socket that listens on that port of loopback, or on one that the kernel chooses."""
    listener = socket.socket()
    # The connections of a relay that was killed do not bar its port.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            listener.bind((LOOPBACK, 0))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _start(record: Record, node: str, port: int, listener: socket.socket) -> None:
    address = next(made.address for made in record.nodes if made.name == node)
    relay = [sys.executable, "-I", "-S", str(RELAY), str(listener.fileno()), address, str(port)]
    try:
        subprocess.run(
            [*namespaces.enter(record.directory / "net" / node), *relay],
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            pass_fds=[listener.fileno()],
            env={"LANG": "C.UTF-8"},
            cwd="/",
        )
    except subprocess.CalledProcessError as err:
        last = err.stderr.strip().splitlines()[-1:] or [f"code {err.returncode}"]
        raise LabDamaged(record.name, f"rien ne peut être relayé vers {node} ({last[0]})") from err


def _file(record: Record, node: str, port: int) -> Path:
    return record.directory / "pages" / f"{node}-{port}.json"


def _write(record: Record, node: str, port: int, way: Way) -> None:
    """Before the relay starts; if it then does not, the socket is closed, which `Way.is_open` sees."""
    target = _file(record, node, port)
    draft = target.with_suffix(".draft")
    try:
        with suppress(FileExistsError):
            target.parent.mkdir(mode=0o700)
            os.chown(target.parent, *record.owner)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(way), file)
    except OSError as err:
        if err.errno == 28:
            raise DiskFull(record.directory, "l'ouverture d'une page", record.name) from err
        raise
    os.chown(draft, *record.owner)
    draft.replace(target)
