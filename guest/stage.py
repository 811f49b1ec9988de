"""The stage: build the guest or take it from the cache, run the course in it, bring the reports home."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmkit_helpers.lab import images, packages
from swarmkit_helpers.lab.substitutes import machine_suite

from . import cache, delivery, kernel, machine, root
from .command import run
from .errors import NBSP, GuestError

__all__ = ["DEADLINE_S", "NEEDS", "prepare", "run_stage"]

Notice = Callable[[str], None]

NEEDS = (
    packages.Need("qemu-system-x86", (machine.QEMU,), "la machine émulée"),
    packages.Need("e2fsprogs", ("mke2fs",), "le disque de l'invité"),
    packages.Need("mmdebstrap", ("mmdebstrap",), "les paquets de l'invité"),
    packages.Need("python3", ("python3",), "le Python de l'invité"),
    packages.Need("util-linux", ("unshare", "setpriv"), "les espaces de noms"),
    packages.Need("kmod", ("depmod",), "les modules du noyau"),
    packages.Need("busybox-static", ("busybox",), "le premier programme de l'invité"),
)
NEEDED_BYTES = 8 * 1024**3
SCRATCH_BYTES = 10 * 1024**3
OUTCOME_BYTES = 256 * 1024**2
COURSE_S, BROKEN_S, AROUND_S = 9000, 1800, 1800
DEADLINE_S = float(COURSE_S + BROKEN_S + AROUND_S)
MAKERS = ("guest/cpio.py", "guest/kernel.py", "guest/root.py", "guest/inside/init")
"""What the way the guest is made depends on."""


def prepare(project: Path, home: Path, notice: Notice) -> Path:
    """The guest's root disk and boot files, built if need be: a directory of the cache.

    Raises
    ------
    GuestError
    """
    suite = machine_suite("l'invité")
    if (suite.distribution, platform.machine()) != ("debian", "x86_64"):
        why = (
            f"l'invité est fait des paquets de Debian, pour amd64{NBSP}; ici{NBSP}: {suite.title}, {platform.machine()}"
        )
        raise GuestError(why, "lancez make test-full-kernel sur une Debian, amd64")
    found = kernel.find()
    references = {*images.STARTING, *images.VOTING}
    references |= {base.reference for name in references if (base := images.CATALOGUE[name].base)}
    archives = images.ensure_cache(sorted(references), notice=notice)
    kept = [path for archive in archives.values() for path in (archive, archive.with_suffix(".json"))]
    content = {
        "le noyau": f"{found.name} {found.version}",
        "les paquets": _versions(),
        "les images du cours": " ".join(sorted(path.name for path in archives.values())),
        **{name: hashlib.sha256((project / name).read_bytes()).hexdigest() for name in (*root.SEED, *MAKERS)},
    }

    def build(target: Path) -> None:
        workspace = target.parent
        notice(f"Construction de l'invité{NBSP}: {suite.title}, {found.name} {found.version}.")
        unpacked = kernel.unpack(found, workspace)
        wheels = workspace / "wheels"
        root.download_wheels(project / "requirements.lock", wheels)
        tree = root.build(project, suite, unpacked, wheels, kept, workspace)
        (modules,) = (tree / "lib/modules").iterdir()
        kernel.write_boot_files(unpacked, modules, tree / "bin/busybox", project / "guest/inside/init", target)
        root.write_disk(tree, target / "root.ext4")

    return cache.cached(home, content, build, notice=notice)


def run_stage(
    project: Path,
    out: Path,
    sections: Sequence[str],
    *,
    broken: bool,
    notice: Notice,
    timeout_s: float = DEADLINE_S,
) -> Path:
    """Run sections of the course in the guest; return the directory of what came out.

    Raises
    ------
    GuestLate
        It was not done after that long.
    GuestError
        No report came out: whether it is good is not judged here.
    """
    begun = time.monotonic()
    home = cache.directory()
    if os.geteuid() != 0:
        raise GuestError("il faut être root pour construire l'invité", "sudo make test-full-kernel")
    missing = [need for need in NEEDS if not _there(need)]
    packages.install(missing, notice=notice)
    with cache.locked(home):
        free = shutil.disk_usage(home).free
        if free < NEEDED_BYTES:
            raise GuestError(
                f"il reste {free / 1024**3:.1f} Gio dans {home}{NBSP}: il en faut {NEEDED_BYTES // 1024**3}",
                "libérez de la place, ou choisissez un autre dossier (variable SWARMLAB_GUEST_CACHE)",
            )
        parts = prepare(project, home, notice)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        with tempfile.TemporaryDirectory(suffix=".tmp", dir=home, ignore_cleanup_errors=True) as name:
            disks = _disks(project, parts, Path(name), sections, broken)
            left_s = timeout_s - (time.monotonic() - begun)
            duration_s = machine.boot(disks, out / "console.log", timeout_s=left_s, notice=notice)
            delivery.collect(disks.outcome, out)
        notice(f"L'invité s'est éteint après {duration_s:.0f} s.")
    return out


def _disks(project: Path, parts: Path, workspace: Path, sections: Sequence[str], broken: bool) -> machine.Disks:
    scratch, project_disk, outcome = (workspace / name for name in ("scratch.ext4", "project.tar", "outcome.tar"))
    for disk, size in ((scratch, SCRATCH_BYTES), (outcome, OUTCOME_BYTES)):
        with disk.open("wb") as file:
            file.truncate(size)
    words = ["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", str(scratch)]
    run(words, "le disque de travail", timeout_s=120, remedy="apt-get install e2fsprogs")
    plan = {"sections": list(sections), "broken": broken, "course_s": COURSE_S, "broken_s": BROKEN_S}
    added = {"guest/inside/plan.json": json.dumps(plan)}
    delivery.pack(project, delivery.project_files(project), project_disk, added=added)
    return machine.Disks(parts / "vmlinuz", parts / "initrd.gz", parts / "root.ext4", scratch, project_disk, outcome)


def _there(need: packages.Need) -> bool:
    return all(shutil.which(word, path=packages.SYSTEM_PATH) for word in need.commands)


def _versions() -> str:
    """The packages that the guest names, with the versions that apt offers."""
    words = ["apt-cache", "show", "--no-all-versions", *root.PACKAGES]
    said = run(words, "les paquets de l'invité", timeout_s=60, remedy=root.APT)
    names = [line.split()[1] for line in said.splitlines() if line.startswith("Package: ")]
    versions = [line.split()[1] for line in said.splitlines() if line.startswith("Version: ")]
    return " ".join(sorted(f"{name}={version}" for name, version in zip(names, versions, strict=True)))
