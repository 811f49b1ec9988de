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

from ..errors import DiskFull, LabBusy, LabNameRefused

__all__ = ["NodeRecord", "Record", "check_name", "home", "lab_names", "locked", "remove_directory"]

State = Literal["starting", "up", "stopping"]
NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
LOCK_PATIENCE_S = 60.0


def home() -> Path:
    """Directory that holds one directory per lab: ``/var/lib/swarmlab``, or $SWARMLAB_HOME."""
    return Path(os.environ.get("SWARMLAB_HOME", "/var/lib/swarmlab"))


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

    slowness: float = 1.0
    """How many times as long as on a usual machine things may take, as measured at its start."""

    @property
    def directory(self) -> Path:
        """The lab's own directory."""
        return home() / self.name

    @classmethod
    def read(cls, name: str) -> Record | None:
        """The record of that lab; None when there is none (or its writing was cut short before anything was made)."""
        try:
            raw: dict[str, Any] = json.loads((home() / check_name(name) / "lab.json").read_text("utf-8"))
            raw["nodes"] = tuple(NodeRecord(**node) for node in raw["nodes"])
            raw["owner"] = tuple(raw["owner"])
            raw["substitutes"] = tuple(raw["substitutes"])
            return cls(**raw)
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

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
    if not home().is_dir():
        return []
    return sorted(path.name for path in home().iterdir() if path.is_dir() and NAME.fullmatch(path.name))


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lab's lock; the kernel frees it when the holder dies, however it dies.

    Raises
    ------
    LabBusy
        Another process still holds it after a minute.
    """
    home().mkdir(mode=0o755, parents=True, exist_ok=True)
    path = home() / f".{name}.lock"
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
        if not (home() / name).exists():
            path.unlink(missing_ok=True)
            _remove_home_if_empty()
        os.close(handle)


def _remove_home_if_empty() -> None:
    with suppress(OSError):
        home().rmdir()


def remove_directory(directory: Path) -> None:
    """Remove a lab's directory; what is gone already is no error."""
    shutil.rmtree(directory, onerror=_ignore_gone)


def _ignore_gone(function: Any, path: str, info: Any) -> None:
    if not isinstance(info[1], FileNotFoundError):
        raise info[1]
