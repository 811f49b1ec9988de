"""Who answers whom: all containers of some networks ping each other, one exec per source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from typing import Literal

from ..errors import NBSP, EngineRefused, NodeUnreachable, ObjectNotFound, TooManyContainers
from ..lab.cluster import Lab
from ..lab.images import TOOLS
from ..lab.locate import Place
from ..simulation import simulated_html
from ..topology.fetch import snapshot
from ..topology.holders import holder_of, shared_networks
from ..topology.model import Container, Topology
from .execution import execute, run_tool
from .ping import NO_COMMAND, PingResult, parse_ping

__all__ = ["Pair", "PairOutcome", "PingMatrix", "ping_each", "ping_matrix"]

PairOutcome = Literal["answered", "failed", "apart", "leaked", "not_run"]
MEANINGS: Mapping[PairOutcome, str] = {
    "answered": "avec une réponse",
    "failed": "sans réponse, malgré un réseau commun",
    "apart": f"sans réponse, comme prévu{NBSP}: aucun réseau commun",
    "leaked": "avec une réponse, sans réseau commun",
    "not_run": "non faites",
}
MOST_CONTAINERS = 40
AT_ONCE = 6
"""Sources that ping at the same time; each pings up to `WAVE` targets at once."""
WAVE = 16
# All targets side by side, begun one after the other: begun at once, they would measure their wait for the processor.
# Each answer is written whole, in one piece.
SCRIPT = rf"""
wait_s=$1
shift
begun=0
for target in "$@"; do
  {{
    said=$(ping -c 1 -W "$wait_s" "$target" 2>&1)
    printf '\036%s\037%s\037%s' "$target" "$?" "$said"
  }} &
  begun=$((begun + 1))
  sleep 0.02
  [ $((begun % {WAVE})) -ne 0 ] || wait
done
wait
"""
RECORD, FIELD = "\x1e", "\x1f"


@dataclass(frozen=True, slots=True)
class Pair:
    """One container asked by another."""

    source: str
    target: str
    outcome: PairOutcome
    """``answered``; ``failed``: no answer, though they share a network; ``apart``: no answer, and they share none;
    ``leaked``: an answer, though they share none; ``not_run``: not tried, or it could not be."""
    network: str | None
    """A network that both are on; None when there is none."""
    address: str | None
    """The address that was asked."""
    rtt_ms: float | None
    reason: str
    """What happened and why, in French."""
    beside: bool = False
    """True when a tool container in the source's own network asked, for its image has no ping."""


@dataclass(frozen=True, slots=True)
class PingMatrix:
    """Each container asked by each other."""

    topology: Topology
    """The snapshot that told who is on which network."""
    names: tuple[str, ...]
    """The containers, by node, then by name; where two nodes have a container of the same name, with their node."""
    nodes: Mapping[str, str]
    """Container -> its node."""
    networks: tuple[str, ...]
    """The networks whose containers these are."""
    pairs: tuple[Pair, ...]
    """All ordered pairs of two containers, source by source."""

    def pair(self, source: str, target: str) -> Pair:
        """What one answered to the other.

        Raises
        ------
        ObjectNotFound
            One of them is not in the matrix.
        """
        found = next((pair for pair in self.pairs if (pair.source, pair.target) == (source, target)), None)
        if found is None:
            raise ObjectNotFound("container", source if source not in self.names else target)
        return found

    def command(self, source: str, target: str) -> str:
        """The docker command that asks this one pair; empty where there was no address to ask.

        Raises
        ------
        ObjectNotFound
        """
        pair = self.pair(source, target)
        # A task's container has a longer name than what the matrix calls it.
        there = (c for c in self.topology.containers if c.node == self.nodes[source])
        name = next((c.name for c in there if source in (c.label, f"{c.label} ({c.node})")), source)
        return _command(name, pair.address, 1, pair.beside) if pair.address else ""

    def count(self, outcome: PairOutcome) -> int:
        """How many pairs ended so."""
        return sum(pair.outcome == outcome for pair in self.pairs)

    def __str__(self) -> str:
        counted = (f"{self.count(outcome)} {meaning}" for outcome, meaning in MEANINGS.items() if self.count(outcome))
        return f"{len(self.pairs)} paires{NBSP}: {', '.join(counted)}"

    def _repr_html_(self) -> str:
        note = simulated_html(self.topology.simulated)
        return f"{note}<p><code>docker container exec SOURCE ping -c 1 ADRESSE</code></p><p>{escape(str(self))}</p>"


