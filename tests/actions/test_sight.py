"""How far a service is from what it should be, at each moment after a change."""

from __future__ import annotations

from typing import Any

import pytest

from swarmkit_helpers.actions.services import sight_service

TEMPLATE = {"ContainerSpec": {"Image": "nginx"}}


def service(wanted: int) -> dict[str, Any]:
    mode = {"Replicated": {"Replicas": wanted}}
    return {"Spec": {"Mode": mode, "TaskTemplate": TEMPLATE}, "ServiceStatus": {"DesiredTasks": wanted}}


def task(slot: int, *, state: str = "running", desired: str = "running") -> dict[str, Any]:
    return {"ID": f"t{slot}", "Slot": slot, "Spec": TEMPLATE, "Status": {"State": state}, "DesiredState": desired}


@pytest.mark.parametrize("wanted", [0, 1, 3])
def test_tasks_that_are_too_many_are_waited_for_before_they_are_told_to_go(wanted: int) -> None:
    tasks = [task(slot) for slot in range(1, 6)]
    early = sight_service(service(wanted), tasks)
    assert not early.complete
    assert early.missing == f"{5 - wanted} en trop à arrêter"
    told = [task(slot, desired="running" if slot <= wanted else "remove") for slot in range(1, 6)]
    assert not sight_service(service(wanted), told).complete
    assert sight_service(service(wanted), tasks[:wanted]).complete


def test_two_tasks_of_one_slot_are_not_too_many() -> None:
    assert sight_service(service(1), [task(1), task(1)]).complete
