"""What happened to a ping and why: the name, the address and its network, the answers; in French, step by step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..outcome import MARKS, Outcome
from ..topology.holders import Holder, holder_of
from ..topology.model import Container, Topology
from ..topology.naming import why_unknown
from .french import count, milliseconds, typeset
from .measurements import holder_words

if TYPE_CHECKING:
    from ..probes.ping import PingResult

__all__ = ["Step", "ping_steps", "steps_html"]

ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way, and how it went."""

    title: str
    outcome: Outcome
    """``not_run``: there was nothing to do, or it was not reached."""
    text: str


def ping_steps(result: PingResult, topology: Topology, *, ipvs: bool = True) -> tuple[Step, ...]:
    """Explain a ping by a snapshot of the swarm in which it ran.

    Parameters
    ----------
    result
        What `ping` or `ping_live` gave.
    topology
        A snapshot taken at about the same time.
    ipvs
        Whether the lab's kernel has IPVS: without it no VIP answers.
    """
    asker = topology.container(result.source)
    if result.outcome == "not_run":
        return (_step("Départ", "not_run", result.reason),)
    if result.address is None:
        why = why_unknown(topology, asker, result.target) if asker else ""
        return (_step("Nom", "failed", f"{result.reason} {why}".strip()),)
    holder = holder_of(topology, result.address, asker)
    return (_name(result), _place(result, holder), _answers(result, holder, asker, ipvs))


def steps_html(steps: tuple[Step, ...]) -> str:
    """The steps as a list, each with its mark."""
    items = "".join(
        f'<li><span style="color: {MARKS[step.outcome].colour}"><strong>{MARKS[step.outcome].sign} '
        f"{escape(step.title)}</strong></span> — {escape(step.text)}</li>"
        for step in steps
    )
    return f'<ol style="margin: 0.3em 0; padding-left: 1.6em; line-height: 1.5">{items}</ol>'


def _step(title: str, outcome: Outcome, text: str) -> Step:
    return Step(title, outcome, typeset(text))


def _name(result: PingResult) -> Step:
    if ADDRESS.fullmatch(result.target):
        return _step("Nom", "not_run", f"{result.target} est une adresse : il n'y a pas de nom à résoudre.")
    return _step("Nom", "passed", f"le DNS du conteneur, 127.0.0.11, a donné {result.address} pour {result.target}.")


def _place(result: PingResult, holder: Holder) -> Step:
    who, where = holder_words(holder)
    if holder.kind == "unknown":
        return _step("Adresse", "failed", f"personne n'a l'adresse {result.address} dans le relevé du swarm.")
    at = f" ({where})" if where else ""
    said = f"{result.address} est l'adresse de : {who}{at}."
    if holder.kind in ("node", "unknown") or holder.shared:
        return _step("Adresse", "passed", said)
    return _step("Adresse", "failed", f"{said} {result.source} n'a pas d'interface sur ce réseau.")


def _answers(result: PingResult, holder: Holder, asker: Container | None, ipvs: bool) -> Step:
    if result.outcome == "passed":
        return _step("Réponses", "passed", " ".join(_figures(result)))
    if result.received:
        return _step("Réponses", "failed", " ".join([result.reason, *_figures(result)]))
    if holder.kind == "vip" and not ipvs:
        why = f"Le noyau de ce labo n'a pas IPVS : aucune VIP n'y répond. Essayez tasks.{holder.service}."
        return _step("Réponses", "failed", f"{result.reason} {why}")
    other_node = asker is not None and holder.node not in (None, asker.node)
    if holder.kind == "container" and holder.shared and other_node and "MTU" not in result.reason:
        why = f"{holder.name} est sur le même réseau, mais sur {holder.node} : regardez entre les nœuds (4789/udp)."
        return _step("Réponses", "failed", f"{result.reason} {why}")
    return _step("Réponses", "failed", result.reason)


def _figures(result: PingResult) -> Iterator[str]:
    lost = f"{result.loss_percent or 0:.0f} % de perte"
    yield f"{count(result.received, 'réponse', none='aucune')} pour {count(result.sent, 'paquet')}, {lost}."
    if result.rtts_ms:
        mean = milliseconds(result.rtt_ms or 0.0)
        low, high = (milliseconds(value) for value in (min(result.rtts_ms), max(result.rtts_ms)))
        yield f"Aller-retour : {mean} en moyenne, de {low} à {high}."
    elif result.received:
        yield "Aller-retour sans durée : un si petit paquet ne porte pas son heure d'envoi."
