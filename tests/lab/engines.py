"""Engines of a local lab that die, and come back."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from swarmkit_helpers.lab.record import home


@contextmanager
def killed(lab: str, node: str) -> Iterator[None]:
    """Kill a node's engine; at the end of the block start it again, in the namespaces where it was."""
    pid = int((home() / lab / node / "pid").read_text("ascii"))
    process = Path(f"/proc/{pid}")
    words = (process / "cmdline").read_bytes().split(b"\0")[:-1]
    environment = dict(pair.split(b"=", 1) for pair in (process / "environ").read_bytes().split(b"\0") if pair)
    with ExitStack() as held:
        # Open files keep the namespaces, whose only process may be the engine.
        kinds = {
            kind: held.enter_context((process / "ns" / kind).open("rb")).fileno() for kind in ("mnt", "net", "uts")
        }
        os.kill(pid, signal.SIGKILL)
        yield
        # What was killed may still be a zombie, and would be taken for a living engine, a living containerd.
        for left in ("pid", "exec/containerd/containerd.pid"):
            (home() / lab / node / left).unlink(missing_ok=True)
        enter = ["nsenter", *(f"--{'mount' if k == 'mnt' else k}=/proc/self/fd/{fd}" for k, fd in kinds.items())]
        with (home() / lab / node / "engine.log").open("ab") as log:
            subprocess.run(
                ["setsid", "--fork", *enter, *words],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd="/",
                pass_fds=tuple(kinds.values()),
            )
