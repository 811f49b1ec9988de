"""What this machine has and lacks for a lab, each lack with its remedy."""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass

from ..errors import NBSP
from . import embedded, kernel, local, packages
from .record import home

__all__ = ["Finding", "examine"]

DISK_NEEDED_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    """Short name; for a capability, its field in Capabilities: ``ipvs``."""
    present: bool
    needed: bool
    """True when no local lab can start without it."""
    detail: str
    """What was seen, or what its absence prevents, in French."""
    remedy: str
    """Empty when it is present."""

    def asdict(self) -> dict[str, object]:
        """As plain values, for ``--json``."""
        return asdict(self)


def examine() -> list[Finding]:
    """Look at this machine; changes nothing (a kernel module may get loaded)."""
    root = os.geteuid() == 0
    found = [
        Finding("root", root, True, "vous êtes root" if root else "il faut être root", "" if root else "sudo -s"),
        _packages(),
        _overlay(),
        _disk(),
        _embedded(),
    ]
    abilities = kernel.probe().asdict()
    for name, present in abilities.items():
        lack = kernel.LACKS[name]
        detail = "présent" if present else lack.effect
        found.append(Finding(name, present, False, detail, "" if present else lack.remedy))
    return found


def _packages() -> Finding:
    missing = packages.missing()
    if not missing:
        return Finding("paquets", True, True, "tout est installé", "")
    names = ", ".join(need.package for need in missing)
    return Finding("paquets", False, True, f"absents : {names}", packages.remedy(missing))


def _overlay() -> Finding:
    present = local.has_overlayfs()
    detail = "présent" if present else "absent du noyau"
    return Finding("overlayfs", present, True, detail, "" if present else "modprobe overlay")


def _embedded() -> Finding:
    missing = embedded.lacks()
    can = (
        f"un labo simulé peut démarrer, sans root ni Docker{NBSP}: moteurs, conteneurs, images, réseaux, paquets et "
        "temps y sont simulés, IPVS et chiffrement compris (swarmlab up --backend embedded)"
    )
    detail = ", ".join(missing) or can
    return Finding("embedded", not missing, False, detail, "une machine sous Linux ou macOS" if missing else "")


def _disk() -> Finding:
    where = next(path for path in (home(), *home().parents) if path.exists())
    free = shutil.disk_usage(where).free
    enough = free >= DISK_NEEDED_BYTES
    detail = f"{free / 1024**3:.1f} Gio libres dans {where}".replace(".", ",", 1)
    return Finding("disque", enough, True, detail, "" if enough else f"libérez au moins 2 Gio dans {where}")
