"""What goes into the guest, and what comes out of it: a tar on a disk, each way."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from .errors import NBSP, GuestError

__all__ = ["collect", "pack", "project_files", "tree_digest"]

SECTOR = 512


def project_files(project: Path) -> list[Path]:
    """Files of the project, those not yet committed included, ignored ones not; relative, sorted.

    Raises
    ------
    GuestError
        It is no checkout of git.
    """
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise GuestError(f"{project} n'est pas un dépôt git{NBSP}: {done.stderr.strip()}", "git clone, puis relancez")
    names = sorted({Path(name) for name in done.stdout.split("\0") if name})
    return [name for name in names if (project / name).is_file()]


def tree_digest(project: Path, files: list[Path]) -> str:
    """Checksum of names and contents."""
    total = hashlib.sha256()
    for name in files:
        content = (project / name).read_bytes()
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def pack(project: Path, files: list[Path], target: Path, *, added: Mapping[str, str]) -> None:
    """Write those files, and texts added to them, as a tar that the guest reads from a disk."""
    with tarfile.open(target, "w") as tar:
        for name in files:
            tar.add(project / name, str(name), recursive=False)
        for place, text in added.items():
            info = tarfile.TarInfo(place)
            info.size = len(text.encode())
            tar.addfile(info, BytesIO(text.encode()))
    with target.open("ab") as tail:
        tail.truncate(-(-target.stat().st_size // SECTOR) * SECTOR)


def collect(disk: Path, target: Path) -> None:
    """Unpack what the guest left on its last disk.

    Raises
    ------
    GuestError
        It left nothing that can be read.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(disk, "r:") as tar:
            tar.extractall(target, filter="data")
    except (tarfile.TarError, OSError) as err:
        remedy = f"lisez {target / 'console.log'}"
        raise GuestError(f"l'invité n'a rien laissé de lisible{NBSP}: {err}", remedy) from err
