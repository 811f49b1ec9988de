"""The routing mesh broken on purpose on one node: exactly the check of the published port turns red, and says where.

In the node's ingress sandbox net.ipv4.ip_forward is put to 0: what comes in by that node goes nowhere, while all the
rest, the VIP included, works on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from swarmkit_helpers import check, connect, restore
from swarmkit_helpers.course.checks import CHECKS

__all__ = ["judge"]

NODE = "worker1"
SECTION = "12"
AFTER = "13"
"""The section that starts with what section 12 has made."""
RED = "12.9"

Seen = Mapping[str, Mapping[str, str]]


def judge(before: Seen, broken: Seen, healed: Seen, address: str) -> list[str]:
    """What is not as it must be, in French; empty when all is.

    Parameters
    ----------
    before, broken, healed
        Check -> its outcome, what it observed, its cause.
    address
        Of the node that was broken.
    """
    wrong = []
    for name, seen, expected in (("avant", before, []), ("cassé", broken, [RED]), ("réparé", healed, [])):
        red = [identity for identity, found in seen.items() if found["outcome"] != "passed"]
        if red != expected:
            wrong.append(f"{name} : en échec {', '.join(red) or 'aucun'}, attendu {', '.join(expected) or 'aucun'}")
    reason = broken.get(RED, {}).get("cause", "")
    if address not in reason:
        wrong.append(f"{RED} ne nomme pas {address} : {reason or 'aucune cause'}")
    return wrong


def main() -> None:
    """Break, look, mend, look; exit 1 when the checks did not see exactly that."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    lab = connect()
    restore(lab, AFTER)

    def look() -> dict[str, dict[str, str]]:
        found = [check(lab, identity) for identity in CHECKS if identity.startswith(f"{SECTION}.")]
        return {one.id: {"outcome": one.outcome, "observed": one.observed, "cause": one.cause} for one in found}

    before = look()
    _forward(lab.name, "0")
    try:
        broken = look()
    finally:
        _forward(lab.name, "1")
    healed = look()
    wrong = judge(before, broken, healed, lab.nodes[NODE].address)
    report = {"node": NODE, "before": before, "broken": broken, "healed": healed, "wrong": wrong}
    (out / "report.json").write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    sys.stdout.write("".join(f"✘ {line}\n" for line in wrong))
    sys.exit(bool(wrong))


def _forward(lab: str, value: str) -> None:
    """Set ip_forward in the ingress sandbox of the node: it is mounted where only its engine sees it."""
    directory = Path("/var/lib/swarmlab") / lab / NODE
    pid = (directory / "pid").read_text("ascii").strip()
    sandbox = f"/proc/{pid}/root{directory}/exec/netns/ingress_sbox"
    script = f"echo {value} > /proc/sys/net/ipv4/ip_forward"
    subprocess.run(["nsenter", f"--net={sandbox}", "sh", "-c", script], check=True)


if __name__ == "__main__":
    main()