def ping_matrix(
    lab: Lab,
    *,
    networks: Sequence[str] = (),
    containers: Sequence[str] = (),
    wait_s: int = 1,
) -> PingMatrix:
    """Ping each container from each other, one packet each, all sources side by side.

    Containers are asked at their address on a network that both are on. Two that share none are tried all the same,
    at the address of the target: an absence of answer is then seen, not supposed.

    Parameters
    ----------
    networks
        Names or ids; with neither these nor `containers`, all overlay networks but ingress.
    containers
        Only these, whatever their networks.
    wait_s
        How long to wait for an answer, in seconds.

    Raises
    ------
    ObjectNotFound
        No such network or container.
    TooManyContainers
        More than 40.
    NodeUnreachable
        The manager's engine does not answer.
    """
    seen = snapshot(lab)
    names, chosen = _chosen(seen, networks, containers)
    if len(chosen) > MOST_CONTAINERS:
        raise TooManyContainers(len(chosen), MOST_CONTAINERS)
    plans = {source: _plan(seen, source, chosen, names) for source in chosen}
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        asked = {source: pool.submit(_ask, lab, chosen[source], plan, wait_s) for source, plan in plans.items()}
    pairs = [
        _pair(seen, source, target, *plans[source][target], asked[source].result())
        for source in chosen
        for target in chosen
        if source != target
    ]
    return PingMatrix(seen, tuple(chosen), {label: one.node for label, one in chosen.items()}, names, tuple(pairs))


def ping_each(place: Place, targets: Sequence[str], *, wait_s: int = 1) -> dict[str, PingResult]:
    """Ping many targets from inside one container, all at once, one packet each.

    Parameters
    ----------
    place
        Where its image has no ping, a tool container in its own network asks.
    targets
        Names or addresses that `check_target` let through.

    Raises
    ------
    NodeUnreachable
    """
    return _ping_each(place, targets, wait_s)[0]


def _ping_each(place: Place, targets: Sequence[str], wait_s: int) -> tuple[dict[str, PingResult], bool]:
    """What each target answered; and whether a tool container asked, where the image of the source has no ping."""
    told: dict[str, tuple[int, str]] = {}
    beside = False
    try:
        told = _volley(place, targets, wait_s, beside=False) if targets else {}
        beside = bool(told) and all(exit_code in NO_COMMAND for exit_code, _ in told.values())
        # An exec may lose the end of what it wrote: what is missing is asked once more.
        told = {} if beside else told
        missing = [target for target in targets if target not in told]
        if missing:
            told |= _volley(place, missing, wait_s, beside=beside)
    except EngineRefused as err:
        state = "" if place.state == "running" else f"état «{NBSP}{place.state}{NBSP}», "
        told = dict.fromkeys(targets, (NO_COMMAND[0], f"{state}{err.detail}")) | told
    lost = (0, "l'exec n'a rien rapporté")
    return {
        target: replace(
            parse_ping(place.name, target, _command(place.name, target, wait_s, beside), *told.get(target, lost)),
            simulated=place.node.simulated,
        )
        for target in targets
    }, beside


