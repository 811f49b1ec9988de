"""What the tasks of a service wrote, gathered from all nodes by the manager."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import unquote_plus

from ..errors import EngineRefused, ObjectNotFound
from ..lab.cluster import Lab
from ..simulation import simulated_html

__all__ = ["LogLine", "ServiceLogs", "parse_logs", "service_logs"]

DETAIL = "com.docker.swarm."
SHORT_ID = 12


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line that one task wrote."""

    time: str
    """When the engine took it: RFC 3339, UTC, ``2026-11-23T10:00:00.123456789Z``; all of one length, so they sort."""
    task: str
    """``app_vote.1``; of a global service, whose tasks have no number, ``app_agent.0``."""
    node: str
    """Host name of its node."""
    text: str

    @property
    def origin(self) -> str:
        """As the docker command prints it: ``app_vote.1@worker1.i2tch.loc``."""
        return f"{self.task}@{self.node}"


@dataclass(frozen=True, slots=True)
class ServiceLogs:
    """The last lines of all tasks of a service, in the order of time."""

    service: str
    tail: int
    """Lines asked of each task."""
    lines: tuple[LogLine, ...]
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def command(self) -> str:
        """The docker command it stands for."""
        return f"docker service logs --no-task-ids --tail {self.tail} {self.service}"

    def __str__(self) -> str:
        width = max((len(line.origin) for line in self.lines), default=0)
        return "\n".join(f"{line.origin:<{width}} | {line.text}" for line in self.lines)

    def _repr_html_(self) -> str:
        said = escape(str(self)) or "(aucune ligne)"
        told = f'<p><code>{escape(self.command)}</code></p><pre style="font-family: monospace">{said}</pre>'
        return f"{simulated_html(self.simulated)}{told}"


def service_logs(lab: Lab, service: str, *, tail: int = 50) -> ServiceLogs:
    """``docker service logs``: what its tasks wrote, those that are over among them while their containers are kept.

    Parameters
    ----------
    service
        Name of a service: ``app_worker``.
    tail
        Lines of each task, counted from the last; 0 or more.

    Raises
    ------
    ObjectNotFound
        No service of that name.
    NodeUnreachable, EngineRefused
    """
    manager = lab.manager
    api = manager.api
    doing = f"lire le journal du service « {service} »"
    try:
        with manager.asking(doing):
            described = api.inspect_service(service)
    except EngineRefused as err:
        if "not found" in err.detail:
            raise ObjectNotFound("service", service) from err
        raise
    name: str = described["Spec"]["Name"]
    terminal = bool(described["Spec"]["TaskTemplate"]["ContainerSpec"].get("TTY"))
    with manager.asking(doing):
        hosts = {raw["ID"]: raw["Description"]["Hostname"] for raw in api.nodes()}
        tasks = {raw["ID"]: f"{name}.{raw.get('Slot', 0)}" for raw in api.tasks({"service": name})}
        frames = api.service_logs(
            described["ID"],
            stdout=True,
            stderr=True,
            details=True,
            timestamps=True,
            tail=max(0, tail),
            is_tty=terminal,
        )
        raw = b"".join(frames)
    lines = parse_logs(raw.decode("utf-8", "replace"), name, tasks, hosts)
    return ServiceLogs(name, max(0, tail), lines, lab.simulated)


def parse_logs(output: str, service: str, tasks: Mapping[str, str], hosts: Mapping[str, str]) -> tuple[LogLine, ...]:
    """Read what the engine wrote, and sort it by time.

    Parameters
    ----------
    output
        Lines of three words: the time, ``key=value`` pairs joined by commas, and what the task wrote.
    tasks
        Id of a task -> its short name. One that is no longer known is named by its id.
    hosts
        Id of a node -> its host name.
    """
    return tuple(sorted(_lines(output, service, tasks, hosts), key=lambda line: line.time))


def _lines(output: str, service: str, tasks: Mapping[str, str], hosts: Mapping[str, str]) -> list[LogLine]:
    found = []
    # Not splitlines: a program may write separators of its own.
    for line in output.split("\n"):
        time, _, rest = line.partition(" ")
        details, _, text = rest.partition(" ")
        if DETAIL not in details:
            continue
        pairs: dict[str, Any] = dict(pair.split("=", 1) for pair in details.split(",") if "=" in pair)
        known = {key: unquote_plus(value) for key, value in pairs.items()}
        task, node = known.get(f"{DETAIL}task.id", ""), known.get(f"{DETAIL}node.id", "")
        found.append(
            LogLine(
                time,
                tasks.get(task) or f"{service}.{task[:SHORT_ID]}",
                hosts.get(node, node[:SHORT_ID]),
                text.removesuffix("\r"),
            )
        )
    return found
