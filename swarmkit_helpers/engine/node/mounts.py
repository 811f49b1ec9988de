"""What a container mounts: volumes, the host's directories, memory."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from ..ids import object_id
from ..kinds import Json
from ..programs.files import FileError
from ..programs.system import Files
from ..refusal import Refusal

if TYPE_CHECKING:
    from .container import Container
    from .host import Host

__all__ = ["MountedFiles", "check_mounts", "mount", "mounted", "mounts_of"]

MODES = frozenset(
    [
        "ro",
        "rw",
        "z",
        "Z",
        "nocopy",
        "consistent",
        "cached",
        "delegated",
        "private",
        "rprivate",
        "shared",
        "rshared",
        "slave",
        "rslave",
    ]
)
PROPAGATION = ("private", "rprivate", "shared", "rshared", "slave", "rslave")
TYPES = ("bind", "volume", "tmpfs")


class MountedFiles(MutableMapping[str, bytes]):
    """A container's files: its own, and those of its volumes under their mount points.

    Parameters
    ----------
    own
        Files of its writable layer.
    mounts
        Mount point -> files from the volume's root.
    read_only
        Mount points where nothing can be written; ``/`` for its own files.
    """

    def __init__(self, own: Files, mounts: dict[str, Files], read_only: frozenset[str] = frozenset()) -> None:
        self._own = own
        self._read_only = read_only
        self._mounts = dict(sorted(mounts.items(), key=lambda mount: -len(mount[0])))

    def _place(self, path: str) -> tuple[Files, str]:
        for point, files in self._mounts.items():
            if path.startswith(f"{point}/"):
                return files, path[len(point) :]
        return self._own, path

    def __getitem__(self, path: str) -> bytes:
        files, inside = self._place(path)
        return files[inside]

    def __setitem__(self, path: str, data: bytes) -> None:
        files, inside = self._place(path)
        self._writable(path, files)
        files[inside] = data

    def __delitem__(self, path: str) -> None:
        files, inside = self._place(path)
        self._writable(path, files)
        del files[inside]

    def _writable(self, path: str, files: Files) -> None:
        own = files is self._own
        if (own and "/" in self._read_only) or (
            not own and path.startswith(tuple(f"{point}/" for point in self._read_only if point != "/"))
        ):
            raise FileError("Read-only file system")

    def __iter__(self) -> Iterator[str]:
        for path in self._own:
            if self._place(path)[0] is self._own:
                yield path
        for point, files in self._mounts.items():
            yield from (f"{point}{path}" for path in files)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def check_mounts(host: Host, host_config: Json) -> None:
    """Refuse what the engine refuses in ``Mounts``.

    Raises
    ------
    Refusal
        400.
    """
    for asked in host_config.get("Mounts") or ():
        kind, source, target = asked.get("Type") or "", asked.get("Source") or "", asked.get("Target") or ""
        refused = f'invalid mount config for type "{kind}": '
        if kind not in TYPES:
            raise Refusal(400, f"{refused}mount type unknown")
        if not target:
            raise Refusal(400, f"{refused}field Target must not be empty")
        if not target.startswith("/"):
            raise Refusal(400, f"{refused}invalid mount path: '{target}' mount path must be absolute")
        if posixpath.normpath(target) == "/":
            raise Refusal(400, f"{refused}invalid specification: destination can't be '/'")
        if kind == "tmpfs" and source:
            raise Refusal(400, f"{refused}field Source must not be specified")
        if kind == "volume" and not source and asked.get("ReadOnly"):
            raise Refusal(400, f"{refused}must not set ReadOnly mode when using anonymous volumes")
        if kind == "volume" and source.startswith("/"):
            raise Refusal(400, f"{refused}invalid mount path: '{source}' mount path must be absolute")
        if kind == "bind":
            if not source:
                raise Refusal(400, f"{refused}field Source must not be empty")
            if not source.startswith("/"):
                raise Refusal(400, f"{refused}invalid mount path: '{source}' mount path must be absolute")
            if posixpath.normpath(source) not in host.paths:
                raise Refusal(400, f"{refused}bind source path does not exist: {source}")


def mounts_of(host: Host, config: Json, host_config: Json, anonymous: set[str]) -> list[Json]:
    """``Mounts`` of `inspect`; volumes that are not there are created.

    Parameters
    ----------
    anonymous
        Filled with the names of volumes that are made without one.

    Raises
    ------
    Refusal
    """
    found: dict[str, Json] = {}
    for reference in host_config.get("VolumesFrom") or ():
        name, _, mode = reference.partition(":")
        for shared in host.containers.find(name).mounts:
            found[shared["Destination"]] = shared | {"RW": shared["RW"] and mode != "ro"}
    for bind in host_config.get("Binds") or ():
        made = _bind(host, bind)
        if ":" not in bind:
            anonymous.add(made["Name"])
        if made["Destination"] in found and not host_config.get("VolumesFrom"):
            raise Refusal(400, f"Duplicate mount point: {made['Destination']}")
        found[made["Destination"]] = made
    for asked in host_config.get("Mounts") or ():
        made = _mount(host, asked)
        if asked["Type"] == "volume" and not asked.get("Source"):
            anonymous.add(made["Name"])
        if made["Destination"] in found:
            raise Refusal(400, f"Duplicate mount point: {made['Destination']}")
        found[made["Destination"]] = made
    for point in host_config.get("Tmpfs") or ():
        # the engine lists these under HostConfig only
        found.pop(point, None)
    for path in config.get("Volumes") or ():
        point = posixpath.normpath(path)
        if point not in found and point not in (host_config.get("Tmpfs") or ()):
            volume = host.volumes.create({"Name": object_id()})
            anonymous.add(volume["Name"])
            found[point] = _volume(volume, point, "", writable=True)
    return list(found.values())


def _bind(host: Host, text: str) -> Json:
    parts = text.split(":")
    refused = f"invalid volume specification: '{text}'"
    modes = parts[2].split(",") if len(parts) == len(("source", "target", "mode")) else []
    if not 1 <= len(parts) <= len(("source", "target", "mode")) or not all(parts):
        raise Refusal(500, refused)
    if not set(modes) <= MODES:
        raise Refusal(500, f"invalid mode: {parts[2]}")
    source, target = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
    kind = "bind" if source.startswith("/") else "volume"
    problem = f'{refused}: invalid mount config for type "{kind}": '
    if not target.startswith("/"):
        raise Refusal(500, f"{problem}invalid mount path: '{target}' mount path must be absolute")
    point = posixpath.normpath(target)
    if point == "/":
        raise Refusal(500, f"{problem}invalid specification: destination can't be '/'")
    writable = "ro" not in modes
    if kind == "volume":
        volume = host.volumes.create({"Name": source or object_id()})
        return _volume(volume, point, ",".join(modes) or "z", writable=writable)
    path = posixpath.normpath(source)
    host.paths.add(path)
    propagation = next((mode for mode in modes if mode in PROPAGATION), "rprivate")
    mode = ",".join(mode for mode in modes if mode not in PROPAGATION)
    return _place(path, point, mode, writable, propagation)


def _mount(host: Host, asked: Json) -> Json:
    point, writable = posixpath.normpath(asked["Target"]), not asked.get("ReadOnly")
    if asked["Type"] == "tmpfs":
        return {
            "Type": "tmpfs",
            "Source": "",
            "Destination": point,
            "Mode": "",
            "RW": True,
            "Propagation": "",
        }
    if asked["Type"] == "bind":
        propagation = (asked.get("BindOptions") or {}).get("Propagation") or "rprivate"
        return _place(posixpath.normpath(asked["Source"]), point, "", writable, propagation)
    options = asked.get("VolumeOptions") or {}
    driver = options.get("DriverConfig") or {}
    body = {
        "Name": asked.get("Source") or object_id(),
        "Labels": options.get("Labels"),
        "Driver": driver.get("Name"),
        "DriverOpts": driver.get("Options"),
    }
    return _volume(host.volumes.create(body), point, "z", writable=writable)


def _place(source: str, point: str, mode: str, writable: bool, propagation: str) -> Json:
    return {
        "Type": "bind",
        "Source": source,
        "Destination": point,
        "Mode": mode,
        "RW": writable,
        "Propagation": propagation,
    }


def _volume(volume: Json, point: str, mode: str, *, writable: bool) -> Json:
    return {
        "Type": "volume",
        "Name": volume["Name"],
        "Source": volume["Mountpoint"],
        "Destination": point,
        "Driver": volume["Driver"],
        "Mode": mode,
        "RW": writable,
        "Propagation": "",
    }


def mount(container: Container, own: Files) -> Files:
    """The files that its processes see; an empty volume gets what the image has at its mount point."""
    volumes = container.host.volumes
    mounts: dict[str, Files] = {}
    for one in container.mounts:
        point = one["Destination"]
        if one["Type"] == "volume":
            files = volumes.files(one["Name"])
            if not files:
                files.update({path[len(point) :]: data for path, data in own.items() if path.startswith(f"{point}/")})
            mounts[point] = files
        else:
            mounts[point] = {}
    read_only = {one["Destination"] for one in container.mounts if not one["RW"]}
    if container.host_config["ReadonlyRootfs"]:
        read_only.add("/")
    return MountedFiles(own, mounts, frozenset(read_only)) if mounts or read_only else own


def mounted(container: Container) -> Iterator[Json]:
    """Its volumes, as it mounts them."""
    return (one for one in container.mounts if one["Type"] == "volume")
