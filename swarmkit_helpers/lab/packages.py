"""The Debian packages that the local lab needs on this machine, and how they come.

The command ``swarmlab packages`` installs what is missing when it runs as root on Debian, Ubuntu or a distribution made
from them; elsewhere it says what to do. What is there is decided by looking for the commands themselves: an engine that
came another way (docker-ce) is left as it is.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import BackendUnavailable

__all__ = ["NEEDS", "Need", "install", "installable", "missing", "remedy"]

NBSP = "\N{NO-BREAK SPACE}"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
APT_GET = ("apt-get", "-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", "--quiet")
# A policy outlives its author when he is killed: this one then allows everything, as if it were not there.
POLICY = """\
#!/bin/sh
# Written while the course on Docker Swarm installs its packages; without effect once process {pid} has ended.
[ -d /proc/{pid} ] || exit 0
case "$1" in docker*|containerd*) exit 101 ;; esac
exit 0
"""


@dataclass(frozen=True, slots=True)
class Need:
    """One package, and the commands by which its presence is judged."""

    package: str
    commands: tuple[str, ...]
    purpose: str
    """What the course does with it, in French."""
    tests: bool = False
    """True when only the project's tests need it."""


NEEDS = (
    Need("docker.io", ("dockerd",), "les moteurs Docker des trois nœuds"),
    Need("iptables", ("iptables",), "les règles réseau que posent les moteurs"),
    Need("iproute2", ("ip", "tc"), "les câbles et le commutateur entre les nœuds"),
    Need("dnsmasq-base", ("dnsmasq",), "le serveur de noms extérieur au swarm"),
    Need("util-linux", ("nsenter", "unshare", "setsid", "setpriv"), "les espaces de noms des nœuds"),
    Need("mmdebstrap", ("mmdebstrap",), "les images, là où aucun registre ne répond"),
    Need("docker-registry", ("docker-registry",), "un registre d'images sur la machine", tests=True),
    Need("chromium", ("chromium",), "le navigateur des tests", tests=True),
)
"""All that the local lab may need, in the order in which it is told."""


def missing(*, tests: bool = False, path: str = SYSTEM_PATH) -> tuple[Need, ...]:
    """What this machine lacks for the local lab; empty when nothing.

    Parameters
    ----------
    tests
        Also what only the project's tests need.
    path
        Where commands are looked for. The caller's own PATH does not count: an ordinary user's often lacks
        /usr/sbin, where the engine is.
    """
    return tuple(
        need
        for need in NEEDS
        if (tests or not need.tests) and not all(shutil.which(command, path=path) for command in need.commands)
    )


def installable() -> bool:
    """True on Debian, Ubuntu and what is made from them: where these packages exist under these names."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    kin = f"{release.get('ID', '')} {release.get('ID_LIKE', '')}".split()
    return bool({"debian", "ubuntu"}.intersection(kin)) and shutil.which("apt-get", path=SYSTEM_PATH) is not None


def remedy(needs: Sequence[Need]) -> str:
    """The command that brings those packages, or where none does, what to look for; in French."""
    packages = " ".join(need.package for need in needs)
    if installable():
        return f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}"
    commands = ", ".join(command for need in needs for command in need.commands)
    return f"installez avec le gestionnaire de paquets de ce système de quoi fournir{NBSP}: {commands}"


def install(needs: Sequence[Need], *, check: bool = False, notice: Callable[[str], None] = print) -> None:
    """Install those packages with apt; start nothing.

    Parameters
    ----------
    needs
        What to install; nothing is done, not even an update, when it is empty.
    check
        Only look, and raise if there is anything to install.
    notice
        Called with lines in French that tell what goes on.

    Raises
    ------
    BackendUnavailable
        Only a look was asked for, or not root, not a Debian, or apt failed: with what to do.
    """
    if not needs:
        return
    lacks = [f"{need.package} manque ({need.purpose})" for need in needs]
    if check or not installable() or os.geteuid() != 0:
        raise BackendUnavailable("local", lacks, remedy(needs))
    packages = [need.package for need in needs]
    notice(f"Installation des paquets qui manquent{NBSP}: {', '.join(packages)}…")
    engine_was_there = shutil.which("dockerd", path=SYSTEM_PATH) is not None
    _apt(["update"])  # one source that fails does not prevent the others from having the package
    with _no_daemon():
        done = _apt(["install", "--yes", "--no-install-recommends", *packages])
    if done.returncode:
        complaints = [line for line in done.stdout.splitlines() if line.startswith("E: ")]
        why = complaints[-1].removeprefix("E: ") if complaints else f"code {done.returncode}"
        raise BackendUnavailable("local", [*lacks, f"apt-get a échoué ({why})"], remedy(needs))
    if still := missing(tests=True):
        absent = [need for need in still if need in needs]
        if absent:
            raise BackendUnavailable(
                "local", [f"{n.package} est installé mais incomplet" for n in absent], remedy(absent)
            )
    if not engine_was_there and Path("/run/systemd/system").exists():
        # The lab runs engines of its own; the machine's stays off, as it was before, at the next boot too.
        units = ["docker.service", "docker.socket", "containerd.service"]
        subprocess.run(["systemctl", "disable", "--quiet", *units], check=False, capture_output=True)
        notice(f"Le service docker de la machine reste arrêté{NBSP}; pour l'avoir{NBSP}: systemctl enable --now docker")


def _apt(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run apt-get without questions; its words are shown only when it fails."""
    done = subprocess.run(
        [*APT_GET, *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(f"$ {shlex.join(['apt-get', *words])}\n{done.stdout}\n")
    return done


@contextmanager
def _no_daemon(policy: Path = Path("/usr/sbin/policy-rc.d")) -> Iterator[None]:
    """Keep the packages from starting the machine's own engine, by the file Debian asks before it starts a service.

    One that is already there is an administrator's word: it stands.
    """
    if policy.exists():
        yield
        return
    draft = policy.with_name(f".{policy.name}.{os.getpid()}")
    try:
        draft.write_text(POLICY.format(pid=os.getpid()), "utf-8")
        draft.chmod(0o755)
        draft.rename(policy)  # in one stroke: never half a policy
        yield
    finally:
        draft.unlink(missing_ok=True)
        if policy.exists() and policy.read_text("utf-8") == POLICY.format(pid=os.getpid()):
            policy.unlink()
