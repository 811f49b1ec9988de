"""What the kernel of this machine lets the nodes of a local lab do: tried, in a network namespace made for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .cluster import Capabilities

__all__ = ["LACKS", "Lack", "load_module", "probe"]

SCRATCH = ("unshare", "--net")
ESP_STATE = "ip xfrm state add src 10.0.3.62 dst 10.0.3.63 proto esp spi 1 mode transport"
ESP_KEY = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Lack:
    """What a missing capability prevents, and what brings it."""

    effect: str
    remedy: str


LACKS: Mapping[str, Lack] = MappingProxyType(
    {
        "ipvs": Lack(
            "le noyau n'a pas IPVS (module ip_vs) : ni les VIP ni le routing mesh ne répondent",
            "modprobe ip_vs, ou une machine dont le noyau a ce module",
        ),
        "esp": Lack(
            "le noyau n'a pas ESP (module esp4) : un réseau chiffré ne transporte rien",
            "modprobe esp4, ou une machine dont le noyau a ce module",
        ),
        "netem": Lack(
            "le noyau n'a pas netem (module sch_netem) : ni délai ni perte ne peuvent être injectés",
            "modprobe sch_netem, ou une machine dont le noyau a ce module",
        ),
        "capture": Lack("les paquets ne peuvent pas être capturés sur ces nœuds", "un labo « local » lancé en root"),
        "internet": Lack(
            "les nœuds de ce labo n'ont pas de sortie : leurs images viennent des paquets de Debian",
            "rien à faire : un labo « local » est fermé exprès",
        ),
    }
)
"""Each field of Capabilities: what its absence prevents, in French, and its remedy."""


def probe() -> Capabilities:
    """Try each capability; root is needed, without it all are lacking."""
    load_module("ip_vs")
    return Capabilities(
        ipvs=_works("test", "-e", "/proc/net/ip_vs"),
        esp=_works(*ESP_STATE.split(), "aead", "rfc4106(gcm(aes))", ESP_KEY, "128"),
        netem=_works(*["tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms"]),
        capture=_works(sys.executable, "-c", "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)"),
        internet=False,
    )


def load_module(name: str) -> bool:
    """Ask for a kernel module; True when it was loaded, or already there."""
    return _runs("modprobe", "--quiet", name)


def _works(*argv: str) -> bool:
    return _runs(*SCRATCH, *argv)


def _runs(*argv: str) -> bool:
    try:
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
