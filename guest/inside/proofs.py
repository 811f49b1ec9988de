"""What only a full kernel shows, beyond the checks of the course: who answers behind the VIP, from outside, encrypted.

Written to proofs.json, with what is not as it must be; and to vip.png, who answered how often.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from swarmkit_helpers import capture_ping, connect, create_network, http_get, restore, run_container, snapshot
from swarmkit_helpers.lab.cluster import Lab

__all__ = ["draw_answers", "judge"]

START = "13"
"""The section that starts with my-nginx, five replicas on nginx-net, port 80 published."""
SERVICE, NETWORK, REPLICAS = "my-nginx", "nginx-net", 5
REQUESTS = 15
SECRET = "chiffre"
PAGE = re.compile(r"conteneur <strong>(\w+)</strong>")
OUTSIDE_S = 60


def judge(proofs: Mapping[str, object]) -> list[str]:
    """What is not as it must be, in French; empty when all is."""
    outside, vip, encrypted = proofs["outside"], proofs["vip"], proofs["encrypted"]
    assert isinstance(outside, dict)
    assert isinstance(vip, dict)
    assert isinstance(encrypted, dict)
    wrong = [f"de l'extérieur, {address} n'a pas répondu" for address, answer in outside.items() if not answer]
    if len(vip) != REPLICAS or sum(vip.values()) != REQUESTS:
        wrong.append(f"la VIP n'a pas réparti {REQUESTS} requêtes sur {REPLICAS} répliques : {vip}")
    if not encrypted["answered"] or not encrypted["esp"] or encrypted["clear"]:
        wrong.append(f"le réseau chiffré n'est pas ce qu'il doit être : {encrypted}")
    return wrong


def draw_answers(answers: Mapping[str, int], target: Path) -> None:
    """One bar for each replica: how many requests it answered."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(list(answers), list(answers.values()), color="#0072b2", edgecolor="black")
    axes.bar_label(bars, padding=3)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("requêtes répondues")
    axes.set_title(f"Qui répond derrière la VIP de {SERVICE}")
    figure.savefig(target, dpi=100)


def main() -> None:
    """Look at each, write what was seen; exit 1 when something is not as it must be."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    lab = connect()
    restore(lab, START)
    proofs: dict[str, object] = {"outside": _outside(lab), "vip": _vip(lab), "encrypted": _encrypted(lab)}
    proofs["wrong"] = judge(proofs)
    (out / "report.json").write_text(json.dumps(proofs, ensure_ascii=False, indent=1) + "\n", "utf-8")
    answers = proofs["vip"]
    assert isinstance(answers, dict)
    draw_answers(answers, out / "vip.png")
    sys.stdout.write(json.dumps(proofs, ensure_ascii=False) + "\n")
    sys.exit(bool(proofs["wrong"]))


def _outside(lab: Lab) -> dict[str, str]:
    """Who answers on each node's published port, asked from the lab's switch, which is no node of the swarm."""
    switch = f"/var/lib/swarmlab/{lab.name}/net/switch"
    found = {}
    for node in lab.nodes.values():
        words = ["nsenter", f"--net={switch}", "busybox", "wget", "-q", "-O", "-", f"http://{node.address}/"]
        try:
            said = subprocess.run(words, capture_output=True, text=True, timeout=OUTSIDE_S, check=False).stdout
        except subprocess.TimeoutExpired:
            said = ""
        found[node.address] = _who(said)
    return found


def _vip(lab: Lab) -> dict[str, int]:
    """Replica -> requests that it answered, all sent to the VIP from one of them."""
    seen = snapshot(lab)
    (vip,) = (vip.address for vip in seen.vips if (vip.service, vip.network) == (SERVICE, NETWORK))
    names = {task.container[:12]: task.name for task in seen.tasks_of(SERVICE, running=True) if task.container}
    source = next(iter(names.values()))
    answers = Counter(_who(http_get(lab, f"http://{vip}/", source=source).body) for _ in range(REQUESTS))
    return {names.get(host, host or "personne"): number for host, number in sorted(answers.items())}


def _encrypted(lab: Lab) -> dict[str, object]:
    """What passes on the wire while two containers of an encrypted network ping each other."""
    create_network(lab, SECRET, attachable=True, encrypted=True)
    for name, node in (("secret1", "manager"), ("secret2", "worker1")):
        run_container(lab, name, node=node, network=SECRET)
    # The first packets may pass before the keys are there: they are dropped, and not looked at.
    capture_ping(lab, "secret2", "secret1")
    capture = capture_ping(lab, "secret2", "secret1")
    clear = [str(packet) for packet in capture.packets if packet.vni == _vni(lab)]
    return {"answered": capture.answered, "esp": capture.esp, "clear": clear, "reason": capture.route.reason}


def _vni(lab: Lab) -> int | None:
    network = snapshot(lab).network(SECRET)
    return network.vxlan_id if network else None


def _who(page: str) -> str:
    found = PAGE.search(page)
    return found[1] if found else ""


if __name__ == "__main__":
    main()
