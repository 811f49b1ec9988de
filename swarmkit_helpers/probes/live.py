"""A ping told packet by packet, as the answers come, and ended at once when that is asked for."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from ..errors import EngineRefused
from ..lab.cluster import Lab
from .execution import EMPTY_TRIES
from .ping import NO_COMMAND, PingPlan, PingResult, parse_ping, plan_ping
from .terminal import Terminal, terminal_beside, terminal_in

__all__ = ["LivePing", "Reply", "ping_live"]

# BusyBox counts the packets from 0 (seq=0), iputils from 1 (icmp_seq=1).
ANSWER = re.compile(r"bytes from .*?\b(?P<iputils>icmp_)?seq=(?P<number>\d+)(?:.*?time[=<](?P<rtt>[\d.]+) ?ms)?")
ECHO = re.compile(r"^(?:\^C)+")
GRACE_S = 15.0
"""What a name may take to be resolved, beyond the time of the packets themselves."""
KILLED = 128
"""From this exit code on, a command was ended by a signal."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one packet."""

    number: int
    """1 for the first packet."""
    rtt_ms: float | None
    """None when nothing came back, or a packet too small to carry the time it left at."""
    line: str = ""
    """What ping wrote; empty when nothing came back: that is known at the end only, for an answer may come late."""

    @property
    def came_back(self) -> bool:
        """True when the packet was answered, with a duration or without."""
        return self.rtt_ms is not None or bool(self.line)


class LivePing:
    """A ping under way: iterate over it to get each packet as it comes back.

    Nothing is sent before the iteration starts; when it ends, for whatever reason, no process is left in the container.
    `close`, or ``with``, ends an iteration that is left before its end.

    >>> with ping_live(lab, "alpine2", "alpine1", count=5) as live:
    ...     for reply in live:
    ...         print(reply.number, reply.rtt_ms)
    >>> live.result
    """

    def __init__(self, plan: PingPlan, lasting_s: float, stop: threading.Event) -> None:
        self.plan = plan
        self.result: PingResult | None = None
        """The same as `ping` gives; None as long as it has not ended."""
        self._lasting_s = lasting_s
        self._stop = stop
        self._replies: Generator[Reply] = self._run()

    @property
    def command(self) -> str:
        """The docker command it stands for."""
        return self.plan.command

    @property
    def node(self) -> str:
        """Where that command is typed."""
        return self.plan.place.node.name

    @property
    def count(self) -> int:
        """Packets to send."""
        return self.plan.count

    @property
    def stopped(self) -> bool:
        """True when the stop was asked for."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Ask for the end, from any thread: the iteration then ends by itself."""
        self._stop.set()

    def close(self) -> None:
        """End it here and now."""
        self._replies.close()

    def __enter__(self) -> LivePing:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Reply]:
        return self._replies

    def _run(self) -> Generator[Reply]:
        """Send the packets; yield what comes back, then what does not, and note the result."""
        deadline = time.monotonic() + self._lasting_s
        said: list[str] = []
        seen: set[int] = set()
        exit_code = 0
        for _ in range(EMPTY_TRIES):
            if exit_code in NO_COMMAND:
                # Its image has no ping: a tool container in its network sends the packets.
                self.plan, exit_code = replace(self.plan, beside=True), 0
                said.clear()
            try:
                with self._terminal() as terminal:
                    for line in self._lines(terminal, deadline):
                        said.append(line)
                        reply = _reply(line)
                        if reply is not None and reply.number not in seen:
                            seen.add(reply.number)
                            yield reply
                    exit_code = terminal.exit_code()
            except EngineRefused as err:
                self.result = self.plan.refused(err)
                return
            elsewhere = exit_code in NO_COMMAND and not self.plan.beside
            if not elsewhere and (any(said) or exit_code or self.stopped):
                break
        self.result = self._outcome(exit_code, "\n".join(said), len(seen))
        for number in sorted(set(range(1, self.result.sent + 1)) - seen):
            yield Reply(number, None)

    def _terminal(self) -> AbstractContextManager[Terminal]:
        run = terminal_beside if self.plan.beside else terminal_in
        return run(self.plan.place, self.plan.argv)

    def _lines(self, terminal: Terminal, deadline: float) -> Iterator[str]:
        """Whole lines, as they come; Ctrl-C as soon as the stop is asked for, or the time is over."""
        rest = b""
        while not terminal.ended:
            rest += terminal.read()
            late = self.stopped or time.monotonic() > deadline
            rest += terminal.end() if late else b""
            *lines, rest = rest.split(b"\n")
            yield from map(_text, lines)
            if late:
                break
        if rest:
            yield _text(rest)

    def _outcome(self, exit_code: int, output: str, received: int) -> PingResult:
        """What `ping` would make of it; and what it never sees, a ping that was cut before it could count."""
        plan = self.plan
        result = plan.told(parse_ping(plan.source, plan.target, plan.command, exit_code, output))
        if result.outcome != "not_run" or not (self.stopped or exit_code >= KILLED):
            return result
        why = "à votre demande" if self.stopped else f"« {plan.source} » s'est sans doute arrêté (code {exit_code})"
        if not received:
            return replace(result, reason=f"Ping interrompu avant sa première réponse : {why}.")
        return replace(
            result,
            outcome="failed",
            sent=received,
            received=received,
            reason=f"Ping interrompu après {received} réponse{'s' if received > 1 else ''} : {why}.",
        )


def ping_live(
    lab: Lab,
    source: str,
    target: str,
    *,
    count: int = 5,
    size: int | None = None,
    dont_fragment: bool = False,
    interval_s: float = 0.2,
    wait_s: int = 2,
    stop: threading.Event | None = None,
) -> LivePing:
    """Ping from inside a container, and tell each packet as it comes back.

    Parameters
    ----------
    source, target, count, size, dont_fragment, interval_s, wait_s
        As for `ping`.
    stop
        Set by anyone, from any thread, it ends the ping; by default `LivePing.stop` does.

    Raises
    ------
    TargetRefused, ObjectNotFound, NodeUnreachable
    """
    plan = plan_ping(
        lab,
        source,
        target,
        count=count,
        size=size,
        dont_fragment=dont_fragment,
        interval_s=interval_s,
        wait_s=wait_s,
    )
    longest_s = plan.place.node.patience(plan.count * interval_s + wait_s + GRACE_S)
    return LivePing(plan, longest_s, stop or threading.Event())


def _reply(line: str) -> Reply | None:
    found = ANSWER.search(line)
    if found is None:
        return None
    rtt_ms = float(found["rtt"]) if found["rtt"] else None
    return Reply(int(found["number"]) + (0 if found["iputils"] else 1), rtt_ms, line)


def _text(raw: bytes) -> str:
    """One line as ping wrote it, without what the terminal added: the carriage return, and the echo of Ctrl-C."""
    return ECHO.sub("", raw.decode("utf-8", "replace").rstrip("\r"))
