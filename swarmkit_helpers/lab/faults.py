"""Faults that a lab is given, for lessons on failures: a node that stops, a link that is cut, a disk that is full.

On a simulated lab its process is asked for them, and keeps them. On a local one they are real: an engine is killed, a
link set down; the lab's record keeps them, so that `mend` ends those that were given, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from ..errors import NBSP, FaultUnavailable
from ..simulation import simulated_html
from . import control, local_faults
from .cluster import Lab
from .node import Node
from .record import Record, locked

__all__ = [
    "Faults",
    "Link",
    "cut_link",
    "faults",
    "fill_disk",
    "free_disk",
    "hide_image",
    "mend",
    "mend_link",
    "show_image",
    "slow_link",
    "start_node",
    "stop_node",
]

MOST_DELAY_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class Link:
    """What a node's link does to each packet that passes it."""

    up: bool = True
    delay_ms: float = 0.0
    loss: float = 0.0
    """Part of the packets that is lost, from 0 to 1."""

    def __str__(self) -> str:
        if not self.up:
            return "lien coupé"
        slow = f"{self.delay_ms:g}{NBSP}ms de plus" if self.delay_ms else ""
        lossy = f"{100 * self.loss:g}{NBSP}% des paquets perdus" if self.loss else ""
        return f"lien dégradé ({', '.join(filter(None, [slow, lossy]))})".replace(".", ",")


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults in force in a lab, by node."""

    links: Mapping[str, Link] = field(default_factory=dict)
    full_disks: frozenset[str] = frozenset()
    missing_images: frozenset[str] = frozenset()
    stopped: frozenset[str] = frozenset()
    """Nodes whose engine is stopped."""
    simulated: bool = field(default=False, compare=False)
    """True when no real engine is behind them."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Each fault in French: ``worker1 : lien coupé``."""
        return (
            *(f"{node}{NBSP}: moteur arrêté" for node in sorted(self.stopped)),
            *(f"{node}{NBSP}: {link}" for node, link in sorted(self.links.items()) if link != Link()),
            *(f"{node}{NBSP}: disque plein" for node in sorted(self.full_disks)),
            *(f"{image}{NBSP}: image absente des registres" for image in sorted(self.missing_images)),
        )

    def __str__(self) -> str:
        return "\n".join(self.lines) or "Aucune panne."

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(line)}</li>" for line in self.lines)
        return f"{simulated_html(self.simulated)}{f'<ul>{items}</ul>' if items else '<p>Aucune panne.</p>'}"


