"""A container's files as programs see them: its own, the kernel's and the engine's, directories, named pipes."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from . import kernel
from .streams import Fifo

if TYPE_CHECKING:
    from ..node.container import Container
    from .system import System

__all__ = ["FileError", "FileSystem", "Kept", "kept"]

DIRECTORIES = frozenset(
    [
        "/",
        "/bin",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/sys",
        "/tmp",
        "/usr",
        "/usr/bin",
        "/usr/sbin",
        "/usr/local",
        "/usr/local/bin",
        "/usr/share",
        "/var",
        "/var/log",
        "/var/run",
        "/var/lib",
        "/proc/net",
        "/proc/sys",
        "/sys/class",
        "/sys/class/net",
    ]
)
DEVICES = frozenset(("/dev/null", "/dev/zero", "/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd"))
MOST_BYTES = 64 * 2**20
"""What one container may keep in files."""


class FileError(OSError):
    """A file cannot be used so; its message is the C library's."""


@dataclass
class Kept:
    """What is kept for a container besides its files, for as long as it exists."""

    fifos: dict[str, Fifo] = field(default_factory=dict)
    directories: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    """Names of programs that were removed."""
    modes: dict[str, int] = field(default_factory=dict)
    changed: dict[str, float] = field(default_factory=dict)


_KEPT: WeakKeyDictionary[Container, Kept] = WeakKeyDictionary()


def kept(container: Container) -> Kept:
    """What is kept for that container."""
    found = _KEPT.get(container)
    if found is None:
        found = _KEPT[container] = Kept()
    return found


class FileSystem:
    """The files that one process sees.

    Parameters
    ----------
    system
        Of the process: relative paths begin at its directory.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.files = system.files
        self.kept = kept(system.container)

    def path(self, name: str) -> str:
        """The absolute path of a file, without ``.`` and ``..``."""
        return posixpath.normpath(posixpath.join(self.system.directory, name)).replace("//", "/")

    # --- what is there --------------------------------------------------------------------------------

    def is_file(self, name: str) -> bool:
        """Whether it is a file of bytes."""
        path = self.path(name)
        return path in self.files or kernel.content(self.system, path) is not None or self.program(path) is not None

    def is_directory(self, name: str) -> bool:
        """Whether it is a directory."""
        path = self.path(name)
        if path in DIRECTORIES or path in self.kept.directories:
            return True
        below = path.rstrip("/") + "/"
        return any(other.startswith(below) for other in (*self.files, *self.kept.directories, *self._made()))

    def is_fifo(self, name: str) -> bool:
        """Whether it is a named pipe."""
        return self.path(name) in self.kept.fifos

    def exists(self, name: str) -> bool:
        """Whether there is anything of that name."""
        return self.is_file(name) or self.is_fifo(name) or self.path(name) in DEVICES or self.is_directory(name)

    def program(self, path: str) -> str | None:
        """The name of the program that a path leads to."""
        from .catalogue import available

        folder, _, name = path.rpartition("/")
        if folder in ("/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin") and name in available(self.system):
            return name
        return None

    def list(self, name: str) -> list[str]:
        """What a directory holds, sorted.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        if not self.is_directory(path):
            raise FileError("Not a directory" if self.exists(path) else "No such file or directory")
        below = path.rstrip("/") + "/"
        known = (*self.files, *self.kept.fifos, *self.kept.directories, *DIRECTORIES, *DEVICES, *self._made())
        found = {other[len(below) :].split("/")[0] for other in known if other.startswith(below) and other != below}
        if path in ("/bin", "/usr/bin"):
            from .catalogue import available

            found |= available(self.system)
        return sorted(found - {""})

    def _made(self) -> Iterable[str]:
        return kernel.paths(self.system)

    # --- reading and writing --------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """All of a file.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        if path in self.files:
            return self.files[path]
        made = kernel.content(self.system, path)
        if made is not None:
            return made
        if path == "/dev/null":
            return b""
        if self.program(path) is not None:
            return b"\x7fELF\x02\x01\x01" + bytes(9)
        raise FileError("Is a directory" if self.is_directory(path) else "No such file or directory")

    def write(self, name: str, data: bytes, *, append: bool = False) -> None:
        """Write a file, or the end of it.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        self.writable(path)
        if path in DEVICES:
            return
        whole = (self.files.get(path, b"") if append else b"") + data
        if len(whole) > MOST_BYTES or self.system.stack.host.hostname in self.system.world.faults.full_disks:
            raise FileError("No space left on device")
        self.files[path] = whole
        self.kept.changed[path] = time.time()

    def writable(self, name: str) -> None:
        """Say why a file cannot be written.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        if path in DEVICES or path in self.files:
            return
        if self.is_directory(path):
            raise FileError("Is a directory")
        if kernel.content(self.system, path) is not None and not path.startswith("/etc/"):
            raise FileError("Permission denied" if path.startswith("/proc") else "Read-only file system")
        if not self.is_directory(posixpath.dirname(path)):
            raise FileError("No such file or directory")

    def make_directory(self, name: str) -> None:
        """Make one.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        if self.exists(path):
            raise FileError("File exists")
        if not self.is_directory(posixpath.dirname(path)):
            raise FileError("No such file or directory")
        self.kept.directories.add(path)

    def make_fifo(self, name: str) -> None:
        """Make a named pipe.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        if self.exists(path):
            raise FileError("File exists")
        if not self.is_directory(posixpath.dirname(path)):
            raise FileError("No such file or directory")
        self.kept.fifos[path] = Fifo()

    def remove(self, name: str) -> None:
        """Remove a file, a named pipe or a program.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        program = self.program(path)
        if self.files.pop(path, None) is not None or self.kept.fifos.pop(path, None) is not None:
            return
        if program is not None:
            self.kept.gone.add(program)
            self.system.container.programs -= {program}
            return
        if self.is_directory(path):
            raise FileError("Is a directory")
        if self.exists(path):
            raise FileError("Operation not permitted")
        raise FileError("No such file or directory")

    def remove_directory(self, name: str, *, recursive: bool = False) -> None:
        """Remove a directory, and what is in it where that is asked for.

        Raises
        ------
        FileError
        """
        path = self.path(name)
        below = path.rstrip("/") + "/"
        inside = [other for other in (*self.files, *self.kept.fifos) if other.startswith(below)]
        if not self.is_directory(path):
            raise FileError("Not a directory" if self.exists(path) else "No such file or directory")
        if path in DIRECTORIES or (self.list(path) and not recursive):
            raise FileError("Directory not empty")
        for other in inside:
            self.files.pop(other, None)
            self.kept.fifos.pop(other, None)
        self.kept.directories -= {other for other in self.kept.directories if f"{other}/".startswith(below)}
