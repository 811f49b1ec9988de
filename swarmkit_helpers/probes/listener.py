"""tcpdump on a node's own interface, in a tool container of which nothing stays, however the capture ends."""

from __future__ import annotations

import threading
import uuid
from contextlib import suppress
from typing import Any

from ..errors import EngineRefused
from ..lab.cluster import Lab
from ..lab.images import TOOLS, provide
from ..lab.node import Node
from .execution import TOOL_LABEL
from .pcap import VXLAN_PORT

__all__ = ["MOST_PACKETS", "Listener"]

MOST_PACKETS = 1000
READY_S = 10.0
LAST_PACKETS_S = 0.2
FILTER = f"udp port {VXLAN_PORT} or esp"
# tcpdump on the interface that holds the node's address, whatever its name; the address is $1.
SCRIPT = """\
exec timeout "$3" tcpdump -Z root --immediate-mode -U -n -w - -c "$2" \
  -i "$(ip -o -4 addr show to "$1" | { read -r index name rest; echo "$name"; })" "$4"
"""
LISTENING = "listening on "


class Listener:
    """A tool container that writes a pcap to its output, read as it comes.

    Used with ``with``: its container is removed at the end of the block. Should this process die in the middle, tcpdump
    ends by itself and the engine removes the container.

    Parameters
    ----------
    lab, node
        Where to listen.
    longest_s
        tcpdump is ended after that many seconds.
    """

    def __init__(self, lab: Lab, node: Node, longest_s: float) -> None:
        self.lab = lab
        self.node = node
        self.longest_s = longest_s
        # A name of its own, known before it exists: an interrupt during its creation leaves it removable.
        self.name = f"swarmlab-capture-{uuid.uuid4().hex[:12]}"
        self.interface = ""
        """What it listens on: ``eth0``."""
        self._pcap = bytearray()
        self._said = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._stream: Any = ()

    @property
    def pcap(self) -> bytes:
        """What tcpdump has written until now."""
        return bytes(self._pcap)

    def __enter__(self) -> Listener:
        try:
            self._start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *failure: object) -> None:
        self.remove()

    def finish(self) -> bytes:
        """Let the last packets come, stop tcpdump, return all that it wrote.

        Raises
        ------
        NodeUnreachable
        """
        threading.Event().wait(LAST_PACKETS_S)
        # Refused where tcpdump has ended by itself: it has had its thousand packets, or its time.
        with suppress(EngineRefused), self.node.asking("arrêter une capture"):
            self.node.api.kill(self.name, signal="SIGINT")
        if self._reader.ident is not None:
            self._reader.join(self.node.patience(READY_S))
        return self.pcap

    def remove(self) -> None:
        """Remove the container, whatever happened."""
        with suppress(Exception):
            self.node.api.remove_container(self.name, force=True)
        with suppress(Exception):
            # The engine removes it too: what it has begun must have ended.
            self.node.api.wait(self.name, timeout=self.node.patience(READY_S), condition="removed")

    def _start(self) -> None:
        """Return once tcpdump listens."""
        import docker.errors

        api = self.node.api
        with self.node.asking("préparer une capture"):
            try:
                self._create()
            except docker.errors.ImageNotFound:
                nodes = tuple(self.lab.nodes.values())
                provide(nodes, [TOOLS], internet=self.lab.capabilities.internet)
                self._create()
        with self.node.asking("lancer une capture"):
            self._stream = api.attach(self.name, stdout=True, stderr=True, stream=True, demux=True)
            api.start(self.name)
        self._reader.start()
        if not self._ready.wait(self.node.patience(READY_S)) or LISTENING not in self._said:
            why = self._said.strip() or "tcpdump n'écoute pas"
            raise EngineRefused("capturer des paquets", why, self.node.name)
        self.interface = self._said.split(LISTENING, 1)[1].split(",")[0].strip()

    def _create(self) -> None:
        api = self.node.api
        asked = ["capture", self.node.address, str(MOST_PACKETS), str(round(self.longest_s)), FILTER]
        rights = api.create_host_config(network_mode="host", cap_add=["NET_RAW", "NET_ADMIN"], auto_remove=True)
        command = ["sh", "-c", SCRIPT, *asked]
        api.create_container(TOOLS, name=self.name, command=command, labels={TOOL_LABEL: "1"}, host_config=rights)

    def _read(self) -> None:
        # The stream of an engine that dies breaks here: who asks this engine next learns it.
        with suppress(Exception):
            for out, err in self._stream:
                self._pcap += out or b""
                self._said += (err or b"").decode("utf-8", "replace")
                if LISTENING in self._said and "\n" in self._said.split(LISTENING, 1)[1]:
                    self._ready.set()
        self._ready.set()
