"""Volumes of a host, and the files in them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..clock import rfc3339
from ..ids import object_id
from ..kinds import Json
from ..programs.system import Files
from ..refusal import Refusal
from .names import ALLOWED, allowed

if TYPE_CHECKING:
    from .host import Host

__all__ = ["Volumes"]

LOCAL_OPTIONS = ("type", "o", "device", "size")


class Volumes:
    """The volumes of one host; all are of the driver ``local``."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._volumes: dict[str, Json] = {}
        self._files: dict[str, Files] = {}

    def find(self, name: str) -> Json:
        """The volume of that name, as `inspect` shows it.

        Raises
        ------
        Refusal
            404.
        """
        if name not in self._volumes:
            raise Refusal(404, f"get {name}: no such volume")
        return self._volumes[name]

    def all(self) -> list[Json]:
        """All volumes."""
        return list(self._volumes.values())

    def files(self, name: str) -> Files:
        """What is in it: path from its root (``/a``) -> content."""
        return self._files[name]

    def create(self, body: Json) -> Json:
        """Create a volume; one that exists is given back as it is.

        Raises
        ------
        Refusal
            400, 404 or 500.
        """
        name = body.get("Name") or object_id()
        driver = body.get("Driver") or "local"
        if name in self._volumes and driver == "local":
            self._tell("create", name)
            return self._volumes[name]
        if driver != "local":
            message = f'create {name}: error looking up volume plugin {driver}: plugin "{driver}" not found'
            raise Refusal(404, message)
        if len(name) == 1:
            message = "volume name is too short, names should be at least two alphanumeric characters"
            raise Refusal(400, f"create {name}: {message}")
        if not allowed(name):
            message = (
                f'"{name}" includes invalid characters for a local volume name, only "{ALLOWED}" are allowed. '
                "If you intended to pass a host directory, use absolute path"
            )
            raise Refusal(400, f"create {name}: {message}")
        options = body.get("DriverOpts") or None
        for option in options or ():
            if option not in LOCAL_OPTIONS:
                raise Refusal(400, f'create {name}: invalid option: "{option}"')
        if self.host.full:
            raise Refusal(500, f"create {name}: mkdir {self.host.root}/volumes/{name}: no space left on device")
        made = {
            "CreatedAt": rfc3339(time.time_ns() // 1_000_000_000 * 1_000_000_000),
            "Driver": "local",
            "Labels": body.get("Labels"),
            "Mountpoint": f"{self.host.root}/volumes/{name}/_data",
            "Name": name,
            "Options": options,
            "Scope": "local",
        }
        self._volumes[name] = made
        self._files[name] = {}
        self._tell("create", name)
        return made

    def users(self, name: str) -> list[str]:
        """Ids of the containers that use it, running or not."""
        return [
            container.id
            for container in self.host.containers.all()
            if any(mount["Type"] == "volume" and mount.get("Name") == name for mount in container.mounts)
        ]

    def used(self, name: str) -> bool:
        """Whether a container uses it, running or not."""
        return bool(self.users(name))

    def remove(self, name: str, force: bool = False) -> None:
        """Remove a volume.

        Raises
        ------
        Refusal
            404; 409: it is in use.
        """
        if force and name not in self._volumes:
            return
        self.find(name)
        if users := self.users(name):
            raise Refusal(409, f"remove {name}: volume is in use - [{', '.join(users)}]")
        del self._volumes[name], self._files[name]
        self._tell("destroy", name)

    def prunable(self) -> list[str]:
        """Names of those that ``docker volume prune`` considers: unused, and without options."""
        return [name for name, volume in self._volumes.items() if not volume["Options"] and not self.used(name)]

    def discard(self, name: str) -> None:
        """Remove an unused volume without a word, as ``docker volume prune`` does."""
        del self._volumes[name], self._files[name]

    def size(self, name: str) -> int:
        """Bytes in it."""
        return sum(map(len, self._files[name].values()))

    def _tell(self, action: str, name: str) -> None:
        self.host.events.add("volume", action, name, {"driver": "local"})
