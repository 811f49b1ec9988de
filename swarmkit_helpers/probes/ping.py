"""Ping from a container: what was sent, what came back, and why in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

from ..errors import EngineRefused
from ..lab.cluster import Lab
from ..lab.images import TOOLS
from ..lab.locate import Place, locate
from .execution import execute, run_tool
from .target import check_target

__all__ = ["PingResult", "parse_ping", "ping"]

Outcome = Literal["passed", "failed", "not_run"]
MARKS = {"passed": ("✔", "réussi"), "failed": ("✘", "échoué"), "not_run": ("–", "non fait")}
HIGHEST_COUNT = 100
ANSWER = re.compile(r"bytes from .*?time[=<]([\d.]+) ?ms")
COUNTS = re.compile(r"(\d+) packets transmitted, (\d+)(?: packets)? received")
HEADING = re.compile(r"^PING \S+ \(([\d.]+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PingResult:
    """One ping from one container."""

    source: str
    target: str
    outcome: Outcome
    """``passed``: every packet came back; ``failed``: not all; ``not_run``: no packet could be sent."""
    sent: int
    received: int
    rtts_ms: tuple[float, ...]
    """One per packet that came back, in milliseconds."""
    address: str | None
    """What the target's name gave; None when it gave nothing."""
    reason: str
    """What happened and why, in French."""
    command: str
    """The docker command it stands for."""
    output: str

    @property
    def rtt_ms(self) -> float | None:
        """Mean round-trip time in milliseconds; None when nothing came back."""
        return sum(self.rtts_ms) / len(self.rtts_ms) if self.rtts_ms else None

    @property
    def loss_percent(self) -> float | None:
        """Packets lost, in percent; None when none was sent."""
        return 100 * (self.sent - self.received) / self.sent if self.sent else None

    def __str__(self) -> str:
        return f"{MARKS[self.outcome][0]} {self.reason}"

    def _repr_html_(self) -> str:
        mark, word = MARKS[self.outcome]
        return (
            f"<p><code>{escape(self.command)}</code></p>"
            f"<p><strong>{mark} {word}</strong> — {escape(self.reason)}</p>"
            f'<pre style="font-family: monospace">{escape(self.output)}</pre>'
        )


def ping(
    lab: Lab,
    source: str,
    target: str,
    *,
    count: int = 2,
    size: int | None = None,
    dont_fragment: bool = False,
    interval_s: float = 0.2,
    wait_s: int = 2,
) -> PingResult:
    """Ping a name or an address from inside a container.

    Parameters
    ----------
    source
        A container, on any node: ``alpine1``, ``my-nginx.3``.
    target
        A container's or service's name, or an IPv4 address.
    count
        Packets to send, 100 at most.
    size
        Bytes of data in each; the IP packet has 28 more (20 of IPv4, 8 of ICMP).
    dont_fragment
        Forbid fragmentation, to measure an MTU. BusyBox's ping cannot: a tool container in the source's own network
        then sends the packets.
    interval_s
        Between two packets, in seconds.
    wait_s
        How long to wait for the last answer, in seconds.

    Raises
    ------
    TargetRefused
        The target is neither a name nor an address.
    ObjectNotFound
        No such container.
    NodeUnreachable
    """
    check_target(target)
    count = min(max(1, count), HIGHEST_COUNT)
    place = locate(lab, source)
    argv = ["ping", "-c", str(count), "-i", f"{interval_s:g}", "-W", str(wait_s)]
    argv += ["-s", str(size)] if size is not None else []
    argv += ["-M", "do"] if dont_fragment else []
    argv.append(target)
    words = " ".join(argv)
    try:
        if dont_fragment:
            command = f"docker run --rm --network container:{source} {TOOLS} {words}"
            exit_code, output = run_tool(place.node, argv, network=f"container:{place.id}", timeout_s=count + 30)
        else:
            command = f"docker container exec {source} {words}"
            done = execute(place, argv)
            exit_code, output = done.exit_code, done.output
    except EngineRefused as err:
        return _not_run(source, target, command, place, err)
    return parse_ping(source, target, command, exit_code, output)


def parse_ping(source: str, target: str, command: str, exit_code: int, output: str) -> PingResult:
    """Read what BusyBox's or iputils' ping wrote.

    Parameters
    ----------
    exit_code, output
        Of the ping command.
    """
    counts = COUNTS.search(output)
    sent, received = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    heading = HEADING.search(output)
    address = heading[1] if heading else None
    rtts = tuple(float(found) for found in ANSWER.findall(output))
    outcome: Outcome = "passed" if sent and received == sent else "failed"
    if exit_code in (126, 127) or (not sent and not _network_said(output)):
        outcome = "not_run"
    reason = _reason(outcome, target, address, sent, received, rtts, output)
    return PingResult(source, target, outcome, sent, received, rtts, address, reason, command, output.strip())


def _reason(
    outcome: Outcome,
    target: str,
    address: str | None,
    sent: int,
    received: int,
    rtts: tuple[float, ...],
    output: str,
) -> str:
    known = f"{target} ({address})" if address and address != target else target
    if outcome == "passed":
        mean = f"{sum(rtts) / len(rtts):.2f}".replace(".", ",") if rtts else "?"
        plural = "s" if sent > 1 else ""
        return f"{known} a répondu : {received} paquet{plural} sur {sent}, 0 % de perte, {mean} ms en moyenne."
    if outcome == "not_run":
        last = output.strip().splitlines()[-1:] or ["la commande n'a rien écrit"]
        return f"Le ping n'a pas pu être lancé : {last[0]}"
    if _unresolved(output):
        return f"Le nom « {target} » n'est pas connu du DNS de ce conteneur : rien n'a été envoyé."
    if re.search(r"[Mm]essage too long|Frag needed", output):
        mtu = re.search(r"mtu ?= ?(\d+)", output)
        limit = f" ({mtu[1]} octets)" if mtu else ""
        return f"Paquet trop grand pour la MTU{limit}, et la fragmentation est interdite."
    if "unreachable" in output:
        return f"Aucune route vers {known} : ce conteneur n'a pas d'interface sur ce réseau."
    if received:
        return f"{known} n'a répondu qu'à {received} paquet(s) sur {sent} : perte partielle."
    return f"Aucune réponse de {known} : {sent} paquet(s) envoyé(s), aucun revenu."


def _unresolved(output: str) -> bool:
    signs = ("bad address", "unknown host", "Name or service not known", "Name does not resolve", "name resolution")
    return any(sign in output for sign in signs)


def _network_said(output: str) -> bool:
    """True when the output tells of the network, even though no packet left."""
    return _unresolved(output) or "unreachable" in output or "too long" in output


def _not_run(source: str, target: str, command: str, place: Place, err: EngineRefused) -> PingResult:
    state = "" if place.state == "running" else f" (il est dans l'état « {place.state} »)"
    reason = f"Le ping n'a pas pu être lancé depuis « {source} »{state} : {err.detail}"
    return PingResult(source, target, "not_run", 0, 0, (), None, reason, command, "")
