"""What a container does and uses: its processes, its share of the machine, the files that it changed."""

from __future__ import annotations

import posixpath
import time
from typing import TYPE_CHECKING

from ..clock import ZERO_TIME
from ..kinds import Json
from ..programs.files import kept
from ..refusal import Refusal
from .host_settings import PROCESSORS
from .inspection import nanoseconds

if TYPE_CHECKING:
    from .container import Container

__all__ = ["MEMORY", "changes", "sample", "top"]

MEMORY = 4 * 2**30
SIMULATED_CPU_NS = 40_000_000
"""What starting a program costs; a simulated one costs nothing more."""
SIMULATED_MEMORY = 1_400_000
PROCESS_KB = (2268, 1692)
NO_LIMIT = 9_223_372_036_854_771_712
MADE_BY_ENGINE = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
BLOCK_KEYS = (
    *("io_service_bytes_recursive", "io_serviced_recursive", "io_queue_recursive", "io_service_time_recursive"),
    *("io_wait_time_recursive", "io_merged_recursive", "io_time_recursive", "sectors_recursive"),
)
MEMORY_KEYS = (
    *("active_anon", "active_file", "cache", "dirty", "inactive_anon", "inactive_file", "mapped_file", "pgfault"),
    *("pgmajfault", "pgpgin", "pgpgout", "rss", "rss_huge", "unevictable", "writeback"),
)


def top(container: Container, arguments: str) -> Json:
    """Processes, as ``ps`` shows them.

    Raises
    ------
    Refusal
        501: arguments that are not simulated.
    """
    wanted = arguments.strip() or "-ef"
    processes = [process for process in (container.process, *container.execs.values()) if process and process.running]
    started = container.state.started_at[11:16]
    rows = []
    for process in processes:
        words = " ".join(process.argv)
        tty = "pts/0" if process.system.tty else "?"
        if wanted in ("-ef", "ef"):
            parent = str(container.state.pid - 21)
            rows.append(["root", str(process.pid), parent, "0", started, tty, "00:00:00", words])
        elif wanted in ("aux", "-aux"):
            sizes = [str(size) for size in PROCESS_KB]
            rows.append(["root", str(process.pid), "0.0", "0.0", *sizes, tty, "Ss", started, "0:00", words])
        else:
            raise Refusal(501, f"the embedded engine does not simulate ps {wanted}: only -ef and aux")
    titles = (
        ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
        if wanted in ("-ef", "ef")
        else ["USER", "PID", "%CPU", "%MEM", "VSZ", "RSS", "TTY", "STAT", "START", "TIME", "COMMAND"]
    )
    return {"Processes": rows, "Titles": titles}


def sample(container: Container) -> Json:
    """One sample of its use, by a model: a simulated program uses next to nothing."""
    if not container.state.running or container.process is None:
        return _nothing(container)
    now = time.time_ns()
    ran = max(0, now - nanoseconds(container.state.started_at))
    used = SIMULATED_CPU_NS + ran // 10_000
    processes = 1 + sum(process.running for process in container.execs.values())
    memory = SIMULATED_MEMORY * processes
    stats = dict.fromkeys(MEMORY_KEYS, 0) | {"rss": memory, "inactive_anon": memory}
    limit = container.host_config["Memory"] or MEMORY
    limits = {
        "hierarchical_memory_limit": container.host_config["Memory"] or NO_LIMIT,
        "hierarchical_memsw_limit": container.host_config["MemorySwap"] or NO_LIMIT,
    }
    found: Json = {
        "read": container.host.world.clock.now(),
        "preread": ZERO_TIME,
        "pids_stats": {"current": processes},
        "blkio_stats": {key: [] for key in BLOCK_KEYS},
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": {
            "cpu_usage": {
                "total_usage": used,
                "percpu_usage": [used // PROCESSORS] * PROCESSORS,
                "usage_in_kernelmode": used // 3,
                "usage_in_usermode": used - used // 3,
            },
            "system_cpu_usage": time.monotonic_ns() * PROCESSORS,
            "online_cpus": PROCESSORS,
            "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
        },
        "precpu_stats": _no_cpu(),
        "memory_stats": {
            "usage": memory,
            "max_usage": memory,
            "stats": stats | limits | {f"total_{key}": value for key, value in stats.items()},
            "limit": limit,
        },
        "name": f"/{container.name}",
        "id": container.id,
    }
    if container.stack is not None and container.stack is not container.host.stack:
        counters = (
            "rx_bytes",
            "rx_packets",
            "rx_errors",
            "rx_dropped",
            "tx_bytes",
            "tx_packets",
            "tx_errors",
            "tx_dropped",
        )
        found["networks"] = {
            card.name: {counter: getattr(card, counter, 0) for counter in counters}
            for card in container.stack.interfaces
        }
        if not found["networks"]:
            del found["networks"]
    return found


def _no_cpu() -> Json:
    return {
        "cpu_usage": {"total_usage": 0, "usage_in_kernelmode": 0, "usage_in_usermode": 0},
        "throttling_data": {"periods": 0, "throttled_periods": 0, "throttled_time": 0},
    }


def _nothing(container: Container) -> Json:
    return {
        "read": ZERO_TIME,
        "preread": ZERO_TIME,
        "pids_stats": {},
        "blkio_stats": dict.fromkeys(BLOCK_KEYS),
        "num_procs": 0,
        "storage_stats": {},
        "cpu_stats": _no_cpu(),
        "precpu_stats": _no_cpu(),
        "memory_stats": {},
        "name": f"/{container.name}",
        "id": container.id,
    }


def changes(container: Container) -> list[Json]:
    """Files that differ from the image's: kind 0 for changed, 1 for added, 2 for deleted."""
    found: dict[str, int] = {}
    own, original = container.own, container.original
    for path, data in own.items():
        if path not in original and path not in MADE_BY_ENGINE:
            found[path] = 1
        elif path in original and original[path] != data:
            found[path] = 0
    found |= {path: 2 for path in original if path not in own}
    points = {one["Destination"] for one in container.mounts}
    # the engine makes mount points at the start only
    found |= dict.fromkeys(kept(container).directories - (set() if container.prepared else points), 1)
    for path in list(found):
        folder = posixpath.dirname(path)
        while folder != "/":
            known = any(other.startswith(f"{folder}/") for other in original)
            usual = folder.count("/") == 1 and folder[1:] in ("etc", "root", "tmp", "usr", "var", "run", "home")
            found.setdefault(folder, 0 if known or usual else 1)
            folder = posixpath.dirname(folder)
    if container.prepared:
        for one in container.mounts:
            found.setdefault(one["Destination"], 1)
    return [{"Path": path, "Kind": kind} for path, kind in sorted(found.items())]
