"""When the swarm is read again, by a clock of the test's own."""

from __future__ import annotations

import pytest

from swarmkit_helpers.show.widgets.pace import Pace


def readings(events: list[float], until: float, took_s: float = 0.1) -> list[float]:
    """Instants at which a map that is told these events reads the swarm."""
    pace, now, found = Pace(), 0.0, []
    pending = sorted(events)
    while now < until:
        while pending and pending[0] <= now:
            pace.heard(pending.pop(0))
        wait_s = pace.wait_s(now)
        if wait_s:
            # An event wakes the map before.
            now = min([now + wait_s, *pending[:1]])
            continue
        found.append(round(now, 2))
        pace.begins()
        while pending and pending[0] <= now + took_s:
            pace.heard(pending.pop(0))
        now += took_s
        pace.ended(now, took_s)
    return found


def test_the_first_reading_does_not_wait() -> None:
    assert Pace().wait_s(0.0) == 0


def test_one_event_is_seen_once_it_is_quiet_again() -> None:
    assert readings([2.0], 4.0) == [0.0, 2.3]


def test_a_burst_of_a_hundred_events_is_read_a_few_times() -> None:
    burst = [2.0 + n * 0.02 for n in range(100)]
    found = readings(burst, 5.0)
    assert len(found) == 3 and found[1] == 3.5 and found[2] >= burst[-1] + 0.3


def test_what_is_heard_while_it_reads_is_read_again() -> None:
    assert readings([2.0, 2.35], 4.5) == [0.0, 2.3, 2.7]


def test_without_any_event_it_reads_now_and_then() -> None:
    assert readings([], 16.0) == [0.0, 5.1, 10.2, 15.3]


@pytest.mark.parametrize(("events", "most"), [([n * 0.05 for n in range(4000)], 0.26), ([], 0.051)])
def test_reading_takes_a_bounded_part_of_the_time(events: list[float], most: float) -> None:
    took_s, until = 2.0, 200.0
    assert len(readings(events, until, took_s)) * took_s / until <= most
