"""A command on a terminal of its own, in a container or beside it: read as it writes, ended as by Ctrl-C.

The Engine API has no way to end what `exec` started. Given a terminal, the command can be ended as at a keyboard: the
kernel turns the character ETX into SIGINT for this command, and for nothing else.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ..lab.images import TOOLS
from ..lab.locate import Place
from ..lab.node import Node
from ..waiting import Sighting, wait_until
from .execution import TOOL_LABEL

__all__ = ["Terminal", "terminal_beside", "terminal_in"]

CTRL_C = b"\x03"
LOOK_S = 0.1
"""How long one read may wait: what else there is to do (a stop that is asked for) waits no longer."""
END_S = 2.0
CHUNK = 4096


class Terminal:
    """The near end of a terminal on which one command runs."""

    def __init__(self, node: Node, stream: Any, exit_code: Callable[[], int | None]) -> None:
        self.node = node
        self._stream = stream
        # A plain socket, or what stands for one under SSH: the SDK hands out a file that can only be read.
        self._socket = getattr(stream, "_sock", stream)
        self._exit_code = exit_code
        self._early = self._read_ahead()
        self._socket.settimeout(LOOK_S)
        self.ended = False
        """True once the command has written its last word."""

    def _read_ahead(self) -> bytes:
        """What the SDK has read already, together with the header of the engine's answer."""
        response = getattr(self._stream, "_response", None)
        buffered = response.raw._fp.fp if response is not None else None
        if not isinstance(buffered, io.BufferedReader):
            return b""
        self._socket.settimeout(0)
        return buffered.read1(CHUNK) or b""

    def read(self) -> bytes:
        """What was written since the last read; nothing when that is silence for a tenth of a second, or the end.

        Raises
        ------
        NodeUnreachable
        """
        if self._early:
            early, self._early = self._early, b""
            return early
        with self.node.asking("lire ce qu'écrit une commande"):
            try:
                said: bytes = self._socket.recv(CHUNK)
            except TimeoutError:
                return b""
        self.ended = not said
        return said

    def interrupt(self) -> None:
        """Type Ctrl-C."""
        with suppress(OSError):
            self._socket.send(CTRL_C)

    def end(self) -> bytes:
        """Interrupt the command until it has ended; its last words."""
        words = b""
        for _ in range(round(self.node.patience(END_S) / LOOK_S)):
            if self.ended:
                break
            self.interrupt()
            words += self.read()
        return words

    def exit_code(self) -> int:
        """Exit code of a command that has written its last word.

        Raises
        ------
        NodeUnreachable
        NotConverged
            It runs on all the same.
        """
        found: list[int] = []

        def look() -> Sighting:
            with self.node.asking("savoir comment une commande a fini"):
                code = self._exit_code()
            found.extend([] if code is None else [code])
            return Sighting(len(found), 1, missing="la fin de la commande")

        deadline_s = self.node.patience(END_S)
        wait_until(
            "fin de la commande", look, timeout_s=deadline_s, every_s=0.02, remedy="relancez la cellule", quiet=True
        )
        return found[0]

    def close(self) -> None:
        """Let go of the connection."""
        with suppress(Exception):
            self._stream.close()


@contextmanager
def terminal_in(place: Place, argv: Sequence[str]) -> Iterator[Terminal]:
    """Run a command inside a container, on a terminal; it has ended when the block has.

    Raises
    ------
    NodeUnreachable, EngineRefused
    """
    api = place.node.api
    with place.node.asking(f"exécuter une commande dans « {place.name} »"):
        run = api.exec_create(place.id, list(argv), stdin=True, tty=True)["Id"]
        stream = api.exec_start(run, tty=True, socket=True)

    def exit_code() -> int | None:
        seen = api.exec_inspect(run)
        return None if seen["Running"] else seen["ExitCode"]

    with _ended(Terminal(place.node, stream, exit_code)) as terminal:
        yield terminal


@contextmanager
def terminal_beside(place: Place, argv: Sequence[str]) -> Iterator[Terminal]:
    """Run a command of the tool image in a container's own network, on a terminal; nothing of it is left afterwards.

    Raises
    ------
    NodeUnreachable, EngineRefused
    """
    api = place.node.api
    with place.node.asking("démarrer un conteneur d'outils"):
        tool = api.create_container(
            TOOLS,
            command=list(argv),
            stdin_open=True,
            tty=True,
            labels={TOOL_LABEL: "1"},
            host_config=api.create_host_config(network_mode=f"container:{place.id}", cap_add=["NET_RAW", "NET_ADMIN"]),
        )["Id"]

    def exit_code() -> int | None:
        state = api.inspect_container(tool)["State"]
        return None if state["Running"] else state["ExitCode"]

    try:
        with place.node.asking(f"exécuter « {argv[0]} » dans un conteneur d'outils"):
            stream = api.attach_socket(tool, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            api.start(tool)
        with _ended(Terminal(place.node, stream, exit_code)) as terminal:
            yield terminal
    finally:
        with suppress(Exception):
            api.remove_container(tool, force=True)


@contextmanager
def _ended(terminal: Terminal) -> Iterator[Terminal]:
    try:
        yield terminal
    finally:
        with suppress(Exception):
            terminal.end()
        terminal.close()
