"""Commands run inside containers, or beside them with a tool container; always as argument vectors, never a shell."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape

from ..errors import CommandFailed
from ..lab.cluster import Lab
from ..lab.images import TOOLS
from ..lab.locate import Place, locate
from ..lab.node import Node
from ..simulation import simulated_html
from ..topology.sandbox import Sandbox, parse_ip_addr, parse_ip_route, parse_resolv_conf

__all__ = ["Execution", "exec_container", "execute", "read_sandbox", "run_tool"]

# exec sometimes gives empty output with exit code 0 (docker-py#3332, #2042): that tells nothing, so ask again.
EMPTY_TRIES = 3
TOOL_LABEL = "org.swarmlab.tool"


@dataclass(frozen=True, slots=True)
class Execution:
    """What one command wrote, and how it ended."""

    container: str
    argv: tuple[str, ...]
    exit_code: int
    output: str
    simulated: bool = False
    """True when no real engine is behind it."""

    @property
    def command(self) -> str:
        """The docker command it stands for."""
        return f"docker container exec {self.container} {shlex.join(self.argv)}"

    def __str__(self) -> str:
        return self.output

    def _repr_html_(self) -> str:
        output = f'<pre style="font-family: monospace">{escape(self.output)}</pre>'
        return f"{simulated_html(self.simulated)}<p><code>{escape(self.command)}</code></p>{output}"


def execute(place: Place, argv: Sequence[str]) -> Execution:
    """Run a command inside a container, whatever its exit code.

    Raises
    ------
    NodeUnreachable
    EngineRefused
        The container does not run, for instance.
    """
    api = place.node.api
    for _ in range(EMPTY_TRIES):
        with place.node.asking(f"exécuter une commande dans « {place.name} »"):
            created = api.exec_create(place.id, list(argv))
            output: bytes = api.exec_start(created["Id"]) or b""
            exit_code = api.exec_inspect(created["Id"])["ExitCode"]
        if output or exit_code:
            break
    said = output.decode("utf-8", "replace")
    return Execution(place.name, tuple(argv), int(exit_code or 0), said, place.node.simulated)


def exec_container(lab: Lab, container: str, *argv: str) -> Execution:
    """``docker container exec``, wherever the container runs.

    Parameters
    ----------
    argv
        The words of the command: ``"ip", "route"``.

    Raises
    ------
    ObjectNotFound, NodeUnreachable, EngineRefused
    CommandFailed
        It ended with another exit code than 0.
    """
    done = execute(locate(lab, container), argv)
    if done.exit_code:
        raise CommandFailed(container, argv, done.exit_code, done.output)
    return done


def read_sandbox(lab: Lab, container: str) -> Sandbox:
    """What the container sees of its own network: interfaces, routes, DNS servers.

    Raises
    ------
    ObjectNotFound, NodeUnreachable, CommandFailed
    """
    return Sandbox(
        interfaces=parse_ip_addr(exec_container(lab, container, "ip", "addr").output),
        routes=parse_ip_route(exec_container(lab, container, "ip", "route").output),
        resolvers=parse_resolv_conf(exec_container(lab, container, "cat", "/etc/resolv.conf").output),
    )


def run_tool(
    node: Node, argv: Sequence[str], *, image: str = TOOLS, network: str = "host", timeout_s: int = 30
) -> tuple[int, str]:
    """Run a command in a container made for it on a node, and remove it; exit code and output.

    Parameters
    ----------
    image
        The tool image unless said.
    network
        ``host``: the node's own network; ``container:ID``: that of a container of the node.
    timeout_s
        Its container is removed after that many seconds.

    Raises
    ------
    NodeUnreachable, EngineRefused
    """
    api = node.api
    with node.asking("démarrer un conteneur d'outils"):
        created = api.create_container(
            image,
            command=list(argv),
            labels={TOOL_LABEL: "1"},
            host_config=api.create_host_config(network_mode=network, cap_add=["NET_RAW", "NET_ADMIN"]),
        )
    try:
        with node.asking(f"exécuter « {argv[0]} » dans un conteneur d'outils"):
            api.start(created["Id"])
            exit_code = api.wait(created["Id"], timeout=node.patience(timeout_s))["StatusCode"]
            output: bytes = api.logs(created["Id"])
    finally:
        with suppress(Exception):
            api.remove_container(created["Id"], force=True)
    return int(exit_code), output.decode("utf-8", "replace")
