"""What the DNS of a container answers to names, and who holds the addresses that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from typing import Literal

from ..errors import NBSP, EngineRefused, ObjectNotFound
from ..lab.cluster import Lab
from ..lab.locate import Place
from ..simulation import simulated_html
from ..topology.fetch import snapshot
from ..topology.holders import Holder, holder_of
from ..topology.model import Container, Topology
from ..topology.naming import NameKind, kind_of_name, known_names, why_unknown
from .dns import parse_nslookup
from .execution import execute, run_tool
from .target import check_target

__all__ = ["NameAnswer", "NameSurvey", "ask_name", "explore_names"]

MOST_NAMES = 20
AT_ONCE = 6
NOT_FOUND = (126, 127)
NO_SERVER = ("no servers could be reached", "timed out")


@dataclass(frozen=True, slots=True)
class NameAnswer:
    """One name, and what the DNS of the container said."""

    name: str
    outcome: Literal["answered", "unknown", "not_run"]
    """``answered``: addresses; ``unknown``: no such name; ``not_run``: it could not be asked."""
    kind: NameKind
    """What the name is, as the snapshot tells it."""
    holders: tuple[Holder, ...]
    """Who holds each address that was given."""
    server: str | None
    """Who answered: ``127.0.0.11``."""
    reason: str
    """What the answer means, in French."""
    command: str
    """The docker command it stands for, typed on the node of the container."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that were given."""
        return tuple(holder.address for holder in self.holders)


@dataclass(frozen=True, slots=True)
class NameSurvey:
    """Several names asked from inside one container."""

    topology: Topology
    """The snapshot in which the addresses were looked up."""
    source: str
    node: str
    networks: tuple[str, ...]
    """The networks that the source is on: it knows the names of these only."""
    answers: tuple[NameAnswer, ...]
    ipvs: bool = True
    """Whether VIPs answer on these nodes."""

    def __str__(self) -> str:
        return "\n".join(f"{a.name} → {', '.join(a.addresses) or '—'}{NBSP}: {a.reason}" for a in self.answers)

    def _repr_html_(self) -> str:
        said = "".join(
            f"<li><code>{escape(answer.command)}</code><br>{escape(answer.name)} → "
            f"{escape(', '.join(answer.addresses) or '—')}<br>{escape(answer.reason)}</li>"
            for answer in self.answers
        )
        return f"{simulated_html(self.topology.simulated)}<ul>{said}</ul>"


def explore_names(lab: Lab, source: str, names: Sequence[str] = ()) -> NameSurvey:
    """Ask the DNS of a container for several names, and find who holds the addresses it gives.

    Parameters
    ----------
    source
        A container, on any node. One without nslookup is asked by a tool container in its own network.
    names
        At most 20; by default those that `known_names` gives.

    Raises
    ------
    TargetRefused
        One of them is not a name.
    ObjectNotFound
        No such container.
    NodeUnreachable
    """
    asked = [check_target(name) for name in dict.fromkeys(names)][:MOST_NAMES]
    seen = snapshot(lab)
    container = seen.container(source)
    if container is None:
        raise ObjectNotFound("container", source)
    asked = asked or list(known_names(seen, container))
    place = Place(
        lab.node(container.node), container.id, container.name, container.state, container.image, container.networks
    )
    ipvs = lab.capabilities.ipvs
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = tuple(pool.map(lambda name: ask_name(seen, container, place, name, ipvs=ipvs), asked))
    return NameSurvey(seen, source, container.node, container.networks, answers, ipvs)


def ask_name(seen: Topology, asker: Container, place: Place, name: str, *, ipvs: bool = True) -> NameAnswer:
    """Ask the DNS of one container for one name that `check_target` let through.

    Parameters
    ----------
    seen
        The snapshot in which the addresses are looked up.
    asker, place
        The container that asks, in that snapshot and on its node.
    ipvs
        Whether VIPs answer on these nodes.

    Raises
    ------
    NodeUnreachable
    """
    argv = ["nslookup", name]
    command = f"docker container exec {place.name} {' '.join(argv)}"
    try:
        done = execute(place, argv)
        exit_code, output = done.exit_code, done.output
        if exit_code in NOT_FOUND:
            command = f"docker run --rm --network container:{place.name} alpine {' '.join(argv)}"
            exit_code, output = run_tool(place.node, argv, image="alpine", network=f"container:{place.id}")
    except EngineRefused as err:
        state = "" if asker.state == "running" else f" (état «{NBSP}{asker.state}{NBSP}»)"
        why = f"Question impossible depuis «{NBSP}{asker.label}{NBSP}»{state}{NBSP}: {err.detail}"
        return NameAnswer(name, "not_run", "unknown", (), None, why, command)
    resolution = parse_nslookup(place.name, name, output)
    server = resolution.server.split(":")[0]
    if exit_code > 1 or server == "?" or any(sign in output for sign in NO_SERVER):
        last = output.strip().splitlines()[-1:] or ["aucune réponse"]
        why = f"Le DNS n'a pas répondu{NBSP}: {last[0]}"
        return NameAnswer(name, "not_run", "unknown", (), None, why, command)
    holders = tuple(holder_of(seen, address, asker) for address in resolution.addresses)
    kind = kind_of_name(seen, name, holders)
    reason = _meaning(kind, holders, ipvs) if holders else why_unknown(seen, asker, name)
    return NameAnswer(name, "answered" if holders else "unknown", kind, holders, server, reason, command)


def _meaning(kind: NameKind, holders: Sequence[Holder], ipvs: bool) -> str:
    """What an answer means."""
    first = holders[0]
    on = f" sur {first.network}" if first.network else ""
    several = len(holders) > 1
    if kind == "node":
        return f"Une machine{NBSP}: 127.0.0.11 ne connaît pas ce nom, il a transmis la question au DNS extérieur."
    if kind == "service" and first.kind == "vip":
        said = f"La VIP du service{on}{NBSP}: une seule adresse, quel que soit le nombre de tâches."
        return said if ipvs else f"{said} Le noyau de ces nœuds n'a pas IPVS{NBSP}: personne n'y répond."
    if kind == "service":
        whose = f"les adresses de ses {len(holders)} tâches" if several else "l'adresse de sa seule tâche"
        return f"Service sans VIP (endpoint_mode dnsrr){NBSP}: {whose}{on}."
    if kind == "tasks":
        whose = f"Les adresses des {len(holders)} tâches" if several else "L'adresse de la seule tâche"
        return f"{whose}{on}, sans passer par une VIP."
    if kind == "container":
        return f"L'adresse de ce conteneur{on}."
    if kind == "alias":
        named = ", ".join(dict.fromkeys(str(holder.name) for holder in holders))
        return f"Un alias{on}{NBSP}: {named} y répond aussi à ce nom."
    return f"Un nom extérieur au swarm{NBSP}: 127.0.0.11 a transmis la question."
