"""What the embedded DNS server of the engine, 127.0.0.11, answers to a container."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from ..errors import CommandFailed
from ..lab.cluster import Lab
from ..lab.locate import locate
from ..simulation import simulated_html
from .execution import execute
from .target import check_target

__all__ = ["Resolution", "parse_nslookup", "resolve"]

ANSWER = re.compile(r"^Address(?: \d+)?:\s*(\d+\.\d+\.\d+\.\d+)\s*", re.MULTILINE)
SERVER = re.compile(r"^Server:\s*(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Resolution:
    """One name asked from inside one container."""

    source: str
    """The whole name of the container: of a task, ``my-nginx.3.<task id>``."""
    name: str
    server: str
    """Who was asked: ``127.0.0.11``."""
    addresses: tuple[str, ...]
    """IPv4 addresses, sorted; empty when the name is not known."""
    output: str
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def command(self) -> str:
        """The docker command it stands for."""
        return f"docker container exec {self.source} nslookup {self.name}"

    def __str__(self) -> str:
        return f"{self.name} → {', '.join(self.addresses) or 'inconnu'} (demandé à {self.server} par {self.source})"

    def _repr_html_(self) -> str:
        answers = ", ".join(self.addresses) or "<strong>nom inconnu</strong>"
        return (
            f"{simulated_html(self.simulated)}"
            f"<p><code>{escape(self.command)}</code></p><p>{escape(self.name)} → {answers} "
            f"<small>(réponse de {escape(self.server)})</small></p>"
        )


def resolve(lab: Lab, source: str, name: str) -> Resolution:
    """Ask the DNS of a container for the IPv4 addresses of a name.

    Parameters
    ----------
    source
        A container, on any node.
    name
        A container's name, a service's name, ``tasks.<service>``, or any other.

    Raises
    ------
    TargetRefused, ObjectNotFound, NodeUnreachable, EngineRefused
    CommandFailed
        The container has no nslookup, or no server answered.
    """
    check_target(name)
    done = execute(locate(lab, source), ["nslookup", name])
    if done.exit_code > 1 or not SERVER.search(done.output):
        raise CommandFailed(source, done.argv, done.exit_code, done.output)
    return replace(parse_nslookup(done.container, name, done.output), simulated=done.simulated)


def parse_nslookup(source: str, name: str, output: str) -> Resolution:
    """Read what BusyBox's nslookup wrote: the server first, then one answer per record."""
    server = SERVER.search(output)
    # The first Address line is the server's own.
    _, _, answers = output.partition("\n\n")
    found = sorted(set(ANSWER.findall(answers)), key=lambda address: [int(part) for part in address.split(".")])
    return Resolution(source, name, server[1] if server else "?", tuple(found), output.strip())
