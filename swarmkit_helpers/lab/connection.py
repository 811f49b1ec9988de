"""From a name to a lab: the one that is up, or one that this machine can start."""

from __future__ import annotations

import os
from collections.abc import Callable

from ..errors import BackendUnavailable, LabNotUp
from . import local
from .cluster import Lab

__all__ = ["BACKENDS", "DEFAULT_LAB", "connect", "start"]

BACKENDS = ("auto", "local", "dind", "remote", "embedded")
DEFAULT_LAB = "cours"


def start(name: str = DEFAULT_LAB, backend: str = "auto", *, notice: Callable[[str], None] = lambda line: None) -> Lab:
    """Start a lab, or return the one of that name that is up.

    Raises
    ------
    BackendUnavailable
        This machine cannot run that kind of lab.
    LabDamaged, EngineStartFailed, ImageUnavailable, DiskFull
    """
    if backend not in ("auto", "local"):
        raise BackendUnavailable(
            backend, ["cette version du cours ne connaît que les labos « local »"], "swarmlab up --backend local"
        )
    return local.up(name, notice=notice)


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
        return local.attach(wanted)
    except LabNotUp:
        return start(wanted, notice=print)
