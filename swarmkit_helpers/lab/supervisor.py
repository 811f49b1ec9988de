"""A process that outlives the command that starts it, and that is known again by its number and its birth.

It writes both itself, before it becomes the program: whenever the command that started it is killed, either the file is
there or there is no process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

__all__ = ["Supervisor"]

DETACH = """\
script=$1; shift
sh -c "$script" sh "$@" &
"""
BECOME = """\
if [ -r "/proc/$$/stat" ]
then read -r born <"/proc/$$/stat"; read -r boot </proc/sys/kernel/random/boot_id
else born="$$ $(ps -o lstart= -p $$)"; boot=
fi
printf '%s\\n%s\\n' "$born" "$boot" >"$1" || exit 1
shift
exec "$@"
"""
BIRTH = 19
"""Place of the start time in what follows the name, in /proc/PID/stat (proc(5), field 22)."""
LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Supervisor:
    """One process, as its file names it."""

    pid: int
    birth: str
    """When it began, which no other process of that number shares."""

    @classmethod
    def start(
        cls,
        argv: Sequence[str],
        file: Path,
        log: Path,
        *,
        owner: tuple[int, int],
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
    ) -> None:
        """Start it in a session of its own, with `owner` as its user and group where this one is root.

        Parameters
        ----------
        file
            Where it writes its number and its birth; its directory is there.
        log
            Where all that it prints goes.
        inherited
            Descriptors of this process that it has too, under the same numbers.
        """
        account: dict[str, object] = {}
        if os.geteuid() == 0 and owner != (0, 0):
            account = {"user": owner[0], "group": owner[1], "extra_groups": []}
        with log.open("ab") as output:
            os.fchown(output.fileno(), *owner)
            subprocess.run(
                ["sh", "-c", DETACH, "sh", BECOME, str(file), *argv],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=tuple(inherited),
                env=dict(environment),
                cwd="/",
                **account,  # type: ignore[call-overload]
            )

    @classmethod
    def read(cls, file: Path) -> Self | None:
        """The process that wrote that file, alive or not; None when there is none, or none whole."""
        try:
            born, boot = file.read_text("utf-8", "replace").splitlines()
            return cls(int(born.split(maxsplit=1)[0]), _birth(born, boot))
        except (OSError, ValueError, IndexError):
            return None

    def lives(self) -> bool:
        """True while that very process runs."""
        return _birth_now(self.pid) == self.birth

    def end(self, patience_s: float = 5.0) -> None:
        """Kill it, and return once it is gone; a stranger that has its number is left alone.

        Raises
        ------
        TimeoutError
            It is still there.
        """
        if sys.platform == "linux":
            try:
                handle = os.pidfd_open(self.pid)
            except ProcessLookupError:
                return
            try:
                # The handle was taken first: what lives now is what the signal reaches.
                if self.lives():
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
            except ProcessLookupError:
                return
            finally:
                os.close(handle)
        elif self.lives():
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        if not self.gone(patience_s):
            raise TimeoutError(f"process {self.pid} does not end")

    def gone(self, patience_s: float) -> bool:
        """Wait for its end; False when it has not come."""
        deadline = time.monotonic() + patience_s
        while self.lives():
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_S)
        return True


def _birth_now(pid: int) -> str:
    """When the process of that number began; empty when there is none, or one that is dead and not yet buried."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        if sys.platform == "linux":
            return ""
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return done.stdout.strip()
    return "" if line.rpartition(")")[2].split()[0] in "ZX" else _birth(line, boot)


def _birth(line: str, boot: str) -> str:
    """From a line of /proc/PID/stat and the boot's id; or where there is no /proc, from the number and a date."""
    if not boot:
        return line.split(maxsplit=1)[1].strip()
    return f"{boot} {line.rpartition(')')[2].split()[BIRTH]}"
