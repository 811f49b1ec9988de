"""From a name to a lab: the one that is up, or one that this machine can start."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..errors import NBSP, BackendUnavailable, LabNotUp, LabOfAnotherKind
from . import embedded, local
from .cluster import Lab
from .health import NodeStatus, status_of
from .record import Record, directory_of

__all__ = ["BACKENDS", "DEFAULT_LAB", "attach", "connect", "down", "start", "status"]

BACKENDS = ("auto", "local", "dind", "remote", "embedded")
KNOWN = ("local", "embedded")
DEFAULT_LAB = "cours"

Notice = Callable[[str], None]


def start(
    name: str = DEFAULT_LAB,
    backend: str = "auto",
    *,
    speed: float | None = None,
    notice: Notice = lambda line: None,
) -> Lab:
    """Start a lab, or return the one of that name that is up.

    Parameters
    ----------
    name
        The lab's name.
    backend
        ``local``, ``embedded``, or ``auto``: the lab that is up already; else ``local`` where this account is root and
        the machine has dockerd; else ``embedded``, which is said.
    speed
        Of an embedded lab, see `embedded.up`.
    notice
        Called with lines in French that tell what goes on.

    Raises
    ------
    BackendUnavailable
        This machine cannot run that kind of lab.
    LabOfAnotherKind
        A lab of that name exists, and is not of that kind.
    LabDamaged, EngineStartFailed, ImageUnavailable, DiskFull
    """
    if backend not in ("auto", *KNOWN):
        raise BackendUnavailable(
            backend,
            ["cette version du cours ne connaît que les labos « local » et « embedded »"],
            "swarmlab up --backend local, ou --backend embedded",
        )
    known = Record.read(name)
    if known and backend not in ("auto", known.backend):
        raise LabOfAnotherKind(name, known.backend, backend)
    kind = backend if backend != "auto" else known.backend if known else _chosen(notice)
    if kind == "local":
        if speed is not None:
            raise BackendUnavailable(
                "local", ["ses moteurs sont réels, leur temps aussi"], "swarmlab up --backend local, sans --speed"
            )
        return local.up(name, notice=notice)
    return embedded.up(name, speed=speed, notice=notice)


def attach(name: str) -> Lab:
    """The lab of that name, of whatever kind, which must be up; asks no engine.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    return embedded.attach(name) if Record.standing(name).backend == "embedded" else local.attach(name)


def down(name: str) -> bool:
    """Remove all of a lab, of whatever kind and in whatever state; False when there was nothing.

    Raises
    ------
    BackendUnavailable
        It takes root.
    """
    record = Record.read(name)
    if record is None:
        # It was cut short: what it left tells the kind.
        directory = directory_of(name)
        of_engine = (directory / embedded.PID_FILE).exists()
        of_nobody = os.geteuid() != 0 and not (directory / "net").exists()
        kind = "embedded" if of_engine or of_nobody else "local"
    else:
        kind = record.backend
    return embedded.down(name) if kind == "embedded" else local.down(name)


def status(name: str) -> list[NodeStatus]:
    """Each node of the lab, asked now, all at once.

    Raises
    ------
    LabNotUp, LabDamaged
    """
    return status_of(attach(name))


def connect(name: str | None = None) -> Lab:
    """Return the lab of that name, and start it if it is not up.

    Parameters
    ----------
    name
        The lab's name; by default $SWARMLAB_NAME, else ``cours``.

    Raises
    ------
    LabDamaged
        The lab exists and is not whole.
    BackendUnavailable
        It is not up, and this machine cannot start it.
    """
    wanted = name or os.environ.get("SWARMLAB_NAME") or DEFAULT_LAB
    try:
        return attach(wanted)
    except LabNotUp:
        return start(wanted, notice=print)


def _chosen(notice: Notice) -> str:
    """The kind of lab that this machine gets, and why when it is not real engines."""
    missing = local.lacks()
    if not missing:
        return "local"
    notice(
        f"Labo simulé (« embedded »), sans vrai moteur Docker{NBSP}: un labo « local » ne peut pas démarrer ici "
        f"({', '.join(missing)})."
    )
    return "embedded"
