"""An image: what its containers run, and its archive, as ``docker save`` writes it and ``docker load`` reads it."""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import stat
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..kinds import Json
from ..refusal import Refusal
from .executable import FOLDERS

__all__ = ["Entry", "Image", "archive", "damage", "folder_of", "image_config", "layer_of", "read_archive"]

MOST_IN_FILE = 256 * 1024
MOST_IN_FILES = 8 * 2**20
"""What is kept of a layer's files: programs of real images are not run, and libraries are of no use."""
LEFT_OUT = ("usr/lib/", "lib/", "lib64/", "proc/", "sys/", "dev/")
CONFIG_KEYS: Json = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "ExposedPorts": None,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Healthcheck": None,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "OnBuild": None,
    "Labels": None,
    "StopSignal": None,
    "Shell": None,
}
BLOCK = 512
LEFT_OUT_EMPTY = ("ExposedPorts", "Healthcheck", "StopSignal", "Shell")


@dataclass(frozen=True, eq=False)
class Image:
    """One image, as it is in any engine that has it."""

    raw: bytes
    """Its configuration, in JSON: the image's id is its digest."""
    layers: tuple[bytes, ...]
    """Archives of its layers."""
    id: str = field(init=False)
    """``sha256:…``."""
    body: Json = field(init=False)
    size: int = field(init=False)
    sizes: tuple[int, ...] = field(init=False)
    """Of its layers."""
    programs: frozenset[str] = field(init=False)
    """Names of its programs."""
    files: Mapping[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        programs: set[str] = set()
        files: dict[str, bytes] = {}
        sizes = tuple(_read_layer(layer, programs, files) for layer in self.layers)
        values = {
            "id": f"sha256:{hashlib.sha256(self.raw).hexdigest()}",
            "body": json.loads(self.raw),
            "size": sum(sizes),
            "sizes": sizes,
            "programs": frozenset(programs),
            "files": files,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def config(self) -> Json:
        """``Config`` of `inspect`."""
        return image_config(self.body.get("config") or {})

    @property
    def labels(self) -> dict[str, str] | None:
        """Its labels."""
        found: dict[str, str] | None = (self.body.get("config") or {}).get("Labels")
        return found

    @property
    def created(self) -> int:
        """When it was made, in seconds since 1970."""
        written = str(self.body.get("created") or "1970-01-01T00:00:00")
        return int(datetime.fromisoformat(f"{written[:19]}+00:00").timestamp())

    @property
    def manifest(self) -> str:
        """Its digest in a registry."""
        return f"sha256:{hashlib.sha256(b'manifest of ' + self.raw).hexdigest()}"


def image_config(given: Json) -> Json:
    """``Config``, in the engine's order, with all of its keys."""
    made = {key: given.get(key) if given.get(key) is not None else default for key, default in CONFIG_KEYS.items()}
    return {key: value for key, value in made.items() if value or key not in LEFT_OUT_EMPTY}


class Entry(tarfile.TarInfo):
    """An entry of an archive whose mode says also what it is, as the engine writes them."""

    def tobuf(self, *arguments: Any, **options: Any) -> bytes:
        """Its header; the library leaves the kind out of the mode."""
        before, header = (made := super().tobuf(*arguments, **options))[:-BLOCK], bytearray(made[-BLOCK:])
        header[100:108] = b"%07o\0" % self.mode
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        return before + bytes(header)


def folder_of(identity: str) -> str:
    """Name of the directory where an engine keeps an image's last layer."""
    return hashlib.sha256(identity.encode()).hexdigest()


def layer_of(programs: Iterable[str], files: Mapping[str, bytes]) -> bytes:
    """A layer with those programs and files; the same ones give the same bytes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(programs):
            link = tarfile.TarInfo(f"usr/bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "simulated"
            tar.addfile(link)
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def _read_layer(layer: bytes, programs: set[str], files: dict[str, bytes]) -> int:
    """Add what a layer has; return how many bytes its files hold."""
    folders = {folder.lstrip("/") for folder in FOLDERS}
    size = 0
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        for entry in tar:
            path = entry.name.removeprefix("./").lstrip("/")
            folder, _, name = path.rpartition("/")
            size += entry.size if entry.isreg() else 0
            if name.startswith(".wh."):
                gone = name.removeprefix(".wh.")
                files.pop(f"/{folder}/{gone}", None)
                programs -= {gone} if folder in folders else set()
            elif folder in folders and (entry.isreg() or entry.issym() or entry.islnk()):
                programs.add(name)
            elif entry.isreg() and entry.size <= MOST_IN_FILE and not path.startswith(LEFT_OUT):
                data = tar.extractfile(entry)
                if data is not None and sum(map(len, files.values())) + entry.size <= MOST_IN_FILES:
                    files[f"/{path}"] = data.read()
    return size


def archive(named: Mapping[str, tuple[Image, list[str]]]) -> bytes:
    """What ``docker save`` writes.

    Parameters
    ----------
    named
        Image id -> the image, and its tags: ``alpine:latest``.
    """
    stream = io.BytesIO()
    manifest: list[dict[str, Any]] = []
    repositories: dict[str, dict[str, str]] = {}
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for image, tags in named.values():
            digest = image.id.removeprefix("sha256:")
            folders = [hashlib.sha256(layer + image.raw).hexdigest() for layer in image.layers]
            made = image.created
            for folder, layer in zip(folders, image.layers, strict=True):
                _add(tar, f"{folder}/", None, made)
                _add(tar, f"{folder}/VERSION", b"1.0", made)
                _add(tar, f"{folder}/json", json.dumps({"id": folder, "os": "linux"}).encode(), made)
                _add(tar, f"{folder}/layer.tar", layer, made)
            _add(tar, f"{digest}.json", image.raw, made)
            for tag in tags:
                name, _, version = tag.rpartition(":")
                repositories.setdefault(name, {})[version] = folders[-1] if folders else digest
            layers = [f"{folder}/layer.tar" for folder in folders]
            manifest.append({"Config": f"{digest}.json", "RepoTags": tags or None, "Layers": layers})
        _add(tar, "manifest.json", json.dumps(manifest, separators=(",", ":")).encode())
        if repositories:
            _add(tar, "repositories", json.dumps(repositories, separators=(",", ":")).encode())
    return stream.getvalue()


def _add(tar: tarfile.TarFile, name: str, data: bytes | None, modified: int = 0) -> None:
    """Add a file, or a directory: their modes say which, as the engine writes them."""
    entry = Entry(name)
    entry.mtime = modified
    if data is None:
        entry.type, entry.mode = tarfile.DIRTYPE, stat.S_IFDIR | 0o755
        tar.addfile(entry)
    else:
        entry.size, entry.mode = len(data), stat.S_IFREG | 0o644
        tar.addfile(entry, io.BytesIO(data))


def read_archive(data: bytes) -> list[tuple[Image, list[str]]]:
    """What ``docker load`` reads: images, each with its tags.

    Raises
    ------
    Refusal
        500: it is none; the engine tells that within its answer.
    """
    if not data:
        raise Refusal(500, _missing("repositories"))
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            members = {entry.name.removeprefix("./"): entry for entry in tar}
            if "manifest.json" not in members:
                folders = (name.rstrip("/") for name, entry in members.items() if entry.isdir() and "/" not in name)
                raise Refusal(500, _missing(next((f"{one}/json" for one in folders), "repositories")))
            found = []
            for entry in json.loads(_content(tar, members, "manifest.json")):
                raw = _content(tar, members, entry["Config"])
                layers = tuple(_content(tar, members, name) for name in entry["Layers"] or ())
                found.append((Image(raw, layers), list(entry.get("RepoTags") or ())))
            return found
    except (tarfile.TarError, EOFError, OSError) as err:
        raise Refusal(500, f"Error processing tar file(exit status 1): {damage(data, err)}") from err
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise Refusal(500, f"invalid manifest: {err}") from err


def damage(data: bytes, error: Exception) -> str:
    """What is wrong with bytes that are no archive, as the engine words it."""
    header = len(data) >= BLOCK and isinstance(error, tarfile.ReadError) and "unexpected end" not in str(error)
    return "archive/tar: invalid tar header" if header else "unexpected EOF"


def _missing(name: str) -> str:
    """What the engine says of a file that an archive of images lacks."""
    return f"open /var/lib/docker/tmp/docker-import-{secrets.randbelow(2**32)}/{name}: no such file or directory"


def _content(tar: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], name: str) -> bytes:
    entry = members.get(name)
    stream = tar.extractfile(entry) if entry is not None else None
    if stream is None:
        raise Refusal(500, _missing(name))
    return stream.read()