def _volley(place: Place, targets: Sequence[str], wait_s: int, *, beside: bool) -> dict[str, tuple[int, str]]:
    """For each target, the exit code of its ping and what it wrote; targets of which nothing was told are missing.

    `beside`: a tool container in the network of the source asks.
    """
    argv = ["sh", "-c", SCRIPT, "ping_each", str(wait_s), *targets]
    if beside:
        lasting_s = 30 + (len(targets) // WAVE + 1) * (wait_s + 1)
        exit_code, output = run_tool(place.node, argv, network=f"container:{place.id}", timeout_s=lasting_s)
    else:
        done = execute(place, argv)
        exit_code, output = done.exit_code, done.output
    if RECORD not in output and exit_code:
        return dict.fromkeys(targets, (exit_code, output))
    told = {}
    for record in output.split(RECORD)[1:]:
        target, code, said = record.split(FIELD, 2)
        told[target] = (int(code), said)
    return told


def _command(source: str, target: str, wait_s: int, beside: bool) -> str:
    """The docker command that asks one target."""
    where = f"docker run --rm --network container:{source} {TOOLS}" if beside else f"docker container exec {source}"
    return f"{where} ping -c 1 -W {wait_s} {target}"


# --- who is asked, and where ----------------------------------------------------------------------


def _chosen(
    seen: Topology, networks: Sequence[str], containers: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, Container]]:
    """The networks, and the containers by what the matrix calls them."""
    found = []
    for name in networks:
        network = seen.network(name)
        if network is None:
            raise ObjectNotFound("network", name)
        found.append(network)
    if not networks and not containers:
        found = [n for n in seen.networks if n.scope == "swarm" and n.driver == "overlay" and not n.ingress]
    asked = []
    for name in containers:
        container = seen.container(name)
        if container is None:
            raise ObjectNotFound("container", name)
        asked.append(container)
    names = tuple(network.name for network in found)
    attached = {end.container for network in names for end in seen.containers_of(network)}
    asked += [c for c in seen.containers if c.id in attached]
    order = {node.name: place for place, node in enumerate(seen.nodes)}
    ids = {container.id for container in asked}
    # A snapshot has its containers in their natural order.
    asked = sorted((c for c in seen.containers if c.id in ids), key=lambda c: order[c.node])
    labels = [container.label for container in asked]
    return names, {c.label if labels.count(c.label) == 1 else f"{c.label} ({c.node})": c for c in asked}


def _plan(
    seen: Topology, source: str, chosen: Mapping[str, Container], networks: Sequence[str]
) -> dict[str, tuple[str | None, str | None]]:
    """For each target, the network that it shares with the source and the address to ask; None where there is none."""
    # An address on a local network has namesakes on the other nodes: there it would be somebody else's.
    everywhere = {network.name for network in seen.networks if network.scope == "swarm"}
    plan = {}
    for target, container in chosen.items():
        if target == source:
            continue
        addresses = {
            end.network: end.address
            for end in seen.endpoints
            if end.container == container.id and end.address and end.network in container.networks
        }
        shared = [network for network in shared_networks(seen, chosen[source], container) if network in addresses]
        common = next((network for network in networks if network in shared), shared[0] if shared else None)
        usable = [network for network in (*networks, *addresses) if network in addresses and network in everywhere]
        asked = common or next(iter(usable), None)
        plan[target] = (common, addresses[asked] if asked else None)
    return plan


def _ask(
    lab: Lab, source: Container, plan: Mapping[str, tuple[str | None, str | None]], wait_s: int
) -> tuple[dict[str, PingResult], bool] | str:
    """What each address answered, and whether a tool container asked; in words why nothing could be asked."""
    addresses = list(dict.fromkeys(address for _, address in plan.values() if address))
    place = Place(lab.node(source.node), source.id, source.label, source.state, source.image, source.networks)
    try:
        return _ping_each(place, addresses, wait_s)
    except NodeUnreachable as err:
        return err.problem


def _pair(
    seen: Topology,
    source: str,
    target: str,
    network: str | None,
    address: str | None,
    answers: tuple[dict[str, PingResult], bool] | str,
) -> Pair:
    make = partial(Pair, source, target, network=network, address=address)
    if address is None:
        why = f"{target} n'a pas d'adresse à joindre{NBSP}: il ne tourne pas, ou n'est sur aucun réseau du swarm."
        return make("not_run", rtt_ms=None, reason=why)
    if isinstance(answers, str):
        return make("not_run", rtt_ms=None, reason=answers)
    pings, beside = answers
    ping, make = pings[address], partial(make, beside=beside)
    if ping.outcome == "not_run":
        return make("not_run", rtt_ms=None, reason=ping.reason)
    if ping.received and network:
        return make("answered", rtt_ms=ping.rtt_ms, reason=f"{ping.reason} Réseau commun{NBSP}: {network}.")
    if network:
        return make("failed", rtt_ms=None, reason=f"{ping.reason} Réseau commun{NBSP}: {network}.")
    if not ping.received:
        return make("apart", rtt_ms=None, reason=f"Aucun réseau commun. {ping.reason}")
    container = seen.container(source)
    holder = holder_of(seen, address, container)
    who = f", qui est aussi celle de {holder.name}" if holder.name and holder.name != target else ""
    why = f"Aucun réseau commun, et pourtant une réponse de l'adresse {address}{who}."
    return make("leaked", rtt_ms=ping.rtt_ms, reason=why)
