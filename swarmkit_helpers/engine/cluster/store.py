"""What the managers of a swarm agree on: objects of the Engine API, each with its version, and who wants to know."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ..clock import Clock
from ..ids import swarm_id
from ..kinds import Json
from ..refusal import Refusal

__all__ = ["KINDS", "Change", "Kind", "Store"]

Kind = Literal["cluster", "node", "service", "task", "network", "secret", "config"]
KINDS: tuple[Kind, ...] = ("cluster", "node", "service", "task", "network", "secret", "config")


@dataclass(frozen=True, slots=True)
class Change:
    """One object created (`before` is None), updated, or removed (`after` is None)."""

    kind: Kind
    before: Json | None
    after: Json | None

    @property
    def object(self) -> Json:
        """The object as it is, or as it was last."""
        found = self.after if self.after is not None else self.before
        assert found is not None
        return found


Listener = Callable[[Change], None]


class Store:
    """Objects are replaced, never changed in place: what `get` gave stays as it was.

    A body holds the keys of the Engine API. ``ID``, ``Version``, ``CreatedAt`` and ``UpdatedAt`` are the store's own.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.index = 9
        """Version of the last write; a fresh swarm's first objects have about 10."""
        self._objects: dict[Kind, dict[str, Json]] = {kind: {} for kind in KINDS}
        self._listeners: list[Listener] = []
        self._of_node: defaultdict[str, list[Listener]] = defaultdict(list)
        self._pending: deque[Change] = deque()
        self._telling = False

    def create(self, kind: Kind, body: Json, *, identity: str | None = None) -> Json:
        """Add an object, and return it as it is kept."""
        now = self.clock.now()
        identity = identity or swarm_id()
        self.index += 1
        made = {"ID": identity, "Version": {"Index": self.index}, "CreatedAt": now, "UpdatedAt": now} | body
        self._objects[kind][identity] = made
        self._tell(Change(kind, None, made))
        return made

    def update(self, kind: Kind, identity: str, body: Json, *, version: int | None = None) -> Json:
        """Replace keys of an object, and return it as it is kept.

        Parameters
        ----------
        version
            The version that its writer has read; None where nobody else writes.

        Raises
        ------
        Refusal
            500, « update out of sequence »: it was written since.
        KeyError
            There is none of that id.
        """
        before = self._objects[kind][identity]
        if version is not None and version != before["Version"]["Index"]:
            raise Refusal(500, "rpc error: code = Unknown desc = update out of sequence")
        self.index += 1
        after = before | body | {"Version": {"Index": self.index}, "UpdatedAt": self.clock.now()}
        self._objects[kind][identity] = after
        self._tell(Change(kind, before, after))
        return after

    def remove(self, kind: Kind, identity: str) -> Json:
        """Remove an object, and return what it was."""
        before = self._objects[kind].pop(identity)
        self.index += 1
        self._tell(Change(kind, before, None))
        return before

    def get(self, kind: Kind, identity: str) -> Json | None:
        """The object of that id."""
        return self._objects[kind].get(identity)

    def all(self, kind: Kind) -> list[Json]:
        """All objects of a kind, oldest first."""
        return list(self._objects[kind].values())

    def watch(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` after each change, in their order; what is returned ends that.

        A listener may write: that change is told after the one at hand, to all.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def watch_node(self, node_id: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` after each change of a node and of its tasks, and of networks that go; after all others.

        What is returned ends that. A change costs the same however many nodes watch.
        """
        self._of_node[node_id].append(listener)
        return lambda: self._of_node[node_id].remove(listener)

    def _tell(self, change: Change) -> None:
        self._pending.append(change)
        if self._telling:
            return
        self._telling = True
        try:
            while self._pending:
                told = self._pending.popleft()
                for listener in [*self._listeners, *self._concerned(told)]:
                    listener(told)
        finally:
            self._telling = False

    def _concerned(self, change: Change) -> Iterable[Listener]:
        if change.kind == "task":
            return self._of_node.get(change.object.get("NodeID", ""), ())
        if change.kind == "node":
            return self._of_node.get(change.object["ID"], ())
        if change.kind == "network" and change.after is None:
            return [listener for listeners in self._of_node.values() for listener in listeners]
        return ()
