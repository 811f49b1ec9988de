"""Ping from a container: what was sent, what came back, and why in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from ..errors import EngineRefused
from ..lab.cluster import Lab
from ..lab.images import TOOLS
from ..lab.locate import Place, locate
from ..outcome import MARKS, Outcome
from ..simulation import simulated_html
from .execution import execute, run_tool
from .target import check_target

__all__ = ["PingPlan", "PingResult", "parse_ping", "ping", "plan_ping"]

HIGHEST_COUNT = 100
NO_COMMAND = (126, 127)
"""Exit codes of an exec whose command is not in the image."""
# A packet too small to carry the time it left at comes back without a duration (BusyBox: under 4 bytes, iputils: 16).
ANSWER = re.compile(r"bytes from .*?seq=\d+(?:.*?time[=<](?P<rtt>[\d.]+) ?ms)?")
COUNTS = re.compile(r"(\d+) packets transmitted, (\d+)(?: packets)? received")
UNTIMED = "sans durée (un si petit paquet ne porte pas son heure d'envoi)"
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
    """One per packet that came back with a duration, in milliseconds: one too small to carry a time has none."""
    address: str | None
    """What the target's name gave; None when it gave nothing."""
    reason: str
    """What happened and why, in French."""
    command: str
    """The docker command it stands for."""
    output: str
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def rtt_ms(self) -> float | None:
        """Mean round-trip time in milliseconds; None when nothing came back, or nothing with a duration."""
        return sum(self.rtts_ms) / len(self.rtts_ms) if self.rtts_ms else None

    @property
    def loss_percent(self) -> float | None:
        """Packets lost, in percent; None when none was sent."""
        return 100 * (self.sent - self.received) / self.sent if self.sent else None

    def __str__(self) -> str:
        return f"{MARKS[self.outcome].sign} {self.reason}"

    def _repr_html_(self) -> str:
        mark = MARKS[self.outcome]
        return (
            f"{simulated_html(self.simulated)}<p><code>{escape(self.command)}</code></p>"
            f"<p><strong>{mark.sign} {mark.word}</strong> — {escape(self.reason)}</p>"
            f'<pre style="font-family: monospace">{escape(self.output)}</pre>'
        )


@dataclass(frozen=True, slots=True)
class PingPlan:
    """One ping, ready to be sent."""

    source: str
    target: str
    place: Place
    """Where its source is."""
    argv: tuple[str, ...]
    count: int
    """Packets to send."""
    beside: bool
    """True when a tool container in the source's own network sends it, for what the source's own ping cannot do."""

    @property
    def command(self) -> str:
        """The docker command it stands for, with the name that Docker knows the container by."""
        words = " ".join(self.argv)
        if self.beside:
            return f"docker run --rm --network container:{self.place.name} {TOOLS} {words}"
        return f"docker container exec {self.place.name} {words}"

    def send(self) -> tuple[int, str]:
        """Send it; exit code and output of the ping command.

        Raises
        ------
        NodeUnreachable, EngineRefused
        """
        if self.beside:
            network = f"container:{self.place.id}"
            return run_tool(self.place.node, self.argv, network=network, timeout_s=self.count + 30)
        done = execute(self.place, self.argv)
        return done.exit_code, done.output

    def refused(self, err: EngineRefused) -> PingResult:
        """What comes of it when the engine refuses to start it."""
        state = "" if self.place.state == "running" else f" (il est dans l'état « {self.place.state} »)"
        reason = f"Le ping n'a pas pu être lancé depuis « {self.source} »{state} : {err.detail}"
        nothing = PingResult(self.source, self.target, "not_run", 0, 0, (), None, reason, self.command, "")
        return self.told(nothing)

    def told(self, result: PingResult) -> PingResult:
        """What came of it, with what is known of the lab in which it was sent."""
        return replace(result, simulated=self.place.node.simulated)


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
        A container, on any node: ``alpine1``, ``my-nginx.3``. Where its image has no ping, a tool container in its own
        network sends the packets.
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
    plan = plan_ping(
        lab,
        source,
        target,
        count=count,
        size=size,
        dont_fragment=dont_fragment,
        interval_s=interval_s,
        wait_s=wait_s,
    )
    try:
        exit_code, output = plan.send()
        if exit_code in NO_COMMAND and not plan.beside:
            plan = replace(plan, beside=True)
            exit_code, output = plan.send()
    except EngineRefused as err:
        return plan.refused(err)
    return plan.told(parse_ping(source, target, plan.command, exit_code, output))


def plan_ping(
    lab: Lab,
    source: str,
    target: str,
    *,
    count: int,
    size: int | None,
    dont_fragment: bool,
    interval_s: float,
    wait_s: int,
) -> PingPlan:
    """Say how a ping would be sent, without sending it; the parameters and errors are those of `ping`."""
    check_target(target)
    count = min(max(1, count), HIGHEST_COUNT)
    argv = ["ping", "-c", str(count), "-i", f"{interval_s:g}", "-W", str(wait_s)]
    argv += ["-s", str(size)] if size is not None else []
    argv += ["-M", "do"] if dont_fragment else []
    return PingPlan(source, target, locate(lab, source), (*argv, target), count, beside=dont_fragment)


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
    rtts = tuple(float(found["rtt"]) for found in ANSWER.finditer(output) if found["rtt"])
    outcome: Outcome = "passed" if sent and received == sent else "failed"
    if exit_code in NO_COMMAND or (not sent and not _network_said(output)):
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
    plural = "s" if sent > 1 else ""
    if outcome == "passed":
        took = f"{sum(rtts) / len(rtts):.2f} ms en moyenne".replace(".", ",") if rtts else UNTIMED
        return f"{known} a répondu : {received} paquet{plural} sur {sent}, 0 % de perte, {took}."
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
        return f"{known} n'a répondu qu'à {received} des {sent} paquets : perte partielle."
    return f"Aucune réponse de {known} : {sent} paquet{plural} envoyé{plural}, aucun revenu."


def _unresolved(output: str) -> bool:
    signs = ("bad address", "unknown host", "Name or service not known", "Name does not resolve", "name resolution")
    return any(sign in output for sign in signs)


def _network_said(output: str) -> bool:
    """True when the output tells of the network, even though no packet left."""
    return _unresolved(output) or "unreachable" in output or "too long" in output
