"""The comparison sees what differs, and takes out only what is chance."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from .compare import ABSENT, compare
from .explained import EXPLAINED, explanation
from .normal import normalised
from .recording import read
from .scenarios import SCENARIOS

ONE, OTHER = "1" * 63 + "a", "2" * 63 + "b"


def played(call: str, **said: Any) -> Any:
    return {"scenario": "s", "kept": {}, "steps": [{"call": call, "host": "manager", **said}]}


def differing(real: Any, embedded: Any) -> list[tuple[str, str, str]]:
    """Field, and what both have there."""
    found = compare(normalised(real), normalised(embedded)).differences
    return [(one.field, one.real, one.embedded) for one in found]


def event(kind: str, action: str, identity: str, **attributes: str) -> dict[str, Any]:
    return {"Type": kind, "Action": action, "Actor": {"ID": identity, "Attributes": attributes}, "time": 1}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_status_that_is_another_is_seen_in_each_recording(scenario: Any) -> None:
    recorded = read(scenario.name)
    changed = copy.deepcopy(recorded)
    number, step = next((number, step) for number, step in enumerate(changed["steps"]) if "status" in step)
    step["status"] += 1
    assert compare(recorded, recorded).differences == ()
    (found,) = compare(recorded, changed).differences
    assert (found.step, found.field, explanation(found)) == (number, "status", None)


@pytest.mark.parametrize(
    ("real", "embedded", "place"),
    [
        ({"A": 1}, {"A": 2}, "body.A"),
        ({"A": 1}, {"A": True}, "body.A"),
        ({"A": None}, {}, "body.A"),
        ({"A": []}, {"A": None}, "body.A"),
        ({"A": [1]}, {"A": [1, 2]}, "body.A[1]"),
        ({"Id": ONE, "Of": ONE}, {"Id": ONE, "Of": OTHER}, "body.Of"),
        ({"Created": "2026-11-30T04:15:54.7Z"}, {"Created": "0001-01-01T00:00:00Z"}, "body.Created"),
        ({"Version": {"Index": 1}}, {"Version": {"Index": "1"}}, "body.Version.Index"),
        ({"A": "port 80"}, {"A": "port 81"}, "body.A"),
    ],
)
def test_what_differs_is_told_with_its_place(real: Any, embedded: Any, place: str) -> None:
    call = "GET /networks/x"
    assert [found[0] for found in differing(played(call, body=real), played(call, body=embedded))] == [place]


def test_what_is_chance_is_the_same() -> None:
    call = "GET /networks/x"
    one = {"Id": ONE, "Of": ONE, "Created": "2026-11-30T04:15:54.7Z", "Version": {"Index": 12}, "A": "10.0.0.2:50123"}
    other = {
        "Id": OTHER,
        "Of": OTHER,
        "Created": "2025-01-01T00:00:00Z",
        "Version": {"Index": 7},
        "A": "10.0.0.2:49160",
    }
    assert differing(played(call, body=one), played(call, body=other)) == []


def test_events_of_two_containers_have_no_order_and_those_of_one_have() -> None:
    first = [event("container", what, ONE, name="one") for what in ("create", "start", "die")]
    second = [event("container", what, OTHER, name="two") for what in ("create", "start")]
    call = "GET /events?since=1"
    assert differing(played(call, stream=first + second), played(call, stream=[*second, *first])) == []
    turned = [first[1], first[0], first[2]]
    assert differing(played(call, stream=first), played(call, stream=turned))


def test_an_event_that_is_lacking_makes_no_other_differ() -> None:
    events = [event("container", what, ONE, name="one") for what in ("create", "start", "kill", "die", "stop")]
    call = "GET /events?since=1"
    (found,) = differing(played(call, stream=events), played(call, stream=events[:2] + events[3:]))
    assert found[0] == "stream[2]"
    assert found[2] == ABSENT


def test_a_node_that_joins_may_be_told_of_any_number_of_times_and_not_of_none() -> None:
    def joined(times: int) -> Any:
        updates = [event("node", "update", "n" * 24 + "1", name="") for _ in range(times)]
        return played("GET /events?since=1", stream=[event("node", "create", "n" * 24 + "1", name=""), *updates])

    assert differing(joined(2), joined(3)) == []
    assert differing(joined(2), joined(0))


def test_another_scenario_is_not_compared() -> None:
    with pytest.raises(ValueError, match="was changed since it was recorded"):
        compare(normalised(played("GET /info")), normalised(played("GET /version")))


def test_no_reason_is_for_any_field_of_any_operation() -> None:
    assert [known for known in EXPLAINED if known.operation == ".*" or known.field == ".*"] == []
    assert all(known.embedded != ".*" or known.real != ".*" for known in EXPLAINED)
