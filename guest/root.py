"""The guest's root file system: Debian's packages, the kernel's modules, the locked wheels, the course's images."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from swarmkit_helpers.lab.substitutes import Suite, apt_options, mirrors

from .command import run
from .errors import GuestError

__all__ = ["PACKAGES", "PROJECT", "SEED", "build", "download_wheels", "write_disk"]

PACKAGES = (
    # a Debian, as small as it gets
    *("base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "findutils", "grep", "gzip"),
    *("hostname", "kmod", "libc-bin", "mawk", "mount", "netbase", "passwd", "procps", "sed", "tar", "util-linux"),
    # what `swarmlab packages` wants of a machine
    *("docker.io", "iptables", "iproute2", "dnsmasq-base", "mmdebstrap"),
    # the project's own
    *("python3", "python3-venv", "busybox-static", "ca-certificates"),
)
PROJECT = "opt/cours"
"""Where the project stands in the guest."""
SEED = ("pyproject.toml", "requirements.lock", "scripts/setup.sh")
NAMED = ("README.md", "LICENSE", "swarmkit_helpers/__init__.py")
"""Files of the project that make its environment; any change in them makes another root."""
SYSTEM_PYTHON = "/usr/bin/python3"
WHEELS_S, UNPACK_S, SETUP_S, DISK_S = 900, 900, 900, 600
APT = "vérifiez l'accès de cette machine aux paquets : apt-get update"
PIP = "vérifiez l'accès de cette machine aux paquets de Python : make setup"
ALTERNATIVES = {
    "iptables": "iptables-legacy",
    "iptables-save": "iptables-legacy-save",
    "iptables-restore": "iptables-legacy-restore",
    "ip6tables": "ip6tables-legacy",
    "ip6tables-save": "ip6tables-legacy-save",
    "ip6tables-restore": "ip6tables-legacy-restore",
}
"""Links that the packages' scripts would make: those do not run."""
# In namespaces of its own: no mount outlives it, and what pip does cannot reach any network.
IN_THE_ROOT = """\
mkdir -p "$1/mnt" && mount --bind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" || exit 1
exec chroot "$1" /bin/sh -c "cd /opt/cours && scripts/setup.sh"
"""
NO_INDEX = {
    "HOME": "/root",
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "/mnt",
    "PIP_NO_CACHE_DIR": "1",
    "PYTHON": "python3",
    "UV_COMPILE_BYTECODE": "1",
    "UV_FIND_LINKS": "/mnt",
    "UV_LINK_MODE": "copy",
    "UV_NO_CACHE": "1",
    "UV_NO_INDEX": "1",
    "UV_OFFLINE": "1",
}
SPARE_BYTES = 128 * 1024**2


def download_wheels(lock: Path, target: Path) -> None:
    """Fetch the locked wheels, checksums verified: those for the system's Python, which is the guest's too.

    The lock tells apart Pythons by their last digit: 3.11.2 does not take what 3.11.7 does.

    Raises
    ------
    GuestError
    """
    pip = [
        str(Path(sys.prefix) / "bin/pip"),
        "--python",
        SYSTEM_PYTHON,
        "download",
        "-qq",
        "--no-deps",
        "--require-hashes",
    ]
    words = [*pip, "--only-binary", ":all:", "--requirement", str(lock), "--dest", str(target)]
    run(words, "les dépendances verrouillées", timeout_s=WHEELS_S, remedy=PIP, cwd=lock.parent)


def build(project: Path, suite: Suite, kernel: Path, wheels: Path, images: Iterable[Path], workspace: Path) -> Path:
    """Make the tree; return its directory.

    Parameters
    ----------
    kernel
        The unpacked kernel package.
    images
        Archives of the images' cache and what stands beside them: the guest builds none.

    Raises
    ------
    GuestError
    """
    root = workspace / "root"
    words = [
        *("mmdebstrap", "--mode=root", "--variant=extract", "--format=directory", "--components=main"),
        f"--include={','.join(PACKAGES)}",
        *(f"--aptopt={line}" for line in apt_options()),
        *(suite.codename, str(root), *mirrors(suite)),
    ]
    run(words, "les paquets de l'invité", timeout_s=UNPACK_S, remedy=APT, env={"TMPDIR": str(workspace)})
    _settle(root)
    shutil.copytree(kernel / "lib/modules", root / "lib/modules", symlinks=True)
    (release,) = (root / "lib/modules").iterdir()
    run(["depmod", "--basedir", str(root), release.name], "les modules du noyau", timeout_s=60, remedy=APT)
    cache = root / "var/cache/swarmlab/images"
    cache.mkdir(parents=True)
    for path in images:
        shutil.copy2(path, cache / path.name)
    _install(project, wheels, root)
    return root


def write_disk(root: Path, target: Path) -> None:
    """Write the tree as an ext4 file system.

    Raises
    ------
    GuestError
    """
    paths = [root, *root.rglob("*")]
    size = sum(-(-path.lstat().st_size // 4096) * 4096 for path in paths if not path.is_symlink())
    blocks = (int(size * 1.1) + 4096 * len(paths) + SPARE_BYTES) // 4096
    words = ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-O", "^has_journal", "-N", str(2 * len(paths))]
    doing, remedy = "le disque de l'invité", "apt-get install e2fsprogs"
    run([*words, "-d", str(root), str(target), str(blocks)], doing, timeout_s=DISK_S, remedy=remedy)


def _settle(root: Path) -> None:
    """Do what the packages' scripts would have done."""
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / f"etc/{name}")
    (root / "etc/hosts").write_text("127.0.0.1 localhost invite\n", "utf-8")
    (root / "etc/resolv.conf").unlink(missing_ok=True)
    for name, target in ALTERNATIVES.items():
        (root / "usr/sbin" / name).symlink_to(target)
    (root / "usr/bin/awk").symlink_to("mawk")


def _install(project: Path, wheels: Path, root: Path) -> None:
    """Run the project's own set-up in the tree, from the wheels alone."""
    for name in SEED:
        target = root / PROJECT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / name, target)
    (root / PROJECT / "swarmkit_helpers").mkdir()
    for name in NAMED:  # what packaging wants to see: their content comes with the project
        (root / PROJECT / name).touch()
    words = ["env", "-i", *(f"{key}={value}" for key, value in NO_INDEX.items())]
    words += ["unshare", "--mount", "--net", "--propagation", "private", "sh", "-c", IN_THE_ROOT, "sh"]
    run([*words, str(root), str(wheels)], "le projet dans l'invité", timeout_s=SETUP_S, remedy=PIP)
    if not os.path.lexists(root / PROJECT / ".venv/bin/swarmlab"):
        raise GuestError("le projet n'est pas installé dans l'invité", PIP)
