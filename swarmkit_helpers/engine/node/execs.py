"""Processes that somebody runs in a container, besides its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..kinds import Json
from ..refusal import Refusal
from .inspection import status_text
from .keys import keys_of
from .output import Output
from .process import Process, environment

if TYPE_CHECKING:
    from .container import Container
    from .containers import Containers

__all__ = ["Execs"]

KEPT_S = 300.0
"""How long an exec is known after its end."""


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
        self._ends: dict[str, float] = {}
        """Id -> when it ended."""

    def find(self, identity: str) -> Process:
        """The exec of that id, for some minutes after its end too.

        Raises
        ------
        Refusal
            404.
        """
        if identity not in self._execs:
            raise Refusal(404, f"No such exec instance: {identity}")
        return self._execs[identity]

    def ready(self, identity: str) -> Process:
        """The exec of that id, in a container that runs.

        Raises
        ------
        Refusal
            404; 409: its container is paused; 500: it does not run.
        """
        process = self.find(identity)
        container = process.container
        if not container.state.running:
            raise Refusal(500, f"Container {container.id} is not running: {status_text(container)}")
        _check(container)
        return process

    def create(self, container: Container, body: Json) -> Process:
        """Prepare one more process in a container.

        Parameters
        ----------
        body
            Of the request, with the API's keys.

        Raises
        ------
        Refusal
            400, 409 or 500.
        """
        words = body.get("Cmd") or []
        if not words:
            raise Refusal(400, "No exec command specified")
        _check(container)
        if keys_of(keys := body.get("DetachKeys") or "") is None:
            raise Refusal(500, f"Invalid escape keys ({keys}) provided")
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
        self._clean()
        container.execs[process.id] = self._execs[process.id] = process
        self.containers.tell(container, f"exec_create: {_words(process)}", execID=process.id)
        return process

    def drop(self, container: Container) -> None:
        """Forget what was prepared in a container and never started: the container has ended."""
        for identity in container.execs:
            self._execs.pop(identity, None)
        container.execs.clear()

    def forget(self, container: Container) -> None:
        """Forget all that was run in a container: it is removed."""
        container.execs.clear()
        for identity in [identity for identity, process in self._execs.items() if process.container is container]:
            del self._execs[identity]
            self._ends.pop(identity, None)

    def _clean(self) -> None:
        """Forget those that ended long ago, as the engine does."""
        now = self.containers.host.world.clock.time()
        for identity in [identity for identity, end in self._ends.items() if now - end > KEPT_S]:
            self._execs.pop(identity, None)
            del self._ends[identity]

    def _starts(self, process: Process) -> None:
        _check(process.container)
        self.containers.tell(process.container, f"exec_start: {_words(process)}", execID=process.id)

    def _ended(self, process: Process) -> None:
        process.container.execs.pop(process.id, None)
        if process.id in self._execs:
            self._ends[process.id] = self.containers.host.world.clock.time()
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
