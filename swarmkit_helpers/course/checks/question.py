"""What a check is: a question put to the live swarm, with three possible outcomes.

A check never raises for what it finds. `passed` and `failed` say what was observed; `not_run` says why nothing could be
told: a node is silent, or the kernel lacks what the check needs. `not_run` never counts as passed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from html import escape
from typing import Any

from ...errors import (
    CapabilityLacking,
    CheckUnknown,
    CommandFailed,
    EngineRefused,
    NodeUnreachable,
    NotAManager,
    ObjectNotFound,
    ProbeError,
)
from ...lab.cluster import Lab
from ...lab.kernel import LACKS
from ...outcome import MARKS, Outcome
from ...simulation import simulated_mark
from ...topology.fetch import snapshot
from ...topology.model import Container, Network, Service, Topology

__all__ = [
    "CHECKS",
    "CHECK_MIME",
    "Check",
    "CheckResult",
    "Context",
    "Verdict",
    "check",
    "define",
    "failed",
    "judge",
    "passed",
]

CHECK_MIME = "application/vnd.swarmlab.check+json"
"""Media type under which a check's result stands in an executed notebook; the runner reads it there."""
PATIENCE_S = 6.0
EVERY_S = 0.15


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look concluded."""

    outcome: Outcome
    observed: str
    """What was seen, in French."""
    cause: str = ""
    """The most likely cause of a failure, found by looking; empty when none was found."""
    lack: str | None = None
    """The capability that was lacking; None when the outcome has another reason."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check, done now."""

    id: str
    title: str
    """What is expected, in French."""
    outcome: Outcome
    observed: str
    cause: str = ""
    hint: str = ""
    lack: str | None = None
    simulated: bool = False
    """True when no real engine is behind it."""

    def __str__(self) -> str:
        mark = MARKS[self.outcome]
        word = simulated_mark(mark.word, self.simulated)
        lines = [f"{mark.sign} {self.id} {self.title} : {word}", f"  observé : {self.observed}"]
        if self.cause:
            lines.append(f"  cause probable : {self.cause}")
        if self.outcome == "failed" and self.hint:
            lines.append(f"  indice : {self.hint}")
        return "\n".join(lines)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self._html(), CHECK_MIME: asdict(self)}

    def _html(self) -> str:
        mark = MARKS[self.outcome]
        more = f"<br><em>Cause probable :</em> {escape(self.cause)}" if self.cause else ""
        if self.outcome == "failed" and self.hint:
            more += f"<br><em>Indice :</em> {escape(self.hint)}"
        return (
            f'<div style="border-left:4px solid {mark.colour};padding:.3em .8em;margin:.3em 0">'
            f'<strong style="color:{mark.colour}">{mark.sign} {simulated_mark(mark.word, self.simulated)}</strong>'
            f" — {escape(self.id)} {escape(self.title)}<br><em>Observé :</em> {escape(self.observed)}{more}</div>"
        )


@dataclass
class Context:
    """What one look of a check may use: the lab, and one snapshot taken at first need."""

    lab: Lab

    @cached_property
    def topology(self) -> Topology:
        """The whole swarm now. With a silent node nothing sure can be said: the check is then not run.

        Raises
        ------
        NodeUnreachable
        """
        found = snapshot(self.lab)
        for node in found.silent_nodes:
            raise NodeUnreachable(node.name, node.error or "", self.lab.name)
        return found

    @property
    def swarm(self) -> Topology:
        """The whole swarm now, of which the manager is one: without it, that no service is listed tells nothing.

        Raises
        ------
        NodeUnreachable, NotAManager
        """
        found = self.topology
        if not any(node.name == self.lab.manager.name and node.role == "manager" for node in found.nodes):
            raise NotAManager(self.lab.manager.name)
        return found

    def needs(self, capability: str) -> None:
        """Stop here, as not run, when the lab lacks that capability (a field of Capabilities)."""
        if not getattr(self.lab.capabilities, capability):
            raise CapabilityLacking(capability)

    def network(self, name: str) -> Network:
        """The network of that name.

        Raises
        ------
        ObjectNotFound
        """
        found = self.topology.network(name)
        if found is None:
            raise ObjectNotFound("network", name)
        return found

    def container(self, name: str) -> Container:
        """The container of that name, on whichever node.

        Raises
        ------
        ObjectNotFound
        """
        found = self.topology.container(name)
        if found is None:
            raise ObjectNotFound("container", name)
        return found

    def service(self, name: str) -> Service:
        """The service of that name.

        Raises
        ------
        ObjectNotFound
        """
        found = self.topology.service(name)
        if found is None:
            raise ObjectNotFound("service", name)
        return found


Question = Callable[[Context], Verdict]


@dataclass(frozen=True, slots=True)
class Check:
    """A question, its number and its hint."""

    id: str
    title: str
    hint: str
    ask: Question
    patience_s: float = PATIENCE_S


CHECKS: dict[str, Check] = {}
"""All checks of the course, by number."""


def define(identity: str, title: str, *, hint: str, patience_s: float = PATIENCE_S) -> Callable[[Question], Question]:
    """Register a check.

    Parameters
    ----------
    identity
        ``13.4``: the section and a number within it.
    title
        What is expected, in French, as a statement.
    hint
        What to try when it fails, in French.
    patience_s
        How long what is expected may be on its way, in seconds: a program that starts takes its time.
    """

    def register(question: Question) -> Question:
        if identity in CHECKS:
            raise ValueError(f"check {identity} is defined twice")
        CHECKS[identity] = Check(identity, title, hint, question, patience_s)
        return question

    return register


def passed(observed: str) -> Verdict:
    """What was expected is there."""
    return Verdict("passed", observed)


def failed(observed: str, cause: str = "") -> Verdict:
    """What was expected is not there."""
    return Verdict("failed", observed, cause)


def judge(right: bool, observed: str, cause: str = "") -> Verdict:
    """Passed when right, failed with its cause when not."""
    return passed(observed) if right else failed(observed, cause)


def check(lab: Lab, identity: str, *, patience_s: float | None = None) -> CheckResult:
    """Put one question of the course to the live swarm.

    What is on its way is waited for: a failing look is repeated until `patience_s` is over.

    Parameters
    ----------
    identity
        ``13.4``.
    patience_s
        In seconds; 0 for a single look; None for what the check itself allows.

    Raises
    ------
    CheckUnknown
    """
    if identity not in CHECKS:
        raise CheckUnknown(identity, CHECKS)
    asked = CHECKS[identity]
    deadline = time.monotonic() + lab.patience(asked.patience_s if patience_s is None else patience_s)
    verdict = _look(asked, lab)
    while verdict.outcome == "failed" and time.monotonic() < deadline:
        time.sleep(EVERY_S)
        verdict = _look(asked, lab)
    return CheckResult(
        asked.id,
        asked.title,
        verdict.outcome,
        verdict.observed,
        verdict.cause,
        asked.hint,
        verdict.lack,
        simulated=lab.simulated,
    )


def _look(asked: Check, lab: Lab) -> Verdict:
    try:
        return asked.ask(Context(lab))
    except CapabilityLacking as err:
        return Verdict("not_run", LACKS[err.capability].effect, lack=err.capability)
    except (ObjectNotFound, NotAManager, CommandFailed) as err:
        return failed(err.problem)
    except (NodeUnreachable, EngineRefused, ProbeError) as err:
        return Verdict("not_run", err.problem)
