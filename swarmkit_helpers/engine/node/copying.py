"""A container's files from outside, as tar archives: what ``docker cp`` and ``docker export`` see."""

from __future__ import annotations

import asyncio
import io
import posixpath
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..net.stack import Stack
from ..programs.files import MOST_BYTES, FileError, FileSystem
from ..programs.system import Files, System
from ..refusal import Refusal
from .image import Entry, damage
from .inspection import nanoseconds

if TYPE_CHECKING:
    from .container import Container

__all__ = ["Seen", "Surface", "unpack"]

UNMOUNTED = ("/proc", "/sys", "/dev")
"""What the kernel mounts for a container's processes only: from outside these directories are empty."""
MADE_BY_ENGINE = ("/etc/hostname", "/etc/hosts", "/etc/resolv.conf")
PROCESSING = "Error processing tar file(exit status 1): "


@dataclass(frozen=True, slots=True)
class Seen:
    """One file or directory."""

    path: str
    data: bytes | None
    """None: a directory."""
    mode: int
    modified: int
    """Nanoseconds since 1970."""


class Surface:
    """The files of a container, running or not, as its host sees them.

    Parameters
    ----------
    container
        Whose files.
    files
        Those that it sees itself; its own only, for an export.
    """

    def __init__(self, container: Container, files: Files | None = None) -> None:
        self.container = container
        self.files = FileSystem(
            System(
                world=container.host.world,
                stack=container.stack or Stack(container.host, container.config["Hostname"]),
                container=container,
                files=container.files if files is None else files,
                environment={},
                write=lambda _: None,
                error=lambda _: None,
                stdin=asyncio.StreamReader(),
                programs=container.programs,
            )
        )

    def look(self, path: str) -> Seen | None:
        """What is at a path; None: nothing."""
        files, kept = self.files, self.files.kept
        modified = int(kept.changed.get(path, 0) * 1e9) or nanoseconds(self.container.created)
        if path in UNMOUNTED:
            return Seen(path, None, 0o755, modified)
        if path.startswith(tuple(f"{folder}/" for folder in UNMOUNTED)):
            data = files.files.get(path)
            return None if data is None else Seen(path, data, kept.modes.get(path, 0o644), modified)
        if files.is_file(path):
            mode = kept.modes.get(path, 0o755 if files.program(path) else 0o644)
            return Seen(path, self._content(path), mode, modified)
        if files.is_directory(path):
            return Seen(path, None, kept.modes.get(path, 0o1777 if path == "/tmp" else 0o755), modified)
        return None

    def _content(self, path: str) -> bytes:
        if path in MADE_BY_ENGINE and not self.container.prepared and path not in self.files.files:
            return b""
        return self.files.read(path)

    def under(self, path: str) -> Iterator[Seen]:
        """What is at a path, and all that is below it; a directory comes before what it holds."""
        found = self.look(path)
        if found is None:
            return
        yield found
        if found.data is None and path not in UNMOUNTED:
            for name in self.files.list(path):
                yield from self.under(posixpath.join(path, name))

    def pack(self, path: str, name: str) -> bytes:
        """An archive of what is at a path, under that name; an empty one: of what a directory holds."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            for seen in self.under(path):
                inside = seen.path.removeprefix(path).lstrip("/")
                entry = Entry(posixpath.join(name, inside) if inside else name)
                entry.mtime, entry.uname, entry.gname = seen.modified // 10**9, "root", "root"
                if seen.data is None:
                    entry.type, entry.mode = tarfile.DIRTYPE, stat.S_IFDIR | seen.mode
                else:
                    entry.size, entry.mode = len(seen.data), stat.S_IFREG | seen.mode
                if entry.name:
                    archive.addfile(entry, io.BytesIO(seen.data or b""))
        return made.getvalue()


def unpack(container: Container, path: str, data: bytes, *, keep_kinds: bool = False) -> None:
    """Extract an archive into a directory of a container.

    Parameters
    ----------
    keep_kinds
        Refuse to replace a directory by a file, or a file by a directory.

    Raises
    ------
    Refusal
        500; 501: it holds what is not simulated.
    """
    surface = Surface(container)
    _check_writable(container, path)
    found = surface.look(path)
    if found is not None and found.data is not None:
        raise Refusal(500, "extraction point is not a directory")
    if not data:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                _extract(surface, path, archive, entry, keep_kinds)
    except (tarfile.TarError, EOFError, ValueError) as bad:
        raise Refusal(500, PROCESSING + damage(data, bad)) from None
    except FileError as bad:
        raise Refusal(500, f"{PROCESSING}write {path}: {str(bad).lower()}") from None


def _check_writable(container: Container, path: str) -> None:
    inside = [one for one in container.mounts if f"{path}/".startswith(f"{one['Destination']}/")]
    if inside and not max(inside, key=lambda one: len(one["Destination"]))["RW"]:
        raise Refusal(500, "mounted volume is marked read-only")
    if not inside and container.host_config["ReadonlyRootfs"]:
        raise Refusal(500, "container rootfs is marked read-only")


def _extract(surface: Surface, path: str, archive: tarfile.TarFile, entry: tarfile.TarInfo, keep_kinds: bool) -> None:
    name = posixpath.normpath(posixpath.join(path, entry.name.lstrip("/")))
    if not f"{name}/".startswith(f"{path.rstrip('/')}/"):
        raise Refusal(500, f'{PROCESSING}"{entry.name}" is outside of "{path}"')
    if not (entry.isdir() or entry.isfile() or entry.islnk()):
        raise Refusal(501, f"the embedded engine has plain files and directories only: {entry.name}")
    there = surface.look(name)
    if there is not None and (there.data is None) != entry.isdir():
        if keep_kinds:
            kinds = ("non-directory", "directory") if entry.isdir() else ("directory", "non-directory")
            message = f'cannot overwrite {kinds[0]} "{name}" with {kinds[1]} "{path}"'
            raise Refusal(500, PROCESSING + message)
        _remove(surface, name)
    for folder in _missing(surface, name if entry.isdir() else posixpath.dirname(name)):
        surface.files.make_directory(folder)
    if not entry.isdir():
        if entry.size > MOST_BYTES:
            raise FileError("No space left on device")
        file = archive.extractfile(entry)
        surface.files.write(name, file.read() if file is not None else b"")
    surface.files.kept.modes[name] = entry.mode & 0o7777
    surface.files.kept.changed[name] = float(entry.mtime)


def _remove(surface: Surface, path: str) -> None:
    if surface.files.is_directory(path):
        surface.files.remove_directory(path, recursive=True)
    else:
        surface.files.remove(path)


def _missing(surface: Surface, path: str) -> list[str]:
    """The directories that lead to a path and are not there, the outermost first."""
    found: list[str] = []
    while path != "/" and not surface.files.is_directory(path):
        found.insert(0, path)
        path = posixpath.dirname(path)
    return found
