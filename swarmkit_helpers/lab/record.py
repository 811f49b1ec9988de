"""What a lab wrote about itself: one directory per lab, with all that it made, and a lock.

The record is written before the things it names are made, so that `down` finds them whatever happened since.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from ..errors import DiskFull, LabBusy, LabDamaged, LabNameRefused, LabNotUp

__all__ = [
    "NODES",
    "NodeRecord",
    "Record",
    "check_name",
    "directory_of",
    "home",
    "lab_names",
    "lock_of",
    "locked",
    "remove_directory",
]

State = Literal["starting", "up", "stopping"]
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
LOCK_PATIENCE_S = 60.0
SYSTEM_HOME = Path("/var/lib/swarmlab")


def home() -> Path:
    """Directory that holds one directory per lab that this account makes.

    $SWARMLAB_HOME; else ``/var/lib/swarmlab`` where this account may write; else ``swarmlab`` in the account's own
    state directory, which is $XDG_STATE_HOME or ``~/.local/state`` (XDG Base Directory Specification 0.8).
    """
    if chosen := os.environ.get("SWARMLAB_HOME"):
        return Path(chosen)
    there = SYSTEM_HOME if SYSTEM_HOME.exists() else SYSTEM_HOME.parent
    return SYSTEM_HOME if os.access(there, os.W_OK | os.X_OK) else _own_home()


def directory_of(name: str) -> Path:
    """The directory of that lab: where it is, if this account may use it, else where it would be made."""
    places = [known / check_name(name) for known in _homes()]
    return next((place for place in places if os.access(place, os.R_OK | os.X_OK)), places[0])


def _homes() -> list[Path]:
    """Where this account's labs may be: those it makes, and those that root made for it."""
    return list(dict.fromkeys([home()] if os.environ.get("SWARMLAB_HOME") else [home(), SYSTEM_HOME, _own_home()]))


def _own_home() -> Path:
    # The specification wants a path that is not absolute to be ignored.
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path("~/.local/state").expanduser()) / "swarmlab"


def check_name(name: str) -> str:
    """Return the name, or raise LabNameRefused."""
    if not NAME.fullmatch(name):
        raise LabNameRefused(name)
    return name


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node, as it was made."""

    name: str
    hostname: str
    address: str
    role: str


NODES = (
    NodeRecord("manager", "manager.i2tch.loc", "10.0.3.62", "manager"),
    NodeRecord("worker1", "worker1.i2tch.loc", "10.0.3.63", "worker"),
    NodeRecord("worker2", "worker2.i2tch.loc", "10.0.3.64", "worker"),
)
"""The machines of the course."""


@dataclass(frozen=True, slots=True)
class Record:
    """One lab, as it was made."""

    name: str
    backend: str
    state: State
    nodes: tuple[NodeRecord, ...]
    owner: tuple[int, int] = (0, 0)
    """User and group that may use the lab: the caller of sudo, else root."""
    capabilities: dict[str, bool] = field(default_factory=dict)
    substitutes: tuple[str, ...] = ()
    """Images of the course that are stand-ins for the published ones."""
    sysctls: dict[str, str] = field(default_factory=dict)
    """Kernel settings of the machine that the lab changed, with their values from before."""
    faults: dict[str, Any] = field(default_factory=dict)
    """Of a lab of real engines: the faults it was given and that are not mended, see `faults.Faults`."""

    speed: float = 1.0
    """Of a simulated lab: how many seconds of its engines go into one second."""
    slowness: float = 1.0
    """How many times as long as on a usual machine things may take, as measured at its start."""

    @property
    def directory(self) -> Path:
        """The lab's own directory."""
        return directory_of(self.name)

    @classmethod
    def read(cls, name: str) -> Record | None:
        """The record of that lab; None when there is none (or its writing was cut short before anything was made)."""
        try:
            raw: dict[str, Any] = json.loads((directory_of(name) / "lab.json").read_text("utf-8"))
            raw["nodes"] = tuple(NodeRecord(**node) for node in raw["nodes"])
            raw["owner"] = tuple(raw["owner"])
            raw["substitutes"] = tuple(raw["substitutes"])
            return cls(**raw)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    @classmethod
    def standing(cls, name: str) -> Record:
        """The record of that lab, which must be up.

        Raises
        ------
        LabNotUp, LabDamaged
        """
        record = cls.read(name)
        if record is None:
            if directory_of(name).exists():
                raise LabDamaged(name, "son démarrage a été interrompu")
            raise LabNotUp(name)
        if record.state != "up":
            doing = {"starting": "démarrage", "stopping": "arrêt"}[record.state]
            raise LabDamaged(name, f"son {doing} a été interrompu, ou n'est pas fini")
        return record

    def write(self) -> Record:
        """Write it whole or not at all, and return it."""
        target = self.directory / "lab.json"
        draft = target.with_suffix(".draft")
        try:
            with draft.open("w", encoding="utf-8") as file:
                json.dump(asdict(self), file, indent=1, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
        except OSError as err:
            if err.errno == 28:
                raise DiskFull(self.directory, "l'écriture de la fiche du labo", self.name) from err
            raise
        os.chown(draft, *self.owner)
        draft.replace(target)
        return self

    def having(self, **changes: Any) -> Record:
        """The same record with some fields changed."""
        return replace(self, **changes)


def lab_names() -> list[str]:
    """Names of all labs that left something on this machine, whole or not."""
    found = [path for place in _homes() if os.access(place, os.R_OK) for path in place.iterdir()]
    return sorted({path.name for path in found if path.is_dir() and NAME.fullmatch(path.name)})


def lock_of(name: str) -> Path:
    """The file of that lab's lock; a command that was killed at once may have left no more than this."""
    return directory_of(name).with_name(f".{name}.lock")


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lab's lock; the kernel frees it when the holder dies, however it dies.

    Raises
    ------
    LabBusy
        Another process still holds it after a minute.
    """
    directory = directory_of(name)
    directory.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = lock_of(name)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The holder before us may have removed the file: a lock on a removed file protects nothing.
            if path.exists() and os.fstat(handle).st_ino == path.stat().st_ino:
                break
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise LabBusy(name) from None
            time.sleep(0.1)
        os.close(handle)
    try:
        yield
    finally:
        if not directory.exists():
            path.unlink(missing_ok=True)
            with suppress(OSError):
                directory.parent.rmdir()  # when it holds no other lab
        os.close(handle)


def remove_directory(directory: Path) -> None:
    """Remove a lab's directory; what is gone already is no error."""
    shutil.rmtree(directory, onerror=_ignore_gone)


def _ignore_gone(function: Any, path: str, info: Any) -> None:
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]
