"""What a lab may leave behind on the machine, found without asking the lab's own record."""

from __future__ import annotations

import os
from pathlib import Path

from swarmkit_helpers.lab.record import home

__all__ = ["namespaces_of", "traces"]


def traces(name: str, inodes: frozenset[str] = frozenset()) -> list[str]:
    """Each mount, process, control group, directory and namespace of that lab that is still there.

    Parameters
    ----------
    inodes
        Network namespaces (``net:[...]``) that the lab was seen to have.
    """
    directory = str(home() / name)
    found = [line for line in Path("/proc/self/mountinfo").read_text("utf-8").splitlines() if f"{directory}/" in line]
    found += [str(path) for path in (home() / name, home() / f".{name}.lock") if path.exists()]
    # Groups of other labs may go meanwhile: os.walk passes over them.
    groups = (Path(place) / group for place, names, _ in os.walk("/sys/fs/cgroup") for group in names)
    found += [str(group) for group in groups if group.name.startswith(f"swarmlab-{name}-")]
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
            namespace = str((process / "ns/net").readlink())
        except OSError:
            continue
        if f"{directory}/" in command or namespace in inodes:
            found.append(f"process {process.name}: {command or '?'}")
    return found


def namespaces_of(name: str) -> frozenset[str]:
    """Network namespaces that the lab keeps now."""
    kept = (home() / name / "net").glob("*")
    return frozenset(f"net:[{path.stat().st_ino}]" for path in kept)
