"""Programs of this machine, run to their end: with a deadline, at the lowest priority, and killed with this process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import NBSP, GuestError

__all__ = ["NICE", "run"]

# What is killed takes its children along; and a session of its own keeps a Ctrl-C from reaching them first.
NICE = ("setpriv", "--pdeathsig", "TERM", "--", "nice", "-n", "19")
DISK_SIGNS = ("No space left on device", "enough free space", "Disk quota exceeded", "Could not allocate block")


def run(
    words: Sequence[str],
    doing: str,
    *,
    timeout_s: float,
    remedy: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program and return what it wrote.

    Parameters
    ----------
    doing
        What it is for, in French, for the error: ``la construction du disque``.

    Raises
    ------
    GuestError
        It is not there, failed, or did not end in time.
    """
    try:
        done = subprocess.run(
            [*NICE, *words],
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C.UTF-8", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise GuestError(f"{doing}{NBSP}: pas fini en {timeout_s:.0f} s ({words[0]})", remedy) from err
    said = done.stdout.decode("utf-8", "replace")
    if done.returncode:
        if any(sign in said for sign in DISK_SIGNS):
            raise GuestError(f"{doing}{NBSP}: plus de place sur le disque", "libérez de la place, puis relancez")
        last = " ; ".join(said.strip().splitlines()[-3:]) or f"code {done.returncode}"
        raise GuestError(f"{doing}{NBSP}: {words[0]} a échoué ({last})", remedy)
    return said
