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
BOOT_MODULES = (
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/block/virtio_blk.ko",
    "fs/overlayfs/overlay.ko",
)
"""What the guest needs to see its disks, in the order in which it is loaded."""
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


def write_boot_files(unpacked: Path, busybox: Path, init: Path, target: Path) -> None:
    """Write what QEMU boots: the kernel, and an initrd with busybox, a few modules and our init."""
    (image,) = (unpacked / "boot").glob("vmlinuz-*")
    (modules,) = (unpacked / "lib/modules").iterdir()
    (target / "vmlinuz").write_bytes(image.read_bytes())
    files = {"bin/busybox": busybox.read_bytes(), "init": init.read_bytes()}
    present = [module for module in BOOT_MODULES if (modules / "kernel" / module).exists()]  # some may be built in
    for module in present:
        files[f"modules/{Path(module).name}"] = (modules / "kernel" / module).read_bytes()
    files["modules/order"] = "".join(f"{Path(module).name}\n" for module in present).encode()
    directories = ("bin", "dev", "lower", "modules", "proc", "root", "scratch", "sys")
    write_initrd(target / "initrd.gz", files, directories=directories)
