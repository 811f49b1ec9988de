"""How the engine shows a container: `inspect`, and an item of its lists."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

from ..clock import ZERO_TIME
from ..kinds import Json
from ..refusal import Refusal
from .image import folder_of
from .ports import listed_ports

if TYPE_CHECKING:
    from .container import Container

__all__ = ["inspected", "listed", "nanoseconds", "sizes", "status_text"]

MINUTE_S = 60
HOUR_S = 3600


def inspected(container: Container, *, size: bool = False) -> Json:
    """Body of ``GET /containers/{id}/json``."""
    host, state = container.host, container.state
    folder = f"{host.root}/containers/{_network_owner(container).id}" if container.prepared else ""
    own = f"{host.root}/containers/{container.id}"
    status: Json = {
        "Status": state.status,
        "Running": state.running,
        "Paused": state.status == "paused",
        "Restarting": state.status == "restarting",
        "OOMKilled": state.oom_killed,
        "Dead": state.status == "dead",
        "Pid": state.pid,
        "ExitCode": state.exit_code,
        "Error": state.error,
        "StartedAt": state.started_at,
        "FinishedAt": state.finished_at,
    }
    if container.health is not None:
        status["Health"] = container.health
    shown = {
        "Id": container.id,
        "Created": container.created,
        "Path": container.path,
        "Args": container.args,
        "State": status,
        "Image": container.image_id,
        "ResolvConfPath": f"{folder}/resolv.conf" if folder else "",
        "HostnamePath": f"{folder}/hostname" if folder else "",
        "HostsPath": f"{folder}/hosts" if folder else "",
        "LogPath": f"{own}/{container.id}-json.log" if container.logged else "",
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "",
        "ExecIDs": list(container.execs) or None,
        "HostConfig": container.host_config,
        "GraphDriver": _driver(container),
    }
    if size:
        written, root = sizes(container)
        shown |= {"SizeRw": written, "SizeRootFs": root}
    return shown | {
        "Mounts": container.mounts,
        "Config": container.config,
        "NetworkSettings": _network(container),
    }


def listed(container: Container, *, size: bool = False) -> Json:
    """An item of ``GET /containers/json``."""
    shown: Json = {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": _image(container),
        "ImageID": container.image_id,
        "Command": _command(container),
        "Created": nanoseconds(container.created) // 1_000_000_000,
        "Ports": listed_ports(container),
    }
    if size:
        written, root = sizes(container)
        if written:
            shown["SizeRw"] = written
        shown["SizeRootFs"] = root
    return shown | {
        "Labels": container.config["Labels"],
        "State": container.state.status,
        "Status": status_text(container),
        "HostConfig": {"NetworkMode": container.host_config["NetworkMode"]},
        "NetworkSettings": {"Networks": _listed_networks(container)},
        "Mounts": [_listed_mount(mount) for mount in container.mounts],
    }


def _listed_networks(container: Container) -> Json:
    networks: Json = container.failed or _network(container)["Networks"]
    if container.task is None:
        return networks
    # nor does it know the aliases that a task's container is given
    return {name: one | {"Aliases": None} for name, one in networks.items()}


def _listed_mount(mount: Json) -> Json:
    # the engine's snapshot is made before it knows where a volume without a name is
    anonymous = mount["Type"] == "volume" and not mount["Mode"]
    return mount | {"Source": ""} if anonymous else mount


def _network(container: Container) -> Json:
    found = container.host.networks.settings(container)
    shown: Json = {}
    for key, value in found.items():
        if key == "SandboxKey":
            shown["Ports"] = container.ports
        shown[key] = value
    shown["Ports"] = container.ports
    return shown


def _network_owner(container: Container) -> Container:
    """The container whose network it has: itself, unless it joins another one's."""
    mode = container.host_config["NetworkMode"]
    if not mode.startswith("container:"):
        return container
    try:
        return container.host.containers.find(mode.removeprefix("container:"))
    except Refusal:
        return container


def _driver(container: Container) -> Json:
    folder = f"{container.host.root}/overlay2"
    own = f"{folder}/{container.layer}"
    lower = f":{folder}/{folder_of(container.image_id)}/diff" if container.image_id else ""
    return {
        "Data": {
            "LowerDir": f"{own}-init/diff{lower}",
            "MergedDir": f"{own}/merged",
            "UpperDir": f"{own}/diff",
            "WorkDir": f"{own}/work",
        },
        "Name": "overlay2",
    }


def sizes(container: Container) -> tuple[int, int]:
    """Bytes that it has written, and all bytes of its files."""
    written = sum(len(data) for path, data in container.own.items() if container.original.get(path) != data)
    return written, written + container.image_size


def _image(container: Container) -> str:
    """The image's name; its id, where the name is another's by now."""
    try:
        found = container.host.images.find(container.image)
    except Refusal:
        return container.image_id
    return container.image if found.id == container.image_id else container.image_id


def _command(container: Container) -> str:
    words = [f"'{word}'" if " " in word else word for word in container.args]
    return " ".join((container.path, *words))


def status_text(container: Container) -> str:
    """``Status`` of a list: ``Up 3 minutes``."""
    state = container.state
    if state.running:
        if state.status == "restarting":
            return f"Restarting ({state.exit_code}) {_ago(state.finished_at)} ago"
        up = f"Up {_ago(state.started_at)}"
        if state.status == "paused":
            return f"{up} (Paused)"
        if container.health is not None:
            status = container.health["Status"]
            return f"{up} ({'health: starting' if status == 'starting' else status})"
        return up
    if state.status == "removing":
        return "Removal In Progress"
    if state.status == "dead":
        return "Dead"
    if state.started_at == ZERO_TIME:
        return "Created"
    if state.finished_at == ZERO_TIME:
        return ""
    return f"Exited ({state.exit_code}) {_ago(state.finished_at)} ago"


def _ago(date: str) -> str:
    """How long ago, as Docker's units word it."""
    seconds = max(0.0, (time.time_ns() - nanoseconds(date)) / 1e9)
    minutes, hours = int(seconds / MINUTE_S), int(seconds / HOUR_S + 0.5)
    words = (
        (seconds < 1, "Less than a second"),
        (int(seconds) == 1, "1 second"),
        (seconds < MINUTE_S, f"{int(seconds)} seconds"),
        (minutes == 1, "About a minute"),
        (minutes < 60, f"{minutes} minutes"),
        (hours == 1, "About an hour"),
        (hours < 48, f"{hours} hours"),
        (hours < 24 * 7 * 2, f"{hours // 24} days"),
        (hours < 24 * 30 * 2, f"{hours // 24 // 7} weeks"),
        (hours < 24 * 365 * 2, f"{hours // 24 // 30} months"),
    )
    return next((text for holds, text in words if holds), f"{int(seconds / HOUR_S) // 24 // 365} years")


def nanoseconds(date: str) -> int:
    """Nanoseconds since 1970 of a date as the engine writes it."""
    whole, _, fraction = date.removesuffix("Z").partition(".")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return seconds * 1_000_000_000 + int(f"{fraction:0<9}" or 0)
