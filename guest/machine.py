"""The guest's machine: QEMU's software emulation, two processors, four disks, no network card."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from .command import NICE
from .errors import NBSP, GuestError, GuestLate

__all__ = ["Disks", "boot", "qemu_words"]

QEMU = "qemu-system-x86_64"
MEMORY = "4G"
END = "@@ fin"
"""What the guest says last."""
PANIC = "Kernel panic"
SILENCE_S = 300.0
"""The guest says something every half minute: one silent for so long hangs."""
STOP_S = 20.0


@dataclass(frozen=True, slots=True)
class Disks:
    """What the guest is given, as files of this machine."""

    kernel: Path
    initrd: Path
    root: Path
    """Never written."""
    scratch: Path
    """Where the guest writes; it serves once."""
    project: Path
    """A tar, read as a disk."""
    outcome: Path
    """Where the guest leaves a tar."""


def qemu_words(disks: Disks) -> list[str]:
    """The command that starts it. Accelerated by nothing: what /dev/kvm is on this machine does not matter."""
    drives = [
        f"file={disks.root},format=raw,if=virtio,readonly=on",
        f"file={disks.scratch},format=raw,if=virtio,cache=unsafe,discard=unmap",
        f"file={disks.project},format=raw,if=virtio,readonly=on",
        f"file={disks.outcome},format=raw,if=virtio,cache=unsafe",
    ]
    return [
        *(QEMU, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", MEMORY),
        *("-nodefaults", "-no-user-config", "-nographic", "-no-reboot", "-nic", "none", "-serial", "stdio"),
        *("-kernel", str(disks.kernel), "-initrd", str(disks.initrd)),
        *("-append", "console=ttyS0 panic=-1 loglevel=4 mitigations=off"),
        *(word for drive in drives for word in ("-drive", drive)),
    ]


def boot(
    disks: Disks,
    log: Path,
    *,
    timeout_s: float,
    notice: Callable[[str], None],
    silence_s: float = SILENCE_S,
    words: list[str] | None = None,
) -> float:
    """Run the guest until it has powered itself off; return how long that took, in seconds.

    However this ends, the machine is off.

    Parameters
    ----------
    log
        Where all that it writes on its console is kept.
    timeout_s, silence_s
        It is stopped after that long, and when it has said nothing for so long.
    notice
        Called with each line that the stage says.
    words
        The command that starts it, when it is not QEMU's (in tests).

    Raises
    ------
    GuestLate
        It was stopped at its deadline.
    GuestError
        It hung, panicked, or went off before its end.
    """
    begun = time.monotonic()
    # A session of its own: a Ctrl-C is for this program, which then stops it.
    process = subprocess.Popen(
        [*NICE, *(words or qemu_words(disks))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _follow(process, log, begun + timeout_s, silence_s, notice)
    finally:
        _stop(process)
    return time.monotonic() - begun


def _follow(
    process: subprocess.Popen[bytes], log: Path, deadline: float, silence_s: float, notice: Callable[[str], None]
) -> None:
    lines: Queue[str | None] = Queue()
    Thread(target=_read, args=(process, lines), daemon=True).start()
    last, ended = "rien", False
    see = f"lisez la console de l'invité{NBSP}: {log}"
    with log.open("w", encoding="utf-8", buffering=1) as kept:
        while True:
            left = deadline - time.monotonic()
            try:
                line = lines.get(timeout=max(0.0, min(left, silence_s)))
            except Empty:
                if time.monotonic() >= deadline:
                    why = f"l'invité n'a pas fini à temps{NBSP}; sa dernière ligne{NBSP}: {last}"
                    raise GuestLate(why, see) from None
                why = f"l'invité ne dit plus rien depuis {silence_s:.0f} s{NBSP}; sa dernière ligne{NBSP}: {last}"
                raise GuestError(why, see) from None
            if line is None:
                break
            kept.write(f"{line}\n")
            last = line or last
            ended = ended or line == END
            if PANIC in line:
                raise GuestError(f"le noyau de l'invité s'est arrêté{NBSP}: {line}", see)
            if line.startswith("@@ ") and line != END:
                notice(line.removeprefix("@@ "))
    code = process.wait(STOP_S)
    if not ended:
        why = f"l'invité s'est éteint avant la fin (code {code}){NBSP}; sa dernière ligne{NBSP}: {last}"
        raise GuestError(why, see)


def _read(process: subprocess.Popen[bytes], lines: Queue[str | None]) -> None:
    assert process.stdout is not None
    for raw in process.stdout:
        lines.put(raw.decode("utf-8", "replace").rstrip("\r\n"))
    lines.put(None)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it, and wait until it is gone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        process.send_signal(number)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            continue
    if process.stdout is not None:
        process.stdout.close()
