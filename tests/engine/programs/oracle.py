"""What BusyBox does on this machine, and what ours do with the same script, input and files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from swarmkit_helpers.engine.programs.options import BUSYBOX_VERSION

from .bench import Bench, play

__all__ = ["BUSYBOX", "Done", "needs_busybox", "ours", "theirs"]

BUSYBOX = shutil.which("busybox") or ""
APPLETS = (
    "sh [ arp base64 basename cat clear cp cut date df dirname echo env expr false find free grep head hostname id "
    "ifconfig ip kill ln ls md5sum mkdir mktemp mv nc netstat nslookup ping printf ps pwd readlink rm rmdir route sed "
    "seq sha256sum sleep sort stat tac tail tee test timeout top touch tr traceroute true tty uname uniq wc wget which "
    "xargs yes"
)
WORK = "/work"


@dataclass(frozen=True)
class Done:
    """How a script ended."""

    code: int
    out: str
    err: str


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _is_there() -> bool:
    if not BUSYBOX:
        return False
    said = subprocess.run([BUSYBOX], capture_output=True, text=True, check=False).stdout
    return said.startswith(BUSYBOX_VERSION.split(" (")[0])


needs_busybox = pytest.mark.skipif(not _is_there(), reason=f"no {BUSYBOX_VERSION.split(' (')[0]} on this machine")


def theirs(
    script: str, *arguments: str, stdin: bytes = b"", files: Mapping[str, bytes] | None = None, named: bool = True
) -> Done:
    """Run it with BusyBox, in a directory that holds these files only; `named`: ``$0`` is given too."""
    with tempfile.TemporaryDirectory() as folder:
        programs, work = Path(folder, "bin"), Path(folder, "work")
        programs.mkdir()
        work.mkdir()
        for applet in APPLETS.split():
            programs.joinpath(applet).symlink_to(BUSYBOX)
        for name, content in (files or {}).items():
            work.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
            work.joinpath(name).write_bytes(content)
        done = subprocess.run(
            ["sh", "-c", script, *(["sh"] if named else []), *arguments],
            executable=BUSYBOX,
            input=stdin,
            capture_output=True,
            check=False,
            cwd=work,
            env={"PATH": str(programs), "HOME": "/root"},
            timeout=20,
        )
        return Done(done.returncode, _text(done.stdout), _text(done.stderr))


def ours(script: str, *arguments: str, stdin: bytes = b"", files: Mapping[str, bytes] | None = None) -> Done:
    """Run it in a simulated container."""
    found: list[Done] = []

    async def scenario() -> None:
        bench = Bench()
        container = bench.add("c")
        container.files[f"{WORK}/.keep"] = b""
        for name, content in (files or {}).items():
            container.files[f"{WORK}/{name}"] = content
        code, out, err = await bench.run("c", "sh", "-c", script, "sh", *arguments, stdin=stdin, directory=WORK)
        found.append(Done(int(code), out, err))
        await bench.close()

    play(scenario())
    return found[0]
