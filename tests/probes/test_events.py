"""Events of real engines: heard, told again after an engine's death, and nothing left once nobody listens."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from swarmkit_helpers.actions.containers import remove_container, run_container
from swarmkit_helpers.actions.networks import create_network, remove_network
from swarmkit_helpers.actions.services import create_service, remove_service
from swarmkit_helpers.course.restore import restore
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.probes.events import EngineEvent, EventFollower
from swarmkit_helpers.probes.execution import exec_container
from tests.lab.engines import killed

from .patience import sockets, until

pytestmark = pytest.mark.swarm


class Heard:
    """All that a follower tells, and a way to wait for it."""

    def __init__(self) -> None:
        self.events: list[EngineEvent] = []
        self.links: list[tuple[str, str | None]] = []

    def link(self, node: str, problem: str | None) -> None:
        self.links.append((node, problem))

    def said(self) -> set[tuple[str, str, str, str]]:
        return {(event.node, event.kind, event.action, event.subject) for event in self.events}

    def follow(self, lab: Lab) -> EventFollower:
        follower = EventFollower(lab, self.events.append, self.link).start()
        until(lambda: len(self.links) == len(lab.nodes))
        return follower


def threads(lab: Lab) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(f"events-{lab.name}-")]


@pytest.fixture
def net(lab: Lab) -> Iterator[Lab]:
    restore(lab, "11")
    yield lab
    restore(lab, "11")


def test_each_engine_is_heard(net: Lab) -> None:
    heard = Heard()
    with heard.follow(net) as follower:
        assert sorted(heard.links) == [(node, None) for node in sorted(net.nodes)] and follower.problems == {}
        create_network(net, "test-net", attachable=True)
        run_container(net, "alpine1", node="worker1", network="test-net")
        until(lambda: ("worker1", "container", "start", "alpine1") in heard.said())
        assert ("worker1", "network", "connect", "test-net") in heard.said()
        assert ("manager", "network", "create", "test-net") in heard.said()
        exec_container(net, "alpine1", "true")
        create_service(net, "web", "nginx", replicas=3, networks=["test-net"])
        until(lambda: {("manager", "service", "create", "web")} < heard.said())
        until(lambda: {e.node for e in heard.events if e.kind == "container" and "web" in e.subject} == set(net.nodes))
        remove_service(net, "web")
        remove_container(net, "alpine1")
        remove_network(net, "test-net")
        until(lambda: ("worker1", "container", "destroy", "alpine1") in heard.said())
    assert not [event for event in heard.events if event.action.startswith("exec")]
    assert all(abs(event.time_s - time.time()) < 120 for event in heard.events)


def test_a_snapshot_makes_no_event(net: Lab) -> None:
    from swarmkit_helpers.topology.fetch import snapshot

    heard = Heard()
    with heard.follow(net):
        for _ in range(3):
            snapshot(net)
        create_network(net, "after", attachable=True)
        until(lambda: ("manager", "network", "create", "after") in heard.said())
    assert [event for event in heard.events if event.subject != "after"] == []


def test_nothing_is_left_once_it_is_stopped(net: Lab) -> None:
    before = sockets(net)
    followers = [Heard().follow(net) for _ in range(5)]
    assert len(threads(net)) == 5 * len(net.nodes)
    assert sockets(net) >= before + 5 * len(net.nodes)
    began = time.monotonic()
    assert all(follower.stop() for follower in followers)
    assert time.monotonic() - began < 2
    assert threads(net) == []
    assert sockets(net) == before
    assert followers[0].stop(), "twice is harmless"


def test_an_engine_that_dies_is_told_and_followed_again_when_it_is_back() -> None:
    name = f"e{os.getpid()}"
    lab = local.up(name)
    heard = Heard()
    try:
        with heard.follow(lab) as follower:
            with killed(name, "worker2"):
                until(lambda: "worker2" in follower.problems)
            until(lambda: follower.problems == {})
            assert heard.links[3:] == [("worker2", "son flux d'événements s'est interrompu"), ("worker2", None)]
            heard.events.clear()
            until(lambda: bool(lab.node("worker2").api.create_volume("after")) and bool(heard.events))
            assert {(event.node, event.kind, event.subject) for event in heard.events} == {
                ("worker2", "volume", "after")
            }
            with killed(name, "worker1"):
                # The reason is that of the last try, and stopping does not wait for the engine.
                until(lambda: follower.problems.get("worker1") == "connexion refusée, le moteur est arrêté")
                began = time.monotonic()
                assert follower.stop() and time.monotonic() - began < 2
        assert threads(lab) == []
    finally:
        local.down(name)
