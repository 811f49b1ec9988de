"""The live map on a real swarm: what is done to it is seen, an engine's death too, and nothing is left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

import swarmkit_helpers as sk
from swarmkit_helpers.lab import local
from swarmkit_helpers.lab.cluster import Lab
from swarmkit_helpers.show.widgets.live_map import LiveMap
from tests.lab.engines import killed
from tests.probes.patience import sockets, until

pytestmark = pytest.mark.swarm


@pytest.fixture
def net(lab: Lab) -> Iterator[Lab]:
    sk.restore(lab, "11")
    yield lab
    sk.restore(lab, "11")


def said(shown: LiveMap) -> str:
    return " ; ".join(sentence for entry in shown.journal for sentence in entry.said)


def test_what_is_done_to_the_swarm_is_seen_with_its_event(net: Lab) -> None:
    shown = sk.live_map(net, "subnets")
    try:
        until(lambda: shown.readings > 1)
        shown.take_mark()
        sk.create_network(net, "test-net", attachable=True)
        until(lambda: ("network", "test-net") in shown.picture.targets)
        sk.run_container(net, "alpine1", node="worker1", network="test-net")
        until(lambda: shown.topology.container("alpine1") is not None)
        until(lambda: "alpine1" in shown.table.value)
        assert "réseau test-net sur manager : apparu" in said(shown)
        assert any("network create sur manager" in entry.source for entry in shown.journal)
        shown.choose(("network", "test-net"))
        assert "alpine1" in shown.detail.value
        shown.compare_toggle.value = True
        assert "alpine1" in shown.table.value
        sk.remove_container(net, "alpine1")
        sk.remove_network(net, "test-net")
        until(lambda: "test-net" not in shown.table.value)
        assert shown.message.value == ""
    finally:
        shown.stop()
        assert shown.wait(10)


def test_a_real_burst_gives_a_few_drawings(net: Lab) -> None:
    shown = sk.live_map(net)
    try:
        until(lambda: shown.readings > 1)
        drawn, api = shown.drawings, net.manager.api
        for n in range(50):
            api.create_volume(f"burst{n}")
        for n in range(50):
            api.remove_volume(f"burst{n}")
        until(lambda: "volume burst" in said(shown) or shown.readings > 3)
        assert shown.drawings - drawn <= 5
    finally:
        shown.stop()
        assert shown.wait(10)


def test_several_maps_leave_no_thread_and_no_socket(net: Lab) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    opened = sockets(net)
    for _ in range(2):
        several = [sk.live_map(net) for _ in range(3)]
        until(lambda several=several: all(shown.readings > 1 for shown in several))  # type: ignore[misc]
        for shown in several:
            shown.stop()
        assert all(shown.wait(10) for shown in several)
    assert [thread for thread in threading.enumerate() if thread.ident not in before] == []
    assert sockets(net) == opened


def test_an_engine_that_dies_is_named_and_shown_again_when_it_is_back() -> None:
    name = f"m{os.getpid()}"
    lab = local.up(name)
    try:
        shown = sk.live_map(lab)
        try:
            until(lambda: shown.readings > 1)
            with killed(name, "worker2"):
                until(lambda: bool(shown.topology.silent_nodes))
                until(lambda: "worker2 ne répond pas" in shown.state_line.value)
                assert shown.state == "running"
                # The others are followed all the same.
                lab.manager.api.create_network("meanwhile", driver="overlay", attachable=True)
                until(lambda: shown.topology.network("meanwhile") is not None)
            until(lambda: not shown.topology.silent_nodes)
            until(lambda: "ne répond pas" not in shown.state_line.value)
            assert "worker2 : son moteur répond de nouveau" in said(shown)
            with killed(name, "manager"):
                until(lambda: "le manager ne répond pas" in shown.state_line.value)
                assert 'role="alert"' in shown.message.value and shown.topology.network("meanwhile") is not None
            until(lambda: "ne répond pas" not in shown.state_line.value)
            assert shown.message.value == "" and shown.state == "running"
        finally:
            shown.stop()
            assert shown.wait(10)
    finally:
        local.down(name)
