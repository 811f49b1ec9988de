"""When to read the swarm again: soon after what is heard of it, now and then without, and never without a rest."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

__all__ = ["Pace"]


@dataclass(slots=True)
class Pace:
    """Instants are given by the caller, in seconds of a clock that never goes back; any thread may call.

    A burst of events gives one reading once it is over, or one every `longest_s` while it lasts. A reading is followed
    by a rest of `rest` times what it took: at worst a quarter of the time is spent reading. Without any event the next
    one comes after `idle_s`, or later where readings are long: at worst a twentieth of the time.
    """

    settle_s: float = 0.3
    """Silence after which a burst of events is over."""
    longest_s: float = 1.5
    """What the first event of a burst waits at most."""
    idle_s: float = 5.0
    """Between two readings when nothing is heard: not every change makes an event."""
    rest: float = 3.0
    """Rest after a reading, in multiples of what it took."""
    idle_rest: float = 19.0
    """The same when nothing is heard."""
    _first: float | None = field(default=None, init=False)
    _last: float = field(default=0.0, init=False)
    _ended: float = field(default=float("-inf"), init=False)
    _took_s: float = field(default=0.0, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def heard(self, now: float) -> None:
        """Something happened in the swarm."""
        with self._lock:
            self._first = now if self._first is None else self._first
            self._last = now

    def begins(self) -> None:
        """A reading begins: what was heard before will be in it."""
        with self._lock:
            self._first = None

    def ended(self, now: float, took_s: float) -> None:
        """A reading has ended, with all that came of it."""
        with self._lock:
            self._ended, self._took_s = now, took_s

    def wait_s(self, now: float) -> float:
        """How long to wait, as far as is known now, before the next reading; 0 when it is time."""
        with self._lock:
            due = self._ended + max(self.idle_s, self.idle_rest * self._took_s)
            if self._first is not None:
                due = min(due, self._last + self.settle_s, self._first + self.longest_s)
            return max(0.0, due - now, self._ended + self.rest * self._took_s - now)
