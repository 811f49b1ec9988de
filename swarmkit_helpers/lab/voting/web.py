"""What the pages of the voting application share: how they are served, how they end, how they stay up to date.

A page never reloads: its script opens a stream, in which the server writes what holds now, then each change
(server-sent events, WHATWG HTML section 9.2).
"""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

__all__ = ["Watch", "event", "log_to_stdout", "serve", "stream"]

Seen = TypeVar("Seen")
THREADS = 64
"""Requests served at once; an open page keeps one."""
LIFE_S = 5.0
"""The longest silence of a stream: without a sign of life, neither side would notice that the other is gone."""
STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_ending = threading.Event()


class Watch(Generic[Seen]):
    """Looks at something again and again in a thread of its own, and tells all who wait of a change.

    Parameters
    ----------
    look
        Looks once; it must return an equal value as long as nothing changes, and raise nothing.
    every_s
        Time between two looks.
    """

    def __init__(self, look: Callable[[], Seen], *, every_s: float) -> None:
        self._look = look
        self._every_s = every_s
        self._changed = threading.Condition()
        self._seen: Seen | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while not _ending.is_set():
            seen = self._look()
            with self._changed:
                if seen != self._seen:
                    self._seen = seen
                    self._changed.notify_all()
            _ending.wait(self._every_s)
        with self._changed:
            self._changed.notify_all()

    def wait(self, told: Seen | None, timeout_s: float) -> Seen | None:
        """What was last seen, once it is something else than `told`, or after `timeout_s`, or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._seen != told or _ending.is_set(), timeout_s)
            return self._seen


def event(value: object) -> str:
    """One event of a stream, whose data is JSON.

    Examples
    --------
    >>> event({"a": 3})
    'data: {"a": 3}\\n\\n'
    """
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def stream(watch: Watch[Seen], told_as: Callable[[Seen], object], *, life_s: float = LIFE_S) -> Iterator[str]:
    """The stream for one browser; it ends with the program.

    Parameters
    ----------
    watch
        What the browser is told of.
    told_as
        What was seen -> the data of the event.
    life_s
        Longest silence.

    Yields
    ------
    str
        The browser's delay before it connects again, then events and signs of life.
    """
    yield "retry: 1000\n\n"
    told: Seen | None = None
    while True:
        now = watch.wait(told, life_s)
        if _ending.is_set():
            return
        # a comment would not reach the page's script: the sign of life is an event, of another name
        yield "event: life\ndata:\n\n" if now is None or now == told else event(told_as(now))
        told = now


def log_to_stdout() -> None:
    """Write what is logged on standard output, line by line, for ``docker logs``."""
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.INFO)


def serve(application: Any, *, port: int) -> None:
    """Serve a WSGI application (PEP 3333) on all addresses until SIGTERM or SIGINT.

    Process 1 of a container does not receive a SIGTERM that it does not handle; it would be killed 10 s later.
    """
    import waitress

    def end(number: int, frame: object) -> None:
        _ending.set()
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    waitress.serve(application, host="0.0.0.0", port=port, threads=THREADS, connection_limit=500, ident=None)
