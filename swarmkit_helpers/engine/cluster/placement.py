"""What a node must offer for a task, and what is said when none does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ..kinds import Json
from .constraints import satisfies
from .states import runnable

__all__ = ["Pipeline", "Place"]

Port = tuple[int, str]
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(eq=False)
class Place:
    """A node, with what its tasks take."""

    node: Json
    active: int = 0
    by_service: Counter[str] = field(default_factory=Counter)
    cpus: int = 0
    memory: int = 0
    generic: Counter[str] = field(default_factory=Counter)
    ports: Counter[Port] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    """Service -> tasks of it that failed here lately."""

    def __post_init__(self) -> None:
        resources = (self.node.get("Description") or {}).get("Resources") or {}
        self.cpus = resources.get("NanoCPUs", 0)
        self.memory = resources.get("MemoryBytes", 0)
        for kind, value in _generic(resources):
            self.generic[kind] += value

    def take(self, task: Json, sign: int = 1) -> None:
        """Count a task that is here, or that was (-1)."""
        reserved = _reserved(task)
        self.cpus -= sign * reserved.get("NanoCPUs", 0)
        self.memory -= sign * reserved.get("MemoryBytes", 0)
        for kind, value in _generic(reserved):
            self.generic[kind] -= sign * value
        for port in _host_ports(task):
            self.ports[port] += sign
        if runnable(task):
            self.active += sign
            self.by_service[task["ServiceID"]] += sign
            if not self.by_service[task["ServiceID"]]:
                del self.by_service[task["ServiceID"]]


class Pipeline:
    """What one task asks for, tried on nodes one after another."""

    def __init__(self, task: Json) -> None:
        placement = task["Spec"].get("Placement", {})
        reserved = _reserved(task)
        ports = _host_ports(task)
        log = (task["Spec"].get("LogDriver") or {}).get("Name", "")
        platforms = placement.get("Platforms", ())
        constraints = placement.get("Constraints", ())
        most = placement.get("MaxReplicas", 0)
        service = task["ServiceID"]
        self._checks: list[tuple[Callable[[Place], bool], str, str]] = [
            (_ready, "1 node not available for new tasks", "{} nodes not available for new tasks"),
        ]
        self._ask(bool(reserved), lambda place: _enough(place, reserved), "insufficient resources on")
        self._ask(log not in ("", "none"), lambda place: _has_log_driver(place, log), "missing plugin on")
        self._ask(
            bool(constraints),
            lambda place: satisfies(constraints, place.node),
            "scheduling constraints not satisfied on",
        )
        self._ask(bool(platforms), lambda place: _supported(place, platforms), "unsupported platform on")
        self._ask(
            bool(ports), lambda place: not any(place.ports[port] for port in ports), "host-mode port already in use on"
        )
        if most:
            exceeded = "max replicas per node limit exceed"
            self._checks.append((lambda place: place.by_service[service] < most, exceeded, exceeded))
        self._failures: list[set[str]] = [set() for _ in self._checks]

    def fits(self, place: Place) -> bool:
        """Whether a node offers all that the task asks for."""
        identity = place.node["ID"]
        for failures in self._failures:
            failures.discard(identity)
        for (check, _, _), failures in zip(self._checks, self._failures, strict=True):
            if not check(place):
                failures.add(identity)
                return False
        return True

    def explain(self) -> str:
        """Why nodes did not fit, what most of them lack first."""
        counted = [
            (len(failures), one.format(1) if len(failures) == 1 else many.format(len(failures)))
            for (_, one, many), failures in zip(self._checks, self._failures, strict=True)
            if failures
        ]
        return "; ".join(text for _, text in sorted(counted, key=lambda pair: -pair[0]))

    def _ask(self, asked: bool, check: Callable[[Place], bool], words: str) -> None:
        if asked:
            self._checks.append((check, f"{words} 1 node", f"{words} {{}} nodes"))


def _reserved(task: Json) -> Json:
    found: Json = (task["Spec"].get("Resources") or {}).get("Reservations") or {}
    return found


def _generic(resources: Json) -> Iterable[tuple[str, int]]:
    for one in resources.get("GenericResources") or ():
        if one.get("DiscreteResourceSpec"):
            yield one["DiscreteResourceSpec"].get("Kind", ""), one["DiscreteResourceSpec"].get("Value", 0)
        elif one.get("NamedResourceSpec"):
            yield one["NamedResourceSpec"].get("Kind", ""), 1


def _host_ports(task: Json) -> set[Port]:
    ports = (task.get("_Endpoint") or {}).get("Ports") or ()
    published = (port for port in ports if port["PublishMode"] == "host" and port.get("PublishedPort"))
    return {(port["PublishedPort"], port["Protocol"]) for port in published}


def _ready(place: Place) -> bool:
    return bool(place.node["Status"]["State"] == "ready" and place.node["Spec"]["Availability"] == "active")


def _enough(place: Place, reserved: Json) -> bool:
    if reserved.get("NanoCPUs", 0) > place.cpus or reserved.get("MemoryBytes", 0) > place.memory:
        return False
    return all(place.generic[kind] >= value for kind, value in _generic(reserved))


def _has_log_driver(place: Place, name: str) -> bool:
    engine = (place.node.get("Description") or {}).get("Engine") or {}
    drivers = [plugin["Name"] for plugin in engine.get("Plugins", ()) if plugin["Type"] == "Log"]
    return not drivers or name in drivers


def _supported(place: Place, platforms: Iterable[Json]) -> bool:
    here = (place.node.get("Description") or {}).get("Platform") or {}
    machine = ARCHITECTURES.get(here.get("Architecture", ""), here.get("Architecture", ""))
    for platform in platforms:
        architecture = platform.get("Architecture", "")
        same_machine = ARCHITECTURES.get(architecture, architecture) in ("", machine)
        if same_machine and platform.get("OS", "") in ("", here.get("OS", "")):
            return True
    return False