def faults(lab: Lab) -> Faults:
    """The faults that the lab was given and that are in force now.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    if lab.simulated:
        return _read(_ask(lab, "GET", "/status", None).get("faults") or {}, simulated=True)
    return _read(Record.standing(lab.name).faults)


def stop_node(lab: Lab, node: str) -> None:
    """Stop a node's engine, as a machine that loses its power: its containers end, its swarm hears nothing more.

    Raises
    ------
    NodeUnknown, FaultUnavailable, LabNotUp, LabDamaged
    """
    known = lab.node(node)
    if lab.simulated:
        _set(lab, stopped=sorted(faults(lab).stopped | {known.name}))
    else:
        record = _note(lab, f"arrêter {known.name}", stopped=faults(lab).stopped | {known.name})
        local_faults.stop(record, known)


def start_node(lab: Lab, node: str) -> None:
    """Start again an engine that was stopped; twice is harmless.

    Raises
    ------
    NodeUnknown, FaultUnavailable, LabNotUp, LabDamaged, EngineStartFailed
    """
    known = lab.node(node)
    if lab.simulated:
        _set(lab, stopped=sorted(faults(lab).stopped - {known.name}))
    else:
        doing = f"redémarrer {known.name}"
        local_faults.start(_record(lab, doing), known)
        _note(lab, doing, stopped=faults(lab).stopped - {known.name})


def cut_link(lab: Lab, node: str) -> None:
    """Cut a node's link to all others; its engine runs on.

    Raises
    ------
    NodeUnknown, FaultUnavailable, LabNotUp, LabDamaged
    """
    known = lab.node(node)
    if lab.simulated:
        _set_link(lab, known, Link(up=False))
    else:
        record = _note(lab, f"couper le lien de {known.name}", links=_links(lab, known, Link(up=False)))
        local_faults.set_link(record, known, up=False)


def slow_link(lab: Lab, node: str, *, delay_ms: float = 0.0, loss: float = 0.0) -> None:
    """Make a node's link slow, or lossy, or both.

    Parameters
    ----------
    delay_ms
        Added to each packet that it sends, from 0 to 60000.
    loss
        Part of its packets that is lost, from 0 to 1.

    Raises
    ------
    FaultUnavailable
        No such delay or loss, or the machine's kernel has no netem.
    NodeUnknown, LabNotUp, LabDamaged
    """
    known = lab.node(node)
    doing = f"ralentir le lien de {known.name}"
    if not 0 <= delay_ms <= MOST_DELAY_MS:
        raise FaultUnavailable(doing, f"{delay_ms:g} n'est pas un délai", "delay_ms, de 0 à 60000")
    if not 0 <= loss <= 1:
        raise FaultUnavailable(doing, f"{loss:g} n'est pas une part de paquets", "loss, de 0 à 1")
    if lab.simulated:
        _set_link(lab, known, Link(True, float(delay_ms), float(loss)))
    elif not lab.capabilities.netem:
        raise FaultUnavailable(
            doing, "le noyau n'a pas netem (module sch_netem)", "modprobe sch_netem, ou swarmlab up --backend embedded"
        )
    else:
        record = _note(lab, doing, links=_links(lab, known, Link(True, float(delay_ms), float(loss))))
        local_faults.slow(record, known, delay_ms, loss)


def mend_link(lab: Lab, node: str) -> None:
    """Bring a node's link back, whole and quick; twice is harmless.

    Raises
    ------
    NodeUnknown, FaultUnavailable, LabNotUp, LabDamaged
    """
    known = lab.node(node)
    if lab.simulated:
        _set_link(lab, known, None)
    else:
        doing = f"rétablir le lien de {known.name}"
        record = _record(lab, doing)
        if lab.capabilities.netem:
            local_faults.quicken(record, known)
        local_faults.set_link(record, known, up=True)
        _note(lab, doing, links=_links(lab, known, None))


def fill_disk(lab: Lab, node: str) -> None:
    """Leave no room on a node's disk: what would write there is refused.

    Raises
    ------
    NodeUnknown, LabNotUp, LabDamaged
    FaultUnavailable
        The lab is not simulated: the disk is the machine's own.
    """
    known = _simulated(lab, f"remplir le disque de {lab.node(node).name}", node)
    _set(lab, full_disks=sorted(faults(lab).full_disks | {known.name}))


def free_disk(lab: Lab, node: str) -> None:
    """Give a node's disk its room again; twice is harmless.

    Raises
    ------
    NodeUnknown, FaultUnavailable, LabNotUp, LabDamaged
    """
    known = _simulated(lab, f"libérer le disque de {lab.node(node).name}", node)
    _set(lab, full_disks=sorted(faults(lab).full_disks - {known.name}))


def hide_image(lab: Lab, reference: str) -> None:
    """Have no registry know an image: ``nginx:latest``. Nodes that have it already keep it.

    Raises
    ------
    FaultUnavailable, LabNotUp, LabDamaged
    """
    _simulated(lab, f"cacher l'image {reference}")
    _set(lab, missing_images=sorted(faults(lab).missing_images | {reference}))


def show_image(lab: Lab, reference: str) -> None:
    """Have the registry know that image again; twice is harmless.

    Raises
    ------
    FaultUnavailable, LabNotUp, LabDamaged
    """
    _simulated(lab, f"rendre l'image {reference}")
    _set(lab, missing_images=sorted(faults(lab).missing_images - {reference}))


def mend(lab: Lab) -> None:
    """End all faults that the lab was given; twice is harmless.

    Raises
    ------
    FaultUnavailable, LabNotUp, LabDamaged, EngineStartFailed
    """
    if lab.simulated:
        _set(lab, links={}, full_disks=[], missing_images=[], stopped=[])
        return
    given = faults(lab)
    for node in given.links:
        mend_link(lab, node)
    for node in given.stopped:
        start_node(lab, node)


# --- simulated labs -------------------------------------------------------------------------------


def _simulated(lab: Lab, doing: str, node: str | None = None) -> Node:
    if not lab.simulated:
        raise FaultUnavailable(
            doing,
            f"un labo «{NBSP}{lab.backend}{NBSP}» a de vrais disques et de vraies images",
            "swarmlab up --name autre --backend embedded",
        )
    return lab.node(node) if node else lab.manager


def _set_link(lab: Lab, node: Node, link: Link | None) -> None:
    _set(lab, links=_links(lab, node, link))


def _set(lab: Lab, **changed: Any) -> None:
    """Replace whole sets of faults; those that are not named stay."""
    _ask(lab, "POST", "/faults", changed)


def _ask(lab: Lab, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
    return control.ask(Record.standing(lab.name).directory, method, path, body, doing="changer ses pannes")


def _links(lab: Lab, node: Node, link: Link | None) -> dict[str, Any]:
    """The links that are not whole, with that of a node as it is to be; None: whole."""
    links = {name: asdict(known) for name, known in faults(lab).links.items() if name != node.name}
    return links | ({node.name: asdict(link)} if link else {})


def _read(raw: Mapping[str, Any], *, simulated: bool = False) -> Faults:
    """What the process, or the record, tells of the faults."""
    return Faults(
        links={name: Link(**link) for name, link in dict(raw.get("links") or {}).items()},
        full_disks=frozenset(raw.get("full_disks") or ()),
        missing_images=frozenset(raw.get("missing_images") or ()),
        stopped=frozenset(raw.get("stopped") or ()),
        simulated=simulated,
    )


# --- local labs -----------------------------------------------------------------------------------


def _record(lab: Lab, doing: str) -> Record:
    """The record of a local lab, whose faults take root."""
    local_faults.check(lab, doing)
    return Record.standing(lab.name)


def _note(lab: Lab, doing: str, **changed: Any) -> Record:
    """Keep in the record what is not as it should be, before it is made so, or after it is mended."""
    local_faults.check(lab, doing)
    kept = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in changed.items()}
    with locked(lab.name):
        record = Record.standing(lab.name)
        return record.having(faults=record.faults | kept).write()
