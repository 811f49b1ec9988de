"""The images that every simulated engine can have, as if a registry gave them; their labels say what they are."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from .image import Image, layer_of

__all__ = ["LABEL", "REFERENCES", "builtin"]

LABEL = "org.swarmlab"
CREATED = "2026-11-01T00:00:00Z"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PGDATA = "/var/lib/postgresql/data"
_BUSYBOX_TEXT = (
    "[ [[ adjtimex ar arch arp arping ascii ash awk base64 basename bc blkid blockdev brctl bunzip2 bzcat bzip2 cal "
    "cat chgrp chmod chown chroot clear cmp comm cp cpio cut date dc dd df diff dirname dmesg dnsdomainname du echo "
    "ed egrep env expand expr factor fallocate false fgrep find fold free ftpget ftpput fuser getopt getty grep "
    "groups gunzip gzip halt head hexdump hostid hostname httpd hwclock id ifconfig init insmod ionice ip ipaddr "
    "ipcalc iplink ipneigh iproute kill killall less ln logger login logname losetup ls lsmod lsof md5sum mkdir "
    "mkfifo mknod mktemp modinfo modprobe more mount mountpoint mv nameif nc netstat nice nl nohup nologin nproc "
    "nsenter nslookup od passwd paste patch pgrep pidof ping ping6 pkill pmap poweroff printenv printf ps pstree pwd "
    "readlink realpath reboot renice reset rev rm rmdir rmmod route run-parts sed seq setsid sh sha1sum sha256sum "
    "sha512sum shred shuf sleep sort split stat strings stty su sum swapoff swapon sync sysctl tac tail tar tee "
    "telnet telnetd test time timeout top touch tr traceroute traceroute6 true truncate tty udhcpc umount uname uniq "
    "unlink unzip uptime usleep vi watch wc wget which who whoami xargs xxd yes zcat"
)
BUSYBOX = frozenset(_BUSYBOX_TEXT.split())
SIMULATED = """\
Image simulée du labo, à la place de {} : ses programmes sont imités,
aucun vrai processus ne tourne dans ses conteneurs.
"""
NGINX_PAGE = """\
<!DOCTYPE html>
<html lang="fr">
<head><meta charset="utf-8"><title>nginx dans le conteneur @conteneur@</title></head>
<body>
<h1>nginx fonctionne</h1>
<p>Cette page vient du conteneur <strong>@conteneur@</strong>.</p>
<p>Image simulée du labo : aucun vrai nginx ne tourne.</p>
</body>
</html>
"""


@dataclass(frozen=True)
class _Recipe:
    programs: frozenset[str] = BUSYBOX
    command: tuple[str, ...] = ("sh",)
    entrypoint: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    directory: str = "/"
    stop_signal: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    own: bool = False
    """Whether it is an image of the project's, and stands for no other."""


def _voting(module: str, port: int | None = None) -> _Recipe:
    return _Recipe(
        programs=BUSYBOX | {"python3"},
        command=("python3", "-m", f"voting.{module}"),
        environment=("PYTHONUTF8=1", "PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"),
        ports=(f"{port}/tcp",) if port else (),
        directory="/app",
    )


_NGINX = _Recipe(
    programs=BUSYBOX | {"nginx"},
    command=("nginx", "-g", "daemon off;"),
    ports=("80/tcp",),
    stop_signal="SIGQUIT",
    files={"/usr/share/nginx/html/index.html": NGINX_PAGE},
)
_REDIS = _Recipe(
    programs=BUSYBOX | {"docker-entrypoint.sh", "redis-cli", "redis-server"},
    entrypoint=("docker-entrypoint.sh",),
    command=("redis-server",),
    ports=("6379/tcp",),
    volumes=("/data",),
    directory="/data",
)
_POSTGRES = _Recipe(
    programs=BUSYBOX | {"docker-entrypoint.sh", "initdb", "pg_isready", "postgres", "psql"},
    entrypoint=("docker-entrypoint.sh",),
    command=("postgres",),
    environment=(f"PGDATA={PGDATA}", "LANG=C.UTF-8"),
    ports=("5432/tcp",),
    volumes=(PGDATA,),
    stop_signal="SIGINT",
)
_VERSIONS: Mapping[str, tuple[_Recipe, tuple[str, ...]]] = {
    "alpine": (_Recipe(), ("latest", "3", "3.18", "3.19", "3.20", "3.21")),
    "busybox": (_Recipe(), ("latest", "1", "1.36", "musl", "stable")),
    "nginx": (_NGINX, ("latest", "alpine", "stable", "1", "1.25", "1.25-alpine", "1.26", "1.27", "1.27-alpine")),
    "redis": (_REDIS, ("latest", "alpine", "6", "7", "7-alpine")),
    "postgres": (_POSTGRES, ("latest", "9.4", "13", "14", "15", "16", "alpine", "15-alpine", "16-alpine")),
    "dockersamples/examplevotingapp_vote": (_voting("vote", 80), ("latest", "before", "after")),
    "dockersamples/examplevotingapp_result": (_voting("result", 80), ("latest", "before", "after")),
    "dockersamples/examplevotingapp_worker": (_voting("worker"), ("latest",)),
    "dockersamples/visualizer": (_voting("visualizer", 8080), ("latest", "stable")),
    "swarmlab/outils": (
        _Recipe(programs=BUSYBOX | {"bridge", "dash", "ip", "ping", "tcpdump"}, own=True),
        ("latest",),
    ),
}
REFERENCES = tuple(f"{name}:{tag}" for name, (_, tags) in _VERSIONS.items() for tag in tags)
"""All that `builtin` knows."""


@functools.cache
def _layer(recipe_name: str) -> bytes:
    recipe = _VERSIONS[recipe_name][0]
    files = {"/usr/share/doc/swarmlab/simulation.txt": SIMULATED.format(recipe_name), **recipe.files}
    return layer_of(recipe.programs, {path: text.encode() for path, text in files.items()})


@functools.cache
def builtin(reference: str) -> Image | None:
    """The image of that name (``alpine:latest``); None: no registry of ours has it."""
    name, _, tag = reference.rpartition(":")
    recipe, tags = _VERSIONS.get(name, (None, ()))
    if recipe is None or tag not in tags:
        return None
    layer = _layer(name)
    config: dict[str, object] = {}
    if recipe.ports:
        config["ExposedPorts"] = {port: {} for port in recipe.ports}
    config["Env"] = [PATH, *recipe.environment]
    config["Cmd"] = list(recipe.command)
    if recipe.volumes:
        config["Volumes"] = {path: {} for path in recipe.volumes}
    config["WorkingDir"] = recipe.directory
    if recipe.entrypoint:
        config["Entrypoint"] = list(recipe.entrypoint)
    config["Labels"] = {
        f"{LABEL}.of": reference,
        f"{LABEL}.simulated": "1",
        f"{LABEL}.substitute": "false" if recipe.own else "true",
    }
    if recipe.stop_signal:
        config["StopSignal"] = recipe.stop_signal
    body = {
        "architecture": "amd64",
        "config": config,
        "created": CREATED,
        "history": [{"created": CREATED, "created_by": f"swarmlab: simulated {reference}"}],
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    return Image(json.dumps(body, separators=(",", ":"), sort_keys=True).encode(), (layer,))
