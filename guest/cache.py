"""What is built once and kept: the guest's root disk and boot files, under a name that tells what they are made of."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import NBSP, GuestError

__all__ = ["cached", "digest", "directory", "locked"]

STAMP = "content.json"


def directory() -> Path:
    """Where it is kept: the directory SWARMLAB_GUEST_CACHE names, else /var/cache/swarmlab/guest."""
    return Path(os.environ.get("SWARMLAB_GUEST_CACHE") or "/var/cache/swarmlab/guest")


def digest(content: Mapping[str, str]) -> str:
    """The name of what is made of that."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the cache: one guest at a time. The kernel frees it when its holder dies.

    Raises
    ------
    GuestError
        Another command holds it.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise GuestError("une autre commande se sert de l'invité", "attendez sa fin, puis relancez") from None
        for leftover in home.glob("*.tmp"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def cached(
    home: Path,
    content: Mapping[str, str],
    build: Callable[[Path], None],
    *,
    notice: Callable[[str], None],
) -> Path:
    """The directory made of that content: as it was kept, else built; what was made of another content goes.

    Parameters
    ----------
    content
        What it is made of, by name: versions, checksums.
    build
        Fills a directory, which is put in place in one stroke once it is whole.
    """
    target = home / digest(content)
    if (target / STAMP).exists():
        return target
    formers = [path for path in home.iterdir() if (path / STAMP).exists()]
    if formers:
        notice(f"L'invité est refait, car ceci a changé{NBSP}: {', '.join(_changed(formers, content))}.")
    with tempfile.TemporaryDirectory(suffix=".tmp", dir=home, ignore_cleanup_errors=True) as name:
        draft = Path(name) / "draft"
        draft.mkdir()
        build(draft)
        (draft / STAMP).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    for former in formers:
        shutil.rmtree(former, ignore_errors=True)
    return target


def _changed(formers: list[Path], content: Mapping[str, str]) -> list[str]:
    """Names of what differs from the newest of those."""
    newest = max(formers, key=lambda path: (path / STAMP).stat().st_mtime)
    try:
        before: dict[str, str] = json.loads((newest / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return ["son contenu"]
    return sorted(name for name in {*before, *content} if before.get(name) != content.get(name))
