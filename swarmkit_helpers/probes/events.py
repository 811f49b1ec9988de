"""What the engines tell by themselves, as it happens: the events of every node, followed at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from ..errors import NBSP, NodeUnreachable, SwarmLabError
from ..lab.cluster import Lab
from ..lab.node import Node

__all__ = ["EngineEvent", "EventFollower"]

KINDS = ("config", "container", "daemon", "network", "node", "secret", "service", "volume")
"""Types of events that are asked for (Engine API 1.41, /events): those of what a snapshot holds."""
PASSING = ("exec_", "health_status", "attach", "detach", "resize", "top", "export", "archive-path", "extract-to-dir")
"""Beginnings of actions that change nothing in a snapshot: a ping from a container makes three of them."""
MOST_NODES = 32
"""Nodes that are followed, one thread each; the first of the lab, where its manager is."""
FIRST_RETRY_S, LAST_RETRY_S = 0.5, 5.0
"""Between two tries at an engine that does not answer: each twice as long as the one before."""
NO_MORE = "son flux d'événements s'est interrompu"


@dataclass(frozen=True, slots=True)
class EngineEvent:
    """One event of one engine, as ``docker events`` prints it."""

    node: str
    """Short name of the node whose engine tells it."""
    kind: str
    """``container``, ``network``, ``service``, ``node``..."""
    action: str
    """``start``, ``die``, ``connect``, ``create``, ``update``..."""
    subject: str
    """Name of what it is about, else the beginning of its id."""
    time_s: float
    """Instant by that engine's own clock, in seconds since 1970."""


class EventFollower:
    """Follow the events of all nodes, each in a thread of its own, until `stop`.

    An engine that dies is told, asked again until it answers, told again, and followed again. Not every change of a
    swarm makes an event (a task's state, a peer heard of by gossip), and what happened while an engine was not followed
    is not told afterwards: whoever wants the whole truth takes a snapshot.

    >>> with EventFollower(lab, print):
    ...     input()

    Parameters
    ----------
    lab
        Its engines; those of its first 32 nodes.
    on_event
        Called with each event, from the thread of its node: it returns soon.
    on_link
        Called with a node's short name when its engine is followed (then None comes with it), and when it no longer is
        (then why, in French); only at a change.
    """

    def __init__(
        self,
        lab: Lab,
        on_event: Callable[[EngineEvent], None],
        on_link: Callable[[str, str | None], None] = lambda node, problem: None,
    ) -> None:
        self._nodes = list(lab.nodes.values())[:MOST_NODES]
        self._on_event = on_event
        self._on_link = on_link
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._streams: dict[str, Any] = {}
        self._problems: dict[str, str | None] = {}
        self._threads: list[threading.Thread] = []

    @property
    def problems(self) -> Mapping[str, str]:
        """Nodes that are not followed now, with the reason."""
        with self._lock:
            return {node: problem for node, problem in self._problems.items() if problem is not None}

    def start(self) -> Self:
        """Begin, and return at once; started again, it does nothing more."""
        for node in self._nodes if not self._threads else ():
            thread = threading.Thread(target=self._follow, args=(node,), name=f"events-{node.lab}-{node.name}")
            # A kernel that ends does not wait for it.
            thread.daemon = True
            self._threads.append(thread)
            thread.start()
        return self

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Close every stream; True once no thread is left.

        False is rare: an engine that hangs without a word holds its thread as long as any request to it lasts.
        """
        self._ending.set()
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            _close(stream)
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def _follow(self, node: Node) -> None:
        """Follow one engine as long as it lasts, then ask again."""
        pause_s = FIRST_RETRY_S
        while not self._ending.is_set():
            problem = self._listen(node)
            if self._ending.is_set():
                return
            if node.name not in self.problems:
                pause_s = FIRST_RETRY_S
            self._link(node, problem)
            self._ending.wait(pause_s)
            pause_s = min(2 * pause_s, LAST_RETRY_S)

    def _listen(self, node: Node) -> str:
        """Tell each event of one engine, until there are no more; why there are no more."""
        stream = None
        try:
            with node.asking("dire ses événements"):
                # The stream itself has no deadline: an engine that hangs is found out before.
                node.api.ping()
                stream = node.api.events(filters={"type": list(KINDS)}, decode=True)
            with self._lock:
                self._streams[node.name] = stream
            if not self._ending.is_set():
                self._link(node, None)
                with node.asking("dire ses événements"):
                    for raw in stream:
                        self._tell(node, raw)
        except NodeUnreachable as err:
            return err.detail
        except SwarmLabError as err:
            return err.problem
        except Exception as err:
            # Whoever listens would not see a thread that ended.
            return f"{type(err).__name__}{NBSP}: {err}"
        finally:
            with self._lock:
                self._streams.pop(node.name, None)
            if stream is not None:
                _close(stream)
        return NO_MORE

    def _link(self, node: Node, problem: str | None) -> None:
        with self._lock:
            news = node.name not in self._problems or (self._problems[node.name] is None) != (problem is None)
            self._problems[node.name] = problem
        if news:
            self._on_link(node.name, problem)

    def _tell(self, node: Node, raw: Mapping[str, Any]) -> None:
        kind, action, actor = raw.get("Type", ""), str(raw.get("Action", "")), raw.get("Actor") or {}
        if action.startswith(PASSING) or self._ending.is_set():
            return
        subject = (actor.get("Attributes") or {}).get("name") or str(actor.get("ID", ""))[:12]
        self._on_event(EngineEvent(node.name, kind, action, subject, raw.get("timeNano", 0) / 1e9))


def _close(stream: Any) -> None:
    """End a stream, from any thread: its reader then sees its end."""
    # The SDK looks for the socket inside of what may have ended by itself meanwhile.
    with suppress(Exception):
        stream.close()
