"""Network namespaces of a lab: made, joined by a switch, found again, and emptied of their processes.

Each namespace is kept by a file of the lab's own directory (a bind mount, as ``ip netns`` does under /run/netns), so
that all that a lab made stands in one place and nothing is added to the machine's own namespace.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["create", "destroy", "emptied", "enter", "is_mounted", "kill_all", "processes", "run_ip"]

KILL_PATIENCE_S = 20.0


def create(handle: Path) -> None:
    """Make a network namespace kept by that file."""
    handle.touch(mode=0o600)
    subprocess.run(["unshare", f"--net={handle}", "true"], check=True, capture_output=True)


def enter(handle: Path) -> list[str]:
    """Words that, put before a command, run it inside the namespace."""
    return ["nsenter", f"--net={handle}"]


def run_ip(handle: Path, *commands: str) -> None:
    """Run ``ip`` commands inside the namespace, all in one process."""
    subprocess.run(
        [*enter(handle), "ip", "-batch", "-"], input="\n".join(commands), text=True, check=True, capture_output=True
    )


def is_mounted(handle: Path) -> bool:
    """True when a namespace is kept by that file."""
    mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    return any(line.split()[4] == str(handle) for line in mounts.splitlines())


def destroy(handle: Path) -> None:
    """Let go of a namespace: it vanishes with its last process. Twice is harmless."""
    while is_mounted(handle):
        subprocess.run(["umount", "--lazy", str(handle)], check=True, capture_output=True)
    handle.unlink(missing_ok=True)


def processes(handles: Iterable[Path], cgroups: Iterable[Path] = ()) -> set[int]:
    """Ids of the processes that live in these namespaces, or in these control groups (and below)."""
    inodes = {f"net:[{handle.stat().st_ino}]" for handle in handles if is_mounted(handle)}
    found = {pid for pid in _pids() if _net(pid) in inodes} if inodes else set()
    for group in cgroups:
        for listing in group.rglob("cgroup.procs"):
            with suppress(OSError):
                found.update(int(word) for word in listing.read_text("ascii").split())
    return found - {os.getpid(), 0}


def kill_all(handles: Iterable[Path], cgroups: Iterable[Path] = ()) -> None:
    """Kill all that lives in these namespaces and control groups, until nothing does."""
    handles, cgroups = tuple(handles), tuple(cgroups)
    deadline = time.monotonic() + KILL_PATIENCE_S
    killed: set[int] = set()
    # A process that exits leaves its namespaces before it is gone: those killed are followed to their end.
    while living := processes(handles, cgroups) | {pid for pid in killed if _alive(pid)}:
        if time.monotonic() > deadline:
            raise TimeoutError(f"still alive after SIGKILL: {sorted(living)}")
        for pid in living - killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for group in cgroups:
            _thaw(group)
        killed |= living
        time.sleep(0.01)


def emptied(cgroups: Iterable[Path]) -> None:
    """Remove control groups whose processes are gone."""
    for group in cgroups:
        deadline = time.monotonic() + KILL_PATIENCE_S
        while group.exists():
            for path in sorted((p for p in group.rglob("*") if p.is_dir()), reverse=True):
                with suppress(OSError):
                    path.rmdir()
            with suppress(OSError):
                group.rmdir()
            if time.monotonic() > deadline:
                raise TimeoutError(f"control group still in use: {group}")


def _thaw(group: Path) -> None:
    """Let the processes of a paused container run: even SIGKILL waits for that with cgroup v1."""
    for name, value in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
        for switch in group.rglob(name):
            with suppress(OSError):
                switch.write_text(value, "ascii")


def _pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
    except OSError:
        return False
    # A zombie is over; only its parent can make it vanish.
    return state != "Z"


def _net(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
