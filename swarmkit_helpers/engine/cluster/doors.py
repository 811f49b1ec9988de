"""The ports that an engine answers on while it takes part in a swarm: those of managers, and of the nodes' gossip."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ..refusal import Refusal

if TYPE_CHECKING:
    from ..net.pipe import Pipe
    from ..node.host import Host

__all__ = ["GOSSIP", "Doors"]

GOSSIP = 7946
"""On which the nodes of a swarm tell each other who has which address."""
HELLO_BYTES = 4096


class Doors:
    """Ports open on a host, in its own stack."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self._open: set[int] = set()

    def open(self, port: int, address: str) -> None:
        """Answer on a manager's port.

        Raises
        ------
        Refusal
            500: something answers there already.
        """
        try:
            self._listen(port)
        except OSError:
            why = f"listen tcp {address}:{port}: bind: address already in use"
            message = f"manager stopped: failed to listen on remote API address: {why}"
            raise Refusal(500, message) from None

    def set(self, ports: set[int]) -> None:
        """Answer on these ports, and on no other."""
        for port in self._open - ports:
            self.host.world.fabric.unlisten(self.host.stack, port)
        self._open &= ports
        for port in ports - self._open:
            # A container of the host's network may have the port: the engine does without it.
            with contextlib.suppress(OSError):
                self._listen(port)

    def _listen(self, port: int) -> None:
        self.host.world.fabric.listen(self.host.stack, port, _answer)
        self._open.add(port)


async def _answer(pipe: Pipe) -> None:
    """Hear what a stranger says, and end: nodes speak TLS here, which nobody else does."""
    await pipe.read(HELLO_BYTES)
