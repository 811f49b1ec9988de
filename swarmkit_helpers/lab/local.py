"""The `local` lab: three real engines in network namespaces of this Linux machine.

::

    namespace "switch"            a bridge, without uplink: no packet of the lab leaves the machine; and, at 192.0.2.53,
      │                           the outside name server: it knows the nodes, and says at once that it knows no other
      ├── manager  10.0.3.62      namespace of the first engine, eth0 at the end of a veth pair
      ├── worker1  10.0.3.63
      └── worker2  10.0.3.64

Each dockerd also has its own mount namespace (with its own /run and /etc/docker, so that it meets no other engine of
the machine) and its own host name. All that a lab writes is in its directory; all that it runs is in its namespaces or
its control groups: `down` removes exactly that, whatever state it finds.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import (
    BackendUnavailable,
    DiskFull,
    EngineStartFailed,
    LabDamaged,
    LabError,
    LabOfAnotherKind,
    NodeUnreachable,
)
from . import forward, images, kernel, namespaces, packages, slowness
from .cluster import Capabilities, Lab
from .health import NodeStatus, silent, status_of
from .membership import form_swarm
from .node import Node
from .record import NODES, NodeRecord, Record, check_name, directory_of, lab_names, lock_of, locked, remove_directory

__all__ = ["attach", "down", "has_overlayfs", "kill_engine", "lacks", "revive_engine", "status", "up"]

Notice = Callable[[str], None]

PREFIX = 24
SWITCH_ADDRESS = "10.0.3.1"
# Of a range kept for documentation (RFC 5737): an overlay is given 10.0.3.0/24 in its turn, never this.
NAME_SERVER = "192.0.2.53"
ENGINE_START_S = 60.0
# An engine gives its containerd 15 s and then dies, however slow the machine: it is started again, all files read now.
CONTAINERD_LATE = "timeout waiting for containerd to start"
CONTAINERD_RESTARTS = 4
SLOW = 4.0
# A socket's path holds 107 bytes (unix(7)), and this is the longest that an engine makes below its lab.
SOCKET_PATH_BYTES = 107
LONGEST_SOCKET = "manager/exec/containerd/containerd.sock.ttrpc"
# A namespace made by dockerd inherits this from the machine: with 0, the ingress sandbox forwards nothing.
IP_FORWARD = "net/ipv4/ip_forward"
# Engines are started with a bare environment: no proxy, no DOCKER_* of the caller reaches them.
ENGINE_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
# Of every node its own /run, where its socket is also found under its usual name: containers mount it from there.
USUAL_SOCKET = "/var/run/docker.sock"
ENGINE_SCRIPT = """\
hostname "$1" && mount -t tmpfs tmpfs /run || exit 1
[ -L /var/run ] || mount -t tmpfs tmpfs /var/run || exit 1
[ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker || exit 1
shift
exec dockerd "$@"
"""


def lacks() -> list[str]:
    """What this machine lacks to run a local lab, in French; empty when nothing."""
    missing = []
    if sys.platform != "linux":
        return ["il faut Linux"]
    if os.geteuid() != 0:
        missing.append("il faut être root")
    if absent := packages.missing():
        missing.append(f"paquets absents : {', '.join(need.package for need in absent)}")
    if not has_overlayfs():
        missing.append("le noyau n'a pas overlayfs")
    return missing


def has_overlayfs() -> bool:
    """True when the kernel has the file system that images and containers are made of."""
    return "overlay" in Path("/proc/filesystems").read_text("ascii") or kernel.load_module("overlay")


def up(name: str, *, notice: Notice = lambda line: None, references: tuple[str, ...] | None = None) -> Lab:
    """Start a lab, with its swarm formed and its images loaded; or return it if it is up.

    Parameters
    ----------
    name
        The lab's name.
    notice
        Called with lines in French that tell what goes on.
    references
        Images to load; those that the course starts with when None.

    Raises
    ------
    BackendUnavailable
        This machine cannot run engines: not root, no dockerd...
    LabDamaged
        A lab of that name exists and is not whole.
    EngineStartFailed, ImageUnavailable, DiskFull
        What was begun has been removed.
    """
    check_name(name)
    if missing := lacks():
        raise BackendUnavailable(
            "local", missing, "en root : make lab (ou apt-get install docker.io iptables iproute2)"
        )
    if len(os.fsencode(directory_of(name) / LONGEST_SOCKET)) > SOCKET_PATH_BYTES:
        raise BackendUnavailable(
            "local", [f"le chemin {directory_of(name).parent} est trop long"], "choisissez un SWARMLAB_HOME plus court"
        )
    with locked(name):
        record = Record.read(name)
        if record and record.backend != "local":
            raise LabOfAnotherKind(name, record.backend, "local")
        if record and record.state == "up":
            return _whole(record)
        if record or directory_of(name).exists():
            notice(f"Le labo « {name} » avait été interrompu : il est refait.")
            _remove(name)
        try:
            return _start(name, notice, references)
        except BaseException as err:
            full = isinstance(err, LabError) and _was_full(name)
            with suppress(OSError, TimeoutError, subprocess.CalledProcessError):
                _remove(name)
            if full:
                raise DiskFull(directory_of(name).parent, "le démarrage du labo", name) from err
            raise


def attach(name: str) -> Lab:
    """The lab of that name, which must be up; asks no engine.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    return _lab(Record.standing(name))


def down(name: str) -> bool:
    """Remove all of a lab, whatever its state; False when there was nothing. Twice is harmless."""
    check_name(name)
    if not any(path.exists() for path in (directory_of(name), lock_of(name), *_cgroups(name))):
        return False
    if os.geteuid() != 0:
        raise BackendUnavailable(
            "local", ["il faut être root pour arrêter ce labo"], f"sudo swarmlab down --name {name}"
        )
    with locked(name):
        _remove(name)
    return True


def status(name: str) -> list[NodeStatus]:
    """Each node of the lab, asked now, all at once.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    return status_of(attach(name))


def kill_engine(record: Record, node: Node) -> None:
    """Kill a node's engine with all that it runs, as if its machine lost its power; its interface stays."""
    with locked(record.name):
        namespaces.kill_all([_handle(record.name, node.name)], _cgroups(record.name, node.name))


def revive_engine(record: Record, node: Node) -> None:
    """Start again an engine that was killed, where it was; return once it answers.

    Raises
    ------
    EngineStartFailed
    """
    (place,) = (known for known in record.nodes if known.name == node.name)
    with locked(record.name):
        # What was killed may be a zombie, and would be taken for a living engine, a living containerd.
        for left in ("pid", "docker.sock", "exec/containerd/containerd.pid"):
            (record.directory / node.name / left).unlink(missing_ok=True)
        _start_engine(record, place)
        _engine_ready(record, node)


# --- starting -------------------------------------------------------------------------------------


def _start(name: str, notice: Notice, references: tuple[str, ...] | None) -> Lab:
    wanted = images.STARTING if references is None else references
    owner = (int(os.environ.get("SUDO_UID", 0)), int(os.environ.get("SUDO_GID", 0)))
    record = Record(name, "local", "starting", NODES, owner, slowness=slowness.measured())
    _private_directory(record.directory, owner)
    record.write()
    with _threads() as pool:
        cached = pool.submit(images.ensure_cache, wanted, notice=notice)
        with _disk_errors(record.directory, "la création du labo", name):
            _wire(record)
            _start_name_server(record)
            record = _forward(record)
            for node in record.nodes:
                _start_engine(record, node)
        lab = _lab(record)
        capabilities = pool.submit(kernel.probe)
        lab.each(lambda node: _engine_ready(record, node))
        swarm = pool.submit(form_swarm, lab, ENGINE_START_S)
        cached.result()
        if record.slowness >= SLOW:
            swarm.result()  # one thing at a time: what waits for the other would pass for a node that is lost
        sources = images.provide(tuple(lab.nodes.values()), wanted, internet=False, notice=notice)
        swarm.result()
        found = capabilities.result()
    record = record.having(
        state="up",
        capabilities=found.asdict(),
        substitutes=tuple(sorted({source.reference for source in sources if source.substitute})),
    ).write()
    return _lab(record)


def _wire(record: Record) -> None:
    """Make the switch, one namespace per node, and a cable between each and the switch."""
    (record.directory / "net").mkdir(mode=0o700)
    switch = _handle(record.name, "switch")
    namespaces.create(switch)
    commands = [
        "link add br0 type bridge",
        f"addr add {SWITCH_ADDRESS}/{PREFIX} dev br0",
        f"addr add {NAME_SERVER}/{PREFIX} dev br0",
        "link set br0 up",
        "link set lo up",
    ]
    for node in record.nodes:
        handle = _handle(record.name, node.name)
        namespaces.create(handle)
        commands += [
            f"link add {node.name} type veth peer name eth0 netns {handle}",
            f"link set {node.name} master br0 up",
        ]
    namespaces.run_ip(switch, *commands)
    for node in record.nodes:
        namespaces.run_ip(
            _handle(record.name, node.name),
            "link set lo up",
            f"addr add {node.address}/{PREFIX} dev eth0",
            # An address, where a route would do: it also comes back by itself when the link was cut.
            f"addr add {_beside_name_server(node)}/{PREFIX} dev eth0",
            "link set eth0 up",
        )


def _start_name_server(record: Record) -> None:
    """The name server outside the swarm: what 127.0.0.11 does not know is asked of it."""
    options = [
        "--conf-file=/dev/null",
        "--no-resolv",
        "--no-hosts",
        "--bind-interfaces",
        f"--listen-address={NAME_SERVER}",
        "--user=root",
        f"--pid-file={record.directory / 'dnsmasq.pid'}",
        # Any other name does not exist, said at once: nothing can be reached from here to ask further.
        "--address=/#/",
        *(f"--host-record={node.hostname},{node.address}" for node in record.nodes),
    ]
    subprocess.run(
        [*namespaces.enter(_handle(record.name, "switch")), "dnsmasq", *options],
        check=True,
        capture_output=True,
        env=ENGINE_ENVIRONMENT,
    )


def _start_engine(record: Record, node: NodeRecord) -> None:
    directory = record.directory / node.name
    if not directory.exists():
        _private_directory(directory, record.owner)
    (directory / "daemon.json").write_text("{}\n", "utf-8")
    options = {
        "--config-file": directory / "daemon.json",
        "--data-root": directory / "data",
        "--exec-root": directory / "exec",
        "--pidfile": directory / "pid",
        "--host": f"unix://{directory / 'docker.sock'}",
        "--storage-driver": "overlay2",
        "--exec-opt": "native.cgroupdriver=cgroupfs",
        "--cgroup-parent": f"/{_cgroup(record.name, node.name)}",
        "--dns": NAME_SERVER,
    }
    words = [*(f"{option}={value}" for option, value in options.items()), f"--host=unix://{USUAL_SOCKET}"]
    with (directory / "engine.log").open("ab") as log:
        subprocess.run(
            # setsid --fork: the engine outlives this process, and is init's child, never a zombie of ours.
            [
                *("setsid", "--fork"),
                *namespaces.enter(_handle(record.name, node.name)),
                *("unshare", "--uts", "--mount", "--propagation", "private"),
                *("sh", "-c", ENGINE_SCRIPT, "sh", node.hostname, *words),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # What containerd writes when it is in trouble stays in the lab.
            env=ENGINE_ENVIRONMENT | {"TMPDIR": str(directory)},
            cwd="/",
        )


def _engine_ready(record: Record, node: Node) -> None:
    """Wait until the engine answers; notice at once when it died."""
    directory = record.directory / node.name
    path = directory / "docker.sock"
    begun = time.monotonic()
    restarts = CONTAINERD_RESTARTS
    while not _answers(node, path):
        elapsed = time.monotonic() - begun
        dead = elapsed > node.patience(1) and not _has_engine(record, node)
        if dead or elapsed > node.patience(ENGINE_START_S):
            log = directory / "engine.log"
            last = (log.read_text("utf-8", "replace").strip().splitlines() or ["le journal est vide"])[-1]
            if not (dead and restarts and CONTAINERD_LATE in last):
                raise EngineStartFailed(node.name, last, log)
            restarts -= 1
            _restart_engine(record, node)
        time.sleep(0.03)
    path.chmod(0o600)
    os.chown(path, *record.owner)


def _answers(node: Node, path: Path) -> bool:
    """True once the engine answers; its socket is there before, and still there when it has died."""
    if not _accepts(path):
        return False
    try:
        with node.asking("démarrer"):
            node.client.ping()
    except NodeUnreachable:
        return False
    return True


def _has_engine(record: Record, node: Node) -> bool:
    """True while a dockerd lives in the node's namespace; its containerd may outlive it."""
    living = namespaces.processes([_handle(record.name, node.name)])
    return any(_program(pid) in ("dockerd", "sh", "unshare", "nsenter") for pid in living)


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def _restart_engine(record: Record, node: Node) -> None:
    """Start an engine once more, in the place of the one that died."""
    namespaces.kill_all([_handle(record.name, node.name)])
    (place,) = (known for known in record.nodes if known.name == node.name)
    _start_engine(record, place)


def _forward(record: Record) -> Record:
    """Where the kernel balances loads, let namespaces be born with forwarding on; what was there is recorded first."""
    changed = {
        key: value for name in lab_names() if (other := Record.read(name)) for key, value in other.sysctls.items()
    }
    setting = Path("/proc/sys") / IP_FORWARD
    if Path("/proc/net/ip_vs").exists() or kernel.load_module("ip_vs"):
        before = setting.read_text("ascii").strip()
        if before != "1":
            changed[IP_FORWARD] = before
    if changed:
        record = record.having(sysctls=changed).write()
        setting.write_text("1\n", "ascii")
    return record


# --- removing -------------------------------------------------------------------------------------


def _remove(name: str) -> None:
    """Kill, then let go, then delete: each step finds its work by itself, so any interruption can be taken up again."""
    record = Record.read(name)
    if record:
        record.having(state="stopping").write()
    groups = _cgroups(name)
    handles = [_handle(name, node) for node in ("switch", *(node.name for node in NODES))]
    namespaces.kill_all(handles, groups)
    namespaces.emptied(groups)
    for handle in handles:
        namespaces.destroy(handle)
    others = [other for other in map(Record.read, lab_names()) if other and other.name != name and other.sysctls]
    if record and not others:
        for key, value in record.sysctls.items():
            (Path("/proc/sys") / key).write_text(f"{value}\n", "ascii")
    if directory_of(name).exists():
        remove_directory(directory_of(name))


# --- parts ----------------------------------------------------------------------------------------


def _lab(record: Record) -> Lab:
    nodes = {
        node.name: Node(
            name=node.name,
            hostname=node.hostname,
            address=node.address,
            role=node.role,
            docker_host=f"unix://{record.directory / node.name / 'docker.sock'}",
            lab=record.name,
            slowness=record.slowness,
        )
        for node in record.nodes
    }
    return Lab(record.name, record.backend, nodes, Capabilities(**record.capabilities), forward=_lead)


def _lead(node: Node, port: int) -> int:
    """The port of loopback that leads to that port of that node, whose lab must be up."""
    return forward.lead(Record.standing(node.lab), node.name, port)


def _whole(record: Record) -> Lab:
    """The lab of that record, if all its engines answer."""
    lab = _lab(record)
    if found := silent(lab):
        raise LabDamaged(record.name, found)
    return lab


def _handle(lab: str, node: str) -> Path:
    return directory_of(lab) / "net" / node


def _beside_name_server(node: NodeRecord) -> str:
    """The node's address by which it asks the name server: ``192.0.2.62`` for 10.0.3.62."""
    return f"{NAME_SERVER.rpartition('.')[0]}.{node.address.rpartition('.')[2]}"


def _cgroup(lab: str, node: str) -> str:
    return f"swarmlab-{lab}-{node}"


def _cgroups(lab: str, node: str | None = None) -> list[Path]:
    """The control groups of a lab, or of one node, in every hierarchy that is mounted (one for v2, several for v1)."""
    names = [node] if node else [known.name for known in NODES]
    mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    roots = [Path(line.split()[4]) for line in mounts if line.split(" - ")[1].startswith("cgroup")]
    return [group for root in roots for name in names if (group := root / _cgroup(lab, name)).exists()]


def _private_directory(path: Path, owner: tuple[int, int]) -> None:
    path.mkdir(mode=0o700)
    os.chown(path, *owner)


def _was_full(name: str) -> bool:
    """True when an engine wrote that it had no room: its client then often sees only a closed connection."""
    return any("no space left" in log.read_text("utf-8", "replace") for log in directory_of(name).glob("*/engine.log"))


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    pool = ThreadPoolExecutor(max_workers=8)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _disk_errors(where: Path, doing: str, lab: str) -> Iterator[None]:
    try:
        yield
    except OSError as err:
        if err.errno == 28:
            raise DiskFull(where, doing, lab) from err
        raise
