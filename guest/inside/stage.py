"""What runs in the guest: the lab, the course, the mesh broken on purpose; each step timed, all of it kept."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

PROJECT = Path("/opt/cours")
LABS = Path("/var/lib/swarmlab")
SWARMLAB = str(PROJECT / ".venv/bin/swarmlab")
HEARTBEAT_S = 15.0
UP_S, DOWN_S = 900.0, 300.0
LOG_BYTES = 2 * 1024**2


def say(line: str) -> None:
    """One line for this machine's host."""
    sys.stdout.write(f"@@ {line}\n")
    sys.stdout.flush()


def run(words: Sequence[str], timeout_s: float) -> int:
    """Run a program, its words on the console; its exit code, 124 when it did not end in time."""
    try:
        return subprocess.run(words, cwd=PROJECT, timeout=timeout_s, check=False).returncode
    except subprocess.TimeoutExpired:
        return 124


def main() -> None:
    """Run the plan; its steps, their codes and times are in facts.json."""
    out, plan = Path(sys.argv[1]), json.loads((PROJECT / "guest/inside/plan.json").read_text("utf-8"))
    over = Event()
    Thread(target=_beat, args=(over, out), daemon=True).start()
    facts: dict[str, object] = {"kernel": Path("/proc/sys/kernel/osrelease").read_text("ascii").strip()}
    steps: dict[str, dict[str, float]] = {}
    facts["steps"] = steps

    def step(name: str, words: Sequence[str], timeout_s: float) -> int:
        say(f"{name}…")
        begun = time.monotonic()
        code = run(words, timeout_s)
        steps[name] = {"code": code, "duration_s": round(time.monotonic() - begun, 1)}
        say(f"{name} : code {code}, {steps[name]['duration_s']} s")
        (out / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return code

    if step("up", [SWARMLAB, "up", "--backend", "local"], UP_S) == 0:
        facts["slowness"] = json.loads((LABS / "cours/lab.json").read_text("utf-8"))["slowness"]
        step("course", [SWARMLAB, "run", *plan["sections"], "--out", str(out / "course")], plan["course_s"])
        if plan["broken"]:
            step("proofs", [sys.executable, "-m", "guest.inside.proofs", str(out / "proofs")], plan["broken_s"])
            step("broken", [sys.executable, "-m", "guest.inside.broken", str(out / "broken")], plan["broken_s"])
    _keep_logs(out)
    step("down", [SWARMLAB, "down"], DOWN_S)
    facts["left"] = _left()
    (out / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")
    over.set()


def _beat(over: Event, out: Path) -> None:
    """Show the host that the guest lives, and keep the engines' words: a lab that does not start takes its own away."""
    begun = time.monotonic()
    while not over.wait(HEARTBEAT_S):
        _keep_logs(out)
        load = Path("/proc/loadavg").read_text("ascii").split()[0]
        memory = Path("/proc/meminfo").read_text("ascii").splitlines()[2].split()[1]
        sys.stdout.write(f".. {time.monotonic() - begun:.0f} s, charge {load}, {int(memory) // 1024} Mio libres\n")
        sys.stdout.flush()


def _keep_logs(out: Path) -> None:
    """The engines' own words, the end of them."""
    for log in LABS.glob("*/*/engine.log"):
        target = out / "engines" / f"{log.parent.name}.log"
        target.parent.mkdir(exist_ok=True)
        with suppress(OSError):
            target.write_bytes(log.read_bytes()[-LOG_BYTES:])


def _left() -> list[str]:
    """What the lab left behind, where nothing may be left."""
    mounts = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    left = [line.split()[4] for line in mounts if line.split()[4].startswith("/var/lib/swarmlab/")]
    left += [str(path) for path in LABS.iterdir()]
    left += [str(path) for path in Path("/sys/fs/cgroup").glob("swarmlab-*")]
    if Path("/proc/sys/net/ipv4/ip_forward").read_text("ascii").strip() != "0":
        left.append("net.ipv4.ip_forward")
    return left


if __name__ == "__main__":
    main()
