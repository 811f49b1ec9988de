"""Waiting, without an engine."""

from __future__ import annotations

import docker.errors
import pytest
import requests

from swarmkit_helpers.errors import EngineBusy, EngineRefused, NotConverged
from swarmkit_helpers.lab.node import Node
from swarmkit_helpers.waiting import Sighting, wait_until

NODE = Node("manager", "manager.i2tch.loc", "10.0.3.62", "manager", "unix:///nowhere", "essai")
LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"


def ask(said: str, *, method: str = "GET") -> None:
    answer = requests.Response()
    answer.status_code, answer.request = 500, requests.Request(method, "http+docker://localhost/tasks").prepare()
    with NODE.asking("lister les tâches"):
        raise docker.errors.APIError("500 Server Error", answer, said)  # type: ignore[no-untyped-call]


def test_an_engine_too_busy_to_answer_is_asked_again() -> None:
    looks = 0

    def look() -> Sighting:
        nonlocal looks
        looks += 1
        if looks < 3:
            ask(LATE)
        return Sighting(5, 5)

    assert wait_until("Tâches", look, timeout_s=5, remedy="", every_s=0, quiet=True).complete and looks == 3


def test_one_that_stays_so_is_named_as_the_cause() -> None:
    with pytest.raises(NotConverged, match="context deadline exceeded"):
        wait_until("Tâches", lambda: ask(LATE) or Sighting(0, 1), timeout_s=0.05, remedy="", every_s=0, quiet=True)


def test_a_refusal_ends_the_wait_at_once() -> None:
    with pytest.raises(EngineRefused, match="a refusé de lister les tâches") as refused:
        wait_until("Tâches", lambda: ask("service x not found") or Sighting(0, 1), timeout_s=5, remedy="", quiet=True)
    assert not isinstance(refused.value, EngineBusy)


def test_it_is_said_that_the_engine_had_no_time() -> None:
    with pytest.raises(EngineBusy, match="n'a pas trouvé le temps de lister les tâches") as busy:
        ask(LATE)
    assert "moins chargée" in str(busy.value.remedy)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_that_ran_out_of_time_is_not_sent_again(method: str) -> None:
    looks = []

    def look() -> Sighting:
        looks.append(method)
        ask(LATE, method=method)
        return Sighting(1, 1)

    with pytest.raises(EngineRefused, match="context deadline exceeded") as refused:
        wait_until("Réseau libre", look, timeout_s=5, remedy="", every_s=0, quiet=True)
    assert looks == [method] and not isinstance(refused.value, EngineBusy)
