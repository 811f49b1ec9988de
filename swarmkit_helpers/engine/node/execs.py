"""Processes that somebody runs in a container, besides its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal
from .output import Output
from .process import Process, environment

if TYPE_CHECKING:
    from .container import Container
    from .containers import Containers

__all__ = ["Execs"]


class Execs:
    """The execs of one host's containers.

    Parameters
    ----------
    containers
        Of that host.
    """

    def __init__(self, containers: Containers) -> None:
        self.containers = containers
        self._execs: dict[str, Process] = {}

    def find(self, identity: str) -> Process:
        """The exec of that id, running or not, while its container runs.

        Raises
        ------
        Refusal
            404.
        """
        if identity not in self._execs:
            raise Refusal(404, f"No such exec instance: {identity}")
        return self._execs[identity]

    def create(self, container: Container, body: Json) -> Process:
        """Prepare one more process in a container.

        Parameters
        ----------
        body
            Of the request, with the API's keys.

        Raises
        ------
        Refusal
            400 or 409.
        """
        words = body.get("Cmd") or []
        if not words:
            raise Refusal(400, "No exec command specified")
        _check(container)
        assert container.stack is not None
        stdin = asyncio.StreamReader()
        if not body.get("AttachStdin"):
            stdin.feed_eof()
        tty = bool(body.get("Tty"))
        process = Process(
            container,
            container.stack,
            words,
            environment(container, body.get("Env") or (), tty=tty),
            stdin=stdin,
            output=Output(),
            directory=body.get("WorkingDir") or container.config["WorkingDir"] or "/",
            tty=tty,
            body=body,
        )
        process.before_start = self._starts
        process.after_end = self._ended
        container.execs[process.id] = self._execs[process.id] = process
        self.containers.tell(container, f"exec_create: {_words(process)}", execID=process.id)
        return process

    def forget(self, container: Container) -> None:
        """Forget all that was run in a container."""
        container.execs.clear()
        for identity in [identity for identity, process in self._execs.items() if process.container is container]:
            del self._execs[identity]

    def _starts(self, process: Process) -> None:
        _check(process.container)
        self.containers.tell(process.container, f"exec_start: {_words(process)}", execID=process.id)

    def _ended(self, process: Process) -> None:
        process.container.execs.pop(process.id, None)
        if process.pid and process.container.process is not None:
            code = str(process.exit_code)
            self.containers.tell(process.container, "exec_die", execID=process.id, exitCode=code)


def _check(container: Container) -> None:
    if container.state.status == "paused":
        raise Refusal(409, f"Container {container.name} is paused, unpause the container before exec")
    if container.state.status == "restarting":
        raise Refusal(409, f"Container {container.id} is restarting, wait until the container is running")
    if not container.state.running or container.stack is None:
        raise Refusal(409, f"Container {container.id} is not running")


def _words(process: Process) -> str:
    return f"{process.argv[0]} {' '.join(process.argv[1:])}"
