"""Debian's kernel for clouds, taken from its package without installing it: it has IPVS, ESP and netem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from .command import run
from .cpio import write_initrd
from .errors import GuestError

__all__ = ["META_PACKAGE", "KernelPackage", "find", "unpack", "write_boot_files"]

META_PACKAGE = "linux-image-cloud-amd64"
DOWNLOAD_S = 300
BOOT_MODULES = ("virtio_pci", "virtio_blk", "overlay")
"""What the guest needs to see its disks; what these need comes along."""
REMEDY = f"apt-get update, puis : apt-cache policy {META_PACKAGE}"


@dataclass(frozen=True, slots=True)
class KernelPackage:
    """The package that the distribution offers today."""

    name: str
    """``linux-image-6.1.0-56-cloud-amd64``."""
    version: str


def find() -> KernelPackage:
    """The kernel that the meta-package stands for now; asks apt's lists, downloads nothing.

    Raises
    ------
    GuestError
        This distribution has none.
    """
    said = run(
        ["apt-cache", "show", "--no-all-versions", META_PACKAGE], "le paquet du noyau", timeout_s=60, remedy=REMEDY
    )
    found = re.search(r"^Depends:.*?\b(linux-image-[\w.+-]+-cloud-amd64) \(= ([^)]+)\)", said, re.MULTILINE)
    if found is None:
        raise GuestError(f"le paquet {META_PACKAGE} ne dit plus quel noyau il désigne", REMEDY)
    return KernelPackage(found[1], found[2])


def unpack(package: KernelPackage, workspace: Path) -> Path:
    """Download the package and unpack it; the directory that holds its boot/ and lib/.

    Raises
    ------
    GuestError
    """
    wanted = f"{package.name}={package.version}"
    doing = "le noyau de l'invité"
    run(["apt-get", "--quiet=2", "download", wanted], doing, timeout_s=DOWNLOAD_S, remedy=REMEDY, cwd=workspace)
    (archive,) = workspace.glob(f"{package.name}_*.deb")
    target = workspace / "kernel"
    run(["dpkg", "-x", str(archive), str(target)], doing, timeout_s=DOWNLOAD_S, remedy=REMEDY)
    return target


def write_boot_files(unpacked: Path, modules: Path, busybox: Path, init: Path, target: Path) -> None:
    """Write what QEMU boots: the kernel, and an initrd with busybox, a few modules and our init.

    Parameters
    ----------
    modules
        A directory of modules that depmod has listed: ``lib/modules/6.1.0-56-cloud-amd64``.
    """
    (image,) = (unpacked / "boot").glob("vmlinuz-*")
    (target / "vmlinuz").write_bytes(image.read_bytes())
    wanted = _load_order((modules / "modules.dep").read_text("ascii"))
    files = {"bin/busybox": busybox.read_bytes(), "init": init.read_bytes()}
    files |= {f"modules/{path.name}": (modules / path).read_bytes() for path in wanted}
    files["modules/order"] = "".join(f"{path.name}\n" for path in wanted).encode()
    directories = ("bin", "dev", "lower", "modules", "new", "proc", "scratch", "sys")
    write_initrd(target / "initrd.gz", files, directories=directories)


def _load_order(listed: str) -> list[Path]:
    """Paths of the modules to load, each after those it needs; what is built into the kernel is not listed."""
    needs = {Path(name): [Path(word) for word in after.split()] for name, _, after in _split(listed)}
    wanted = [path for name in BOOT_MODULES for path in needs if path.name.split(".")[0] == name]
    # depmod names the nearest need first: the farthest is loaded first.
    return list(dict.fromkeys(path for module in wanted for path in (*reversed(needs[module]), module)))


def _split(listed: str) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in listed.splitlines()]
