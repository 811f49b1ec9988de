"""Events of the swarm's objects, as every manager tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..kinds import Json
from .store import Change

if TYPE_CHECKING:
    from ..node.host import Host

__all__ = ["Announcer"]

TOLD = ("service", "node", "secret", "config", "network")


class Announcer:
    """Tells changes of the store.

    Parameters
    ----------
    managers
        Gives the hosts that tell events now.
    """

    def __init__(self, managers: Callable[[], Iterable[Host]]) -> None:
        self.managers = managers
        self._silent = False

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Tell nothing of what is changed meanwhile: a manager hears what comes after it has begun to lead."""
        self._silent = True
        try:
            yield
        finally:
            self._silent = False

    def hear(self, change: Change) -> None:
        """Tell one change."""
        found = change.object
        if self._silent or change.kind not in TOLD or found.get("_Predefined"):
            return
        action = "create" if change.before is None else "remove" if change.after is None else "update"
        attributes = {"name": _name(change.kind, found)}
        if action == "update" and change.before is not None:
            differences = {"service": _service_differences, "node": _node_differences}.get(change.kind)
            if differences is not None:
                attributes |= differences(change.before, found)
        for host in self.managers():
            host.events.add(change.kind, action, found["ID"], attributes, scope="swarm")


def _name(kind: str, found: Json) -> str:
    name = found["Spec"].get("Name", "")
    if kind == "node" and not name:
        name = (found.get("Description") or {}).get("Hostname", "")
    return str(name)


def _changed(key: str, before: str, after: str) -> dict[str, str]:
    return {f"{key}.new": after, f"{key}.old": before} if before != after else {}


def _service_differences(before: Json, after: Json) -> dict[str, str]:
    images = [one["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] for one in (before, after)]
    told = _changed("image", images[0], images[1])
    if "Replicated" in after["Spec"]["Mode"]:
        replicas = [str(one["Spec"]["Mode"]["Replicated"]["Replicas"]) for one in (before, after)]
        told |= _changed("replicas", replicas[0], replicas[1])
    states = [(one.get("UpdateStatus") or {}).get("State", "") for one in (before, after)]
    if states[1] and states[0] != states[1]:
        told["updatestate.new"] = states[1]
        if states[0]:
            told["updatestate.old"] = states[0]
    return told


def _node_differences(before: Json, after: Json) -> dict[str, str]:
    told = _changed("availability", before["Spec"]["Availability"], after["Spec"]["Availability"])
    told |= _changed("role", before["_Role"], after["_Role"])
    return told | _changed("state", before["Status"]["State"], after["Status"]["State"])
