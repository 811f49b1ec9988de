"""The guest's machine, with a script in QEMU's place: its end, its silence, its panic, and that nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from guest.errors import GuestError, GuestLate
from guest.machine import END, Disks, boot, qemu_words

DISKS = Disks(*(Path(f"/{name}") for name in ("vmlinuz", "initrd", "root", "scratch", "project", "outcome")))


def run(tmp_path: Path, script: str, *, timeout_s: float = 30, silence_s: float = 20) -> tuple[list[str], float]:
    said: list[str] = []
    words = ["sh", "-c", f"echo $$ > {tmp_path}/pid; {script}"]
    log = tmp_path / "console.log"
    taken_s = boot(DISKS, log, timeout_s=timeout_s, silence_s=silence_s, notice=said.append, words=words)
    return said, taken_s


def is_gone(tmp_path: Path) -> bool:
    pid = (tmp_path / "pid").read_text("ascii").strip()
    return not Path(f"/proc/{pid}").exists()


def test_tells_what_the_stage_says_and_keeps_the_whole_console(tmp_path: Path) -> None:
    said, _ = run(tmp_path, f"echo '[    0.1] Linux'; echo '@@ course : code 0'; echo '{END}'")
    assert said == ["course : code 0"]
    assert (tmp_path / "console.log").read_text("utf-8").splitlines() == ["[    0.1] Linux", "@@ course : code 0", END]
    assert is_gone(tmp_path)


def test_a_panic_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match="Kernel panic - not syncing") as caught:
        run(tmp_path, "echo '[ 1.9] Kernel panic - not syncing: no init'; exec sleep 60")
    assert "console.log" in caught.value.remedy
    assert is_gone(tmp_path)


def test_a_guest_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match=r"ne dit plus rien depuis 1 s.*\.\. 15 s"):
        run(tmp_path, "echo '.. 15 s'; exec sleep 60", silence_s=1)
    assert is_gone(tmp_path)


def test_a_guest_that_goes_on_for_ever_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(GuestLate, match="n'a pas fini à temps"):
        run(tmp_path, "while echo '.. encore'; do sleep 0.1; done", timeout_s=1)
    assert is_gone(tmp_path)


def test_a_guest_that_goes_off_too_early_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match=r"s'est éteint avant la fin \(code 3\).*: @@ up"):
        run(tmp_path, "echo '@@ up'; exit 3")


def test_qemu_that_does_not_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(GuestError, match="could not open disk image"):
        run(tmp_path, "echo 'qemu: could not open disk image' >&2; exit 1")


def test_an_interrupt_stops_the_guest(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys\n"
        "from tests.guest.test_machine import run\n"
        f"run(pathlib.Path({str(tmp_path)!r}), 'echo a; exec sleep 60')\n"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", program], cwd=root, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text("ascii").strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) != 0
    assert is_gone(tmp_path)


def test_qemu_is_never_accelerated_and_has_no_network() -> None:
    words = " ".join(qemu_words(DISKS))
    assert "-accel tcg" in words
    assert "kvm" not in words
    assert "-nic none" in words
    assert [word for word in qemu_words(DISKS) if "file=/root" in word and "readonly=on" in word] != []
